"""Recordings in a folder a class: WAV, FLAC, Ogg and the like, by soundfile, as features."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import Change, UInt8Array, from_int8
from tinyrob.data.feature_cache import cached
from tinyrob.data.loudness import below
from tinyrob.data.own.complaints import Complaints
from tinyrob.data.own.folders import Kind, find, group_pattern
from tinyrob.data.own.made import Made
from tinyrob.data.own.split import Split
from tinyrob.data.speech_commands import faster
from tinyrob.data.units import Units
from tinyrob.errors import DataError, ToolMissing
from tinyrob.features import compute, rooms
from tinyrob.features.decisions import QUIET
from tinyrob.features.read import empty_bands
from tinyrob.features.spec import SIZES, Features, Mel
from tinyrob.files.installed import install_command
from tinyrob.files.limits import DATA_BYTES, MIB, Damaged, read_limited
from tinyrob.files.toml_table import Table

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif")
FILES = Kind(
    "recordings",
    SUFFIXES,
    (".m4a", ".aac", ".mp4", ".mov", ".webm", ".wma", ".amr", ".3gp", ".caf", ".au", ".raw"),
)
FILE_BYTES = 256 * MIB


@dataclass(frozen=True)
class Audio:
    """``seconds`` of each recording are taken, at ``rate`` Hz; shorter ones end in silence.

    Another rate is resampled, or with ``resample = false`` refused.
    """

    rate: int
    seconds: float
    resample: bool
    group: str
    classes: tuple[str, ...]

    @property
    def samples(self) -> int:
        """Of one clip."""
        return round(self.rate * self.seconds)


def ask(t: Table) -> Audio:
    """The keys of recordings."""
    return Audio(
        t.integer("rate", 4000, 96_000, 16_000),
        t.number("seconds", 0.05, 30.0, 1.0),
        t.boolean("resample", True),
        group_pattern(t),
        t.texts("classes") if t.has("classes") else (),
    )


def default_features(rate: int, seconds: float, frames: int = 0) -> Mel:
    """What recordings become where a recipe has no ``[features]``: mel-frequency cepstral
    coefficients of 30 ms every 20 ms, or of as many ``frames`` as are asked for."""
    samples = round(rate * seconds)
    frame = 2 * min(round(0.015 * rate), max(SIZES) // 2, samples // 2)
    hop = max(16, round(0.02 * rate) if not frames else -(-(samples - frame) // frames))
    count = max(1, (samples - frame) // hop + 1)
    base = Mel(rate=rate, frames=min(count, 1000), frame=frame, hop=hop, high=min(4000.0, rate / 2))
    sizes = [size for size in SIZES if size >= frame]
    tried = [replace(base, fft=fft, bands=bands) for bands in (40, 32, 24, 16) for fft in sizes]
    return next((one for one in tried if not empty_bands(one)), tried[-1])


def load(
    options: Audio,
    how: Split,
    root: Path,
    cache: Path | None = None,
    features: Features | None = None,
) -> Made:
    """The ``features`` (None: the default ones) of all clips as bytes (N, frames, width, 1), in
    integers as firmware computes them.

    They are kept in the folder ``cache``, where there is one, until a file or the table changes.
    Raises DataError with every file that is wrong.
    """
    features = features or default_features(options.rate, options.seconds)
    if features.rate != options.rate:
        raise DataError(
            f"features.rate is {features.rate:,} Hz, and dataset.rate {options.rate:,} Hz",
            "state one rate in both tables",
        )
    files = find(root, FILES, how, options.group, options.classes)
    clips = _Clips(files.paths, options, features)
    made: Any
    if cache is None:
        made = {"x": clips.features()}
    else:
        made = cached(cache, f"own-{clips.key(root)}", lambda: {"x": clips.features()})
    x = made["x"].astype(np.int8)
    step = features.log2_step if isinstance(features, Mel) and not features.step else None
    units = None if step is None else Units((step,), (0.0,), (), ("octaves",))
    silent = [name in QUIET for name in files.classes]
    quiet = np.array([silent[item.label] for item in files.items], np.bool_)
    return Made(
        from_int8(x),
        files.items,
        files.place,
        files.classes,
        units,
        "spectrum",
        lambda training: Recordings(clips, training, quiet),
        features,
        clips.recorded,
    )


def _soundfile() -> Any:
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: the wheel of another system has no library
        raise ToolMissing("recordings are read by soundfile", install_command("data")) from None
    return soundfile


def measure(path: Path) -> tuple[int, float]:
    """A recording's rate (Hz) and length in seconds. Raises OSError, Damaged."""
    soundfile = _soundfile()
    content = read_limited(path, FILE_BYTES)
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            return file.samplerate, file.frames / max(file.samplerate, 1)
    except Exception as error:  # soundfile raises what it likes on a damaged file
        raise Damaged(f"it is no recording: {str(error)[:120]}") from None


@dataclass(frozen=True)
class _Clips:
    """Recordings as clips of one length and rate."""

    paths: Sequence[Path] = field(repr=False)
    options: Audio
    integers: Features

    def key(self, root: Path) -> str:
        """What the features depend on, without reading the recordings."""
        total = hashlib.sha256(f"{self.options!r}{self.integers.digest}".encode())
        for path in self.paths:
            stat = path.stat()
            facts = path.relative_to(root).as_posix(), stat.st_size, stat.st_mtime_ns
            total.update(repr(facts).encode())
        return total.hexdigest()[:24]

    def features(self) -> NDArray[np.int8]:
        """(N, frames, width, 1)."""
        wrong = Complaints("replace or remove these files")
        sizes = self.integers
        if len(self.paths) * sizes.frames * sizes.width > DATA_BYTES:
            raise DataError(
                f"the features of {len(self.paths):,} recordings are more than "
                f"{DATA_BYTES // MIB:,} MiB",
                "raise features.hop",
            )
        parts = []
        for path in self.paths:
            try:
                clip = self.read(path)
            except (Damaged, OSError) as error:
                wrong.failed(path, error)
                continue
            parts.append(self.made(clip[None]))
        wrong.check()
        return np.concatenate(parts)

    def made(
        self,
        audio: NDArray[np.float64],
        decibels: float = 0.0,
        generator: np.random.Generator | None = None,
    ) -> NDArray[np.int8]:
        """Of clips (N, samples), through random filters of so many ``decibels``."""
        gains = None
        if generator is not None and decibels > 0:
            gains = rooms.filters(self.integers, decibels, generator, len(audio))
        return compute.inputs(self.integers, rooms.as_samples(audio), gains)

    def recorded(self, chosen: NDArray[np.int64]) -> NDArray[np.int16]:
        """Samples (N, samples) of the clips of these numbers. Raises DataError."""
        wrong, audio = Complaints("replace or remove these files"), []
        for number in chosen:
            try:
                audio.append(self.read(self.paths[number]))
            except (Damaged, OSError) as error:
                wrong.failed(self.paths[number], error)
        wrong.check()
        return rooms.as_samples(np.array(audio).reshape(len(audio), -1))

    def read(self, path: Path) -> NDArray[np.float64]:
        """One clip in [-1, 1]. Raises OSError, Damaged."""
        options = self.options
        mono, rate, _ = read(path, options.seconds)
        if rate != options.rate:
            if not options.resample:
                raise Damaged(f"it has {rate} Hz, not dataset.rate = {options.rate}")
            mono = resampled(mono, rate, options.rate)
        clip = np.zeros(options.samples)
        mono = np.clip(mono, -1.0, 1.0)[: options.samples]
        clip[: len(mono)] = mono
        return clip


def read(path: Path, seconds: float = math.inf) -> tuple[NDArray[np.float64], int, int]:
    """A recording's samples (the mean of its channels), not much more than ``seconds`` of them, its
    rate (Hz), and how many channels it has. Raises OSError, Damaged, ToolMissing."""
    soundfile = _soundfile()
    content = read_limited(path, FILE_BYTES)
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate, channels, frames = file.samplerate, file.channels, file.frames
            if not 1 <= channels <= 64 or not 1000 <= rate <= 768_000:
                raise Damaged(f"it has {channels} channels at {rate} Hz")
            if frames == 0:
                raise Damaged("it holds no samples")
            # No more than the clip is decoded, whatever the header says.
            most = DATA_BYTES // (8 * channels)
            wanted = most if seconds == math.inf else int(seconds * rate) + rate // 10 + 1
            samples = file.read(min(frames, wanted), dtype="float64", always_2d=True)
    except Damaged:
        raise
    except Exception as error:  # soundfile raises what it likes on a damaged file
        raise Damaged(f"it is no recording, or damaged: {str(error)[:120]}") from None
    if len(samples) == 0:
        raise Damaged("it holds no samples: it is cut short")
    if not np.isfinite(samples).all():
        raise Damaged("it holds NaN or infinite samples")
    return samples.mean(axis=1), rate, channels


def resampled(samples: NDArray[np.float64], rate: int, wanted: int) -> NDArray[np.float64]:
    """Samples of ``rate`` Hz as so many of ``wanted`` Hz. Raises ToolMissing."""
    try:
        from scipy.signal import resample_poly
    except ImportError:
        raise ToolMissing("recordings are resampled by SciPy", install_command("data")) from None
    ratio = Fraction(wanted, rate).limit_denominator(1000)
    return np.asarray(resample_poly(samples, ratio.numerator, ratio.denominator))


@dataclass(frozen=True)
class Recordings:
    """``Dataset.remake``: the training clips, read anew; ``training`` are their numbers, ``quiet``
    says of every clip whether it is background."""

    clips: _Clips
    training: NDArray[np.int64] = field(repr=False)
    quiet: NDArray[np.bool_] = field(repr=False)

    def __call__(
        self, chosen: NDArray[np.int64], change: Change, generator: np.random.Generator
    ) -> UInt8Array:
        """Shifted, faster or slower, louder or softer, with white noise, through a filter.

        With ``snr`` the noise is a training clip of background, or white where there are none; and
        none is added to background.
        """
        options, numbers = self.clips.options, self.training[chosen]
        audio = np.stack([self.clips.read(self.clips.paths[i]) for i in numbers])
        for row, number in zip(audio, numbers, strict=True):
            row[:] = _changed(row, options.rate, change, generator)
            if change.snr:
                if not self.quiet[number]:
                    decibels = generator.uniform(*change.snr)
                    row += below(self._background(generator), row, options.rate, decibels)
            elif change.noise:
                level = change.noise * generator.random() * np.sqrt(np.mean(row**2) + 1e-12)
                row += level * generator.normal(size=len(row))
        made = self.clips.made(np.clip(audio, -1.0, 1.0), change.equalizer, generator)
        return from_int8(made)

    def _background(self, generator: np.random.Generator) -> NDArray[np.float64]:
        clips = self.training[self.quiet[self.training]]
        if not len(clips):
            return generator.normal(size=self.clips.options.samples)
        drawn = self.clips.read(self.clips.paths[clips[int(generator.integers(len(clips)))]])
        return np.roll(drawn, int(generator.integers(len(drawn))))


def _changed(
    row: NDArray[np.float64], rate: int, change: Change, generator: np.random.Generator
) -> NDArray[np.float64]:
    """What is asked for with 0 draws nothing from ``generator``, but for the shift."""
    if change.speed:
        row = faster(row, 1.0 + change.speed * generator.uniform(-1.0, 1.0))
    if change.gain:
        row = row * 10.0 ** (change.gain * generator.uniform(-1.0, 1.0) / 20.0)
    most = change.shift * rate // 1000
    by = int(generator.integers(-most, most + 1))
    row = np.roll(row, by)
    row[slice(0, by) if by >= 0 else slice(by, None)] = 0.0
    return row
