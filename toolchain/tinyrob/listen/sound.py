"""Recordings for a build: the right rate and form, a whole number of hops."""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.own import audio
from tinyrob.errors import DataError
from tinyrob.features.rooms import as_samples
from tinyrob.features.spec import Features
from tinyrob.files.limits import DATA_BYTES, Damaged, read_limited

_UNKNOWN = "unknown format:"
"""How the standard library's reader begins to say that it knows integers only."""


def milliseconds(features: Features, hops: Any) -> float:
    """When so many hops have been heard, in seconds cut to milliseconds: as firmware prints it."""
    return int(hops) * features.hop * 1000 // features.rate / 1000


def padded(features: Features, samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """``samples`` and silence up to the first hop that ends a second."""
    seconds = max(1, math.ceil(len(samples) / features.rate))
    hops = -(-seconds * features.rate // features.hop)
    return np.pad(samples, (0, hops * features.hop - len(samples)))


def in_hops(features: Features, samples: NDArray[np.int16]) -> Iterator[NDArray[np.int16]]:
    """``samples``, a hop at a time."""
    for start in range(0, len(samples), features.hop):
        yield samples[start : start + features.hop]


def read_recording(path: Path, features: Features) -> NDArray[np.int16]:
    """The samples of a WAV file. Raises DataError where it is not of the features' rate, mono, 16
    bits; missing, damaged or cut short."""
    convert = (
        "add --convert, or convert it: "
        f"ffmpeg -i {path.name} -ac 1 -ar {features.rate} -sample_fmt s16 converted.wav"
    )
    try:
        with wave.open(io.BytesIO(read_limited(path, DATA_BYTES))) as file:
            rate, channels, bits = file.getframerate(), file.getnchannels(), file.getsampwidth() * 8
            wrong = [
                *([f"{rate:,} Hz, not {features.rate:,} Hz"] if rate != features.rate else []),
                *([f"{channels} channels, not one"] if channels != 1 else []),
                *([f"{bits} bits a sample, not 16"] if bits != 16 else []),
            ]
            if wrong:
                raise DataError(f"{path} has {', and '.join(wrong)}", convert)
            promised = file.getnframes()
            content = file.readframes(promised)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check the path") from None
    except (EOFError, wave.Error, RuntimeError, Damaged) as error:  # RuntimeError: a chunk's size
        why = str(error) or "it is cut off"
        if why.startswith(_UNKNOWN):
            number = why.removeprefix(_UNKNOWN)
            raise DataError(
                f"{path} has samples of another kind than 16-bit integers: its format is{number}",
                convert,
            ) from None
        raise DataError(f"{path} is no WAV file, or damaged: {why}", convert) from None
    if promised == 0:
        raise DataError(f"{path} holds no samples", "record it again")
    if len(content) != 2 * promised:
        raise DataError(
            f"{path} is cut short: {len(content) // 2:,} of {promised:,} samples", "record it again"
        )
    return np.frombuffer(content, "<i2").astype(np.int16, copy=False)


def convert_recording(path: Path, features: Features) -> tuple[NDArray[np.int16], str]:
    """The samples of any recording that training takes, converted as it does, and what it was.
    Raises DataError, ToolMissing."""
    try:
        mono, rate, channels = audio.read(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check the path") from None
    except Damaged as error:
        raise DataError(f"{path}: {error}", "record it again") from None
    if rate != features.rate:
        mono = audio.resampled(mono, rate, features.rate)
    told = f"{rate:,} Hz, {channels} channel{'s' if channels > 1 else ''}"
    return as_samples(np.clip(mono, -1.0, 1.0)), told
