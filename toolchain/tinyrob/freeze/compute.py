"""Layers that multiply: convolutions, dense layers, batch normalizations, average pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinyrob.errors import FreezeError
from tinyrob.freeze.kernels import is_power_of_two, quantized
from tinyrob.freeze.settle import unit
from tinyrob.freeze.values import (
    Accumulator,
    FloatArray,
    Settled,
    Shape,
    Value,
    channels_last,
    settled,
)

GAIN_NOISE = 2.0**-20
"""How far from a power of two a batch normalization's float32 gain may be computed."""


def conv(layer: Any, values: list[Value], shape: Shape) -> Accumulator:
    """QConv2D and QConv2DBatchnorm."""
    name = layer.name
    channels_last(layer)
    if layer.groups != 1:
        raise FreezeError(
            f"layer {name!r}: a convolution of {layer.groups} groups has no operator",
            "use QDepthwiseConv2D, or one convolution a group",
        )
    weights, bias = _weights(layer, "kernel")
    kernel = quantized(name, layer.kernel_quantizer_internal, weights)
    return Accumulator(
        name, "conv", settled(name, values[0]), kernel, bias, shape, _window_options(layer)
    )


def depthwise(layer: Any, values: list[Value], shape: Shape) -> Accumulator:
    """QDepthwiseConv2D and QDepthwiseConv2DBatchnorm."""
    name = layer.name
    channels_last(layer)
    weights, bias = _weights(layer, "depthwise_kernel")
    kernel = quantized(name, layer.depthwise_quantizer_internal, weights)
    return Accumulator(
        name, "depthwise", settled(name, values[0]), kernel, bias, shape, _window_options(layer)
    )


def dense(layer: Any, values: list[Value], shape: Shape) -> Accumulator:
    """QDense behind Flatten."""
    name, source = layer.name, settled(layer.name, values[0])
    if len(source.shape) != 1:
        raise FreezeError(
            f"layer {name!r}: a dense layer on an input of shape {source.shape}",
            "put Flatten before it, or use a 1 x 1 QConv2D",
        )
    weights, bias = _weights(layer, "kernel")
    kernel = quantized(name, layer.kernel_quantizer_internal, weights)
    return Accumulator(name, "dense", source, kernel, bias, shape)


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
        "strides": _pair(layer.strides),
        "padding": layer.padding,
        "dilation": _pair(layer.dilation_rate),
    }


def _pair(value: Any) -> tuple[int, int]:
    first, second = value
    return int(first), int(second)


def normalization(layer: Any, values: list[Value], shape: Shape) -> Accumulator:
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
    if not np.isfinite(gain).all() or not is_power_of_two(np.abs(gain[gain != 0]), GAIN_NOISE):
        raise FreezeError(
            f"layer {name!r}: the inference gain of a channel is not a power of two",
            "use QConv2DBatchnorm or QDepthwiseConv2DBatchnorm (folded before quantization), "
            "PowerOfTwoBatchNormalization, or QBatchNormalization with power-of-two gamma and "
            "variance and epsilon=0",
        )
    nonzero = gain != 0
    gain[nonzero] = np.sign(gain[nonzero]) * np.exp2(np.rint(np.log2(np.abs(gain[nonzero]))))
    before = values[0]
    if not isinstance(before, Accumulator):
        source = settled(name, before)
        if len(source.shape) != 3:
            raise FreezeError(
                f"layer {name!r} normalizes a tensor of shape {source.shape} that no compute "
                "layer makes",
                "put it behind a convolution or dense layer, before its activation",
            )
        before = unit(name, source)
    if before.reshape is not None:
        raise FreezeError(
            f"layer {name!r} normalizes a pooled tensor", "put the normalization before the pooling"
        )
    kernel = (before.columns * gain).reshape(before.kernel.shape)
    bias = before.bias * gain + offset
    return Accumulator(
        before.layer, before.kind, before.source, kernel, bias, before.shape, before.options
    )


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


def average_pool(layer: Any, values: list[Value], shape: Shape) -> Accumulator:
    """AveragePooling2D and QAveragePooling2D, as a depthwise convolution with equal weights."""
    channels_last(layer)
    name, source = layer.name, settled(layer.name, values[0])
    window, strides = _pair(layer.pool_size), _pair(layer.strides)
    if layer.padding == "same" and any(
        (-(-size // step) - 1) * step + extent > size
        for size, step, extent in zip(source.shape, strides, window, strict=False)
    ):
        raise FreezeError(
            f"layer {name!r}: an average over a padded border divides by a varying count",
            "use padding='valid', or a window and strides that tile the input exactly",
        )
    return _average(layer, source, window, strides, shape, None)


def global_average_pool(layer: Any, values: list[Value], shape: Shape) -> Accumulator:
    """GlobalAveragePooling2D and QGlobalAveragePooling2D."""
    channels_last(layer)
    source = settled(layer.name, values[0])
    height, width, channels = source.shape
    pooled = (1, 1, channels)
    reshape = None if shape == pooled else shape
    return _average(layer, source, (height, width), (1, 1), pooled, reshape)


def _average(
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
        raise FreezeError(
            f"layer {layer.name!r}: the window has {area} values, which is not a power of two",
            "change the window, or use QAveragePooling2D with an average_quantizer",
        )
    kernel = np.full((*window, channels, 1), weight)
    options = {"strides": strides, "padding": "valid", "dilation": (1, 1)}
    return Accumulator(
        layer.name, "depthwise", source, kernel, np.zeros(channels), shape, options, reshape
    )
