"""A sample of the sweep: exporting is killed, finds no room on the disk, or none in memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from faults import record
from faults.kept import Kept
from faults.left import state

SWEEP = Path(__file__).with_name("sweep.py")


def swept(how: str, *options: str) -> str:
    command = [sys.executable, str(SWEEP), "export-tflite", "--how", how, *options]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("how", "every"), [("full", 1), ("memory", 12)])
def test_an_export_is_whole_or_absent_and_the_next_one_is_the_same(how: str, every: int) -> None:
    said = swept(how, "--every", str(every))
    found = re.search(r"(\d+) writes, +(\d+) struck, .* 0 wrong", said)
    assert found is not None, said
    assert int(found[1]) > 5
    assert int(found[2]) >= 2


def test_what_a_kill_leaves_is_what_was_there_before_the_write(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    for how, every in (("kill", "4"), ("copy", "1")):
        swept(how, "--every", every, "--record", str(record))
    made = [json.loads(line) for line in record.read_text().splitlines()]
    left = {how: {m["n"]: m["left"] for m in made if m["how"] == how} for how in ("kill", "copy")}
    assert len(left["kill"]) >= 2
    assert len(set(left["copy"].values())) > 2
    assert left["kill"].items() <= left["copy"].items()


def test_what_a_fork_of_a_run_leaves_is_what_a_run_of_its_own_does(tmp_path: Path) -> None:
    left = {}
    for real in (True, False):
        record = tmp_path / f"{real}.jsonl"
        swept("broken", "--every", "3" if real else "1", "--record", str(record),
              *(("--real",) if real else ()))  # fmt: skip
        made = [json.loads(line) for line in record.read_text().splitlines()]
        left[real] = {m["n"]: m["left"] for m in made}
    assert len(left[True]) >= 2
    assert len(left[False]) > 5
    assert left[True].items() <= left[False].items()


def test_a_fork_gives_the_folder_back_as_it_was(tmp_path: Path) -> None:
    folder, inner = tmp_path / "here", tmp_path / "here" / "in"
    inner.mkdir(parents=True)
    (inner / "a").write_bytes(b"first")
    (folder / "b").write_bytes(b"second")
    (folder / "link").symlink_to("b")
    before = state(folder)
    with (inner / "a").open("r+b") as held:  # as the run may hold it
        kept = Kept.of(folder, tmp_path / "beside")
        (inner / "a").unlink()
        inner.rmdir()
        (folder / "link").unlink()
        (folder / "b").write_bytes(b"changed and longer")
        (folder / "b").chmod(0o400)
        (folder / "new").mkdir()
        (folder / "new" / "c").write_bytes(b"")
        kept.restore()
        assert state(folder) == before
        held.write(b"FIRST")
    assert (inner / "a").read_bytes() == b"FIRST"


def test_a_sweep_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strikes = [record.Strike("build", "kill", n, "left", [], ["a finding"]) for n in range(3)]
    path = tmp_path / "record.jsonl"
    kept = record.Record(path)
    for strike in strikes:
        kept.add(strike)
    assert record.Record(path).strikes == strikes
    text = path.read_text()
    path.write_text(text[: text.rindex("finding")])  # it was stopped while it wrote
    record.Record(path).add(strikes[2])
    assert record.Record(path).strikes == strikes
    monkeypatch.setattr(record, "sources", lambda: "others")
    assert record.Record(path).strikes == []
