"""A long stream of a split's recordings in background noise, and where its words are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import Dataset
from tinyrob.data.loudness import level
from tinyrob.errors import DataError
from tinyrob.features.decisions import NOT_HEARD, QUIET

_GAP = 1.5  # seconds of background, at least, in front of each recording
_SPREAD = 1.0  # and up to so many more
_JOIN = 800  # samples over which pieces of background fade into each other
_LEVEL = 300.0  # the background's root mean square, in int16 steps
_LOUDEST = 16_000.0


@dataclass(frozen=True)
class Word:
    """A recording of a wanted class in the stream: from and to, in seconds."""

    label: int
    start: float
    end: float


@dataclass(frozen=True, eq=False)
class Stream:
    """Int16 ``samples``, the ``words`` in them that are to be detected, and how many recordings of
    other classes are in them."""

    samples: NDArray[np.int16]
    words: tuple[Word, ...]
    others: int
    background: str


def stream(
    dataset: Dataset, split: str, rate: int, seconds: float, snr: float, seed: int
) -> Stream:
    """``seconds`` of a split's recordings, each ``snr`` decibels above the background (mean power
    of its loudest quarter of a second), in random order, none twice; background alone where they
    are used up.

    The background is made of the split's recordings of silence or noise, one after the other; of
    pink noise where it has none. Raises DataError for data that are no recordings, and where no
    class is a word.
    """
    labels = {"validation": dataset.y_validation, "test": dataset.y_test}[split]
    if dataset.recorded is None or labels is None:
        raise DataError(
            f"{dataset.name} has no recordings of a {split} split",
            "a stream is made of recordings: of speech_commands, or data of kind audio with a "
            "validation split",
        )
    wanted = [name not in NOT_HEARD for name in dataset.classes]
    if not any(wanted):
        raise DataError(
            f"none of the classes {', '.join(dataset.classes)} is to be detected",
            "name the words as classes",
        )
    quiet = np.array([name in QUIET for name in dataset.classes])[labels]
    generator = np.random.default_rng([1804, seed])
    count = round(seconds * rate)
    noise, background = _background(dataset, split, np.flatnonzero(quiet), rate, count, generator)
    samples, words, others = noise, [], 0
    at = 0
    for number in generator.permutation(np.flatnonzero(~quiet)):
        clip = dataset.recorded(split, np.array([number]))[0].astype(np.float64)
        at += round((_GAP + _SPREAD * generator.random()) * rate)
        if at + len(clip) + round(_GAP * rate) > count:
            break
        loud = level(clip, rate)
        if loud == 0:
            continue
        factor = min(_LEVEL * 10.0 ** (snr / 20.0) / loud, _LOUDEST / max(1.0, np.abs(clip).max()))
        samples[at : at + len(clip)] += factor * clip
        label = int(labels[number])
        if wanted[label]:
            words.append(Word(label, at / rate, (at + len(clip)) / rate))
        others += not wanted[label]
        at += len(clip)
    made = np.asarray(np.clip(np.rint(samples), -32768, 32767), np.int16)
    return Stream(made, tuple(words), others, background)


def _background(
    dataset: Dataset,
    split: str,
    numbers: NDArray[np.int64],
    rate: int,
    count: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.float64], str]:
    assert dataset.recorded is not None
    pieces = []
    for number in numbers:
        piece = dataset.recorded(split, np.array([number]))[0].astype(np.float64)
        power = np.sqrt(np.mean(piece**2))
        if power > 1.0 and len(piece) > 4 * _JOIN:
            pieces.append(piece * (_LEVEL / power))
    if not pieces:
        return _LEVEL * pink(count, generator), "pink noise"
    made, at = np.zeros(count + _JOIN), 0
    fade = np.sqrt(np.linspace(0.0, 1.0, _JOIN))
    while at < count:
        piece = pieces[int(generator.integers(len(pieces)))].copy()
        piece[:_JOIN] *= fade
        piece[-_JOIN:] *= fade[::-1]
        end = min(len(made), at + len(piece))
        made[at:end] += piece[: end - at]
        at += len(piece) - _JOIN
    return made[:count], f"{len(pieces):,} recordings of background"


def pink(count: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Noise (N,) whose power falls as 1 / f, of a root mean square of 1."""
    spectrum = np.fft.rfft(generator.normal(size=count))
    spectrum /= np.sqrt(np.maximum(1.0, np.arange(len(spectrum))))
    made = np.fft.irfft(spectrum, count)
    return np.asarray(made / np.sqrt(np.mean(made**2)))
