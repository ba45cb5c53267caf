"""Shapes of a frozen model's tensors: worked out from its nodes, and thereby checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from tinyrob.errors import ModelFormatError
from tinyrob.frozen.model import (
    Add,
    Clamp,
    Concatenate,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    FrozenModel,
    Input,
    MaxPool2D,
    Node,
    Reshape,
    ZeroPad2D,
)

Shape = tuple[int, ...]


def output_shapes(model: FrozenModel) -> Mapping[str, Shape]:
    """The shape of each node's output, without the batch axis.

    Raises ModelFormatError where a node reads something that does not exist, or where kernel,
    bias, inputs and options do not go together.
    """
    shapes: dict[str, Shape] = {}
    for node in model.nodes:
        if node.name in shapes:
            raise ModelFormatError(f"node {node.name!r} is there twice", _HINT)
        missing = [name for name in node.inputs if name not in shapes]
        if missing:
            raise ModelFormatError(
                f"node {node.name!r} reads the unknown node {missing[0]!r}", _HINT
            )
        try:
            shape = _shape(node, [shapes[name] for name in node.inputs])
        except (ValueError, IndexError, TypeError) as error:
            raise ModelFormatError(
                f"node {node.name!r}: shapes do not go together ({error})", _HINT
            ) from error
        if not shape or min(shape) < 1:
            raise ModelFormatError(f"node {node.name!r} has the impossible shape {shape}", _HINT)
        shapes[node.name] = shape
    return shapes


_HINT = "the file is damaged, or was not written by tinyrob: freeze the model again"


def _shape(node: Node, inputs: list[Shape]) -> Shape:
    _require(type(node) in SHAPES, f"unknown kind {type(node).__name__}")
    fits = len(inputs) == node.arity if node.arity is not None else len(inputs) >= 1
    _require(fits, f"{len(inputs)} inputs")
    return SHAPES[type(node)](node, *inputs)


def _input(node: Input) -> Shape:
    return node.shape


def _add(node: Add, first: Shape, second: Shape) -> Shape:
    _require(first == second, f"sum of {first} and {second}")
    return first


def _concatenate(node: Concatenate, *inputs: Shape) -> Shape:
    _require(len({shape[:-1] for shape in inputs}) == 1, f"concatenation of {inputs}")
    return (*inputs[0][:-1], sum(shape[-1] for shape in inputs))


def _pool(node: MaxPool2D, shape: Shape) -> Shape:
    height, width, channels = shape
    sizes = _windows((height, width), node.window, node.strides, (1, 1), node.padding)
    return (*sizes, channels)


def _reshape(node: Reshape, shape: Shape) -> Shape:
    _require(prod(shape) == prod(node.shape), f"{shape} into {node.shape}")
    return node.shape


def _zero_pad(node: ZeroPad2D, shape: Shape) -> Shape:
    height, width, channels = shape
    (top, bottom), (left, right) = node.padding
    _require(min(top, bottom, left, right) >= 0, f"padding {node.padding}")
    return (height + top + bottom, width + left + right, channels)


def _clamp(node: Clamp, shape: Shape) -> Shape:
    return shape


def _dense(node: Dense, shape: Shape) -> Shape:
    kernel = node.kernel.shape
    (features,) = shape
    _require(len(kernel) == 2 and kernel[0] == features, f"input {shape}, kernel {kernel}")
    return _per_channel(node, kernel[1])


def _convolution(node: Conv2D | DepthwiseConv2D, shape: Shape) -> Shape:
    kernel = node.kernel.shape
    height, width, channels = shape
    _require(len(kernel) == 4 and kernel[2] == channels, f"input {shape}, kernel {kernel}")
    window = (kernel[0], kernel[1])
    sizes = _windows((height, width), window, node.strides, node.dilation, node.padding)
    outputs = kernel[2] * kernel[3] if isinstance(node, DepthwiseConv2D) else kernel[3]
    return (*sizes, *_per_channel(node, outputs))


def _per_channel(node: Conv2D | DepthwiseConv2D | Dense, outputs: int) -> Shape:
    kernel = node.kernel.shape
    _require(node.bias.shape == (outputs,), f"bias {node.bias.shape}, kernel {kernel}")
    _require(node.log2_kernel.shape == (outputs,), f"steps {node.log2_kernel.shape}")
    return (outputs,)


SHAPES: Mapping[type[Node], Callable[..., Shape]] = {
    Input: _input,
    Conv2D: _convolution,
    DepthwiseConv2D: _convolution,
    Dense: _dense,
    MaxPool2D: _pool,
    Add: _add,
    Concatenate: _concatenate,
    Reshape: _reshape,
    ZeroPad2D: _zero_pad,
    Clamp: _clamp,
}
"""The shape of a node's output from the node and its inputs' shapes, by kind."""


def _windows(
    sizes: tuple[int, int],
    window: tuple[int, int],
    strides: tuple[int, int],
    dilation: tuple[int, int],
    padding: str,
) -> tuple[int, int]:
    _require(min(*window, *strides, *dilation) >= 1, f"window {window}, strides {strides}")
    _require(padding in ("same", "valid"), f"padding {padding!r}")

    def along(axis: int) -> int:
        extent = 1 if padding == "same" else (window[axis] - 1) * dilation[axis] + 1
        return (sizes[axis] - extent) // strides[axis] + 1

    return along(0), along(1)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)
