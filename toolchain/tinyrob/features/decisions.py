"""From posteriors to decisions, in integers and bit for bit as the firmware decides.

Posteriors are smoothed over the last ``window`` inferences (Chen, Parada and Heigold, "Small-
footprint keyword spotting using deep neural networks", ICASSP 2014); a detection starts where the
best class reaches the threshold, ends where no class reaches the release any more, and none starts
in the refractory time after the last one started.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.files.toml_table import Table

ONE = 256
"""A posterior of 1."""
KEY = "listen"
"""The table of a recipe, and the key of a frozen model's metadata."""
QUIET = ("_silence_", "_noise_", "_background_", "silence", "noise")
"""Classes that are background, not something said in it."""
NOT_HEARD = (*QUIET, "_unknown_", "unknown")
"""Classes that are no detections, whatever their score."""


@dataclass(frozen=True)
class Decisions:
    """``stride`` hops lie between inferences; ``window`` inferences are averaged.

    ``threshold`` and ``release`` are probabilities, ``refractory`` inferences.
    """

    stride: int = 5
    window: int = 4
    threshold: float = 0.8
    release: float = 0.5
    refractory: int = 10

    @property
    def on(self) -> int:
        """The sum of posteriors with which a detection starts."""
        return round(self.threshold * ONE) * self.window

    @property
    def off(self) -> int:
        """The sum below which it ends."""
        return round(self.release * ONE) * self.window

    def to_dict(self) -> dict[str, Any]:
        """As JSON and TOML have it."""
        return asdict(self)


def read(t: Table) -> Decisions:
    """What a table says. Raises the table's error for a key that is unknown or wrong."""
    base = Decisions()
    made = Decisions(
        stride=t.integer("stride", 1, 1000, base.stride),
        window=t.integer("window", 1, 64, base.window),
        threshold=t.number("threshold", 0.0, 1.0, base.threshold),
        release=t.number("release", 0.0, 1.0, min(base.release, t.number("threshold", 0, 1, 1.0))),
        refractory=t.integer("refractory", 0, 65_535, base.refractory),
    )
    t.done()
    if made.release > made.threshold:
        raise t.wrong("release", f"must be at most the threshold, {made.threshold:g}")
    return made


def heard(classes: tuple[str, ...], count: int) -> tuple[bool, ...]:
    """Which of ``count`` classes are detections; all where their names are not known."""
    if len(classes) != count:
        return (True,) * count
    return tuple(name not in NOT_HEARD for name in classes)


@dataclass(frozen=True)
class Detection:
    """The inference (from 0) with which it started, its class, and the sum of posteriors then."""

    inference: int
    label: int
    score: int


def detections(
    how: Decisions, wanted: tuple[bool, ...], posteriors: NDArray[np.int64]
) -> Iterator[Detection]:
    """All of a stream's, from the posteriors (N, classes) in [0, 255] of its inferences."""
    window = np.zeros((how.window, posteriors.shape[1]), np.int64)
    labels = np.flatnonzero(wanted)
    active, wait = False, 0
    for number, row in enumerate(posteriors):
        window[number % how.window] = row
        if not len(labels):
            continue
        sums = window.sum(0)[labels]
        best = int(sums.argmax())
        wait -= wait > 0
        if active:
            active = bool(sums[best] >= how.off)
        elif wait == 0 and sums[best] >= how.on:
            active, wait = True, how.refractory
            yield Detection(number, int(labels[best]), int(sums[best]))
