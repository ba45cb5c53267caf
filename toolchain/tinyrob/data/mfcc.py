"""Speech features: 49 x 10 mel-frequency cepstral coefficients of one second, as int8.

The recipe is that of MLPerf Tiny's keyword spotting (Banbury et al., 2021; Davis and Mermelstein,
1980, for the coefficients), step by step:

1. 16,000 samples in [-1, 1) at 16 kHz.
2. 49 frames of 480 samples (30 ms), one every 320 (20 ms), times a periodic Hann window.
3. The magnitudes of a 512-point Fourier transform.
4. 40 triangular mel bands (HTK's scale, 1127 ln(1 + f / 700)) from 20 to 4,000 Hz.
5. The natural logarithm of each band + 1e-6.
6. The first 10 coefficients of an orthonormal DCT-II over the bands.
7. On the int8 grid of step 2^-2, saturating: ``clip(round(4 c), -128, 127)``. Only the first
   coefficient, which tells the loudness, saturates: in frames quieter than speech.

The network sees int8 / 128, so one step of its input is a quarter of a unit.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tinyrob.data.dataset import Int8Array

RATE = SAMPLES = 16_000
FRAMES, FRAME, HOP, POINTS = 49, 480, 320, 512
BANDS, LOW, HIGH, FLOOR = 40, 20.0, 4000.0, 1e-6
BINS = int(HIGH * POINTS / RATE) + 1
COEFFICIENTS, STEP = 10, 0.25

FloatArray = NDArray[np.float64]


def mel(hertz: Any) -> Any:
    """HTK's mel scale."""
    return 1127.0 * np.log1p(hertz / 700.0)


@cache
def bands() -> FloatArray:
    """The triangular bands (129, 40): weights of each bin up to 4 kHz in each band."""
    edges = np.linspace(mel(LOW), mel(HIGH), BANDS + 2)
    bins = mel(np.arange(BINS) * (RATE / POINTS))[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(weights, np.float64)


@cache
def cosines() -> FloatArray:
    """The first coefficients' basis (40, 10) of the orthonormal DCT-II."""
    angles = np.pi / BANDS * (np.arange(BANDS)[:, None] + 0.5) * np.arange(COEFFICIENTS)
    basis = np.sqrt(2.0 / BANDS) * np.cos(angles)
    basis[:, 0] /= np.sqrt(2.0)
    return np.asarray(basis)


def mfcc(audio: FloatArray) -> FloatArray:
    """The coefficients (N, 49, 10) of ``audio`` (N, 16000) in [-1, 1)."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(FRAME) / FRAME)
    frames = sliding_window_view(audio, FRAME, axis=1)[:, : FRAMES * HOP : HOP] * window
    spectrum = np.abs(np.fft.rfft(frames, POINTS)[..., :BINS])
    return np.asarray(np.log(spectrum @ bands() + FLOOR) @ cosines())


def quantize(coefficients: FloatArray) -> Int8Array:
    """The nearest int8 of step 1/4 (ties to even), saturating."""
    return np.clip(np.round(coefficients / STEP), -128, 127).astype(np.int8)


def equalizer(normal: FloatArray, decibels: float) -> FloatArray:
    """The coefficients (N, 10) of random filters, from normal draws (N, 9).

    A filter multiplies each band, so it adds a constant to each coefficient of all frames. These
    are smooth (the k-th coefficient is spread as 1/k), leave the loudness as it is, and have a root
    mean square of ``decibels`` over the bands and over the draws.
    """
    falling = 1.0 / np.arange(1, COEFFICIENTS)
    nepers = decibels * np.log(10.0) / 20.0
    size = nepers * np.sqrt(BANDS / np.sum(falling**2))
    return np.pad(size * falling * normal, ((0, 0), (1, 0)))


def features(audio: FloatArray, filters: FloatArray | None = None, batch: int = 64) -> Int8Array:
    """``audio`` (N, 16000) in [-1, 1) as the network's int8 inputs (N, 49, 10, 1).

    ``filters`` (N, 10) are the coefficients of a filter that each recording goes through.
    """
    if filters is None:
        filters = np.zeros((len(audio), COEFFICIENTS))
    parts = [slice(i, i + batch) for i in range(0, len(audio), batch)]
    made = [quantize(mfcc(audio[part]) + filters[part, None]) for part in parts]
    return np.concatenate([np.empty((0, FRAMES, COEFFICIENTS), np.int8), *made])[..., None]
