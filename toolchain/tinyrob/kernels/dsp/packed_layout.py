"""Streams of packed weights for the DSP kernels: firmware/kernels/dsp/tr_dsp_packed.h."""

from __future__ import annotations

import numpy as np

from tinyrob.kernels.dsp import layout as dsp
from tinyrob.kernels.packing import fold_zero_point
from tinyrob.network.bounds import Int64, accumulators, rescaling
from tinyrob.network.layers import Conv, Int32, Layer
from tinyrob.network.levels import OFFSET, Levels, find_levels

ROUND = 8
"""Taps of the kernels' inner step."""

_SHIFTS_2BIT = (0, 2, 8, 10)
_SHIFTS_4BIT = (0, 8)


def rounds(taps: int) -> int:
    """Inner steps for so many taps; the last one is filled up with zero weights."""
    return -(-taps // ROUND)


def fits(layer: Layer, bits: int) -> bool:
    """Whether the layer's weights fit these bits, and its sums the kernels' ranges."""
    spec = layer.spec
    assert isinstance(spec, Conv)
    levels = find_levels(spec)
    return (
        levels is not None
        and levels.bits <= bits
        and bool(accumulators(spec).magnitude.max() < 2**27)
        and dsp.rescales_right(layer)
    )


def convolution(layer: Layer, bits: int) -> Int32:
    """The stream of tr_dsp_dot_2bit or tr_dsp_dot_4bit: for each pair its weights, then how sums
    become accumulators, and these int8."""
    spec = layer.spec
    assert isinstance(spec, Conv)
    levels = find_levels(spec)
    assert levels is not None
    weights = _words(dsp.taps(spec, levels.level), bits)
    stream = np.concatenate([weights, _parameters(layer, spec, levels)], axis=1)
    words: Int32 = (stream.reshape(-1) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
    return words


def _words(level: Int64, bits: int) -> Int64:
    """Levels (channel, tap) as (pair, word)."""
    taps = level.shape[1]
    padded = np.pad(level, ((0, 0), (0, ROUND * rounds(taps) - taps)))
    low, high = (channels + OFFSET[bits] for channels in dsp.pairs(padded))
    # Of each four taps the lanes (0, 2), then (1, 3): (pair, round, half, lane).
    lanes = (low + 16 * high).reshape(low.shape[0], -1, 2, 2, 2).swapaxes(3, 4)
    lanes = lanes.reshape(low.shape[0], -1, 4, 2)
    both = lanes[..., 0] | lanes[..., 1] << 16
    if bits == 2:
        return _merged(both, _SHIFTS_2BIT)
    return _merged(both.reshape(low.shape[0], -1, 2), _SHIFTS_4BIT)


def _merged(halves: Int64, shifts: tuple[int, ...]) -> Int64:
    """(pair, word, half) to (pair, word)."""
    words: Int64 = np.bitwise_or.reduce(halves << np.array(shifts), axis=2)
    return words


def _parameters(layer: Layer, spec: Conv, levels: Levels) -> Int64:
    factors = rescaling(spec)
    (m0, m1), (e0, e1) = (
        dsp.pairs(values[:, None]) for values in (factors.multiplier, factors.exponent)
    )
    e0, e1 = np.maximum(e0, 1), np.maximum(e1, 1)
    f0, f1 = dsp.pairs(levels.factor[:, None])
    b0, b1 = dsp.pairs(fold_zero_point(spec)[:, None])
    zero_point = spec.output_zero_point
    n0 = (1 << (e0 - 1)) + (zero_point << e0)
    n1 = (1 << (e1 - 1)) + (zero_point << e1)
    if dsp.rectified(layer):
        n1, e1 = 4 + 8 * n1, e1 + 3
    shifts = e0 + 256 * e1 + 65536 * 2 * f0 + 2**24 * f1
    return np.concatenate([shifts, 16 * b1, 2 * b0, m1, n1, m0, n0], axis=1)
