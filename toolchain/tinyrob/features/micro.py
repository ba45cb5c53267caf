"""TensorFlow's microfrontend (tensorflow/lite/experimental/microfrontend), bit for bit.

Window, block-scaled 16-bit Fourier transform (kissfft 1.3, FIXED_POINT 16), filterbank, square
root, noise reduction, PCAN gain, logarithm; then int8 as micro_speech and microWakeWord make it:
(256 value + 333) / 666 - 128. Its quirks are kept: sums that wrap, a square root that does not
round up to 2**16, a negation of -2**15.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tinyrob.features import micro_tables as tables
from tinyrob.features.kiss import real_fft
from tinyrob.features.mel import frames_in
from tinyrob.features.spec import Microfrontend
from tinyrob.features.tables import LOG_BITS

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int64 = NDArray[np.int64]

_BATCH = 64
_WORD = 0xFFFF_FFFF  # what uint32 wraps to
_NOISE_BITS = 14
_SNR_BITS, _OUTPUT_BITS = 12, 6
VALUE_SCALE, VALUE_DIVISOR = 256, 666


def of_streams(features: Microfrontend, samples: Int16, gains: Int64 | None = None) -> Int8:
    """All frames (N, frames, width) of N streams of int16 ``samples`` (N, n), from their start.

    ``gains`` (N, channels), in Q9 octaves of power, are those of a filter that each went through.
    """
    values = values_of_streams(features, samples, gains).astype(np.int64)
    scaled = (values * VALUE_SCALE + VALUE_DIVISOR // 2) // VALUE_DIVISOR
    return np.asarray(np.clip(scaled - 128, -128, 127), np.int8)


def values_of_streams(
    features: Microfrontend, samples: Int16, gains: Int64 | None = None
) -> NDArray[np.uint16]:
    """What the microfrontend itself gives: uint16 (N, frames, channels)."""
    count = frames_in(features, samples.shape[1])
    made = np.empty((len(samples), count, features.channels), np.uint16)
    if count == 0:
        return made
    views = sliding_window_view(samples, features.frame, axis=1)[:, :: features.hop]
    signal = np.empty(made.shape, np.int64)
    flat = signal.reshape(-1, features.channels)
    for start in range(0, len(flat), _BATCH):
        chosen = np.arange(start, min(start + _BATCH, len(flat)))
        flat[chosen] = amplitudes(features, views[chosen // count, chosen % count])
    if gains is not None:
        factors = 2.0 ** (gains / (2 << LOG_BITS))
        signal = np.rint(signal * factors[:, None]).astype(np.int64) & _WORD
    estimate = np.zeros((len(samples), features.channels), np.int64)
    for frame in range(count):
        reduced = _less_noise(features, signal[:, frame], estimate)
        if features.pcan:
            reduced = _gain(features, reduced, estimate)
        made[:, frame] = _logarithm(features, reduced)
    return made


def amplitudes(features: Microfrontend, frames: Int16) -> Int64:
    """The filterbank's amplitudes (N, channels) of ``frames`` (N, frame), below 2**32."""
    windowed = (frames.astype(np.int64) * tables.window(features)) >> tables.WINDOW_BITS
    sizes = np.abs(windowed)
    sizes[sizes == 1 << 15] = -(1 << 15)  # negated as int16
    largest = np.maximum(sizes.max(1), 0)
    shift = 15 - np.frexp(largest.astype(np.float64))[1].astype(np.int64)
    columns = np.zeros((features.fft, len(frames)), np.int64)
    columns[: features.frame] = (windowed << shift[:, None]).T
    re, im = real_fft(columns.astype(np.int16).astype(np.int64))
    energy = (re * re + im * im).astype(np.int32).astype(np.int64)
    chosen = tables.filterbank(features)
    used = energy[chosen.first : chosen.first + len(chosen.channel)]
    work = np.zeros((features.channels + 2, len(frames)), np.int64)
    np.add.at(work, chosen.channel, used * chosen.weight[:, None])
    np.add.at(work, chosen.channel + 1, used * chosen.unweight[:, None])
    return np.asarray(_square_root(work[1 : features.channels + 1]).T >> shift[:, None])


def _square_root(x: Int64) -> Int64:
    """To nearest; but 2**16 - 1, as a root of 32 bits, is never rounded up."""
    whole = x.astype(np.uint64)  # sums wrap
    root = np.minimum(np.sqrt(whole.astype(np.float64)), _WORD).astype(np.uint64)
    root -= root * root > whole
    root += (root < _WORD) & ((root + 1) * (root + 1) <= whole)
    limit = np.where(whole >> 32 == 0, 0xFFFF, _WORD)
    return np.asarray(root + ((whole - root * root > root) & (root != limit))).astype(np.int64)


def _less_noise(features: Microfrontend, signal: Int64, estimate: Int64) -> Int64:
    """The signal (N, channels) without its noise, whose ``estimate`` follows."""
    smoothing = tables.smoothing(features)
    scaled = (signal << features.smoothing_bits) & _WORD
    estimate[:] = (scaled * smoothing + estimate * ((1 << _NOISE_BITS) - smoothing)) >> _NOISE_BITS
    below = np.minimum(estimate, scaled)
    least = (signal * tables.least_remaining(features)) >> _NOISE_BITS
    return np.asarray(np.maximum((scaled - below) >> features.smoothing_bits, least))


def _gain(features: Microfrontend, signal: Int64, noise: Int64) -> Int64:
    """Per-channel automatic gain."""
    lut = tables.gain_table(features)
    interval = np.frexp(noise.astype(np.float64))[1].astype(np.int64)
    place = np.where(noise <= 2, 0, 4 * interval - 6)
    shifted = np.where(
        interval < 11, noise << np.maximum(11 - interval, 0), noise >> np.maximum(interval - 11, 0)
    )
    part = shifted & 0x3FF
    curve = ((lut[place + 2] * part) >> 5) + (lut[place + 1] << 5)
    curve = ((curve * part).astype(np.int32).astype(np.int64) + (1 << 14)) >> 15
    gain = (curve + lut[place]).astype(np.int16).astype(np.int64)
    gain = np.where(noise <= 2, lut[np.minimum(noise, 2)], gain) & _WORD
    ratio = ((signal * gain) >> tables.ratio_shift(features)) & _WORD
    small = ((ratio * ratio) & _WORD) >> (2 + 2 * _SNR_BITS - _OUTPUT_BITS)
    large = (ratio >> (_SNR_BITS - _OUTPUT_BITS)) - (1 << _OUTPUT_BITS)
    return np.asarray(np.where(ratio < 2 << _SNR_BITS, small, large))


def _logarithm(features: Microfrontend, signal: Int64) -> NDArray[np.uint16]:
    """64 (2**scale_shift) times the natural logarithm, at most 2**16 - 1."""
    bits = tables.correction_bits(features)
    x = (signal << bits) & _WORD if bits >= 0 else signal >> -bits
    place = np.maximum(np.frexp(x.astype(np.float64))[1].astype(np.int64) - 1, 0)
    rest = ((x - (1 << place)) << 16) >> place
    lut = tables.log_table()
    segment = (rest >> 9) & 127
    low = lut[segment]
    fraction = rest + low + (((lut[segment + 1] - low) * (rest - (segment << 9))) >> 16)
    natural = (tables.LOG_COEFFICIENT * ((place << 16) + fraction) + (1 << 15)) >> 16
    scaled = ((natural << features.scale_shift) + (1 << 15)) >> 16
    return np.asarray(np.minimum(np.where(x > 1, scaled, 0), 0xFFFF), np.uint16)
