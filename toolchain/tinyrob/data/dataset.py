"""What a dataset is: bytes as the sensor gives them, and labels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.units import Units
from tinyrob.features.spec import Features

UInt8Array = NDArray[np.uint8]
Int8Array = NDArray[np.int8]
Labels = NDArray[np.int64]
FORMS = ("pixels", "windows", "spectrum", "features")
"""How inputs are looked at: as pictures, as curves over time (T, C), as features of sound over
time, or as plain numbers."""


@dataclass(frozen=True)
class Change:
    """How a recording is changed at random, each value the most that it is.

    ``shift`` is in milliseconds, ``noise`` a share of its recorded volume, ``speed`` a share of the
    recording's own, ``gain`` in decibels; ``equalizer`` is a filter's usual size in decibels.
    ``snr`` are the least and the most decibels that speech lies above the background (None: it is
    added by ``noise`` alone).
    """

    shift: int = 0
    noise: float = 0.0
    speed: float = 0.0
    gain: float = 0.0
    equalizer: float = 0.0
    snr: tuple[float, float] | None = None


class Remake(Protocol):
    """Makes training inputs anew from their recordings, each changed in its own way."""

    def __call__(
        self, chosen: NDArray[np.int64], change: Change, generator: np.random.Generator
    ) -> UInt8Array: ...


class Recorded(Protocol):
    """Int16 samples (N, n) of a split's recordings, by their numbers in it, as they were made."""

    def __call__(self, split: str, chosen: NDArray[np.int64]) -> NDArray[np.int16]: ...


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs ``x_*`` (N, *shape) uint8 in 0..255, labels ``y_*`` (N,) that index ``classes``.

    ``x_validation`` is there where the dataset's makers have set a split apart for choices.
    ``remake`` and ``recorded`` are there where inputs are features of recordings. ``units`` say
    what the bytes stand for where they are no pixels, ``form`` (one of ``FORMS``) how people look
    at them; ``weights`` are the classes' in the loss (None: alike). ``source`` describes data of a
    user's own, as JSON.
    """

    name: str
    x_train: UInt8Array
    y_train: Labels
    x_test: UInt8Array
    y_test: Labels
    classes: tuple[str, ...]
    x_validation: UInt8Array | None = None
    y_validation: Labels | None = None
    remake: Remake | None = None
    units: Units | None = None
    form: str = "pixels"
    weights: tuple[float, ...] | None = None
    source: Mapping[str, Any] | None = None
    features: Features | None = None
    recorded: Recorded | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input."""
        return tuple(self.x_train.shape[1:])

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over inputs and labels of all splits: what a model was trained on."""
        total = hashlib.sha256()
        parts: list[NDArray[Any]] = [self.x_train, self.y_train, self.x_test, self.y_test]
        if self.x_validation is not None and self.y_validation is not None:
            parts += [self.x_validation, self.y_validation]
        for part in parts:
            total.update(f"{part.dtype.str}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).data)
        if self.units is not None:
            total.update(repr(self.units).encode())
        return total.hexdigest()


def to_int8(pixels: UInt8Array) -> Int8Array:
    """The network's int8 inputs: ``pixels - 128``. As real values they are ``int8 / 128``."""
    return (pixels ^ np.uint8(0x80)).view(np.int8)


def from_int8(values: Int8Array) -> UInt8Array:
    """The inverse of ``to_int8``: signed values as the bytes that a ``Dataset`` holds."""
    return values.view(np.uint8) ^ np.uint8(0x80)
