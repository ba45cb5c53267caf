"""How large a file may be, and how much it may grow: checked before anything is made of it.

Far more than any network for a microcontroller needs, and far less than a machine has. A file says
its sizes itself, so they are asked for first and enforced as it is read.
"""

from __future__ import annotations

import stat
from pathlib import Path

from tinyrob.files.system import read_pipe

MIB = 1 << 20
MODEL_BYTES = 256 * MIB
"""A model file (.tflite, .h5, .keras, frozen.npz), and what is inside it once inflated."""
DATA_BYTES = 2048 * MIB
"""A file of a dataset or of inputs, and the arrays in it; also a run's checkpoint or state."""
TEXT_BYTES = 16 * MIB
"""A text that is parsed: JSON, TOML."""
MEMBERS = 20_000
"""Files in an archive."""
DEPTH = 64
"""Lists and objects within each other."""
VALUES = 2_000_000
"""Values in a text that is parsed."""


class Damaged(ValueError):
    """A file is not whole, not of its kind, or too large; the message is for its user."""


WAIT = 5.0
"""Seconds that a pipe's writer has to come: without one, opening a pipe would wait for ever."""


def read_limited(path: Path, most: int = MODEL_BYTES) -> bytes:
    """A file's bytes. Raises OSError, or Damaged where it has more than ``most``, is a device, or
    a pipe that nobody writes into.

    A pipe (``<(program)`` in a shell) may have no end: it is read up to the limit as well.
    """
    about = path.stat()
    too_much = Damaged(f"it has more than the {most // MIB:,} MiB that are allowed")
    if stat.S_ISFIFO(about.st_mode):
        piped = read_pipe(path, most + 1, WAIT)
        if piped is None:
            raise Damaged("it is a pipe that nobody writes into")
        content = piped
    elif stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode):
        if about.st_size > most:
            raise too_much
        with path.open("rb") as stream:  # as much room as it says, not as much as is allowed
            content = stream.read(about.st_size + 1)
            if len(content) > about.st_size:  # it grows, or says that it is empty (/proc)
                content += stream.read(most + 1 - len(content))
    else:
        raise Damaged("it is a device, not a file")
    if len(content) > most:
        raise too_much
    return content
