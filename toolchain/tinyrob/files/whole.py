"""Files that are whole or absent, whatever kills the program that writes them; and the others."""

from __future__ import annotations

import errno
import glob
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tinyrob.errors import DataError
from tinyrob.files.system import process_lives

TORN = ".part"
"""How what was being written is named at its end, when a kill has left it behind."""


DAMAGED = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)
"""What NumPy raises, in its many ways, for an .npy or .npz file that is not whole."""


def write_atomically(path: Path, content: bytes, durable: bool = True) -> None:
    """Writes beside ``path``, flushes to the disk, then renames: never half a file.

    Not ``durable``: without the flush, for what may be lost with the machine's current, and is read
    as something that may be damaged.
    What a killed process has left of the same file is cleared away. Its folder must exist. Raises
    OSError, with ``path`` as it was; for a device and a pipe as well, which a file would replace.
    """
    if _is_special(path):
        raise OSError(errno.EINVAL, "a device or a pipe is no file to write:", str(path))
    clear_torn(path)
    handle, temporary = tempfile.mkstemp(TORN, torn_prefix(path), path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_output(path: Path, content: bytes) -> None:
    """As ``write_atomically``, and into a device or a pipe as well."""
    if _is_special(path):
        path.write_bytes(content)
    else:
        write_atomically(path, content)


def check_output(path: Path, stream: bool = False) -> None:
    """Raises DataError where no file could be written at ``path``: for the time before the work
    that it is the outcome of. Folders that are not there may still be made. ``stream``: it may be
    a device or a pipe as well."""
    elsewhere = "name a file that can be made; nothing was computed yet"
    if _is_special(path):
        if stream:
            return
        raise DataError(f"{path} is a device or a pipe, no file to write", elsewhere)
    if path.is_dir():
        raise DataError(f"{path} is a folder, no file to write", elsewhere)
    folder = path.absolute().parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise DataError(f"{path} cannot be written: {folder} is no folder", elsewhere)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DataError(f"{path} cannot be written: {folder} may not be written into", elsewhere)


def _is_special(path: Path) -> bool:
    """Whether ``path`` is, or leads to, what is neither a file nor a folder (/dev/stdout leads to
    one of /proc). A link to a file is replaced: it may be a stranger's, who chose where it leads.
    """
    try:
        kind = path.stat().st_mode
    except OSError:  # nothing is there, or where it leads
        return False
    to_stream = path.is_symlink() and str(path.readlink()).startswith("/proc/")
    return to_stream or not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))


def torn_prefix(path: Path) -> str:
    """How a file or folder that is to be ``path`` begins while this process writes it; it ends in
    TORN."""
    return f".{path.name}-{os.getpid()}-"


def clear_torn(path: Path) -> None:
    """Removes unfinished files and folders of ``path`` whose writers are gone."""
    for torn in torn_of(path):
        if torn.is_dir() and not torn.is_symlink():
            shutil.rmtree(torn, ignore_errors=True)
        with suppress(OSError):
            torn.unlink()


def torn_of(path: Path) -> Iterator[Path]:
    """Unfinished files and folders of ``path`` whose writers, numbered in their names, are gone."""
    for torn in path.parent.glob(f".{glob.escape(path.name)}-*-*{TORN}"):
        writer = torn.name[len(path.name) + 2 :].partition("-")[0]
        if writer.isdecimal() and not process_lives(int(writer)):
            yield torn
