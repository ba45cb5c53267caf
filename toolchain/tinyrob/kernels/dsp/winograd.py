"""3x3 convolutions by Winograd's minimal filtering: descriptors, and for which layers they are.

firmware/kernels/dsp/tr_dsp_winograd.h has the arithmetic.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.dsp import layout as dsp
from tinyrob.kernels.dsp.describe import add_accepts, halves
from tinyrob.kernels.packing import fold_zero_point
from tinyrob.kernels.portable import describe
from tinyrob.network import layers as net
from tinyrob.network.bounds import accumulators, rescaling

_MOST_CHANNELS = 256
_TILES = 8
"""That share a transformed kernel, or more: so many make it cheap, and fewer take less scratch."""
_FOUR = 4
"""Tiles that are multiplied at once."""


def _conv(layer: net.Layer) -> net.Conv:
    return describe.spec_of(layer, net.Conv)


def accepts(layer: net.Layer) -> bool:
    """3x3 windows side by side, channels by sixteens, sums of which four times fit 32 bits, factors
    within the epilogue's range; images of which the tiles are worth it."""
    spec = _conv(layer)
    w = spec.window
    shape = (w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w)
    return (
        shape == (3, 3, 1, 1, 1, 1)
        and spec.in_c % 16 == 0
        and spec.in_c <= _MOST_CHANNELS
        and spec.out_c % 2 == 0
        and w.out_h * w.out_w >= _FOUR * _TILES
        and bool(accumulators(spec).magnitude.max() < 2**29)
        and bool(np.abs(fold_zero_point(spec)).max() < 2**29)
        and dsp.rescales_right(layer)
    )


def sum_accepts(layer: net.Layer) -> bool:
    """What both halves take."""
    conv, add = halves(layer)
    return accepts(conv) and add_accepts(add)


def _rows(spec: net.Conv) -> int:
    """The rows of tiles that are made at once."""
    w = spec.window
    across, down = -(-w.out_w // 2), -(-w.out_h // 2)
    return min(-(-_TILES // across), down)


def scratch(layer: net.Layer) -> int:
    """Inputs of some tiles and kernels of two channels in int16, sums of four tiles, a pixel,
    places of outputs."""
    spec = _conv(layer)
    tiles = -(-_rows(spec) * -(-spec.window.out_w // 2) // _FOUR) * _FOUR
    return (32 * tiles + 65) * spec.in_c + 12 * tiles + 512


def add_scratch(layer: net.Layer) -> int:
    """The convolution's, and its rows before they are added to."""
    conv, _ = halves(layer)
    spec = _conv(conv)
    return scratch(conv) + 2 * _rows(spec) * spec.window.out_w * spec.out_c


def _fields(layer: net.Layer) -> dict[str, Field]:
    spec = _conv(layer)
    factors = rescaling(spec)
    return {
        "window": asdict(spec.window),
        "batches": spec.batches,
        "in_c": spec.in_c,
        "out_c": spec.out_c,
        "rows": _rows(spec),
        "input_zero_point": spec.input_zero_point,
        "zero_point": spec.output_zero_point,
        "rectified": int(dsp.rectified(layer)),
        "lo": layer.clamp[0],
        "hi": layer.clamp[1],
        "weights": Array("int8_t", _weights(spec)),
        "bias": Array("int32_t", (4 * fold_zero_point(spec)).astype(np.int32)),
        "multiplier": Array("int32_t", factors.multiplier.astype(np.int32)),
        "exponent": Array("int8_t", np.maximum(factors.exponent, 1).astype(np.int8)),
    }


def _weights(spec: net.Conv) -> net.Int8:
    """(output channel, 3, 3, input channel) as (output channel, four input channels, tap, one of
    four)."""
    fours = spec.weights.reshape(spec.out_c, 9, -1, 4).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(fours.astype(np.int8)).reshape(-1)


def conv2d(layer: net.Layer) -> Descriptor:
    """tr_conv2d_winograd_dsp."""
    return Descriptor("tr_conv2d_winograd_dsp", _fields(layer))


def conv2d_add(layer: net.Layer) -> Descriptor:
    """tr_conv2d_add_winograd_dsp."""
    conv, add = halves(layer)
    return Descriptor(
        "tr_conv2d_add_winograd_dsp", {"conv": _fields(conv), "add": describe.add(add).fields}
    )
