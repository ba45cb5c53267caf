"""Layers that do no arithmetic on their own: activations, sums, pooling by maximum, shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinyrob.errors import FreezeError
from tinyrob.freeze.activations import grid_of, kind_of, softmax
from tinyrob.freeze.settle import as_image, on_step, settle
from tinyrob.freeze.values import (
    Builder,
    RawInput,
    Settled,
    Shape,
    Sum,
    Value,
    channels_last,
    pair,
    settled,
)
from tinyrob.frozen.model import Concatenate, Grid, MaxPool2D, Node, Reshape, ZeroPad2D


def source(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """InputLayer."""
    return RawInput(layer.name, shape)


def identity(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """Layers that act in training only (dropout, noise)."""
    return values[0]


def activation(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """QActivation."""
    return settle(build, values[0], grid_of(layer.name, layer.quantizer), layer.name)


def relu(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """ReLU on a tensor that has its grid: on an unsigned one of the same step."""
    value = settled(layer.name, values[0])
    if value.grid.lo == 0:
        return value
    grid = Grid(value.grid.log2_step, 0, max(value.grid.hi, 1))
    return settle(build, value, grid, layer.name)


def plain_activation(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """Keras' Activation: the linear one does nothing, any other has to be a quantizer."""
    if kind_of(layer.activation) == "linear":
        return values[0]
    return settle(build, values[0], grid_of(layer.name, layer.activation), layer.name)


def no_softmax(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """Softmax."""
    raise softmax(layer.name)


def rescaling(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """Rescaling (that is how /255 gets into a model)."""
    raise FreezeError(
        f"layer {layer.name!r} rescales the input by {layer.scale!r} inside the model",
        "take it off and train on x = (u8 - 128) / 128, so that int8 = u8 - 128 has step 2**-7",
    )


def add(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """Add, of two tensors."""
    if len(values) != 2:
        raise FreezeError(
            f"layer {layer.name!r} adds {len(values)} tensors", "add two at a time, each quantized"
        )
    left, right = (settled(layer.name, value) for value in values)
    if left.shape != right.shape:
        raise FreezeError(
            f"layer {layer.name!r} adds shapes {left.shape} and {right.shape}",
            "give both operands one shape",
        )
    return Sum(layer.name, (left, right))


def concatenate(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """Concatenate, along the channels."""
    operands = [settled(layer.name, value) for value in values]
    if layer.axis not in (-1, len(shape)):
        raise FreezeError(
            f"layer {layer.name!r} concatenates along axis {layer.axis}", "use the last axis"
        )
    if len({(o.grid.log2_step, o.grid.zero_point) for o in operands}) != 1:
        step = max(o.grid.log2_step + (1 if o.grid.hi > 127 else 0) for o in operands)
        operands = [on_step(build, layer.name, o, step, signed=True) for o in operands]
    grid = Grid(
        operands[0].grid.log2_step,
        min(o.grid.lo for o in operands),
        max(o.grid.hi for o in operands),
    )
    return build.add(Concatenate(layer.name, tuple(o.name for o in operands), grid), shape)


def max_pool(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """MaxPooling1D and MaxPooling2D."""
    channels_last(layer)
    value = settled(layer.name, values[0])
    window, strides = pair(layer.pool_size), pair(layer.strides)
    return _of_image(
        build, layer.name, value, shape,
        lambda name, reads: MaxPool2D(name, reads, value.grid, window, strides, layer.padding),
    )  # fmt: skip


def _of_image(
    build: Builder,
    name: str,
    value: Settled,
    shape: Shape,
    node: Callable[[str, tuple[str, ...]], Node],
) -> Settled:
    """A node, of its name and what it reads, on (H, W, C); of a sequence, on (T, 1, C)."""
    image = as_image(build, name, value)
    if image is value:
        return build.add(node(name, (value.name,)), shape)
    result = build.add(node(f"{name}_image", (image.name,)), (shape[0], 1, shape[1]))
    return _reshaped(build, name, result, shape)


def global_max_pool(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """GlobalMaxPooling1D and GlobalMaxPooling2D."""
    channels_last(layer)
    value = as_image(build, layer.name, settled(layer.name, values[0]))
    window, pooled = value.shape[:2], (1, 1, value.shape[-1])
    name = layer.name if shape == pooled else f"{layer.name}_pooled"
    node = MaxPool2D(name, (value.name,), value.grid, (window[0], window[1]), (1, 1), "valid")
    result = build.add(node, pooled)
    return result if shape == pooled else _reshaped(build, layer.name, result, shape)


def reshape(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """Flatten and Reshape."""
    if hasattr(layer, "data_format"):
        channels_last(layer)
    return _reshaped(build, layer.name, settled(layer.name, values[0]), shape)


def _reshaped(build: Builder, name: str, value: Settled, shape: Shape) -> Settled:
    return build.add(Reshape(name, (value.name,), value.grid, shape), shape)


def zero_pad(build: Builder, layer: Any, values: list[Value], shape: Shape) -> Value:
    """ZeroPadding1D and ZeroPadding2D."""
    channels_last(layer)
    value = settled(layer.name, values[0])
    (top, bottom), (left, right) = (
        layer.padding if len(value.shape) == 3 else (layer.padding, (0, 0))
    )
    padding = ((int(top), int(bottom)), (int(left), int(right)))
    return _of_image(
        build, layer.name, value, shape,
        lambda name, reads: ZeroPad2D(name, reads, value.grid, padding),
    )  # fmt: skip
