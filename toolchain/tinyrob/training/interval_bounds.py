"""Interval bound propagation through a Keras network that trains, quantizers included.

Gowal et al. 2018, "On the Effectiveness of Interval Bound Propagation for Training Verifiably
Robust Models" (arXiv 1810.12715): the loss of the worst logits that a ball's bounds allow, beside
that of the clean ones. Through quantizers: Lechner et al. 2022, "Quantization-aware Interval Bound
Propagation for Training Certifiably Robust Quantized Neural Networks" (arXiv 2211.16187). A
quantizer of activations never falls, so the ends of an interval go through it as values do.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinyrob import tf as _tf
from tinyrob.errors import RecipeError
from tinyrob.models.layers import PowerOfTwoBatchNormalization

tf = _tf.tensorflow()
RISING = frozenset(
    {
        "Activation", "Add", "AveragePooling2D", "Concatenate", "Dropout", "Flatten",
        "GlobalAveragePooling2D", "GlobalMaxPooling2D", "InputLayer", "MaxPooling2D", "Permute",
        "QActivation", "QAveragePooling2D", "QGlobalAveragePooling2D", "ReLU", "Reshape",
        "UpSampling2D", "ZeroPadding2D",
    }
)  # fmt: skip
"""Layers none of whose outputs falls when an input grows."""


@dataclass(frozen=True)
class Bounds:
    """What a layer makes of the inputs themselves, and of everything within their balls."""

    clean: Any
    low: Any
    high: Any


def propagate(model: Any, x: Any, low: Any, high: Any, training: bool) -> Bounds:
    """The logits (N, C) of ``x`` and their bounds over [low, high], all (N, *shape).

    Normalizations use the clean batch's averages for the bounds, too. Raises RecipeError for a
    layer that no bound is known for.
    """
    found: dict[str, Bounds] = {}
    given = Bounds(x, low, high)
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "InputLayer":
            continue
        sources = [found.get(name, given) for name in _inputs(layer)]
        found[layer.name] = _layer(layer, kind, sources, training)
    return found[model.layers[-1].name]


def worst_logits(labels: Any, logits: Bounds) -> Any:
    """(N, C): the label's least, every other class's greatest."""
    mine = tf.one_hot(labels, logits.low.shape[1], dtype=logits.low.dtype)
    return mine * logits.low + (1.0 - mine) * logits.high


def _inputs(layer: Any) -> list[str]:
    tensors = tf.nest.flatten(layer.inbound_nodes[0].input_tensors)
    return [tensor._keras_history.layer.name for tensor in tensors]


def _layer(layer: Any, kind: str, sources: list[Bounds], training: bool) -> Bounds:
    clean = _call(layer, [s.clean for s in sources], training)
    if kind in RISING:
        ends = [_call(layer, [getattr(s, end) for s in sources], False) for end in ("low", "high")]
        return Bounds(clean, *ends)
    if isinstance(layer, PowerOfTwoBatchNormalization):
        return _normalized(layer, sources[0], clean, training)
    rule = _WEIGHTED.get(kind)
    if rule is None:
        raise RecipeError(
            f"adversarial.method: ibp knows no bounds of a layer {kind} ({layer.name})",
            f"use layers with weights and {', '.join(sorted(RISING))}",
        )
    kernel, linear = rule(layer)
    middle = (sources[0].low + sources[0].high) / 2.0
    half = (sources[0].high - sources[0].low) / 2.0
    middle, half = linear(middle, kernel), linear(half, tf.abs(kernel))
    if layer.use_bias:
        middle += _quantized(layer, "bias")
    return Bounds(clean, middle - half, middle + half)


def _call(layer: Any, values: list[Any], training: bool) -> Any:
    given = values[0] if len(values) == 1 else values
    if isinstance(layer, PowerOfTwoBatchNormalization) or type(layer).__name__ == "Dropout":
        return layer(given, training=training)
    return layer(given)


def _normalized(layer: Any, source: Bounds, clean: Any, training: bool) -> Bounds:
    gain, mean = layer._gain(), layer.moving_mean
    if training:
        axes = list(range(len(source.clean.shape) - 1))
        mean, variance = tf.nn.moments(source.clean, axes)
        gain *= tf.sqrt(layer.moving_variance + layer.epsilon) / tf.sqrt(variance + layer.epsilon)
    ends = [(end - mean) * gain + layer.beta for end in (source.low, source.high)]
    return Bounds(clean, tf.minimum(*ends), tf.maximum(*ends))


def _quantized(layer: Any, name: str) -> Any:
    """A weight as the layer's call uses it."""
    value = getattr(layer, name)
    quantizer = getattr(layer, f"{name.replace('_kernel', '')}_quantizer_internal", None)
    return value if quantizer is None else quantizer(value)


def _convolution(layer: Any) -> tuple[Any, Any]:
    def linear(x: Any, kernel: Any) -> Any:
        return tf.nn.convolution(
            x, kernel, layer.strides, layer.padding.upper(), dilations=layer.dilation_rate
        )

    return _quantized(layer, "kernel"), linear


def _depthwise(layer: Any) -> tuple[Any, Any]:
    def linear(x: Any, kernel: Any) -> Any:
        strides = (1, *layer.strides, 1)
        return tf.nn.depthwise_conv2d(
            x, kernel, strides, layer.padding.upper(), dilations=layer.dilation_rate
        )

    return _quantized(layer, "depthwise_kernel"), linear


def _dense(layer: Any) -> tuple[Any, Any]:
    return _quantized(layer, "kernel"), tf.matmul


_WEIGHTED: Mapping[str, Any] = {
    "Conv2D": _convolution,
    "QConv2D": _convolution,
    "DepthwiseConv2D": _depthwise,
    "QDepthwiseConv2D": _depthwise,
    "Dense": _dense,
    "QDense": _dense,
}
