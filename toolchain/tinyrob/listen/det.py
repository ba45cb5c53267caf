"""False accepts an hour and false rejects against the threshold, as the firmware decides.

The detection error trade-off of keyword spotting: a false accept is a detection that no word of its
class explains, a false reject a word that was not detected. The threshold is chosen on the
validation split and measured on the test split, each in a stream of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import Dataset
from tinyrob.errors import DataError
from tinyrob.features.decisions import Decisions, heard
from tinyrob.features.spec import Features
from tinyrob.ir.graph import Graph
from tinyrob.listen import reference
from tinyrob.listen.sound import milliseconds, padded
from tinyrob.listen.words import Stream, Word, stream

SPLITS = ("validation", "test")
THRESHOLDS = tuple(n / 100 for n in range(30, 100))
_LATE = 0.75  # seconds after a word's end in which it may still be told
FORMAT = 1


@dataclass(frozen=True)
class Errors:
    """Of one threshold on one stream."""

    accepted: int
    words: int
    rejected: int
    hours: float

    @property
    def per_hour(self) -> float:
        """False accepts an hour."""
        return self.accepted / self.hours

    @property
    def most_per_hour(self) -> float:
        """What they are at most, with 95 % confidence (a Poisson process, one-sided)."""
        return poisson_upper(self.accepted) / self.hours

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "false_accepts": self.accepted,
            "false_accepts_per_hour": self.per_hour,
            "false_accepts_per_hour_at_most": self.most_per_hour,
            "words": self.words,
            "false_rejects": self.rejected,
            "false_reject_share": self.rejected / self.words if self.words else 0.0,
        }


@dataclass(frozen=True)
class Curve:
    """Errors of every threshold on both streams; ``chosen`` is the smallest threshold that keeps
    the false accepts an hour on validation within what was asked for (``met``), or where none
    does, that with the fewest."""

    decisions: Decisions
    errors: dict[str, dict[float, Errors]]
    chosen: float
    met: bool
    about: dict[str, Any]

    def tuned(self) -> Decisions:
        """What goes into the firmware."""
        return at_threshold(self.decisions, self.chosen)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        rows = [
            {"threshold": t, **{split: self.errors[split][t].to_dict() for split in SPLITS}}
            for t in sorted(self.errors["test"])
        ]
        return {
            **self.about,
            "threshold": self.chosen,
            "met": self.met,
            "chosen_on": "validation",
            **{split: self.errors[split][self.chosen].to_dict() for split in SPLITS},
            "curve": rows,
            "listen": self.tuned().to_dict(),
            "format": FORMAT,
        }


def curve(
    graph: Graph,
    features: Features,
    how: Decisions,
    dataset: Dataset,
    *,
    hours: float = 1.0,
    snr: float = 10.0,
    per_hour: float = 0.5,
    seed: int = 0,
    thresholds: Sequence[float] = THRESHOLDS,
) -> Curve:
    """Streams of ``hours`` each, words ``snr`` decibels above the background. Raises DataError."""
    wanted = heard(dataset.classes, len(dataset.classes))
    if len(dataset.classes) != graph.tensors[graph.outputs[0]].elements:
        raise DataError(
            f"{dataset.name} has {len(dataset.classes)} classes, the network "
            f"{graph.tensors[graph.outputs[0]].elements} outputs",
            "name the data that it was trained on",
        )
    errors: dict[str, dict[float, Errors]] = {}
    streams: dict[str, Stream] = {}
    for number, split in enumerate(SPLITS):
        made = stream(dataset, split, features.rate, 3600 * hours, snr, seed + number)
        streams[split] = made
        posteriors, times = posteriors_of(graph, features, how, made.samples)
        found = {t: detections_at(at_threshold(how, t), wanted, posteriors) for t in thresholds}
        errors[split] = {
            t: count_errors([(times[n], label) for n, label in each], made.words, hours)
            for t, each in found.items()
        }
    good = [t for t in thresholds if errors["validation"][t].per_hour <= per_hour]
    chosen = min(
        good or thresholds,
        key=lambda t: (t,) if good else (errors["validation"][t].per_hour, t),
    )
    about = {
        "dataset": dataset.name,
        "snr_db": snr,
        "hours": hours,
        "asked_per_hour": per_hour,
        "seed": seed,
        "classes": list(dataset.classes),
        "detected": [name for name, one in zip(dataset.classes, wanted, strict=True) if one],
        "streams": {
            split: {
                "words": len(one.words),
                "other_recordings": one.others,
                "background": one.background,
            }
            for split, one in streams.items()
        },
    }
    return Curve(how, errors, chosen, bool(good), about)


def at_threshold(how: Decisions, threshold: float) -> Decisions:
    """The same decisions at another threshold, which the release does not lie above."""
    return replace(how, threshold=threshold, release=min(how.release, threshold))


def posteriors_of(
    graph: Graph, features: Features, how: Decisions, samples: NDArray[np.int16]
) -> tuple[NDArray[np.int64], list[float]]:
    """Of a stream's inferences (N, classes) in [0, 255], and the second of each."""
    posteriors, hops = reference.posteriors(graph, features, how, padded(features, samples))
    return posteriors, [milliseconds(features, hop) for hop in hops]


def detections_at(
    how: Decisions, wanted: tuple[bool, ...], posteriors: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """(inference, class) of each, as ``features.decisions.detections``: many thresholds are tried,
    so all sums are made at once."""
    labels = np.flatnonzero(wanted)
    whole = np.cumsum(np.pad(posteriors[:, labels], ((how.window, 0), (0, 0))), axis=0)
    sums = whole[how.window :] - whole[: -how.window]
    best, top = sums.argmax(1), sums.max(1)
    starts, ends = np.flatnonzero(top >= how.on), np.flatnonzero(top < how.off)
    found: list[tuple[int, int]] = []
    free = 0
    while (next_ := int(np.searchsorted(starts, free))) < len(starts):
        start = int(starts[next_])
        found.append((start, int(labels[best[start]])))
        over = int(np.searchsorted(ends, start + 1))
        end = int(ends[over]) if over < len(ends) else len(top)
        free = max(end + 1, start + how.refractory)
    return found


def count_errors(found: Sequence[tuple[float, int]], words: Sequence[Word], hours: float) -> Errors:
    """``found`` are (seconds, class). The first detection of a word's class while it is heard, or
    shortly after, is right; others of its class then are neither right nor wrong."""
    heard_words: set[int] = set()
    accepted = 0
    for t, label in found:
        near = [
            n
            for n, word in enumerate(words)
            if word.label == label and word.start <= t <= word.end + _LATE
        ]
        accepted += not near
        heard_words.update(near)
    return Errors(accepted, len(words), len(words) - len(heard_words), hours)


def poisson_upper(count: int, confidence: float = 0.95) -> float:
    """The largest mean with which ``count`` or fewer events are no rarer than 1 - confidence."""
    low, high = float(count), 3.0 * count + 10.0
    for _ in range(60):
        middle = (low + high) / 2
        term = below = math.exp(-middle)
        for n in range(1, count + 1):
            term *= middle / n
            below += term
        low, high = (middle, high) if below > 1 - confidence else (low, middle)
    return high
