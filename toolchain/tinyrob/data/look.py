"""A dataset at a glance: counts by class and split, ranges, and examples as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import Dataset, Int8Array, to_int8

EXAMPLES = 10
_SHADES = " .:-=+*#%@"
_BARS = "▁▂▃▄▅▆▇█"
_COLUMNS = 28  # of an example on the screen
_CHANNELS = 8  # curves of an example that are shown


@dataclass(frozen=True)
class Range:
    """What one channel of the training split holds, in the sensor's unit where it is known."""

    name: str
    low: float
    high: float
    unit: str
    step: float


@dataclass(frozen=True)
class Look:
    """``counts``: of each split by class; ``saturated``: the share of the test split's values that
    lie at the grid's ends."""

    name: str
    form: str
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    counts: dict[str, list[int]]
    ranges: tuple[Range, ...]
    saturated: float
    weights: tuple[float, ...] | None
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "name": self.name,
            "form": self.form,
            "shape": list(self.shape),
            "classes": list(self.classes),
            "splits": {
                split: dict(zip(self.classes, counts, strict=True))
                for split, counts in self.counts.items()
            },
            "ranges": [vars(one) for one in self.ranges],
            "saturated": self.saturated,
            "class_weights": None if self.weights is None else list(self.weights),
            "digest": self.digest,
        }


def look(dataset: Dataset) -> Look:
    """What there is to know of a dataset."""
    labels = {"train": dataset.y_train, "validation": dataset.y_validation, "test": dataset.y_test}
    count = len(dataset.classes)
    test = to_int8(dataset.x_test)
    return Look(
        dataset.name,
        dataset.form,
        dataset.shape,
        dataset.classes,
        {
            split: np.bincount(y, minlength=count).tolist()
            for split, y in labels.items()
            if y is not None
        },
        tuple(_ranges(dataset)),
        float(np.isin(test, (-128, 127)).mean()) if dataset.units is not None else 0.0,
        dataset.weights,
        dataset.digest,
    )


def _ranges(dataset: Dataset) -> Sequence[Range]:
    """One for each channel where channels have grids of their own, else one."""
    units = dataset.units
    if units is None:
        return [Range("bytes", int(dataset.x_train.min()), int(dataset.x_train.max()), "", 1.0)]
    grids, channels = len(units.log2_step), dataset.shape[-1]
    flat = to_int8(dataset.x_train).reshape(-1, channels if grids > 1 else 1)
    low, high = units.values(flat.min(axis=0)), units.values(flat.max(axis=0))
    made = []
    for number in range(grids):
        name = units.names[number] if len(units.names) == grids else str(number)
        name = "all" if grids == 1 else name
        unit = units.unit[number] if len(units.unit) == grids else units.unit[0]
        step = float(units.step[number])
        made.append(Range(name, float(low[number]), float(high[number]), unit, step))
    return made


def examples(dataset: Dataset, count: int = EXAMPLES) -> list[tuple[str, Int8Array]]:
    """Training inputs with their classes' names: one of each class in turn."""
    places = [np.flatnonzero(dataset.y_train == number) for number in range(len(dataset.classes))]
    picked: list[tuple[str, Int8Array]] = []
    for turn in range(count):
        for number, found in enumerate(places):
            if turn < len(found) and len(picked) < count:
                q = to_int8(dataset.x_train[found[turn]])
                picked.append((dataset.classes[number], q))
    return picked


def drawn(q: Int8Array, form: str) -> list[str]:
    """An example as lines of text: shades of a picture, or a curve a channel."""
    if form in ("pixels", "spectrum") and q.ndim >= 2:
        grey = q.reshape(*q.shape[:2], -1).mean(axis=-1)
        if form == "spectrum":
            grey = grey.T[::-1]
        return _shaded(grey)
    curves = q.reshape(-1, q.shape[-1]).T if q.ndim >= 2 else q.reshape(1, -1)
    lines = [_curve(curve.astype(np.float64)) for curve in curves[:_CHANNELS]]
    return lines if len(curves) <= _CHANNELS else [*lines, "..."]


def _shaded(grey: NDArray[Any]) -> list[str]:
    every = max(1, -(-grey.shape[1] // _COLUMNS))
    # A character is about twice as high as it is wide.
    small = grey[:: 2 * every if grey.shape[0] > 12 else every, ::every]
    low, high = float(small.min()), float(small.max())
    level = (small - low) / (high - low or 1.0) * (len(_SHADES) - 1)
    return ["".join(_SHADES[round(float(v))] for v in row) for row in level]


def _curve(values: NDArray[Any]) -> str:
    parts = np.array_split(values, min(_COLUMNS, len(values)))
    means = np.array([part.mean() for part in parts])
    level = (means + 128.0) / 255.0 * (len(_BARS) - 1)
    return "".join(_BARS[round(float(v))] for v in level)
