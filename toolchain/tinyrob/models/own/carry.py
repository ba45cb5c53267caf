"""Weights of a float network in the form that its plan has them in: the same function.

A batch normalization becomes one whose gain is a power of two, with the rest of its gain in the
kernel before it; a rescaling of the input goes into the layers that read it.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.files.limits import Damaged
from tinyrob.models.own.plan import Step
from tinyrob.models.own.source import Arrays, SourceLayer

FloatArray = NDArray[np.float64]

_EPSILON = 1e-4  # of PowerOfTwoBatchNormalization, which cannot be asked without TensorFlow
_GAMMA = 2.0**-6, 2.0**6  # its range of |gamma|
_SPREAD = 1e-12


def word(kind: str) -> str:
    """What Keras calls the kernel of a step of this kind."""
    return "depthwise_kernel" if kind in ("depthwise", "scale") else "kernel"


def shape(step: Step, reads: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a step's kernel, in Keras' layout."""
    if step.kind == "dense":
        return (reads[0], step.filters)
    return (*step.kernel, reads[2], step.filters)


def kernel(layer: SourceLayer, name: str) -> tuple[FloatArray | None, FloatArray]:
    """A layer's kernel and bias, None where the source has no weights. Raises Damaged."""
    if name not in layer.weights:
        return None, np.zeros(0)
    found = np.asarray(layer.weights[name], np.float64)
    outputs = found.shape[-1]
    if name == "depthwise_kernel" and found.ndim > 2:
        outputs *= found.shape[-2]
    bias = np.asarray(layer.weights.get("bias", np.zeros(outputs)), np.float64)
    if name == "depthwise_kernel" and layer.options.get("use_bias") is False:
        bias = np.zeros(outputs)  # of a separable convolution: its bias is the other half's
    if bias.shape != (outputs,) or not np.isfinite(found).all() or not np.isfinite(bias).all():
        raise Damaged(f"layer {layer.name!r}: its weights are not finite, or do not fit each other")
    return found, bias


def pointwise(weights: Arrays) -> Arrays:
    """A dense layer's weights as a 1 x 1 convolution's."""
    return {k: v[None, None] if k == "kernel" and v.ndim == 2 else v for k, v in weights.items()}


def affine(layer: SourceLayer) -> tuple[Any, Any]:
    """The factor and offset (numbers, or one a channel) of a Rescaling or a Normalization."""
    options = layer.options
    if layer.kind == "Rescaling":
        return _numbers(layer, options.get("scale"), 1.0), _numbers(
            layer, options.get("offset"), 0.0
        )
    mean = _numbers(layer, layer.weights.get("mean", options.get("mean")), None)
    variance = _numbers(layer, layer.weights.get("variance", options.get("variance")), None)
    spread = np.maximum(np.sqrt(np.maximum(variance, 0.0)), 1e-7)  # as Keras does
    if options.get("invert"):
        return spread, mean
    return 1.0 / spread, -mean / spread


def _numbers(layer: SourceLayer, value: Any, default: float | None) -> Any:
    value = default if value is None else value
    try:
        found = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        found = np.asarray(np.nan)
    if not np.isfinite(found).all() or found.size > 4096:
        raise Damaged(f"layer {layer.name!r}: it does not say by how much it scales")
    return float(found.reshape(())) if found.size == 1 else found.reshape(-1)


def folded(
    kind: str, weights: FloatArray, bias: FloatArray, factor: Any, offset: Any
) -> tuple[FloatArray, FloatArray]:
    """Kernel and bias on x of those on ``factor * x + offset``. Raises Damaged."""
    inputs = weights.shape[0] if kind == "dense" else weights.shape[2]
    sides = [np.asarray(side, np.float64).reshape(-1) for side in (factor, offset)]
    if any(inputs % len(side) for side in sides):
        raise Damaged(f"the input is scaled by {len(sides[0])} numbers, and has {inputs} channels")
    shape = (-1, 1) if kind == "dense" else (1, 1, -1, 1)
    a, b = (np.tile(side, inputs // len(side)).reshape(shape) for side in sides)
    moved = (weights * b).sum(axis=(0, 1)) if kind != "dense" else (weights * b).sum(axis=0)
    if kind == "conv":
        moved = moved.sum(axis=0)
    return weights * a, bias + moved.reshape(-1)


def normalization(weights: MutableMapping[str, FloatArray], step: Step, layer: SourceLayer) -> None:
    """Puts a batch normalization behind a step whose kernel and bias are in ``weights``.

    Its gain is a power of two, chosen so that a depthwise kernel's channels, which share one step,
    become about equally large; the kernel takes what is left of the gain. Raises Damaged.
    """
    place = f"{step.name}_kernel/{word(step.kind)}"
    bias = weights.pop(f"{step.name}_kernel/bias", None)
    if place not in weights or bias is None or not layer.weights:
        weights.pop(place, None)
        return
    channels = len(bias)
    gamma, beta, mean, variance = _parameters(layer, channels)
    sigma = np.sqrt(variance + layer.number("epsilon", 1e-3))
    gain = gamma / sigma
    kernel_, shape = weights[place], weights[place].shape
    columns = kernel_.reshape(-1, channels)
    dead = np.abs(gain) < _SPREAD
    rest, power = _parted(gain, columns, sigma, dead, step.kind in ("depthwise", "scale"))
    weights[place] = (columns * rest).reshape(shape)
    spread = np.where(dead, 1.0, sigma * np.abs(rest))
    size = np.clip(power * spread, *_GAMMA)
    name = f"{step.name}_norm"
    weights[f"{name}/gamma"] = size
    weights[f"{name}/beta"] = beta
    weights[f"{name}/moving_mean"] = (mean - bias) * rest
    weights[f"{name}/moving_variance"] = np.maximum((size / power) ** 2 - _EPSILON, 0.0)


def _parted(
    gain: FloatArray, columns: FloatArray, sigma: FloatArray, dead: Any, common: bool
) -> tuple[FloatArray, FloatArray]:
    """``gain`` as a rest, which the kernel takes, and a power of two."""
    safe = np.where(dead, 1.0, np.abs(gain))
    exponent = np.rint(np.log2(safe))
    if common:
        largest = np.abs(columns).max(axis=0) * safe
        some = largest > _SPREAD
        middle = np.median(np.log2(largest[some])) if some.any() else 0.0
        level = np.where(some, np.log2(np.where(some, largest, 1.0)) - middle, exponent)
        # The channel's kernel times its gain, over the median's: what is left is about equal.
        exponent = np.rint(level) if some.any() else exponent
    # The spread behind the kernel stays above what the normalization adds to a variance.
    exponent = np.minimum(exponent, np.floor(np.log2(safe * sigma / (2 * np.sqrt(_EPSILON)))))
    power = np.where(dead, 1.0, np.exp2(exponent))
    return np.where(dead, 0.0, gain / power), power


def _parameters(layer: SourceLayer, channels: int) -> tuple[FloatArray, ...]:
    defaults: Mapping[str, float] = {
        "gamma": 1.0,
        "beta": 0.0,
        "moving_mean": 0.0,
        "moving_variance": 1.0,
    }
    found = []
    for name, default in defaults.items():
        value = np.asarray(layer.weights.get(name, np.full(channels, default)), np.float64)
        if value.shape != (channels,) or not np.isfinite(value).all():
            raise Damaged(f"layer {layer.name!r}: its {name} is {value.shape}, not ({channels},)")
        found.append(value)
    if (found[3] < 0).any():
        raise Damaged(f"layer {layer.name!r}: its variance is negative")
    return tuple(found)
