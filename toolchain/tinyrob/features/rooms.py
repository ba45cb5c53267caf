"""Microphones and rooms for training: random filters, as gains of the bands."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tinyrob.features.spec import Features, Mel
from tinyrob.features.tables import LOG_BITS

SHAPES = 9
"""Smooth shapes that a filter is made of."""


def filters(
    features: Features, decibels: float, generator: np.random.Generator, count: int
) -> NDArray[np.int64]:
    """Gains (N, bands), in Q9 octaves of power, of ``count`` random filters.

    A filter adds to each band's logarithm. These are sums of the first cosines but the constant
    one, the k-th as 1 / k: smooth, and none louder; with a root mean square of ``decibels`` over
    the bands and over the draws.
    """
    k = np.arange(1, SHAPES + 1)
    bands = np.arange(bands_of(features)) + 0.5
    shapes = np.cos(np.pi / bands_of(features) * np.outer(k, bands)) / k[:, None]
    octaves = decibels / (10.0 * math.log10(2.0)) / math.sqrt(0.5 * float(np.sum(1.0 / k**2)))
    drawn = generator.normal(size=(count, SHAPES)) @ shapes
    return np.asarray(np.rint(drawn * octaves * (1 << LOG_BITS)), np.int64)


def bands_of(features: Features) -> int:
    """How many bands a filter has a gain for."""
    return features.bands if isinstance(features, Mel) else features.width


def as_samples(audio: NDArray[np.float64]) -> NDArray[np.int16]:
    """``audio`` in [-1, 1] as a converter of 16 bits gives it, clipped at full scale."""
    return np.asarray(np.clip(np.rint(audio * 32768.0), -32768, 32767), np.int16)
