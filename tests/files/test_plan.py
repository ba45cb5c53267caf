"""A build plan's digest, its merging, and that writing it is all or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyrob.files.folder import RECORD
from tinyrob.files.plan import BuildPlan

names = st.from_regex(r"[a-z]{1,4}(/[a-z]{1,4}){0,2}\.c", fullmatch=True)
files = st.dictionaries(names, st.binary(max_size=8), max_size=4)


@given(files, files)
def test_the_digest_says_whether_two_plans_are_the_same(a: dict, b: dict) -> None:
    assert (BuildPlan(a).digest == BuildPlan(b).digest) == (a == b)


def test_the_digest_does_not_depend_on_the_order_of_files() -> None:
    assert BuildPlan({"a": b"1", "b": b"2"}).digest == BuildPlan({"b": b"2", "a": b"1"}).digest


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../b", "a//b", "./a"])
def test_names_that_could_leave_the_folder_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="clean relative paths"):
        BuildPlan({name: b""})


def test_plans_merge_unless_they_disagree() -> None:
    merged = BuildPlan({"a": b"1"}) | BuildPlan({"a": b"1", "b": b"2"})
    assert merged.files == {"a": b"1", "b": b"2"}
    with pytest.raises(ValueError, match="disagree on a"):
        BuildPlan({"a": b"1"}) | BuildPlan({"a": b"2"})


def test_writing_leaves_nothing_of_an_earlier_build(tmp_path: Path) -> None:
    out = tmp_path / "build"
    BuildPlan({"old/file": b"x", "kept": b"1"}).write(out)
    BuildPlan({"kept": b"2"}).write(out)
    assert sorted(p.name for p in out.iterdir()) == [RECORD, "kept"]
    assert (out / "kept").read_bytes() == b"2"
    assert [p.name for p in tmp_path.iterdir()] == ["build"]


def test_a_failed_write_leaves_the_earlier_build_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "build"
    BuildPlan({"kept": b"1"}).write(out)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        BuildPlan({"kept": b"2", "more": b"3"}).write(out)
    assert [p.name for p in tmp_path.iterdir()] == ["build"]
    assert (out / "kept").read_bytes() == b"1"
