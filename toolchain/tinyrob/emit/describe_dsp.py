"""Layers as the descriptors of the kernels for Cortex-M with DSP, and which layers those take."""

from __future__ import annotations

from dataclasses import asdict, replace

from tinyrob.emit import describe
from tinyrob.emit import network as n
from tinyrob.emit.descriptor import Array, Descriptor
from tinyrob.emit.layouts import dsp
from tinyrob.ir.qmath import Factor

_LARGEST_ADD_SHIFT = 22


def _conv(layer: n.Layer) -> n.Conv:
    assert isinstance(layer.spec, n.Conv)
    return layer.spec


def conv2d_accepts(layer: n.Layer) -> bool:
    """Constants within the ranges of tr_dsp_dot.h."""
    return dsp.paired(_conv(layer)) and dsp.rescales_right(layer)


def conv2d_scratch(layer: n.Layer) -> int:
    """The windows of three pixels in int16, and copies of those that cannot be read in place."""
    spec = _conv(layer)
    window = spec.window
    steps = dsp.steps(spec.weights[0].size)
    ragged = window.kernel_w * spec.in_c % 4 != 0 or window.dilation_w != 1
    return 24 * steps + (12 * steps + 4 if ragged or window.padded else 0)


def conv2d_in_place(layer: n.Layer) -> tuple[int, ...]:
    """Pointwise convolutions may overwrite their input: they read three pixels, then write them."""
    spec = _conv(layer)
    w = spec.window
    pointwise = (w.kernel_h, w.kernel_w, w.stride_h, w.stride_w) == (1, 1, 1, 1) and not w.padded
    return (0,) if pointwise and spec.out_c <= spec.in_c and spec.batches == 1 else ()


def conv2d(layer: n.Layer) -> Descriptor:
    """tr_conv2d_dsp."""
    spec = _conv(layer)
    return Descriptor(
        "tr_conv2d_dsp",
        {
            "window": asdict(spec.window),
            "batches": spec.batches,
            "in_c": spec.in_c,
            "out_c": spec.out_c,
            "input_zero_point": spec.input_zero_point,
            "rectified": int(dsp.rectified(layer)),
            "lo": layer.clamp[0],
            "hi": layer.clamp[1],
            "stream": Array("int32_t", dsp.convolution(layer)),
        },
    )


def add_accepts(layer: n.Layer) -> bool:
    """Operands of one shape, factors within the ranges of tr_dsp_add.h."""
    spec = layer.spec
    assert isinstance(spec, n.Add)
    return not (spec.shape.a_repeats or spec.shape.b_repeats) and _add_fits(spec)


def _add_fits(spec: n.Add) -> bool:
    half = Factor(2**30, 0)
    coarse = [factor == half for factor in (spec.a, spec.b)]
    fine = [-f.shift for f in (spec.a, spec.b) if f != half] + [-spec.output.shift]
    return any(coarse) and all(1 <= shift <= _LARGEST_ADD_SHIFT for shift in fine)


def _halves(layer: n.Layer) -> tuple[n.Layer, n.Layer]:
    """A convolution with a sum at its end, as the two layers that it was."""
    spec = layer.spec
    assert isinstance(spec, n.ConvAdd)
    return (
        replace(layer, spec=spec.conv, clamp=spec.conv_clamp, inputs=layer.inputs[:1]),
        replace(layer, spec=spec.add),
    )


def conv2d_add_accepts(layer: n.Layer) -> bool:
    """What both halves take."""
    conv, add = _halves(layer)
    return conv2d_accepts(conv) and add_accepts(add)


def conv2d_add_scratch(layer: n.Layer) -> int:
    """The convolution's, behind its results for three pixels."""
    conv, _ = _halves(layer)
    return (3 * _conv(conv).out_c + 3) // 4 * 4 + conv2d_scratch(conv)


def conv2d_add_in_place(layer: n.Layer) -> tuple[int, ...]:
    """The other operand is read value by value as the sum is written."""
    return (1,)


def conv2d_add(layer: n.Layer) -> Descriptor:
    """tr_conv2d_add_dsp."""
    conv, add = _halves(layer)
    return Descriptor(
        "tr_conv2d_add_dsp", {"conv": conv2d(conv).fields, "add": describe.add(add).fields}
    )
