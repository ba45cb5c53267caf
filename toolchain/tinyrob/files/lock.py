"""One run at a time on one thing: locks between processes, on any system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tinyrob.errors import DataError
from tinyrob.files.system import lock_holder


@contextmanager
def waiting_lock(path: Path) -> Iterator[None]:
    """Holds the lock file ``path``; waits for another process that holds it. Raises OSError."""
    from filelock import FileLock

    with FileLock(path):
        yield


@contextmanager
def only_run(out: Path, wait: bool = False) -> Iterator[None]:
    """Holds the right to write ``out``, by a lock file beside it that goes at the end; in it where
    the folder around may not be written (a volume of a container).

    Raises DataError where another process holds it and ``wait`` is not asked for, OSError where
    the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    out = out.resolve()
    path = out.with_name(f".{out.name}.lock")
    if out.is_dir() and not os.access(out.parent, os.W_OK):
        path = out / ".lock"
    lock = FileLock(path, timeout=-1 if wait else 0)
    try:
        lock.acquire()
    except Timeout:
        holder = lock_holder(path)
        which = f" (process {holder})" if holder else ""
        raise DataError(
            f"another run of tinyrob{which} is writing {out}",
            "wait for it, or name another folder",
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):  # Windows keeps a file that is open; it goes the next time
            path.unlink()
        lock.release()
