"""The integer tables that a specification stands for; firmware has the same ones.

They are made in double precision and rounded to nearest once: from there on all is integers.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyrob.features.spec import Mel

Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

WINDOW_BITS = 15
TWIDDLE_ONE = 2**31 - 1
"""The largest modulus of a twiddle factor, in Q31: below 1, so that no product grows."""
WEIGHT_BITS = 12
POWER_SHIFT = 10
LOG_BITS = 9
LOG_TABLE_BITS, LOG_STEPS = 15, 64
EMPHASIS_BITS = 15
SCALE_BITS = 15


@cache
def window(features: Mel) -> Int16:
    """(frame,) in Q15; 1 is 32767. A symmetric one ends as it begins, the others are periodic."""
    kind, _, symmetric = features.window.partition("-")
    n = np.arange(features.frame)
    cosine = np.cos(2.0 * np.pi * n / (features.frame - bool(symmetric)))
    made = {
        "hann": 0.5 - 0.5 * cosine,
        "hamming": 0.54 - 0.46 * cosine,
        "rectangular": np.ones(features.frame),
    }[kind]
    return np.asarray(np.minimum(np.rint(made * 2**WINDOW_BITS), 32767), np.int16)


@cache
def twiddles(fft: int) -> Int32:
    """(fft / 2, 2) in Q31: cos and -sin of 2 pi k / fft."""
    made = [
        (round(TWIDDLE_ONE * math.cos(angle)), round(-TWIDDLE_ONE * math.sin(angle)))
        for angle in (2.0 * math.pi * k / fft for k in range(fft // 2))
    ]
    return np.array(made, np.int32)


@cache
def bit_reversed(points: int) -> NDArray[np.uint16]:
    """(points,): where each input of a transform of so many complex points goes."""
    bits = points.bit_length() - 1
    places = [int(f"{i:0{bits}b}"[::-1], 2) for i in range(points)]
    return np.array(places, np.uint16)


def hertz_to_mel(hertz: float) -> float:
    """HTK's mel scale."""
    return 1127.0 * math.log1p(hertz / 700.0)


@cache
def band_weights(features: Mel) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Of each band: its first bin, and its weights from there on in Q12, the outer ones not 0.

    Triangles on HTK's mel scale, of height 1. Bins 0 and fft / 2 are never in one.
    """
    low, high = hertz_to_mel(features.low), hertz_to_mel(features.high)
    spacing = (high - low) / (features.bands + 1)
    bins = [hertz_to_mel(k * features.rate / features.fft) for k in range(features.fft // 2)]
    made = []
    for band in range(features.bands):
        left = low + band * spacing
        shares = [min((m - left) / spacing, 2.0 - (m - left) / spacing) for m in bins]
        row = [round(2**WEIGHT_BITS * max(0.0, share)) for share in shares]
        row[0] = 0
        used = [k for k, weight in enumerate(row) if weight > 0]
        first = used[0] if used else 0
        made.append((first, tuple(row[first : used[-1] + 1] if used else ())))
    return tuple(made)


@cache
def log2_table() -> Int32:
    """(65,): log2(1 + i / 64) in Q15, with both ends."""
    return np.array(
        [round(2**LOG_TABLE_BITS * math.log2(1.0 + i / LOG_STEPS)) for i in range(LOG_STEPS + 1)],
        np.int32,
    )


def basis_bits(features: Mel) -> int:
    """The format of ``cosines``: the finest in which no sum leaves int32, at most Q15."""
    largest = max(
        sum(abs(_cosine(features.bands, i, k)) for i in range(features.bands))
        for k in range(features.coefficients)
    )
    return min(15, math.floor(math.log2((2**31 - 1) / (largest * 2**15))))


@cache
def cosines(features: Mel) -> Int16:
    """(coefficients, bands): the orthonormal DCT-II, in Q``basis_bits``."""
    one = 2 ** basis_bits(features)
    rows = [
        [round(one * _cosine(features.bands, i, k)) for i in range(features.bands)]
        for k in range(features.coefficients)
    ]
    return np.array(rows, np.int16)


def centre(features: Mel) -> int:
    """What is taken off each logarithm, in Q9."""
    return round(features.centre * (1 << LOG_BITS))


def emphasis(features: Mel) -> int:
    """The factor of the sample before, in Q15; 0: no pre-emphasis."""
    return round(features.pre_emphasis * (1 << EMPHASIS_BITS))


def output_scale(features: Mel) -> tuple[int, int]:
    """What the last sums are multiplied by (1: nothing, else 15 bits), and by how many bits they
    are then rounded off."""
    finer = basis_bits(features) if features.kind == "mfcc" else 0
    if not features.step:
        return 1, LOG_BITS + finer + features.log2_step
    part, exponent = math.frexp(1.0 / features.step)
    factor = min(round(math.ldexp(part, SCALE_BITS)), (1 << SCALE_BITS) - 1)
    return factor, LOG_BITS + finer + SCALE_BITS - exponent


def _cosine(bands: int, i: int, k: int) -> float:
    scale = math.sqrt((1.0 if k == 0 else 2.0) / bands)
    return scale * math.cos(math.pi / bands * (i + 0.5) * k)
