"""Depthwise convolutions as the descriptors of the kernels for Cortex-M with DSP.

Which kernel takes which, and whether an image's columns are taken for rows, is decided by about
what each would cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np

from tinyrob.kernels.descriptor import Array, Descriptor
from tinyrob.kernels.dsp import layout as dsp
from tinyrob.kernels.packing import fold_zero_point
from tinyrob.kernels.portable.describe import spec_of
from tinyrob.network import layers as net
from tinyrob.network.bounds import accumulators, rescaling

_NARROW = 2
"""Outputs of an image that is low or narrow."""


def _spec(layer: net.Layer) -> net.Depthwise:
    return spec_of(layer, net.Depthwise)


def accepts(layer: net.Layer) -> bool:
    """Accumulators of 30 bits, factors within the epilogue's range."""
    small = bool(accumulators(_spec(layer)).magnitude.max() < 2**30)
    return small and dsp.rescales_right(layer)


def nine_accepts(layer: net.Layer) -> bool:
    """As tr_depthwise_conv2d_3x3_dsp_s8 takes it, 3x3 on images so low or narrow that its planes
    cost more than they save."""
    spec = _spec(layer)
    w = spec.window
    narrow = min(w.out_h, w.out_w) <= _NARROW and w.kernel_h == w.kernel_w == 3
    cheaper = _best(_nine_cost, w) < _best(_square_cost, w)
    return _three(layer) and spec.depth == 1 and narrow and cheaper


def square_accepts(layer: net.Layer) -> bool:
    """As well, kernels of two or three rows and columns with one stride, 1 or 2; filled up to 3x3
    where that is cheaper than the taps one by one."""
    w = _spec(layer).window
    full = w.kernel_h == w.kernel_w == 3
    return _three(layer) and (full or _best(_square_cost, w) < _best(_any_cost, w))


def _three(layer: net.Layer) -> bool:
    w = _spec(layer).window
    square = {w.kernel_h, w.kernel_w} <= {2, 3} and w.stride_h == w.stride_w <= 2
    return square and w.dilation_h == w.dilation_w == 1 and accepts(layer)


def row_accepts(layer: net.Layer) -> bool:
    """As well, long kernels of one row, side by side and four of them at least."""
    w = _spec(layer).window
    close = w.kernel_h == w.stride_w == w.dilation_w == 1 and w.out_w >= 4 and w.kernel_w >= 6
    return close and accepts(layer)


def once_accepts(layer: net.Layer) -> bool:
    """As well, one window without padding, one output channel an input channel."""
    spec = _spec(layer)
    w = spec.window
    single = w.out_h == w.out_w == spec.batches == spec.depth == 1
    return single and not w.padded and accepts(layer)


def _reach(window: net.Window) -> tuple[int, int]:
    """The rows and the columns from a window's first tap to its last."""
    w = window
    return (w.kernel_h - 1) * w.dilation_h + 1, (w.kernel_w - 1) * w.dilation_w + 1


def _any_cost(w: net.Window) -> int:
    """About the instructions for an image's rows of four channels by tr_dsp_taps."""
    pairs = (w.out_w + 1) // 2
    row = 120 + pairs * (19 * w.kernel_h * w.kernel_w + 63)
    width = (w.out_w - 1) * w.stride_w + _reach(w)[1]
    return w.out_h * (row + min(w.stride_h, w.kernel_h) * (40 + 8 * width))


def _square_cost(w: net.Window) -> int:
    """About the instructions for an image's rows of four channels by tr_dsp_depthwise3."""
    width = w.stride_w * (w.out_w - 1) + 3
    pairs = (w.out_w + 1) // 2
    if w.stride_w == 2:
        return w.out_h * (4 * (41 * pairs + 30) + 130 + 16 * width)
    two, one = 4 * (64 * pairs + 30) + 130 + 16 * width, 4 * (39 * pairs + 30) + 130 + 16 * width
    return w.out_h // 2 * two + w.out_h % 2 * one


def _nine_cost(w: net.Window) -> int:
    """About the instructions for an image's rows of four channels by tr_dsp_nine."""
    width, read = w.stride_w * (w.out_w - 1) + 3, w.stride_h * (w.out_h - 1) + 3
    return (read - 1) * (30 + 4 * width) + w.out_h * (75 + 97 * w.out_w)


def _best(cost: Callable[[net.Window], int], w: net.Window) -> int:
    """Of an image as it stands, or turned."""
    return cost(_turned(w)) if _pays(cost, w) else cost(w)


def _pays(cost: Callable[[net.Window], int], w: net.Window) -> bool:
    """Whether it pays to take an image's columns for rows: longer ones want more scratch."""
    return 1.25 * cost(_turned(w)) < cost(w)


def _turned(w: net.Window) -> net.Window:
    return net.Window(
        w.in_w, w.in_h, w.out_w, w.out_h, w.kernel_w, w.kernel_h, w.stride_w, w.stride_h,
        w.dilation_w, w.dilation_h, w.pad_left, w.pad_top,
    )  # fmt: skip


def _down(layer: net.Layer) -> bool:
    """Whether an image's columns are taken for rows."""
    cost = _any_cost
    if nine_accepts(layer):
        cost = _nine_cost
    elif square_accepts(layer):
        cost = _square_cost
    return _pays(cost, _spec(layer).window)


def _together(layer: net.Layer) -> int:
    """Two input channels at a time where long columns are rows: they would want more scratch."""
    w = _spec(layer).window
    planes = square_accepts(layer) and not nine_accepts(layer)
    return 2 if planes and w.in_h > w.in_w and _down(layer) else 4


def _along(layer: net.Layer) -> net.Window:
    """The window, turned where columns are taken for rows."""
    w = _spec(layer).window
    return _turned(w) if _down(layer) else w


def scratch(layer: net.Layer) -> int:
    """Input rows of four channels with their padding, and what their outputs need."""
    w = _along(layer)
    if w.kernel_w == 1 and not w.pad_left and _spec(layer).batches == 1:
        w = replace(w, stride_w=1)
    height, width = _reach(w)
    rows = min(2 * height, (w.out_h - 1) * w.stride_h + height)
    pixels = rows * ((w.out_w - 1) * w.stride_w + width)
    return 4 * (2 * pixels + 16 + 3 * w.kernel_h * w.kernel_w + w.out_w)


def square_scratch(layer: net.Layer) -> int:
    """Two pairs of rows of four channels, and their outputs' weights in int16."""
    spec, w = _spec(layer), _along(layer)
    width = max(w.stride_w * (w.out_w - 1) + 3, 4)
    together = _together(layer)
    return 4 * (2 * together * width + 10 * spec.depth * min(spec.in_c, together))


def nine_scratch(layer: net.Layer) -> int:
    """Three rows of four channels, and their outputs where some channels are missing."""
    w = _along(layer)
    return 4 * (3 * (w.stride_w * (w.out_w - 1) + 3) + w.out_w)


def row_scratch(layer: net.Layer) -> int:
    """A row of four channels, and what their outputs need, with weights in int16."""
    spec = _spec(layer)
    w = spec.window
    outputs = spec.depth * min(spec.in_c, 4)
    return 4 * (4 * (w.out_w + w.kernel_w - 1) + outputs * (10 + (w.kernel_w + 1) // 2))


def row_in_place(layer: net.Layer) -> tuple[int, ...]:
    """Where no output row lies behind the input rows that are still to be read."""
    spec = _spec(layer)
    w = spec.window
    single = spec.depth == 1 and spec.batches == 1
    ahead = w.pad_top < w.kernel_h and w.out_w <= w.in_w and w.out_h <= w.in_h
    return (0,) if single and ahead else ()


def in_place(layer: net.Layer) -> tuple[int, ...]:
    """As well, columns taken for rows where sizes are the same."""
    w = _spec(layer).window
    same = (w.in_h, w.in_w) == (w.out_h, w.out_w) and w.stride_h == w.stride_w == 1
    low = w.pad_left < w.kernel_w
    return row_in_place(layer) if (same and low) or not _down(layer) else ()


def _struct(layer: net.Layer, weights: Array, down: bool) -> Descriptor:
    """tr_depthwise_conv2d_dsp."""
    spec = _spec(layer)
    w = spec.window
    across, along = (spec.in_c, spec.out_c), (spec.in_c * w.in_w, spec.out_c * w.out_w)
    if down:
        w, across, along = _turned(w), along, across
    if w.kernel_w == 1 and not w.pad_left and spec.batches == 1:
        # Columns that no window reads are stepped over.
        across = (w.stride_w * across[0], across[1])
        w = replace(w, in_w=w.out_w, stride_w=1)
    factors = rescaling(spec)
    return Descriptor(
        "tr_depthwise_conv2d_dsp",
        {
            "window": asdict(w),
            "in_x": across[0],
            "in_y": along[0],
            "out_x": across[1],
            "out_y": along[1],
            "batches": spec.batches,
            "in_c": spec.in_c,
            "depth": spec.depth,
            "together": _together(layer),
            "input_zero_point": spec.input_zero_point,
            "rectified": int(dsp.rectified(layer)),
            "lo": layer.clamp[0],
            "hi": layer.clamp[1],
            "zero_point": spec.output_zero_point,
            "bias": Array("int32_t", fold_zero_point(spec)),
            "multiplier": Array("int32_t", factors.multiplier),
            "exponent": Array("int8_t", factors.exponent),
            "weights": weights,
        },
    )


def _weights_along(layer: net.Layer) -> net.Int8:
    """The weights, rows and columns swapped where columns are taken for rows."""
    weights = _spec(layer).weights
    return weights.swapaxes(0, 1) if _down(layer) else weights


def conv2d(layer: net.Layer) -> Descriptor:
    """For a window of any shape."""
    weights = Array("int8_t", dsp.depthwise(_weights_along(layer)))
    return _struct(layer, weights, _down(layer))


def conv2d_square(layer: net.Layer) -> Descriptor:
    """As well, with planes."""
    weights = Array("int8_t", dsp.depthwise_3x3(_weights_along(layer)))
    return _struct(layer, weights, _down(layer))


def conv2d_nine(layer: net.Layer) -> Descriptor:
    """For a window of three rows and columns."""
    plain = _struct(layer, Array("int8_t", np.zeros(0, np.int8)), _down(layer))
    stream = Array("int32_t", dsp.depthwise_nine(layer, _weights_along(layer)))
    none = {"multiplier": 0, "exponent": 0, "weights": 0}
    return Descriptor(plain.struct, {**plain.fields, "bias": stream, **none})


def conv2d_row(layer: net.Layer) -> Descriptor:
    """For a window of one row."""
    return _struct(layer, Array("int8_t", dsp.depthwise_row(_spec(layer))), False)


def conv2d_once(layer: net.Layer) -> Descriptor:
    """For one window."""
    weights = Array("int8_t", dsp.depthwise(_spec(layer).weights))
    return _struct(layer, weights, False)
