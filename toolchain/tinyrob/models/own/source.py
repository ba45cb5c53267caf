"""A Keras model as data: its layers in the order that they run, their options and their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.files.limits import Damaged

_LARGEST = 1 << 24
"""The largest whole number that a layer's option may be."""

Arrays = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class SourceLayer:
    """One layer: Keras' class name, what it reads, its options as Keras writes them, its weights
    by Keras' names (``kernel``, ``bias``, ``gamma``, …; none where the file holds none)."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    options: Mapping[str, Any]
    weights: Arrays = field(default_factory=dict)

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number from 1 on. Raises Damaged."""
        value = self.options.get(key, default)
        if type(value) is not int or not 1 <= value <= _LARGEST:
            raise self.damaged(key)
        return value

    def integers(self, key: str, default: int | None = None) -> tuple[int, ...]:
        """One whole number from 1 on, or a list of them. Raises Damaged."""
        value = self.options.get(key)
        value = default if value is None else value
        items = value if isinstance(value, list | tuple) else [value]
        if not 1 <= len(items) <= 8 or not all(
            type(item) is int and 1 <= item <= _LARGEST for item in items
        ):
            raise self.damaged(key)
        return tuple(items)

    def number(self, key: str, default: float) -> float:
        """A finite number. Raises Damaged."""
        value = self.options.get(key, default)
        if type(value) not in (int, float) or not abs(value) < 1e30:
            raise self.damaged(key)
        return float(value)

    def text(self, key: str, default: str) -> str:
        """A text. Raises Damaged."""
        value = self.options.get(key, default)
        if not isinstance(value, str):
            raise self.damaged(key)
        return value

    def boolean(self, key: str, default: bool) -> bool:
        """True or false. Raises Damaged."""
        value = self.options.get(key, default)
        if type(value) is not bool:
            raise self.damaged(key)
        return value

    def damaged(self, key: str) -> Damaged:
        """The error for an option that is none."""
        return Damaged(f"layer {self.name!r}: its option {key[:40]!r} is not what Keras writes")


@dataclass(frozen=True, eq=False)
class Source:
    """A model of one input and one output: ``layers`` in the order that they run, the first is the
    input. ``shape`` is the input's, without the batch."""

    name: str
    shape: tuple[int, ...]
    layers: tuple[SourceLayer, ...]
    output: str
