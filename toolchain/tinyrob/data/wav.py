"""Reads the WAV files of Speech Commands: 16 kHz, mono, 16 bits, and whole."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import DataError
from tinyrob.files.limits import DATA_BYTES, Damaged, read_limited

RATE = 16_000
_HINT = "`tinyrob data fetch speech_commands` downloads the dataset again"


def read_wav(path: Path) -> NDArray[np.int16]:
    """All samples of ``path``. Raises DataError where it is missing, damaged or cut short."""
    try:
        with wave.open(io.BytesIO(read_limited(path, DATA_BYTES))) as file:
            form = (file.getframerate(), file.getnchannels(), 8 * file.getsampwidth())
            if form != (RATE, 1, 16):
                raise DataError(
                    f"{path} has {form[0]} Hz, {form[1]} channels, {form[2]} bits: "
                    f"not {RATE} Hz, mono, 16 bits",
                    _HINT,
                )
            promised = file.getnframes()
            content = file.readframes(promised)
    # RuntimeError: a chunk's size
    except (OSError, EOFError, wave.Error, RuntimeError, Damaged) as error:
        raise DataError(f"{path} is missing or damaged: {error}", _HINT) from error
    if promised == 0 or len(content) != 2 * promised:
        raise DataError(
            f"{path} is cut short: {len(content) // 2:,} of {promised:,} samples", _HINT
        )
    return np.frombuffer(content, "<i2").astype(np.int16, copy=False)
