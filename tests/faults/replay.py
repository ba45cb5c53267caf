"""What a compiler did once it need not do again: a sweep builds the same folder hundreds of times.

A program that is run in a folder by ``subprocess.run`` is known by its arguments and by the sources
in the folder; what it made and said is kept, and put there the next time. To the sweep that is what
it was: another program's work, whose writes do not count.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SOURCES = (".c", ".h", ".cc", ".S", ".ld")
_run = subprocess.run
_lock = threading.Lock()
_read: dict[tuple[str, int, int, int], bytes] = {}
"""SHA-256 of files that were read, by name, inode, size and time: a build compiles each of its
sources beside all others."""


def install(kept: Path, shim: Any) -> None:
    """From now on, in this process and its forks. ``kept`` is a folder; ``shim`` is paused."""

    @contextlib.contextmanager
    def uncounted() -> Iterator[None]:
        shim.fault_pause(1)
        try:
            yield
        finally:
            shim.fault_pause(-1)

    def run(command: Any, *others: Any, **options: Any) -> Any:
        folder = options.get("cwd")
        if folder is None or not isinstance(command, list | tuple):
            return _run(command, *others, **options)
        with uncounted():
            place = kept / _digest(command, Path(folder))
            if not place.is_dir():
                with _lock:  # what is new in the folder must be of this one
                    before = _files(Path(folder))
                    done = _run(command, *others, **options)
                    if done.returncode == 0:
                        _keep(place, Path(folder), before, done)
                return done
            _put(place / "made", Path(folder))
            return pickle.loads((place / "done").read_bytes())

    subprocess.run = run


def _files(folder: Path) -> dict[Path, int]:
    return {Path(entry.path): entry.stat().st_mtime_ns for entry in _walked(folder)}


def _walked(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """The files in a folder and below; what another thread takes away meanwhile is passed over."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                yield from _walked(entry.path)
            elif entry.is_file():
                yield entry


def _put(made: Path, folder: Path) -> None:
    for entry in _walked(made):
        target = folder / Path(entry.path).relative_to(made)
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(entry.path, target)
        target.chmod(entry.stat().st_mode)


def _keep(place: Path, folder: Path, before: dict[Path, int], done: Any) -> None:
    fresh = place.with_suffix(f".fresh-{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "made").mkdir(parents=True)
    for path, written in _files(folder).items():
        if before.get(path) != written:
            target = fresh / "made" / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    (fresh / "done").write_bytes(pickle.dumps(done))
    with contextlib.suppress(OSError):  # another process has kept the same
        fresh.rename(place)


def _digest(command: Any, folder: Path) -> str:
    here = str(folder.resolve())  # drawn anew in each run; what is compiled does not name it
    total = hashlib.sha256(repr([str(word).replace(here, ".") for word in command]).encode())
    sources = [
        entry
        for entry in _walked(folder)
        if entry.name.endswith(_SOURCES) or entry.name == "Makefile"
    ]
    for entry in sorted(sources, key=lambda entry: entry.path):
        total.update(f"{os.path.relpath(entry.path, folder)}\n".encode() + _content(entry))
    return total.hexdigest()


def _content(entry: os.DirEntry[str]) -> bytes:
    stat = entry.stat()
    key = (entry.path, stat.st_ino, stat.st_size, stat.st_mtime_ns)
    if key not in _read:
        _read[key] = hashlib.sha256(Path(entry.path).read_bytes()).digest()
    return _read[key]
