"""Streams for the MVE kernels: 16 weights of a channel at a time, four channels together.

firmware/kernels/mve/tr_mve_dot.h and the kernels' headers say how they are read, and the ranges
that the predicate here checks.
"""

from __future__ import annotations

import numpy as np

from tinyrob.kernels.packing import fold_zero_point
from tinyrob.network.bounds import Int64, rescaling
from tinyrob.network.layers import Conv, Dense, Depthwise, Int8, Int32, Layer, Weighted

VECTOR = 16
"""Weights that one instruction multiplies: the bytes of a vector."""

GROUP = 4
"""Channels that are finished together: the int32 lanes of a vector."""


def rescales_right(spec: Weighted) -> bool:
    """Whether every factor is below one, and large enough for a shift of 31."""
    exponent = rescaling(spec).exponent
    return bool(exponent.min() >= 0 and exponent.max() <= 31)


def rectified(layer: Layer) -> bool:
    """Whether all negative values end at the clamp, however they are rounded."""
    spec = layer.spec
    assert isinstance(spec, Weighted)
    return layer.clamp[0] >= spec.output_zero_point


def convolution(spec: Conv) -> Int32:
    """The stream of tr_mve_dot, taps along columns, then rows, then channels."""
    taps = spec.weights.transpose(0, 2, 1, 3).reshape(spec.out_c, -1)
    groups = _groups(_vectors(taps))  # (group, channel, vector, 16)
    halves = [_words(groups[:, half::2].transpose(0, 2, 1, 3)) for half in (0, 1)]
    return _int32(np.concatenate([*halves, _biases(spec), _factors(spec)], axis=1))


def dense(spec: Dense) -> Int32:
    """The stream of tr_fully_connected_mve_s8: vectors of four channels in turn."""
    return _fours(spec, spec.weights.reshape(spec.out_c, -1))


def sums(spec: Dense) -> Int32:
    """The stream of tr_mve_four_sums: biases, then vectors of four channels in turn."""
    return _int32(np.concatenate([_biases(spec), _turns(spec.weights)], axis=1))


def sums16(weights: Int8) -> Int32:
    """The stream of tr_mve_four_sums16 for weights (channel, tap)."""
    return _int32(_turns(weights, VECTOR // 2))


def depthwise(spec: Depthwise, lines: int, across: bool, pairs: bool) -> Int32:
    """The stream of tr_depthwise_conv2d_mve_s8, with zeros between columns whose planes hold
    ``lines`` rows: channel by channel for pairs, else as a dense layer's."""
    kernel = spec.weights.transpose(1, 0, 2) if across else spec.weights
    kernel_h, kernel_w, channels = kernel.shape
    taps = np.zeros((channels, kernel_w, lines), np.int8)
    taps[:, :, :kernel_h] = kernel.transpose(2, 1, 0)
    taps = taps.reshape(channels, -1)[:, : (kernel_w - 1) * lines + kernel_h]
    if not pairs:
        return _fours(spec, taps)
    factors = rescaling(spec)
    parameters = (factors.multiplier, -factors.exponent, fold_zero_point(spec))
    return _int32(np.concatenate([np.stack(parameters, axis=1), _words(_vectors(taps))], axis=1))


def _fours(spec: Dense | Depthwise, taps: Int8) -> Int32:
    return _int32(np.concatenate([_biases(spec), _turns(taps), _factors(spec)], axis=1))


def _turns(taps: Int8, vector: int = VECTOR) -> Int64:
    """For each group the vectors of its four channels in turn, as words."""
    return _words(_groups(_vectors(taps, vector)).transpose(0, 2, 1, 3))


def _vectors(taps: Int8, vector: int = VECTOR) -> Int8:
    """(channel, tap) to (channel, vector, 16 or what a vector has), filled up with zeros."""
    missing = -taps.shape[1] % vector
    return np.pad(taps, ((0, 0), (0, missing))).reshape(taps.shape[0], -1, vector)


def _groups(channels: Int8) -> Int8:
    """(channel, ...) to (group, 4, ...); channels that are missing are zero."""
    return _padded(channels).reshape(-1, GROUP, *channels.shape[1:])


def _padded(channels: np.ndarray) -> np.ndarray:
    missing = -channels.shape[0] % GROUP
    return np.pad(channels, ((0, missing), *((0, 0) for _ in channels.shape[1:])))


def _biases(spec: Weighted) -> Int64:
    return _padded(fold_zero_point(spec)).reshape(-1, GROUP)


def _factors(spec: Weighted) -> Int64:
    """Four multipliers, then four shifts, for each group."""
    factors = rescaling(spec)
    multiplier, exponent = (
        _padded(x).reshape(-1, GROUP) for x in (factors.multiplier, factors.exponent)
    )
    return np.concatenate([multiplier, -exponent], axis=1)


def _words(weights: Int8) -> Int64:
    """(row, ...) to (row, word): four weights a word, the first one lowest."""
    flat = np.ascontiguousarray(weights.reshape(weights.shape[0], -1))
    return flat.view("<i4").astype(np.int64)


def _int32(stream: Int64) -> Int32:
    return stream.reshape(-1).astype(np.int32)
