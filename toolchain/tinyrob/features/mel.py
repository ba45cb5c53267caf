"""Samples to mel-frequency features, in integers and bit for bit as the firmware computes them.

Each step's format and rounding are in ``docs/reference/features.md``.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tinyrob.features import tables
from tinyrob.features.fft import real_fft
from tinyrob.features.spec import Features, Mel

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int64 = NDArray[np.int64]

_BATCH = 64  # frames: what is worked on then stays in a processor's second cache


def frames_in(features: Features, samples: int) -> int:
    """How many frames a stream of so many samples has completed."""
    return max(0, (samples - features.frame) // features.hop + 1)


def of_streams(features: Mel, samples: Int16, gains: Int64 | None = None) -> Int8:
    """All frames (N, frames, width) of N streams of int16 ``samples`` (N, n), from their start.

    ``gains`` (N, bands), in Q9 octaves of power, are those of a filter that each went through.
    """
    count = frames_in(features, samples.shape[1])
    made = np.empty((len(samples), count, features.width), np.int8)
    if count == 0:
        return made
    views = sliding_window_view(emphasized(features, samples), features.frame, axis=1)
    views = views[:, :: features.hop]
    flat = made.reshape(-1, features.width)
    for start in range(0, len(flat), _BATCH):
        chosen = np.arange(start, min(start + _BATCH, len(flat)))
        filters = None if gains is None else gains[chosen // count]
        flat[chosen] = of_frames(features, views[chosen // count, chosen % count], filters)
    return made


def emphasized(features: Mel, samples: Int16) -> Int16:
    """``samples`` (N, n) after pre-emphasis: half of x[t] - c x[t - 1], rounded down."""
    factor = tables.emphasis(features)
    if factor == 0:
        return samples
    now = samples.astype(np.int64)
    before = np.pad(now[:, :-1], ((0, 0), (1, 0)))
    bits = tables.EMPHASIS_BITS
    return (((now << bits) - factor * before) >> (bits + 1)).astype(np.int16)


def of_frames(features: Mel, frames: Int16, gains: Int64 | None = None) -> Int8:
    """The features (N, width) of ``frames`` (N, frame); ``gains`` (N, bands) in Q9."""
    logs = log_mel(features, frames)
    if gains is not None:
        logs += gains.T
    logs -= tables.centre(features)
    if features.kind == "mfcc":
        # Integers below 2**31 in doubles: exact in any order, and as fast as it gets.
        sums = tables.cosines(features).astype(np.float64) @ logs.astype(np.float64)
        logs = sums.astype(np.int64)
    return _rounded(logs, *tables.output_scale(features)).T


def log_mel(features: Mel, frames: Int16) -> Int64:
    """log2(2**floor + power) - floor of each band (bands, N), in Q9."""
    powers = band_powers(features, frames)
    powers += 1 << features.floor
    return log2(powers, features.floor)


def band_powers(features: Mel, frames: Int16) -> Int64:
    """The power in each band (bands, N), below 2**62: in units of 2**-12 steps of |X|**2 / 2**10,
    where X is the transform of samples times window over its length."""
    columns = np.zeros((features.fft, len(frames)), np.int64)
    np.multiply(
        frames.T,
        tables.window(features)[:, None],
        out=columns[: features.frame],
        dtype=np.int64,
    )
    bands = tables.band_weights(features)
    re, im = real_fft(columns, max(first + len(weights) for first, weights in bands))
    re *= re
    im *= im
    re += im
    re >>= tables.POWER_SHIFT
    bins = np.concatenate([np.arange(first, first + len(w)) for first, w in bands]) - 1
    weights = np.concatenate([np.array(w, np.int64) for _, w in bands])[:, None]
    starts = np.cumsum([0, *(len(w) for _, w in bands[:-1])])
    return np.add.reduceat(re[bins] * weights, starts, axis=0)


def log2(x: Int64, floor: int) -> Int64:
    """log2(x) - floor in Q9, rounded to nearest, by 64 straight lines an octave; x holds integers
    in [2**floor, 2**63)."""
    exponent = np.frexp(x.astype(np.float64))[1].astype(np.int64) - 1
    exponent -= (
        x >> exponent
    ) == 0  # a double rounds what lies close below a power of two up to it
    mantissa = np.where(
        exponent >= 21, x >> np.maximum(exponent - 21, 0), x << np.maximum(21 - exponent, 0)
    )
    index, rest = (mantissa >> 15) & 63, mantissa & 0x7FFF
    table = tables.log2_table().astype(np.int64)
    low = table[index]
    fine = low + (((table[index + 1] - low) * rest) >> 15)
    made: Int64 = ((exponent - floor) << 15) + fine + 32
    made >>= tables.LOG_TABLE_BITS - tables.LOG_BITS
    return made


def _rounded(x: Int64, factor: int, shift: int) -> Int8:
    """x factor / 2**shift to the nearest int8, halves up, saturating; shift >= 1."""
    nearest = (x * factor + (1 << (shift - 1))) >> shift
    return np.asarray(np.clip(nearest, -128, 127), np.int8)
