"""Writing a model's .tflite."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tinyrob.errors import DataError
from tinyrob.load import Deployable


def export_tflite(model: Deployable, output: Path) -> None:
    """Writes the .tflite to ``output``, whole or not at all. Raises DataError, OSError."""
    if output.is_dir():
        raise DataError(f"{output} is a folder, not a file", "name the .tflite to write")
    output.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{output.name}-", dir=output.parent)
    beside = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(model.tflite)
        beside.chmod(0o644)
        beside.replace(output)
    finally:
        beside.unlink(missing_ok=True)
