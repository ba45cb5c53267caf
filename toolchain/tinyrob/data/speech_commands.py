"""Speech Commands v0.02 in its official layout (Warden, 2018), as 49 x 10 int8 features.

The labels are part of the dataset's name: ``speech_commands:yes,no,_silence_``. Without any, they
are the twelve of MLPerf Tiny. ``speech_commands:yes,_unknown_*3`` has three times as many
recordings of other words as of a word.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import Change, Dataset, UInt8Array, from_int8
from tinyrob.data.feature_cache import cached
from tinyrob.data.loudness import below
from tinyrob.data.mfcc import COEFFICIENTS, RATE, SAMPLES, equalizer, features
from tinyrob.data.speech_clips import SILENCE, UNKNOWN, Clip, background, clips
from tinyrob.data.wav import read_wav
from tinyrob.errors import DataError
from tinyrob.features import compute, rooms
from tinyrob.features.spec import Features

NAME, FOLDER, CACHE = "speech_commands", "speech_commands_v0.02", "features"
LABELS = (
    *("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"),
    SILENCE,
    UNKNOWN,
)
PIPELINE = 2  # to be raised with every change of what a clip's features are
NOISY = 0.8  # the share of training clips that noise is added to
FULL_SCALE = 32768.0


def labels_of(options: str) -> tuple[str, ...]:
    """The labels in ``a,b,c``; of an empty text, the twelve. Raises DataError."""
    return _read(options)[0]


def _read(options: str) -> tuple[tuple[str, ...], int]:
    """The labels, and how many times as many recordings ``_unknown_`` has as a word."""
    if not options:
        return LABELS, 1
    labels = tuple(label.strip() for label in options.split(","))
    times = 1
    for at, label in enumerate(labels):
        name, star, number = label.partition("*")
        if star and name == UNKNOWN and re.fullmatch("[1-9][0-9]{0,2}", number):
            labels, times = (*labels[:at], UNKNOWN, *labels[at + 1 :]), int(number)
    words = [label for label in labels if label not in (SILENCE, UNKNOWN)]
    enough = len(words) >= 2 or (len(words) == 1 and UNKNOWN in labels)
    if len(set(labels)) != len(labels) or not all(labels) or not enough:
        raise DataError(
            f"{options!r} is no set of labels",
            "name different words with commas between them, at least two: "
            f"{NAME}:yes,no,{SILENCE},{UNKNOWN}; or one against all else: {NAME}:yes,{UNKNOWN}",
        )
    return labels, times


def load(root: Path, options: str = "", how: Features | None = None) -> Dataset:
    """Reads ``root/speech_commands_v0.02``: inputs (N, 49, 10, 1), one second each; or the features
    ``how`` (N, frames, width, 1), in integers as firmware computes them.

    Features are kept in ``root/features`` and made again when a file, the labels or the pipeline
    has changed. Recordings are read again when training asks for them changed. Raises DataError
    that names the file or folder which is missing, damaged or cut short.
    """
    (labels, times), folder = _read(options), root / FOLDER
    if not folder.is_dir():
        raise DataError(
            f"Speech Commands is not in {root}: it has no {FOLDER}",
            f"name its folder with --data-dir or TINYROB_DATA, or run `tinyrob data fetch {NAME}`",
        )
    found = clips(folder, labels, times)
    arrays = cached(
        root / CACHE,
        f"{NAME}-{_key(folder, found, how)}",
        lambda: {split: _features(how, _audio(clips)) for split, clips in found.items()},
    )
    x = {split: from_int8(values.astype(np.int8)) for split, values in arrays.items()}
    y = {split: np.array([c.label for c in part], np.int64) for split, part in found.items()}
    asked = (f"{UNKNOWN}*{times}" if label == UNKNOWN and times > 1 else label for label in labels)
    return Dataset(
        f"{NAME}:{','.join(asked)}",
        x["train"],
        y["train"],
        x["test"],
        y["test"],
        labels,
        x["validation"],
        y["validation"],
        _Recordings(folder, found["train"], how),
        features=how,
        form="spectrum",
        recorded=lambda split, chosen: rooms.as_samples(_audio([found[split][i] for i in chosen])),
    )


def _features(
    how: Features | None,
    audio: NDArray[np.float64],
    decibels: float = 0.0,
    generator: np.random.Generator | None = None,
) -> NDArray[np.int8]:
    """Of ``audio`` (N, 16000) in [-1, 1], through random filters of so many ``decibels``."""
    if how is None:
        filters = None
        if generator is not None and decibels:
            filters = equalizer(generator.normal(size=(len(audio), COEFFICIENTS - 1)), decibels)
        return features(audio, filters)
    gains = None
    if generator is not None and decibels:
        gains = rooms.filters(how, decibels, generator, len(audio))
    return compute.inputs(how, rooms.as_samples(audio), gains)


def _key(folder: Path, found: dict[str, list[Clip]], how: Features | None) -> str:
    """What the features depend on, without reading the recordings."""
    total = hashlib.sha256(f"{PIPELINE}{'' if how is None else how.digest}".encode())
    for split, part in found.items():
        for clip in part:
            stat = clip.path.stat()
            place = clip.path.relative_to(folder).as_posix()
            facts = (split, place, stat.st_size, stat.st_mtime_ns, clip.share, clip.volume)
            total.update(repr(facts).encode())
    return total.hexdigest()[:24]


def _audio(part: list[Clip]) -> NDArray[np.float64]:
    """One second of each clip, in [-1, 1); a short recording is followed by silence."""
    noises: dict[Path, NDArray[np.int16]] = {}
    audio = np.zeros((len(part), SAMPLES))
    for row, clip in zip(audio, part, strict=True):
        if clip.share is None:
            samples = read_wav(clip.path)[:SAMPLES]
        else:
            if clip.path not in noises:
                noises[clip.path] = read_wav(clip.path)
            samples = _second(noises[clip.path], clip.share)
        row[: len(samples)] = samples * (clip.volume / FULL_SCALE)
    return audio


def _second(noise: NDArray[np.int16], share: float) -> NDArray[np.int16]:
    start = int(share * max(0, len(noise) - SAMPLES))
    return noise[start : start + SAMPLES]


def faster(samples: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """``samples`` (N,) played ``factor`` times as fast, pitch and all, around their middle.

    What is faster ends in silence on both sides. Linear interpolation dulls the highest band that
    features have (4 kHz, a quarter of the rate): by 2 dB at about its own speed, and more the
    slower it is played, by 2.4 dB at 0.85 and 6 dB at 0.5.
    """
    times, middle = np.arange(len(samples)), (len(samples) - 1) / 2.0
    played = np.interp((times - middle) * factor + middle, times, samples, left=0.0, right=0.0)
    return np.asarray(played)


@dataclass(frozen=True)
class _Recordings:
    """``Dataset.remake``: the training clips, read anew."""

    folder: Path
    train: list[Clip] = field(repr=False)
    how: Features | None = None

    @cached_property
    def _noises(self) -> list[NDArray[np.int16]]:
        return [read_wav(path) for path in background(self.folder)]

    def _noise(self, generator: np.random.Generator) -> NDArray[np.float64]:
        noise = self._noises[int(generator.integers(len(self._noises)))]
        second, row = _second(noise, float(generator.random())), np.zeros(SAMPLES)
        row[: len(second)] = second / FULL_SCALE
        return row

    def __call__(
        self, chosen: NDArray[np.int64], change: Change, generator: np.random.Generator
    ) -> UInt8Array:
        """As in Warden's training: shifts, and noise in 80 % of the clips; speed and gain before.

        The filter comes last: it is the microphone's, which hears the noise as well. What is louder
        than a recording can be is clipped at full scale, as a microphone's converter does.

        With ``snr`` there is noise in every clip, as loud as that says.
        What is asked for with 0 draws nothing from ``generator``.
        """
        audio = _audio([self.train[i] for i in chosen])
        most = change.shift * RATE // 1000
        for row, index in zip(audio, chosen, strict=True):
            if self.train[index].share is not None:  # silence: another second of noise each time
                row[:] = self._noise(generator) * generator.random()
                continue
            if change.speed:
                row[:] = faster(row, 1.0 + change.speed * generator.uniform(-1.0, 1.0))
            if change.gain:
                row *= 10.0 ** (change.gain * generator.uniform(-1.0, 1.0) / 20.0)
            by = int(generator.integers(-most, most + 1))
            row[:] = np.roll(row, by)
            row[slice(0, by) if by >= 0 else slice(by, None)] = 0.0
            if change.snr:
                decibels = generator.uniform(*change.snr)
                row += below(self._noise(generator), row, RATE, decibels)
            elif change.noise and generator.random() < NOISY:
                row += self._noise(generator) * (change.noise * generator.random())
        audio = np.clip(audio, -1.0, 1.0)
        return from_int8(_features(self.how, audio, change.equalizer, generator))
