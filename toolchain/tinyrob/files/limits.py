"""How large a file may be, and how much it may grow: checked before anything is made of it.

Far more than any network for a microcontroller needs, and far less than a machine has. A file says
its sizes itself, so they are asked for first and enforced as it is read.
"""

from __future__ import annotations

from pathlib import Path

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


def read_limited(path: Path, most: int = MODEL_BYTES) -> bytes:
    """A file's bytes. Raises OSError, or Damaged where it has more than ``most``.

    What is no plain file (a pipe, a device) may have no end: it is read up to the limit as well.
    """
    with path.open("rb") as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise Damaged(f"it has more than the {most // MIB:,} MiB that are allowed")
    return content
