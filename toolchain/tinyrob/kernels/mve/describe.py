"""Layers as the descriptors of the kernels for Cortex-M with MVE, and which layers those take."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict

from tinyrob.ir.qmath import Factor
from tinyrob.kernels.descriptor import Array, Descriptor
from tinyrob.kernels.groups import ByGroups
from tinyrob.kernels.mve import layout as mve
from tinyrob.kernels.mve.depthwise import columns, dense_columns
from tinyrob.kernels.phases import ByPhases
from tinyrob.kernels.portable import describe
from tinyrob.network import layers as net
from tinyrob.network.axes import LARGEST_EXTENT

_HALF = Factor(2**30, 0)


def _conv(layer: net.Layer) -> net.Conv:
    return describe.spec_of(layer, net.Conv)


def direct(spec: net.Conv) -> bool:
    """Whether a window lies in one piece in the input."""
    return spec.window.kernel_h == 1 and not spec.window.padded


def conv2d_accepts(layer: net.Layer) -> bool:
    """No gaps between a window's columns; factors as tr_mve_dot.h wants them."""
    spec = _conv(layer)
    return dense_columns(spec.window) and mve.rescales_right(spec)


def conv2d_scratch(layer: net.Layer) -> int:
    """The strip of one output row."""
    spec = _conv(layer)
    return 0 if direct(spec) else columns(spec.window) * spec.window.kernel_h * spec.in_c


def _in_one_row(window: net.Window) -> net.Window:
    """A pointwise window as one over a single row: it then seldom has pixels left over."""
    pixels = window.in_h * window.in_w
    pointwise = (window.kernel_h, window.kernel_w, window.stride_h, window.stride_w) == (1,) * 4
    if not pointwise or window.padded or pixels > LARGEST_EXTENT:
        return window
    return net.Window(1, pixels, 1, pixels, 1, 1, 1, 1, 1, 1, 0, 0)


def conv2d(layer: net.Layer) -> Descriptor:
    """tr_conv2d_mve."""
    return _conv2d(layer, _in_one_row(_conv(layer).window))


def _conv2d(layer: net.Layer, window: net.Window) -> Descriptor:
    spec = _conv(layer)
    return Descriptor(
        "tr_conv2d_mve",
        {
            "window": asdict(window),
            "batches": spec.batches,
            "in_c": spec.in_c,
            "out_c": spec.out_c,
            "direct": int(direct(spec)),
            "rectified": int(mve.rectified(layer)),
            "input_zero_point": spec.input_zero_point,
            "zero_point": spec.output_zero_point,
            "lo": layer.clamp[0],
            "hi": layer.clamp[1],
            "stream": Array("int32_t", mve.convolution(spec)),
        },
    )


def add_accepts(layer: net.Layer) -> bool:
    """Nothing repeats; one operand has the factor 1/2, and what is shifted right is rounded."""
    spec = layer.spec
    assert isinstance(spec, net.Add)
    if spec.shape.a_repeats or spec.shape.b_repeats or spec.output.shift >= 0:
        return False
    halves = [factor for factor in (spec.a, spec.b) if factor == _HALF]
    others = [factor for factor in (spec.a, spec.b) if factor != _HALF]
    return bool(halves) and all(factor.shift < 0 for factor in others)


def _halves(layer: net.Layer) -> tuple[net.Layer, net.Layer]:
    """The convolution and the sum that a layer joins."""
    spec = layer.spec
    assert isinstance(spec, net.ConvAdd)
    return (
        dataclasses.replace(layer, spec=spec.conv, clamp=spec.conv_clamp),
        dataclasses.replace(layer, spec=spec.add),
    )


def conv2d_add_accepts(layer: net.Layer) -> bool:
    """What both halves take."""
    conv, add = _halves(layer)
    return conv2d_accepts(conv) and add_accepts(add)


def conv2d_add_scratch(layer: net.Layer) -> int:
    """The convolution's, behind one row of its results."""
    conv, _ = _halves(layer)
    spec = _conv(conv)
    return spec.window.out_w * spec.out_c + conv2d_scratch(conv)


def conv2d_add_in_place(layer: net.Layer) -> tuple[int, ...]:
    """The other operand is read value by value as the sum is written."""
    return (1,)


def conv2d_add(layer: net.Layer) -> Descriptor:
    """tr_conv2d_add_mve."""
    conv, add = _halves(layer)
    rows = _conv2d(conv, _conv(conv).window)
    return Descriptor("tr_conv2d_add_mve", {"conv": rows.fields, "add": describe.add(add).fields})


def mean_accepts(layer: net.Layer) -> bool:
    """Four outputs beside each other."""
    spec = layer.spec
    assert isinstance(spec, net.Mean)
    return spec.inner >= mve.GROUP


def _dense(layer: net.Layer) -> net.Dense:
    return describe.spec_of(layer, net.Dense)


def fully_connected_accepts(layer: net.Layer) -> bool:
    """Factors as tr_fully_connected_mve_s8.h wants them."""
    return mve.rescales_right(_dense(layer))


def fully_connected(layer: net.Layer) -> Descriptor:
    """tr_fully_connected_mve."""
    spec = _dense(layer)
    return Descriptor(
        "tr_fully_connected_mve",
        {
            "batches": spec.batches,
            "in_c": spec.in_c,
            "out_c": spec.out_c,
            "rectified": int(mve.rectified(layer)),
            "zero_point": spec.output_zero_point,
            "lo": layer.clamp[0],
            "hi": layer.clamp[1],
            "stream": Array("int32_t", mve.dense(spec)),
        },
    )


transpose_conv = ByPhases("tr_transpose_conv_mve", conv2d, conv2d_accepts, conv2d_scratch)


def batch_matmul_scratch(layer: net.Layer) -> int:
    """Four columns of b, and what the kernel's file says."""
    of = describe.spec_of(layer, net.BatchMatmul).of
    return 4 * of.rows + 16 + 4 * mve.VECTOR * -(-of.depth // mve.VECTOR)


conv2d_grouped = ByGroups(
    "tr_conv2d_grouped_mve", "words", "stream", conv2d, conv2d_accepts, conv2d_scratch
)
