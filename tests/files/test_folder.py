"""Only folders that are tinyrob's by content are replaced, and nothing of a user's is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tinyrob.errors import DataError
from tinyrob.files import exchange as exchanging
from tinyrob.files.folder import DERIVED, RECORD, check_replaceable, replaced, write_record
from tinyrob.files.plan import BuildPlan


def written(out: Path, text: str = "1") -> Path:
    BuildPlan({"kept.c": text.encode(), "sub/more.c": b"2"}).write(out, "build")
    return out


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_a_folder_of_ours_is_replaced_by_one_of_its_kind(tmp_path: Path) -> None:
    out = written(tmp_path / "build")
    BuildPlan({"other.c": b"3"}).write(out, "build")
    assert sorted(snapshot(out)) == [RECORD, "other.c"]
    assert [p.name for p in tmp_path.iterdir()] == ["build"]


@pytest.mark.parametrize(
    "record",
    [
        "{}", "[]", "null", "no JSON", "[" * 100_000,
        '{"format": "tinyrob folder", "version": 1, "kind": "build", "files": {}, "digest": ""}',
        '{"format": "tinyrob folder", "version": 1, "kind": "build", "files": {"a": 1}}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", [RECORD, "manifest.json"])
def test_a_manifest_by_name_alone_opens_nothing(tmp_path: Path, name: str, record: str) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / name).write_text(record)
    (app / "index.html").write_text("<h1>mine</h1>")
    before = snapshot(app)
    with pytest.raises(DataError, match="holds files that tinyrob did not write"):
        BuildPlan({"a.c": b""}).write(app, "build")
    assert snapshot(app) == before
    assert [p.name for p in tmp_path.iterdir()] == ["app"]


def test_files_that_we_did_not_write_are_named(tmp_path: Path) -> None:
    out = written(tmp_path / "build")
    (out / "notes.txt").write_text("mine")
    (out / "sub" / "own.c").write_text("mine")
    before = snapshot(out)
    with pytest.raises(DataError, match=r"not written by tinyrob: notes\.txt, sub/own\.c") as error:
        check_replaceable(out, "build")
    assert "move yours away" in error.value.hint
    with pytest.raises(DataError, match="would lose files of yours"):
        written(out, "2")
    assert snapshot(out) == before


def test_a_file_that_was_changed_since_is_named(tmp_path: Path) -> None:
    out = written(tmp_path / "build")
    (out / "kept.c").write_text("improved by hand")
    with pytest.raises(DataError, match=r"changed since: kept\.c"):
        written(out, "2")
    assert (out / "kept.c").read_text() == "improved by hand"


def test_a_link_of_a_users_is_a_file_of_a_users(tmp_path: Path) -> None:
    out = written(tmp_path / "build")
    (out / "link").symlink_to(tmp_path)
    with pytest.raises(DataError, match="not written by tinyrob: link"):
        written(out, "2")


def test_many_files_are_counted_not_listed(tmp_path: Path) -> None:
    out = written(tmp_path / "build")
    for index in range(9):
        (out / f"mine{index}").write_text("x")
    with pytest.raises(DataError, match="mine4 and 4 more"):
        check_replaceable(out, "build")


def test_another_kind_is_not_replaced(tmp_path: Path) -> None:
    out = written(tmp_path / "out")
    with pytest.raises(DataError, match=r"holds another thing of tinyrob.s: build"):
        BuildPlan({"a": b""}).write(out, "HLS project")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(DataError, match="is a file, not a folder"):
        written(tmp_path / "out")


def test_what_verbs_made_since_goes_with_the_folder(tmp_path: Path) -> None:
    out = written(tmp_path / "build")
    for name in DERIVED["build"]:
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text("made again at will")
    written(out, "2")
    assert sorted(snapshot(out)) == [RECORD, "kept.c", "sub/more.c"]


def test_an_empty_folder_may_be_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    written(tmp_path / "out")
    assert (tmp_path / "out" / "kept.c").is_file()


def test_an_empty_folder_of_a_users_is_named(tmp_path: Path) -> None:
    (tmp_path / "build" / "kept").mkdir(parents=True)
    with pytest.raises(DataError, match=r"did not write \(kept\)"):
        written(tmp_path / "build")


@pytest.mark.parametrize("inside", ["", "sub"])
def test_a_shell_is_not_left_in_a_folder_that_is_gone(
    tmp_path: Path, inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = written(tmp_path / "build")
    monkeypatch.chdir(out / inside)
    with pytest.raises(DataError, match="is where you are"):
        written(out, "3")
    assert (out / "kept.c").read_text() == "1"


def test_what_comes_while_we_write_is_seen_before_the_change(tmp_path: Path) -> None:
    out = written(tmp_path / "build")

    def write() -> None:
        with replaced(out, "build") as fresh:
            (fresh / "new.c").write_text("3")
            (out / "late.txt").write_text("mine")

    with pytest.raises(DataError, match=r"late\.txt"):
        write()
    assert (out / "late.txt").read_text() == "mine"
    assert (out / "kept.c").is_file()


def test_the_record_tells_its_content(tmp_path: Path) -> None:
    out = written(tmp_path / "build")
    record = json.loads((out / RECORD).read_text())
    assert (record["format"], record["version"], record["kind"]) == ("tinyrob folder", 1, "build")
    assert set(record["files"]) == {"kept.c", "sub/more.c"}
    record["files"]["notes.txt"] = "0" * 64
    (out / RECORD).write_text(json.dumps(record))
    (out / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="did not write"):
        check_replaceable(out, "build")
    write_record(out, "build")
    check_replaceable(out, "build")


def _hold(out: Path, held: multiprocessing.synchronize.Event) -> None:
    with replaced(out, "build") as fresh:
        (fresh / "half").write_text("x")
        held.set()
        signal.pause()


def test_two_runs_on_one_folder_are_told_and_debris_of_a_killed_one_is_cleared(
    tmp_path: Path,
) -> None:
    out = written(tmp_path / "build")
    context = multiprocessing.get_context("fork")
    held = context.Event()
    other = context.Process(target=_hold, args=(out, held))
    other.start()
    assert held.wait(30)
    which = rf" \(process {other.pid}\)" if sys.platform == "linux" else ""
    with pytest.raises(DataError, match=f"another run of tinyrob{which} is writing"):
        written(out, "2")
    assert other.pid is not None
    os.kill(other.pid, signal.SIGKILL)
    other.join()
    assert len(list(tmp_path.glob(".build-*"))) == 1
    mine = tmp_path / ".build-of-mine"
    mine.mkdir()
    (mine / "kept").write_text("mine")
    written(out, "2")
    assert (out / "kept.c").read_text() == "2"
    assert sorted(p.name for p in tmp_path.iterdir()) == [".build-of-mine", "build"]


@pytest.mark.parametrize("left", ["empty record", "about to take its place", "being removed"])
def test_whatever_moment_a_run_is_killed_at_the_next_clears_what_it_left(
    tmp_path: Path, left: str
) -> None:
    out = written(tmp_path / "build")
    debris = tmp_path / ".build-unfinished-0a1b2c3d"
    shutil.copytree(out, debris)
    if left == "empty record":
        shutil.rmtree(debris)
        debris.mkdir()
        (debris / RECORD).write_text("")
    elif left == "being removed":
        (debris / "kept.c").unlink()
    mine = tmp_path / ".build-of-monday"
    shutil.copytree(out, mine)
    written(out, "2")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".build-of-monday", "build"]


def test_a_folder_is_removed_with_its_record_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, held = written(tmp_path / "build"), []
    rmtree = shutil.rmtree

    def watched(folder: Path, ignore_errors: bool = False) -> None:
        held.append(sorted(path.name for path in folder.iterdir()))
        rmtree(folder, ignore_errors)

    monkeypatch.setattr("shutil.rmtree", watched)
    written(out, "2")
    assert held == [["more.c"], [RECORD]]


def test_without_the_system_call_the_old_folder_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanging, "exchange_names", lambda one, other: False)
    out = written(tmp_path / "build")
    written(out, "2")
    assert (out / "kept.c").read_text() == "2"
    real = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if self.name.startswith(".build-"):
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OSError, match="No space"):
        written(out, "3")
    assert (out / "kept.c").read_text() == "2"


def test_a_kill_between_the_two_renames_is_mended_by_the_next_run(tmp_path: Path) -> None:
    out = written(tmp_path / "build")
    out.rename(tmp_path / ".build.was")
    with replaced(out, "build"):
        assert (out / "kept.c").read_text() == "1"
    (tmp_path / ".build.was").mkdir()
    written(out, "3")
    assert not (tmp_path / ".build.was").exists()


def test_a_mount_point_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path) == tmp_path / "disk")
    (tmp_path / "disk").mkdir()
    with pytest.raises(DataError, match="is a mount point"):
        written(tmp_path / "disk")
