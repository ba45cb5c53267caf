"""Layers as the descriptors of the kernels for Cortex-M with DSP, and which layers those take."""

from __future__ import annotations

from dataclasses import asdict

from tinyrob.emit import network as n
from tinyrob.emit.descriptor import Array, Descriptor
from tinyrob.emit.layouts import dsp


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
