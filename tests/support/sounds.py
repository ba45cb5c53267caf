"""Sounds that are hard on a front end, a second or more of each, as int16."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyrob.data import default_root
from tinyrob.data.wav import read_wav

RATE = 16_000
Int16 = NDArray[np.int16]


def _int16(x: NDArray[np.float64]) -> Int16:
    return np.clip(np.rint(x), -32768, 32767).astype(np.int16)


def write_wav(
    path: Path, samples: Int16, rate: int = RATE, channels: int = 1, bits: int = 16
) -> Path:
    """A recording; of 8 bits as well, for what must be refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(bits // 8)
        file.setframerate(rate)
        file.writeframes(np.asarray(samples, "<i2" if bits == 16 else "u1").tobytes())
    return path


def chirp(low: float, high: float, size: float, samples: int = RATE) -> Int16:
    """A sine whose frequency (Hz) moves evenly from ``low`` to ``high``."""
    t = np.arange(samples) / RATE
    seconds = samples / RATE
    return _int16(size * np.sin(2 * np.pi * (low * t + (high - low) / (2 * seconds) * t * t)))


def impulses(every: int, size: int, samples: int = RATE) -> Int16:
    made = np.zeros(samples, np.int16)
    made[::every] = size
    return made


def hostile(samples: int = RATE) -> dict[str, Int16]:
    """By name: silence, direct current, full scale in many ways, impulses, noises, chirps."""
    generator = np.random.default_rng(19)
    signs = generator.choice(np.array([-32768, 32767], np.int16), samples)
    square = np.where(np.arange(samples) // 37 % 2, 32767, -32768).astype(np.int16)
    made = {
        "silence": np.zeros(samples, np.int16),
        "least": np.full(samples, -32768, np.int16),
        "greatest": np.full(samples, 32767, np.int16),
        "direct current of 1": np.ones(samples, np.int16),
        "Nyquist": np.resize(np.array([-32768, 32767], np.int16), samples),
        "square": square,
        "signs": signs,
        "one step of noise": generator.integers(-1, 2, samples).astype(np.int16),
        "impulses up": impulses(1000, 32767, samples),
        "impulses down": impulses(331, -32768, samples),
        "chirp": chirp(0, 8000, 32767, samples),
        "clipped chirp": chirp(20, 7000, 100_000, samples),
        "faint chirp": chirp(100, 4000, 3, samples),
    }
    for size in (30, 1000, 32768):
        noise = generator.normal(0, size, samples)
        made[f"noise of {size}"] = _int16(noise)
    return made


def recorded() -> Int16 | None:
    """Every fifth recording of Speech Commands (N, RATE), where it is there."""
    files = sorted((default_root() / "speech_commands_v0.02").glob("[a-z]*/*.wav"))[::5]
    made = np.zeros((len(files), RATE), np.int16)
    for row, path in zip(made, files, strict=True):
        samples = read_wav(path)[:RATE]
        row[: len(samples)] = samples
    return made if len(files) else None


def stream(seconds: int, clips: Int16 | None = None, seed: int = 0) -> Iterator[Int16]:
    """Pieces of a second: a hostile one, one with random spectrum and level, and a clip in turn."""
    generator = np.random.default_rng(seed)
    kinds = list(hostile().values())
    for second in range(seconds):
        turn = second % 3
        if turn == 0:
            yield kinds[second // 3 % len(kinds)]
        elif turn == 1 or clips is None:
            spectrum = generator.normal(size=8001) * 10.0 ** generator.uniform(-4, 0, 8001)
            wave = np.fft.irfft(spectrum * np.exp(2j * np.pi * generator.random(8001)))
            yield _int16(wave / np.abs(wave).max() * 2.0 ** generator.uniform(0, 17))
        else:
            yield clips[generator.integers(len(clips))]
