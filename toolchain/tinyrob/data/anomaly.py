"""Anomalies: what an autoencoder makes of an input tells how unlike those it learned it is.

The score is the sum of the squared differences between the int8 input and the int8 reconstruction,
which lie on one grid: an integer, the same in Python and in C. AUC is the chance that an anomaly
scores above a normal input, half of it where both score alike (Mann and Whitney, 1947).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import Change, Dataset, Int8Array, Labels, Remake, UInt8Array
from tinyrob.errors import DataError, ModelFormatError, did_you_mean
from tinyrob.files.names import is_safe

KEY = "anomaly"
"""Where a recipe, a frozen model and a manifest say what is normal."""
NAME = "anomaly"
"""The class of all that is not normal."""
MOST_VALUES = 66_051
"""Of how many values at most a score fits 32 bits: each adds up to 255 squared."""

Scores = NDArray[np.int64]


@dataclass(frozen=True)
class Anomaly:
    """``normal`` is the class that was learned, and inputs that score above ``threshold`` are
    anomalies; of normal validation inputs at most the share ``false_alarms`` did."""

    normal: str
    threshold: int
    false_alarms: float

    @property
    def classes(self) -> tuple[str, str]:
        """The names of the verdicts 0 and 1."""
        return self.normal, NAME

    def verdicts(self, scores: Scores) -> Labels:
        """1 for anomalies, 0 for normal inputs (N,)."""
        return (scores > self.threshold).astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return dataclasses.asdict(self)


def from_dict(raw: Any, where: str) -> Anomaly | None:
    """What ``to_dict`` gave; None where there is none. Raises ModelFormatError."""
    if raw is None:
        return None
    fields = {"normal", "threshold", "false_alarms"}
    sound = isinstance(raw, Mapping) and set(raw) == fields
    if sound:
        normal, threshold, share = raw["normal"], raw["threshold"], raw["false_alarms"]
        sound = isinstance(normal, str) and is_safe(normal)
        sound = sound and type(threshold) is int and 0 <= threshold < 2**32
        sound = sound and isinstance(share, int | float) and 0 <= share < 1
    if not sound:
        raise ModelFormatError(
            f"{where} does not say soundly what an anomaly is", "train and freeze it again"
        )
    return Anomaly(normal, threshold, float(share))


def scores(inputs: Int8Array, outputs: Int8Array) -> Scores:
    """How unlike its reconstruction each input (N, *shape) is, from 0: squares of int8 steps."""
    apart = inputs.reshape(len(inputs), -1).astype(np.int64) - outputs.reshape(len(outputs), -1)
    return np.asarray((apart * apart).sum(axis=1))


def auc(found: Scores, anomalous: Labels) -> float | None:
    """The area under the receiver operating characteristic; None without both kinds."""
    normal, others = np.sort(found[anomalous == 0]), found[anomalous != 0]
    if len(normal) == 0 or len(others) == 0:
        return None
    below = np.searchsorted(normal, others, "left").sum()
    up_to = np.searchsorted(normal, others, "right").sum()
    return float(below + up_to) / (2 * len(normal) * len(others))


def threshold(normal: Scores, false_alarms: float) -> int:
    """The least one that at most the share ``false_alarms`` of ``normal`` scores lie above."""
    allowed = int(false_alarms * len(normal))
    return int(np.sort(normal)[len(normal) - 1 - allowed])


def place(classes: tuple[str, ...], normal: str, where: str) -> int:
    """The number of the class ``normal``. Raises DataError where there is none."""
    if normal not in classes:
        raise DataError(
            f"{where} has no class {normal!r}, which anomaly.normal names",
            f"{did_you_mean(normal, classes)}it has {', '.join(classes)}",
        )
    return classes.index(normal)


def as_detection(dataset: Dataset, normal: str) -> Dataset:
    """``dataset`` with the labels 0 (normal) and 1 (all others); only normal inputs are trained and
    validated on, and the test split has both. Raises DataError where too little is left."""
    number = place(dataset.classes, normal, dataset.name)
    kept = np.flatnonzero(dataset.y_train == number)
    if len(kept) == 0:
        raise DataError(
            f"{dataset.name} has no training input of the class {normal!r}",
            "a detector learns normal inputs: give some",
        )
    x_validation, y_validation = dataset.x_validation, dataset.y_validation
    if x_validation is not None and y_validation is not None:
        x_validation = x_validation[y_validation == number]
        y_validation = np.zeros(len(x_validation), np.int64)
    return dataclasses.replace(
        dataset,
        x_train=dataset.x_train[kept],
        y_train=np.zeros(len(kept), np.int64),
        y_test=(dataset.y_test != number).astype(np.int64),
        classes=(normal, NAME),
        x_validation=x_validation,
        y_validation=y_validation,
        remake=None if dataset.remake is None else _Remake(dataset.remake, kept),
        weights=None,
    )


@dataclass(frozen=True)
class _Remake:
    """Recordings of the inputs that are left, by their new numbers."""

    whole: Remake
    kept: NDArray[np.int64]

    def __call__(
        self, chosen: NDArray[np.int64], change: Change, generator: np.random.Generator
    ) -> UInt8Array:
        return self.whole(self.kept[chosen], change, generator)
