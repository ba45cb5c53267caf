"""What a compiler did once it need not do again: a sweep builds the same folder hundreds of times.

A program that is run in a folder by ``subprocess.run`` is known by its arguments and by the sources
in the folder; what it made and said is kept, and put there the next time. To the sweep that is what
it was: another program's work, whose writes do not count.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SOURCES = {".c", ".h", ".cc", ".S", ".ld"}
_run = subprocess.run
_lock = threading.Lock()


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
            shutil.copytree(place / "made", folder, dirs_exist_ok=True)
            return pickle.loads((place / "done").read_bytes())

    subprocess.run = run


def _files(folder: Path) -> dict[Path, int]:
    return {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def _keep(place: Path, folder: Path, before: dict[Path, int], done: Any) -> None:
    fresh = place.with_suffix(".fresh")
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
    total = hashlib.sha256(repr([str(word) for word in command]).encode())
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SOURCES or path.name == "Makefile":
            total.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return total.hexdigest()
