"""What a dataset is: bytes as the sensor gives them, and labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

UInt8Array = NDArray[np.uint8]
Int8Array = NDArray[np.int8]
Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs ``x_*`` (N, *shape) uint8 in 0..255, labels ``y_*`` (N,) that index ``classes``."""

    name: str
    x_train: UInt8Array
    y_train: Labels
    x_test: UInt8Array
    y_test: Labels
    classes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input."""
        return tuple(self.x_train.shape[1:])

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over inputs and labels of both splits: what a model was trained on."""
        total = hashlib.sha256()
        for part in (self.x_train, self.y_train, self.x_test, self.y_test):
            total.update(f"{part.dtype.str}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).data)
        return total.hexdigest()


def to_int8(pixels: UInt8Array) -> Int8Array:
    """The network's int8 inputs: ``pixels - 128``. As real values they are ``int8 / 128``."""
    return (pixels ^ np.uint8(0x80)).view(np.int8)
