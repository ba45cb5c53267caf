"""Mel-frequency cepstral coefficients of any clip: ``tinyrob.data.mfcc`` with its numbers free."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tinyrob.data.mfcc import FLOOR, mel

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Mfcc:
    """Of ``samples`` at ``rate`` Hz: a row of ``coefficients`` for each ``frame``, every ``hop``.

    ``frame`` and ``hop`` are in samples, ``low`` and ``high`` (Hz) the edges of the mel ``bands``.
    The result is on the int8 grid of step 2^-2, as that of MLPerf Tiny's keywords.
    """

    rate: int
    samples: int
    frame: int
    hop: int
    bands: int
    low: float
    high: float
    coefficients: int
    log2_step: int = -2

    @property
    def frames(self) -> int:
        """Rows of the result."""
        return (self.samples - self.frame) // self.hop + 1

    @property
    def width(self) -> int:
        """Values a row."""
        return self.coefficients

    @property
    def points(self) -> int:
        """Of the Fourier transform: the power of two that holds a frame."""
        return 1 << (self.frame - 1).bit_length()

    @cached_property
    def _bands(self) -> FloatArray:
        edges = np.linspace(mel(self.low), mel(self.high), self.bands + 2)
        bins = mel(np.arange(self.points // 2 + 1) * (self.rate / self.points))[:, None]
        left, centre, right = edges[:-2], edges[1:-1], edges[2:]
        rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
        return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))

    @cached_property
    def _cosines(self) -> FloatArray:
        angles = (np.arange(self.bands)[:, None] + 0.5) * np.arange(self.coefficients)
        basis = np.sqrt(2.0 / self.bands) * np.cos(np.pi / self.bands * angles)
        basis[:, 0] /= np.sqrt(2.0)
        return np.asarray(basis)

    def silent(self) -> list[int]:
        """Bands that no bin of the transform falls into."""
        return np.flatnonzero(self._bands.sum(axis=0) == 0).tolist()

    def features(self, audio: FloatArray, filters: FloatArray | None = None) -> NDArray[np.int8]:
        """``audio`` (N, samples) in [-1, 1] as int8 (N, frames, coefficients, 1)."""
        window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(self.frame) / self.frame)
        frames = sliding_window_view(audio, self.frame, axis=1)[:, :: self.hop] * window
        spectrum = np.abs(np.fft.rfft(frames, self.points))
        found = np.log(spectrum @ self._bands + FLOOR) @ self._cosines
        if filters is not None:
            found = found + filters[:, None]
        q = np.round(found / 2.0**self.log2_step)
        return np.clip(q, -128, 127).astype(np.int8)[..., None]

    def filters(self, decibels: float, count: int, generator: np.random.Generator) -> Any:
        """Coefficients (N, coefficients) of random filters, smooth over the bands; None for 0."""
        if not decibels:
            return None
        falling = 1.0 / np.arange(1, self.coefficients)
        size = decibels * np.log(10.0) / 20.0 * np.sqrt(self.bands / np.sum(falling**2))
        draws = generator.normal(size=(count, self.coefficients - 1))
        return np.pad(size * falling * draws, ((0, 0), (1, 0)))
