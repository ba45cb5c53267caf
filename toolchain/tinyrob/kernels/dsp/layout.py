"""Streams for the DSP kernels: two output channels in the bytes of one lane.

firmware/kernels/dsp/tr_dsp_dot.h says how they are read and why the sums are exact; the predicates
here are the conditions that it names.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyrob.kernels.packing import fold_zero_point
from tinyrob.network.bounds import Int64, Rescaling, accumulators, rescaling, rows
from tinyrob.network.intervals import rescaled
from tinyrob.network.layers import Conv, Dense, Depthwise, Int8, Int32, Layer, Weighted

STEP = 4
"""Taps that a kernel's inner step takes: the bytes of a word."""

_MOST_PARTS = 16

_SHORT_SHIFT = 12
"""TR_DSP_SHORT_SHIFT."""

_LARGEST_EXPONENT = {True: 15, False: 22}
"""By ``rectified``: the largest shift for which no sum of the epilogue overflows."""


def steps(taps: int) -> int:
    """Inner steps for so many taps; the last one is filled up with zero weights."""
    return -(-taps // STEP)


def paired(spec: Conv | Dense) -> bool:
    """Whether pairs of channels fit lanes of 16 bits, and their sums words of 32."""
    low, high = pairs(rows(spec))
    lanes = 256 * high + low
    bound = pairs(accumulators(spec).magnitude[:, None])
    return bool(
        lanes.min() >= -(2**15)
        and lanes.max() < 2**15
        and bound[0].max() < 2**30
        and bound[1].max() < 2**23
    )


def dense_parts(spec: Dense) -> tuple[Dense, ...] | None:
    """A dense layer as the fewest parts of its taps, each a whole number of words, whose sums all
    fit; the first one has the biases. None where not even one word's do."""
    steps_ = steps(spec.in_c)
    for count in range(1, min(steps_, _MOST_PARTS) + 1):
        size = STEP * -(-steps_ // count)
        starts = range(0, spec.in_c, size)
        found = tuple(
            replace(
                spec, in_c=min(size, spec.in_c - start),
                weights=spec.weights[:, start : start + size],
                bias=spec.bias if start == 0 else np.zeros_like(spec.bias),
            )
            for start in starts
        )  # fmt: skip
        if all(paired(part) for part in found):
            return found
    return None


def dense_in_parts(parts: tuple[Dense, ...]) -> Int32:
    """The stream of tr_dsp_dot4 for parts of a layer's taps: four channels by four, the last one
    or two as tr_dsp_dot2 has them."""
    fours = (parts[0].out_c + 1) // 4  # three are a four
    streams = []
    if fours:
        each = [dense(_some(part, slice(4 * fours))).reshape(fours, -1) for part in parts]
        streams.append(np.concatenate(each, axis=1).reshape(-1))
    if parts[0].out_c > 4 * fours:
        last = [_some(part, slice(4 * fours, None)) for part in parts]
        streams += [_words(np.concatenate([_biases(x), _lanes(rows(x))], axis=1)) for x in last]
    return np.concatenate(streams)


def _some(spec: Dense, channels: slice) -> Dense:
    """Some of a layer's output channels, without their factors."""
    return replace(spec, weights=spec.weights[channels], bias=spec.bias[channels])


def rectified(layer: Layer) -> bool:
    """Whether the epilogue for clamps at or above the zero point serves."""
    spec = layer.spec
    assert isinstance(spec, Weighted)
    exponent = rescaling(spec).exponent
    return layer.clamp[0] >= spec.output_zero_point and bool(
        exponent.max() <= _LARGEST_EXPONENT[True]
    )


def rescales_right(layer: Layer) -> bool:
    """Whether every factor is below one half, and not too small for the epilogue's shift."""
    spec = layer.spec
    assert isinstance(spec, Weighted)
    exponent = rescaling(spec).exponent
    return bool(exponent.min() >= 1 and exponent.max() <= _LARGEST_EXPONENT[rectified(layer)])


def tails(spec: Conv) -> int:
    """Words of the bytes at the ends of a window's rows (tr_dsp_gather.h); 0 where it has one row
    or these are whole words."""
    w = spec.window
    return steps(w.kernel_h * (w.kernel_w * spec.in_c % STEP)) if w.kernel_h > 1 else 0


def taps(spec: Conv, channels: Int64) -> Int64:
    """(channel, tap) in the order in which tr_dsp_gather has taps: whole words, then ends."""
    w = spec.window
    if tails(spec) == 0:
        return channels
    each = channels.reshape(len(channels), w.kernel_h, -1)
    whole = each.shape[2] // STEP * STEP
    return np.concatenate(
        [part.reshape(len(channels), -1) for part in (each[..., :whole], each[..., whole:])], axis=1
    )


def convolution(layer: Layer) -> Int32:
    """The stream of tr_dsp_dot: for each pair biases, weights, how sums become int8."""
    spec = layer.spec
    assert isinstance(spec, Conv)
    factors = rescaling(spec)
    parameters = _parameters(factors, rectified(layer))
    weights = _lanes(taps(spec, rows(spec)))
    return _words(np.concatenate([_biases(spec), weights, parameters], axis=1))


def short_lanes(spec: Conv) -> int:
    """Words of lanes that tr_dsp_short_conv.h makes of a window: one of two taps, two of up to
    four, three of up to six in a row, else two of each four of rows filled up."""
    w = spec.window
    taps = spec.weights[0].size
    if taps <= STEP:
        return 1 if taps <= 2 else 2
    if w.kernel_h == 1 and taps <= STEP + 2:
        return 3
    return 2 * w.kernel_h * steps(w.kernel_w * spec.in_c)


def short_rectified(layer: Layer) -> bool:
    """Whether the sums of all channels can be raised to be shifted by one number."""
    spec = layer.spec
    assert isinstance(spec, Conv)
    raised = _raised(spec)
    sums = accumulators(spec).magnitude << raised.clip(0, 8)
    largest = sums[_alive(spec)].max(initial=0)
    fits = raised.min() >= 2 and raised.max() <= 8 and largest < 2**31
    zero_or_more = layer.clamp[0] >= spec.output_zero_point
    return bool(fits and zero_or_more)


def _alive(spec: Conv) -> NDArray[np.bool_]:
    """Channels that are no constants: they have weights."""
    alive: NDArray[np.bool_] = rows(spec).any(axis=1) & (rescaling(spec).multiplier != 0)
    return alive


def _raised(spec: Conv) -> Int64:
    """The bits by which tr_dsp_short.h's sums of rectified layers are raised, a channel each."""
    return np.where(_alive(spec), _SHORT_SHIFT + 1 - rescaling(spec).exponent, 2)


def short(layer: Layer) -> Int32:
    """The stream of tr_dsp_short.h: for each channel weights as lanes of taps, a bias, and how
    sums become int8; weights and bias as far up as it says."""
    spec = layer.spec
    assert isinstance(spec, Conv)
    count, channels, factors = short_lanes(spec), rows(spec), _factors(spec)
    raised: Int64 = np.ones(len(channels), np.int64)
    if short_rectified(layer):
        raised = _raised(spec)
        half = 1 << (_SHORT_SHIFT - 1)
        alive, always = _alive(spec), rescaled(spec, spec.bias.astype(np.int64))
        factors[:, 0] = np.where(alive, factors[:, 0], 0)
        factors[:, 1] = np.where(
            alive,
            (1 << raised - 2) + (2 * spec.output_zero_point + 1) * half,
            np.clip(always, *layer.clamp) << _SHORT_SHIFT,
        )
    if count > 3:
        channels = channels.reshape(len(channels), spec.window.kernel_h, -1)
    full = np.pad(channels, [(0, 0)] * (channels.ndim - 1) + [(0, -channels.shape[-1] % STEP)])
    w = (full.reshape(len(full), -1) << raised[:, None]) & 0xFFFF
    fours = w.reshape(len(w), -1, STEP)
    lanes = (fours[..., :2] | fours[..., 2:] << 16).reshape(len(w), -1)
    if count == 1:
        lanes = fours[:, 0, :1] | fours[:, 0, 1:2] << 16
    elif count == 3:
        lanes = np.concatenate([lanes[:, :2], fours[:, 1, :1] | fours[:, 1, 1:2] << 16], axis=1)
    bias = (fold_zero_point(spec) << raised)[:, None]
    return _words(np.concatenate([lanes, bias, factors], axis=1))


def dense(spec: Dense) -> Int32:
    """The stream of tr_dsp_dot4: for each four channels biases, and their two pairs' weights
    word by word; channels that are missing are zero."""
    biases, weights = _biases(spec), _lanes(rows(spec))
    if biases.shape[0] % 2:
        biases, weights = (np.vstack([a, np.zeros_like(a[:1])]) for a in (biases, weights))
    fours = biases.shape[0] // 2
    # (four, pair, step, half) to (four, step, half, pair)
    order = weights.reshape(fours, 2, -1, 2).transpose(0, 2, 3, 1)
    return _words(np.concatenate([biases.reshape(fours, 4), order.reshape(fours, -1)], axis=1))


def dense_factors(spec: Dense) -> Int32:
    """m, n and e of each channel, filled up to whole fours; once where all are the same."""
    each = _factors(spec)
    alive = each[each[:, 0] != 0]
    if spec.multiplier.size == 1 and alive.size:
        each = alive[:1]  # a channel whose every sum becomes 0 does so by that factor, too
    if (each == each[0]).all():
        return _words(each[:1])
    return _words(np.vstack([each, np.repeat(each[-1:], -len(each) % 4, axis=0)]))


def depthwise_row(spec: Depthwise) -> Int8:
    """The weights as (output channel, row, column)."""
    return np.ascontiguousarray(rows(spec).astype(np.int8)).reshape(-1)


def depthwise(weights: Int8) -> Int8:
    """Weights (row, column, output channel) as (four output channels, row, column, one of four)."""
    full = np.pad(weights, ((0, 0), (0, 0), (0, -weights.shape[2] % 4)))
    fours = full.reshape(*weights.shape[:2], -1, 4)
    return np.ascontiguousarray(fours.transpose(2, 0, 1, 3)).reshape(-1)


def depthwise_3x3(weights: Int8) -> Int8:
    """Weights (row, column, output channel) as (output channel, column, row), kernels of two rows
    or columns filled up with zeros."""
    full = np.pad(weights, ((0, 3 - weights.shape[0]), (0, 3 - weights.shape[1]), (0, 0)))
    return np.ascontiguousarray(full.transpose(2, 1, 0)).reshape(-1)


def depthwise_nine(layer: Layer, weights: Int8) -> Int32:
    """The stream of tr_dsp_nine.h, for weights (3, 3, output channel); where channels are missing
    of the last four, its last one stands in."""
    spec = layer.spec
    assert isinstance(spec, Depthwise)
    w = 2 * np.pad(
        weights.astype(np.int64), ((0, 0), (0, 0), (0, -weights.shape[2] % STEP)), "edge"
    )
    lanes = [w[y, 0] & 0xFFFF | w[y, 1] << 16 for y in range(3)]
    lanes.append(w[0, 2] & 0xFFFF | w[1, 2] << 16)
    fours = np.stack(lanes).reshape(STEP, -1, STEP).swapaxes(0, 1)
    last = w[2, 2].reshape(-1, STEP)
    each = np.concatenate([2 * fold_zero_point(spec)[:, None], _factors(spec)], axis=1)
    if not rectified(layer):
        each[:, 3] |= 1 << 31
    each = np.pad(each, ((0, -len(each) % STEP), (0, 0)), "edge").reshape(-1, STEP, 4)
    parts = (
        each[..., 0], fours.reshape(len(fours), -1), last[:, :2] & 0xFFFF | last[:, 2:] << 16,
        each[..., 1:].reshape(len(each), -1),
    )  # fmt: skip
    return _words(np.concatenate(parts, axis=1))


def pairs(channels: Int64) -> tuple[Int64, Int64]:
    """Even and odd channels; a channel of zeros joins the last one where their number is odd."""
    if channels.shape[0] % 2:
        channels = np.vstack([channels, np.zeros_like(channels[:1])])
    return channels[0::2], channels[1::2]


def _lanes(weights: Int64) -> Int64:
    """(channel, tap) to (pair, word): of each four taps the lanes (0, 2), then (1, 3)."""
    taps = weights.shape[1]
    padded = np.pad(weights, ((0, 0), (0, STEP * steps(taps) - taps)))
    low, high = pairs(padded)
    lanes = ((256 * high + low) & 0xFFFF).reshape(low.shape[0], -1, STEP)
    words = np.stack([lanes[..., 0] | lanes[..., 2] << 16, lanes[..., 1] | lanes[..., 3] << 16], -1)
    return words.reshape(low.shape[0], -1)


def _biases(spec: Conv | Dense) -> Int64:
    """For each pair 256 * b1 + b0 and b0, with the input's zero point in both."""
    low, high = pairs(fold_zero_point(spec)[:, None])
    return np.concatenate([256 * high + low, low], axis=1)


def _parameters(factors: Rescaling, is_rectified: bool) -> Int64:
    (m0, m1), (e0, e1) = pairs(factors.multiplier[:, None]), pairs(factors.exponent[:, None])
    e0, e1 = np.maximum(e0, 1), np.maximum(e1, 1) + (7 if is_rectified else 0)
    sign = 0 if is_rectified else 1 << 31
    return np.concatenate([m1, m0, e0 - 1 + 256 * (e1 - 1) + sign], axis=1)


def _factors(spec: Weighted) -> Int64:
    """m, n and e of each channel."""
    found = rescaling(spec)
    e = found.exponent
    n = (1 << (e - 1)) + (spec.output_zero_point << e)
    return np.stack([found.multiplier, n, e], axis=1)


def _words(stream: Int64) -> Int32:
    """Modulo 2^32, flat."""
    words: Int32 = (stream.reshape(-1) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
    return words
