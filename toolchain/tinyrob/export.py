"""Writing a model's .tflite."""

from __future__ import annotations

from pathlib import Path

from tinyrob.errors import DataError
from tinyrob.files.whole import write_atomically
from tinyrob.load import Deployable


def export_tflite(model: Deployable, output: Path) -> None:
    """Writes the .tflite to ``output``, whole or not at all. Raises DataError, OSError."""
    if output.is_dir():
        raise DataError(f"{output} is a folder, not a file", "name the .tflite to write")
    output.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(output, model.tflite)
