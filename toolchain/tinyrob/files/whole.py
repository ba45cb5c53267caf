"""Files that are whole or absent, whatever kills the program that writes them; and the others."""

from __future__ import annotations

import os
import tempfile
import zipfile
import zlib
from pathlib import Path

TORN = ".part"
"""How what was being written is named at its end, when a kill has left it behind."""


DAMAGED = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)
"""What NumPy raises, in its many ways, for an .npy or .npz file that is not whole."""


def write_atomically(path: Path, content: bytes) -> None:
    """Writes beside ``path``, flushes to the disk, then renames: never half a file.

    Its folder must exist. Raises OSError, with ``path`` as it was.
    """
    handle, temporary = tempfile.mkstemp(TORN, f".{path.name}-", path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
