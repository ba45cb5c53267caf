"""The frozen model as a QKeras model: what attacks are made on, and what hls4ml takes.

Float32 computes it exactly (freeze has checked the ranges). Kernels and biases are the frozen
values behind plain ``quantized_bits(n, i, 0, alpha=1)``, wide enough to leave them alone: hls4ml
takes bit widths from these, and fails on QKeras' automatic scales.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import FreezeError
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Grid, Node
from tinyrob.tf import keras as _keras
from tinyrob.tf import qkeras as _qkeras

Array = NDArray[np.float32]


def to_qkeras(model: FrozenModel) -> Any:
    """The Keras model: float inputs (N, *shape), float logits out.

    The layer named as a node gives that node's values. A compute node's layer before its
    activation ends in ``_accumulator``; the input layer in ``_float``. Raises FreezeError where a
    node's range is not that of a quantizer (``freeze`` makes no such node).
    """
    return QKerasReference(model).model


class QKerasReference:
    """The Keras model and, by node name, the Keras tensors inside it."""

    def __init__(self, model: FrozenModel) -> None:
        keras = _keras()
        self.grids = {node.name: node.grid for node in model.nodes}
        self.tensors: dict[str, Any] = {}
        weights: dict[str, list[Array]] = {}
        name = model.input.name
        inputs = keras.Input(model.input.shape, name=f"{name}_float")
        self.tensors[name] = _activation(name, model.input.grid)(inputs)
        for node in model.nodes[1:]:
            self.tensors[node.name] = self._layer(node, weights)
        # A Keras name may hold letters, digits and some marks only; the zoo's names have dashes.
        self.model = keras.Model(inputs, self.tensors[model.output.name], name="frozen")
        for layer, values in weights.items():
            self.model.get_layer(layer).set_weights(values)

    def _layer(self, node: Node, weights: dict[str, list[Array]]) -> Any:
        x = [self.tensors[other] for other in node.inputs]
        made = LAYERS[type(node)](node, x, [self.grids[other] for other in node.inputs])
        if made.weights is not None:
            weights[f"{node.name}_accumulator"] = made.weights
        return made.output


@dataclass(frozen=True)
class _Made:
    """A node's Keras tensor, and the weights of its accumulator's layer where it has one."""

    output: Any
    weights: list[Array] | None = None


def _weighted(
    node: fr.Conv2D | fr.DepthwiseConv2D | fr.Dense, x: list[Any], grids: list[Grid]
) -> _Made:
    layer, weights = _compute(f"{node.name}_accumulator", node, grids[0])
    return _Made(_activation(node.name, node.grid)(layer(x[0])), weights)


def _add(node: fr.Add, x: list[Any], grids: list[Grid]) -> _Made:
    total = _keras().layers.Add(name=f"{node.name}_sum")(x)
    return _Made(_activation(node.name, node.grid)(total))


def _clamp(node: fr.Clamp, x: list[Any], grids: list[Grid]) -> _Made:
    return _Made(_activation(node.name, node.grid)(x[0]))


def _max_pool(node: fr.MaxPool2D, x: list[Any], grids: list[Grid]) -> _Made:
    layers = _keras().layers
    pool = layers.MaxPooling2D(node.window, node.strides, node.padding, name=node.name)
    return _Made(pool(x[0]))


def _reshape(node: fr.Reshape, x: list[Any], grids: list[Grid]) -> _Made:
    layers, name = _keras().layers, node.name
    flat = len(node.shape) == 1
    layer = layers.Flatten(name=name) if flat else layers.Reshape(node.shape, name=name)
    return _Made(layer(x[0]))


def _zero_pad(node: fr.ZeroPad2D, x: list[Any], grids: list[Grid]) -> _Made:
    return _Made(_keras().layers.ZeroPadding2D(node.padding, name=node.name)(x[0]))


def _concatenate(node: fr.Concatenate, x: list[Any], grids: list[Grid]) -> _Made:
    return _Made(_keras().layers.Concatenate(name=node.name)(x))


LAYERS: Mapping[type[Node], Callable[..., _Made]] = {
    fr.Conv2D: _weighted,
    fr.DepthwiseConv2D: _weighted,
    fr.Dense: _weighted,
    fr.Add: _add,
    fr.Clamp: _clamp,
    fr.MaxPool2D: _max_pool,
    fr.Reshape: _reshape,
    fr.ZeroPad2D: _zero_pad,
    fr.Concatenate: _concatenate,
}
"""What Keras computes for a node, by kind; the input is made apart."""


def _activation(name: str, grid: Grid) -> Any:
    qkeras = _qkeras()
    bits = int(grid.hi + 1).bit_length() - 1
    integer = grid.log2_step + bits
    if grid.hi != 2**bits - 1 or grid.lo not in (0, -grid.hi, -(2**bits)) or integer < 0:
        raise FreezeError(
            f"node {name!r}: no QKeras quantizer has the values {grid.lo} .. {grid.hi} "
            f"of step 2**{grid.log2_step}",
            "such a model was not frozen from QKeras: it runs on the other runners only",
        )
    if grid.lo == 0:
        return qkeras.QActivation(qkeras.quantized_relu(bits, integer), name=name)
    symmetric = int(grid.lo == -grid.hi)
    quantizer = qkeras.quantized_bits(bits + 1, integer, symmetric, alpha=1)
    return qkeras.QActivation(quantizer, name=name)


def _compute(
    name: str, node: fr.Conv2D | fr.DepthwiseConv2D | fr.Dense, source: Grid
) -> tuple[Any, list[Array]]:
    """The Keras layer, and its weights: kernel and bias."""
    qkeras = _qkeras()
    steps = np.exp2(node.log2_kernel.astype(np.float64))
    columns = node.kernel.reshape(-1, len(node.bias)).astype(np.float64) * steps
    kernel = np.asarray(columns.reshape(node.kernel.shape), np.float64)
    bias = np.asarray(node.bias * steps * (source.step / 2), np.float64)
    weights = [kernel.astype(np.float32), bias.astype(np.float32)]
    options: dict[str, Any] = {"name": name, "bias_quantizer": _wide_enough(bias)}
    if isinstance(node, fr.Dense):
        options["kernel_quantizer"] = _wide_enough(kernel)
        return qkeras.QDense(len(bias), **options), weights
    options |= {"strides": node.strides, "padding": node.padding, "dilation_rate": node.dilation}
    if isinstance(node, fr.Conv2D) or node.strides[0] != node.strides[1]:
        if isinstance(node, fr.DepthwiseConv2D):
            # TensorFlow's depthwise convolution has one stride for both axes.
            weights[0] = _as_convolution(weights[0])
        options["kernel_quantizer"] = _wide_enough(kernel)
        return qkeras.QConv2D(len(bias), node.kernel.shape[:2], **options), weights
    # Its default, he_normal, warns of a seed; these weights are set at once and need none.
    options |= {"depthwise_quantizer": _wide_enough(kernel), "depthwise_initializer": "zeros"}
    options |= {"depth_multiplier": node.kernel.shape[3]}
    return qkeras.QDepthwiseConv2D(node.kernel.shape[:2], **options), weights


def _as_convolution(depthwise: Array) -> Array:
    """A depthwise kernel (KH,KW,I,M) as one of a convolution (KH,KW,I,I*M), zero elsewhere."""
    height, width, channels, multiplier = depthwise.shape
    full = np.zeros((height, width, channels, channels, multiplier), np.float32)
    index = np.arange(channels)
    full[:, :, index, index] = depthwise
    return full.reshape(height, width, channels, channels * multiplier)


def _wide_enough(values: NDArray[np.float64]) -> Any:
    """``quantized_bits`` on which every one of ``values`` already is."""
    nonzero = np.abs(values[values != 0])
    fraction = max((_fraction_bits(float(value)) for value in np.unique(nonzero)), default=0)
    integer = max(0, math.floor(math.log2(float(nonzero.max(initial=1.0)))) + 1)
    return _qkeras().quantized_bits(1 + integer + fraction, integer, 0, alpha=1)


def _fraction_bits(value: float) -> int:
    """How many binary digits ``value`` has behind the point."""
    return value.as_integer_ratio()[1].bit_length() - 1
