"""Layers that multiply: convolutions, dense layers, batch normalizations, average pooling."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from tinyrob.errors import FreezeError
from tinyrob.freeze.kernels import is_power_of_two, quantized
from tinyrob.freeze.probe import fitting
from tinyrob.freeze.settle import as_image, settle, unit
from tinyrob.freeze.values import (
    POINT,
    Accumulator,
    Builder,
    FloatArray,
    Settled,
    Shape,
    Value,
    channels_last,
    pair,
    settled,
)
from tinyrob.frozen.model import ZeroPad2D

GAIN_NOISE = 2.0**-20
"""How far from a power of two a batch normalization's float32 gain may be computed."""


def conv(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Accumulator:
    """QConv1D, QConv2D and QConv2DBatchnorm."""
    name = layer.name
    channels_last(layer)
    if layer.groups != 1:
        raise FreezeError(
            f"layer {name!r}: a convolution of {layer.groups} groups has no operator",
            "use QDepthwiseConv2D, or one convolution a group",
        )
    weights, bias = _weights(layer, "kernel")
    kernel = quantized(name, layer.kernel_quantizer_internal, weights)
    return _convolution(build, layer, "conv", values[0], kernel, bias, shape)


def depthwise(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Accumulator:
    """QDepthwiseConv2D and QDepthwiseConv2DBatchnorm."""
    name = layer.name
    channels_last(layer)
    weights, bias = _weights(layer, "depthwise_kernel")
    kernel = quantized(name, layer.depthwise_quantizer_internal, weights)
    return _convolution(build, layer, "depthwise", values[0], kernel, bias, shape)


def _convolution(
    build: Builder,
    layer: Any,
    kind: Literal["conv", "depthwise"],
    value: Value,
    kernel: FloatArray,
    bias: FloatArray,
    shape: Shape,
    options: dict[str, Any] | None = None,
) -> Accumulator:
    """A convolution; of a sequence (T, C), as of a picture (T, 1, C)."""
    name, source = layer.name, settled(layer.name, value)
    image, options = as_image(build, name, source), options or _window_options(layer)
    if kernel.ndim == 3:
        kernel = kernel[:, None]
    if options["padding"] == "causal":
        past = (kernel.shape[0] - 1) * options["dilation"][0]
        pad = ZeroPad2D(f"{name}_past", (image.name,), image.grid, ((past, 0), (0, 0)))
        image = build.add(pad, (image.shape[0] + past, *image.shape[1:]))
        options = {**options, "padding": "valid"}
    if image.shape == source.shape or len(shape) == 3:
        return Accumulator(name, kind, image, kernel, bias, shape, options)
    made = (shape[0], 1, shape[1])
    return Accumulator(name, kind, image, kernel, bias, made, options, shape)


def separable(
    build: Builder, layer: Any, values: list[Value], shape: Shape, inner: FloatArray
) -> Accumulator:
    """QSeparableConv1D and QSeparableConv2D: a depthwise and a 1 x 1 convolution.

    QKeras does not round between the two: ``inner`` are values that the first one has, by which a
    grid for them is chosen.
    """
    name = layer.name
    channels_last(layer)
    depth = quantized(name, layer.depthwise_quantizer_internal, layer.depthwise_kernel)
    point = quantized(name, layer.pointwise_quantizer_internal, layer.pointwise_kernel)
    channels = depth.shape[-1] * depth.shape[-2]
    half = (*shape[:-1], channels)
    first = _convolution(build, layer, "depthwise", values[0], depth, np.zeros(channels), half)
    grid = fitting(inner.astype(np.float32), signed=True)
    between = settle(build, first, grid, build.free_name(f"{name}_depthwise"))
    build.note(
        name,
        f"is rounded to 8 bits of step 2**{grid.log2_step} between its two convolutions",
        differs=True,
    )
    _, bias = _weights(layer, "pointwise_kernel")
    return _convolution(build, layer, "conv", between, point, bias, shape, POINT)


def dense(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Accumulator:
    """QDense, which on more than one axis is a 1 x 1 convolution."""
    name, source = layer.name, settled(layer.name, values[0])
    weights, bias = _weights(layer, "kernel")
    kernel = quantized(name, layer.kernel_quantizer_internal, weights)
    if len(source.shape) == 1:
        return Accumulator(name, "dense", source, kernel, bias, shape)
    return _convolution(build, layer, "conv", source, kernel[None, None], bias, shape, POINT)


def _weights(layer: Any, attribute: str) -> tuple[Any, FloatArray]:
    """The kernel before, and the bias (O,) after quantization, with batch norm folded in."""
    if hasattr(layer, "get_folded_weights"):
        weights, bias = layer.get_folded_weights()
    else:
        weights, bias = getattr(layer, attribute), layer.bias
    if layer.bias_quantizer_internal is not None and bias is not None:
        bias = layer.bias_quantizer_internal(bias)
    shape = tuple(int(n) for n in weights.shape)
    outputs = shape[2] * shape[3] if attribute == "depthwise_kernel" else shape[-1]
    if bias is None:
        return weights, np.zeros(outputs)
    result = np.asarray(bias, np.float64)
    if not np.isfinite(result).all():
        raise FreezeError(f"layer {layer.name!r} has a bias that is not finite", "train it again")
    return weights, result


def _window_options(layer: Any) -> dict[str, Any]:
    return {
        "strides": pair(layer.strides),
        "padding": layer.padding,
        "dilation": pair(layer.dilation_rate),
    }


def normalization(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Accumulator:
    """A batch normalization: ``gain()`` and ``offset()``, or Keras' and QKeras' weights.

    It is folded into the compute layer in front of it; elsewhere it becomes a 1 x 1 depthwise
    convolution.
    """
    name = layer.name
    gain, offset = (
        (np.asarray(layer.gain(), np.float64), np.asarray(layer.offset(), np.float64))
        if hasattr(layer, "gain")
        else _gain_and_offset(layer, shape)
    )
    if not np.isfinite(gain).all() or not np.isfinite(offset).all():
        raise FreezeError(f"layer {name!r}: its gain is not finite", "train it again")
    exact = is_power_of_two(np.abs(gain[gain != 0]), GAIN_NOISE)
    if exact:
        nonzero = gain != 0
        gain[nonzero] = np.sign(gain[nonzero]) * np.exp2(np.rint(np.log2(np.abs(gain[nonzero]))))
    before = values[0]
    if not isinstance(before, Accumulator):
        before = unit(build, name, settled(name, before))
    kernel = (before.columns * gain).reshape(before.kernel.shape)
    if not exact:
        kernel = rounded(kernel, len(gain))
        build.note(
            name,
            "its gain is no power of two: folded into the kernel, which is rounded to 8 bits",
            differs=True,
        )
    bias = before.bias * gain + offset
    return Accumulator(
        before.layer,
        before.kind,
        before.source,
        kernel,
        bias,
        before.shape,
        before.options,
        before.reshape,
    )


def rounded(kernel: FloatArray, outputs: int) -> FloatArray:
    """A kernel with each channel on the finest power-of-two step of which it takes 8 bits."""
    columns = kernel.reshape(-1, outputs)
    largest = np.abs(columns).max(axis=0)
    some = np.where(largest > 0, largest, 1.0)
    step = np.exp2(np.ceil(np.log2(some / 127.0)))
    return np.asarray((np.rint(columns / step) * step).reshape(kernel.shape))


def _gain_and_offset(layer: Any, shape: Shape) -> tuple[FloatArray, FloatArray]:
    if tuple(layer.axis) != (len(shape),):
        raise FreezeError(
            f"layer {layer.name!r} normalizes axis {list(layer.axis)}", "use the last axis"
        )

    def weight(name: str, default: float) -> FloatArray:
        value = getattr(layer, name, None)
        if value is None:
            return np.full(shape[-1], default)
        quantizer = getattr(layer, f"{name.removeprefix('moving_')}_quantizer_internal", None)
        return np.asarray(value if quantizer is None else quantizer(value), np.float64)

    gain = weight("gamma", 1.0) / np.sqrt(weight("moving_variance", 1.0) + layer.epsilon)
    return gain, weight("beta", 0.0) - weight("moving_mean", 0.0) * gain


def average_pool(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Accumulator:
    """Average pooling of one or two axes, as a depthwise convolution with equal weights."""
    channels_last(layer)
    name, source = layer.name, settled(layer.name, values[0])
    flat, source = len(source.shape) == 2, as_image(build, layer.name, source)
    window, strides = pair(layer.pool_size), pair(layer.strides)
    if layer.padding == "same" and any(
        (-(-size // step) - 1) * step + extent > size
        for size, step, extent in zip(source.shape, strides, window, strict=False)
    ):
        raise FreezeError(
            f"layer {name!r}: an average over a padded border divides by a varying count",
            "use padding='valid', or a window and strides that tile the input exactly",
        )
    if flat:
        made = (shape[0], 1, shape[1])
        return _average(build, layer, source, window, strides, made, shape)
    return _average(build, layer, source, window, strides, shape, None)


def global_average_pool(
    build: Builder, layer: Any, values: list[Value], shape: Shape
) -> Accumulator:
    """Global average pooling of one or two axes."""
    channels_last(layer)
    source = as_image(build, layer.name, settled(layer.name, values[0]))
    height, width, channels = source.shape
    pooled = (1, 1, channels)
    reshape = None if shape == pooled else shape
    return _average(build, layer, source, (height, width), (1, 1), pooled, reshape)


def _average(
    build: Builder,
    layer: Any,
    source: Settled,
    window: tuple[int, int],
    strides: tuple[int, int],
    shape: Shape,
    reshape: Shape | None,
) -> Accumulator:
    area, channels = math.prod(window), source.shape[-1]
    weight = 1.0 / area
    quantizer = getattr(layer, "average_quantizer_internal", None)
    if quantizer is not None:
        weight = float(np.asarray(quantizer(weight)))
    elif area & (area - 1):
        step = 2.0 ** (math.floor(math.log2(weight)) - 4)
        weight = round(weight / step) * step
        build.note(
            layer.name,
            f"averages {area} values, by a weight of {weight:g} in place of 1 / {area}",
            differs=True,
        )
    kernel = np.full((*window, channels, 1), weight)
    options = {**POINT, "strides": strides}
    return Accumulator(
        layer.name, "depthwise", source, kernel, np.zeros(channels), shape, options, reshape
    )
