"""The microfrontend's tables, made as its C code makes them: in single precision where that does.

TensorFlow's own code calls the double functions of the C library; the copy that microWakeWord and
ESPHome use calls those of single precision, and has other last bits in some entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.features.log1pf import log1pf
from tinyrob.features.spec import Microfrontend

Int64 = NDArray[np.int64]
WINDOW_BITS = FILTER_BITS = 12
_NOISE_BITS = 14
_SNR_BITS = 12
_CURVES = 32
LOG_COEFFICIENT = 45426
"""ln 2 in Q16."""
_single = np.float32


@cache
def window(features: Microfrontend) -> Int64:
    """(frame,) in Q12: Hann's, between the samples."""
    kind = _precision(features)
    step = _single(kind(kind(np.pi) * kind(2.0)) / _single(features.frame))
    angles = kind(step) * (np.arange(features.frame, dtype=kind) + kind(0.5))
    cosines = np.cos(angles.astype(np.float64)).astype(kind)
    values = (kind(0.5) - kind(0.5) * cosines).astype(np.float32)
    scaled = (values * _single(1 << WINDOW_BITS)).astype(kind)
    return np.asarray(np.floor(scaled + kind(0.5)), np.int64)


def _precision(features: Microfrontend) -> Any:
    return np.float32 if features.precision == "single" else np.float64


def _mel(features: Microfrontend, hertz: Any) -> np.float32:
    kind = _precision(features)
    part = kind(hertz) / kind(700.0)
    log = log1pf(part) if kind is np.float32 else np.log1p(part)
    return _single(kind(1127.0) * log)


@dataclass(frozen=True, eq=False)
class Filterbank:
    """Of each bin from ``first`` on: its channel, its weight there and in the one behind, Q12."""

    first: int
    channel: Int64
    weight: Int64
    unweight: Int64


@cache
def filterbank(features: Microfrontend) -> Filterbank:
    """Bins of all channels, and of the one before the first."""
    kind = _precision(features)
    low, high = (_mel(features, _single(edge)) for edge in (features.low, features.high))
    spacing = _single(_single(high - low) / _single(features.channels + 1))
    centres = [
        _single(low + _single(spacing * _single(i + 1))) for i in range(features.channels + 1)
    ]
    hertz = _single(0.5 * features.rate / (features.fft // 2))
    first = int(kind(1.5) + kind(_single(_single(features.low) / hertz)))
    channels, weights, unweights = [], [], []
    bin_ = first
    for channel, centre in enumerate(centres):
        before = low if channel == 0 else centres[channel - 1]
        while (mel := _mel(features, _single(_single(bin_) * hertz))) <= centre:
            share = _single(_single(centre - mel) / _single(centre - before))
            channels.append(channel)
            one = kind(1 << FILTER_BITS)
            weights.append(int(np.floor(kind(_single(share * _single(one))) + kind(0.5))))
            unweights.append(int(np.floor((kind(1.0) - kind(share)) * one + kind(0.5))))
            bin_ += 1
    return Filterbank(first, *(np.array(x, np.int64) for x in (channels, weights, unweights)))


@cache
def smoothing(features: Microfrontend) -> Int64:
    """(channels,) in Q14: even channels and odd ones."""
    pair = [
        int(_single(_single(value) * _single(1 << _NOISE_BITS)))
        for value in (features.even_smoothing, features.odd_smoothing)
    ]
    return np.resize(np.array(pair, np.int64), features.channels)


def least_remaining(features: Microfrontend) -> int:
    """In Q14."""
    return int(_single(_single(features.min_signal_remaining) * _single(1 << _NOISE_BITS)))


def correction_bits(features: Microfrontend) -> int:
    """By which amplitudes are scaled before their logarithm."""
    return features.fft.bit_length() - 1 - FILTER_BITS // 2


def ratio_shift(features: Microfrontend) -> int:
    """Of signal times gain, to a ratio in Q12."""
    return features.gain_bits - correction_bits(features) - _SNR_BITS


@cache
def gain_table(features: Microfrontend) -> Int64:
    """The gain of 0 and 1, and of each octave of noise a parabola's three numbers (and a 0)."""
    bits = features.smoothing_bits - correction_bits(features)
    strength, offset = -_single(features.strength), _single(features.offset)

    def gain(x: int) -> int:
        noise = _single(_single(_single(x) / _single(1 << bits)) + offset)
        power = _single(float(noise) ** float(strength))
        value = _single(_single(1 << features.gain_bits) * power)
        return 0x7FFF if value > 0x7FFF else int(_single(value + _single(0.5)))

    made = [gain(0), gain(1)]
    for octave in range(2, _CURVES + 1):
        x0 = 1 << (octave - 1)
        x2 = x0 + (x0 - 1) if octave == _CURVES else 2 * x0
        y0, y1, y2 = gain(x0), gain(x0 + (x0 >> 1)), gain(x2)
        a1 = 4 * (y1 - y0) - (y2 - y0)
        made += [y0, a1, (y2 - y0) - a1, 0]
    return np.array(made, np.int64).astype(np.int16).astype(np.int64)


@cache
def log_table() -> Int64:
    """(130,): how far log2(1 + i / 128) is above i / 128, in Q16."""
    i = np.minimum(np.arange(130), 128) / 128
    return np.rint((np.log2(1.0 + i) - i) * (1 << 16)).astype(np.int64)
