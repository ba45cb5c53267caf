"""Several files come into a folder of the user's all at once, or none does: kills are undone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinyrob.files import together
from tinyrob.files.together import take_back, write_together

TEXTS = {"a.toml": b"a", "in/deep/b.yml": b"b", "c.md": b"c"}
STRUCK = """
import os, pathlib, sys
from tinyrob.files import together
counts, real = [0], {}
def struck(name):
    real[name] = getattr(pathlib.Path, name)
    def one(*given, **named):
        counts[0] += 1
        if counts[0] == int(sys.argv[2]):
            os._exit(9)
        return real[name](*given, **named)
    setattr(pathlib.Path, name, one)
for name in ("mkdir", "replace", "unlink"):
    struck(name)
folder = pathlib.Path(sys.argv[1])
together.take_back(folder, TEXTS)
together.write_together(folder, TEXTS)
"""


def everything(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def home(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_bytes(b"mine")
    return folder


def killed(folder: Path, at: int) -> int:
    program = STRUCK.replace("TEXTS", repr(TEXTS))
    return subprocess.run([sys.executable, "-c", program, str(folder), str(at)]).returncode


def test_all_are_written_and_nothing_else(tmp_path: Path) -> None:
    folder = home(tmp_path)
    write_together(folder, TEXTS)
    assert everything(folder) == {"notes.txt": b"mine", **TEXTS}


def test_wherever_it_was_killed_the_next_call_takes_it_back(tmp_path: Path) -> None:
    folder, at, halves = home(tmp_path), 1, 0
    while killed(folder, at) == 9:
        halves += 0 < sum(name in everything(folder) for name in TEXTS) < len(TEXTS)
        assert killed(folder, 1) == 9  # the taking back, too
        take_back(folder, TEXTS)
        left = everything(folder)
        if left != {"notes.txt": b"mine", **TEXTS}:  # killed after all
            assert left == {"notes.txt": b"mine"}
            assert [p.name for p in folder.iterdir()] == ["notes.txt"]
        for name in TEXTS:
            (folder / name).unlink(missing_ok=True)
        at += 1
    assert at > 8
    assert halves >= 2
    assert everything(folder) == {"notes.txt": b"mine", **TEXTS}


def test_a_file_that_was_changed_since_is_kept(tmp_path: Path) -> None:
    folder, at = home(tmp_path), 1
    while not (folder / "a.toml").exists():
        take_back(folder, TEXTS)
        assert killed(folder, at) == 9
        at += 1
    (folder / "a.toml").write_bytes(b"edited")
    take_back(folder, TEXTS)
    assert everything(folder) == {"notes.txt": b"mine", "a.toml": b"edited"}


def test_what_a_living_run_writes_is_not_taken_back(tmp_path: Path) -> None:
    folder = home(tmp_path)
    (folder / f".tinyrob-new-{os.getpid()}-abcdefgh.part").mkdir()
    take_back(folder, TEXTS)
    assert len(list(folder.iterdir())) == 2


def test_an_error_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, real = home(tmp_path), Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == "c.md":
            raise OSError(28, "No space left on device")
        return real(path, target)

    monkeypatch.setattr(together.Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_together(folder, TEXTS)
    assert [p.name for p in folder.iterdir()] == ["notes.txt"]
