"""One run at a time on one thing: locks between processes, on any system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tinyrob.errors import DataError


@contextmanager
def waiting_lock(path: Path) -> Iterator[None]:
    """Holds the lock file ``path``; waits for another process that holds it. Raises OSError."""
    from filelock import FileLock

    with FileLock(path):
        yield


@contextmanager
def only_run(out: Path, wait: bool = False) -> Iterator[None]:
    """Holds the right to write ``out``, by a lock file beside it that goes at the end.

    Raises DataError where another process holds it and ``wait`` is not asked for, OSError where
    the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    path = out.with_name(f".{out.name}.lock")
    lock = FileLock(path, timeout=-1 if wait else 0)
    try:
        lock.acquire()
    except Timeout:
        raise DataError(
            f"another run of tinyrob is writing {out}", "wait for it, or name another folder"
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):  # Windows keeps a file that is open; it goes the next time
            path.unlink()
        lock.release()
