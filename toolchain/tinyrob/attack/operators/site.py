"""An operator where it stands, and what the functions of all families share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir

Value = Any  # a tf.Tensor


@dataclass(frozen=True, eq=False)
class Site:
    """An operator where it stands: ``operands`` are its inputs' real values, constants too.

    A value is (N, *its tensor's shape); a constant has N = 1.
    """

    tf: Any
    graph: ir.Graph
    op: ir.Op
    operands: tuple[Value, ...]
    out: ir.Tensor

    @property
    def x(self) -> Value:
        """The first operand."""
        return self.operands[0]

    @property
    def rank(self) -> int:
        """Of the first input's tensor."""
        return len(self.graph.tensors[self.op.inputs[0]].shape)

    def raised(self) -> tuple[Value, ...]:
        """The operands with axes of size 1 behind N, so that they broadcast as TFLite's do."""
        return tuple(raised(self.tf, one, len(self.out.shape)) for one in self.operands)


@dataclass(frozen=True)
class Differentiable:
    """``value`` of an operator (a list where it has several outputs); ``rounds``: its output is put
    on its grid behind it.

    ``clamp`` is an activation that the operator is, rather than has.
    """

    value: Callable[[Site], Value]
    rounds: bool = True
    clamp: ir.Activation | None = None

    def fused(self, attributes: ir.Attributes) -> ir.Activation:
        """The activation at the operator's end."""
        if self.clamp is not None:
            return self.clamp
        fused: ir.Activation = getattr(attributes, "activation", ir.Activation.NONE)
        return fused


def quantization(tensor: ir.Tensor) -> ir.Quantization:
    """The tensor's quantization. Raises UnsupportedModel where it has none."""
    if tensor.quantization is None:
        raise UnsupportedModel(
            f"tensor {tensor.name!r} has no quantization", "give a fully quantized int8 .tflite"
        )
    return tensor.quantization


def dequantized(tensor: ir.Tensor) -> NDArray[np.float32]:
    """A constant's real values, in its own layout."""
    assert tensor.data is not None
    grid = quantization(tensor)
    shape = [1] * len(tensor.shape)
    if len(grid.scales) > 1:
        shape[grid.axis] = -1
    scales = np.asarray(grid.scales, np.float64).reshape(shape)
    zeros = np.asarray(grid.zero_points, np.float64).reshape(shape)
    return np.asarray((tensor.data.astype(np.float64) - zeros) * scales, np.float32)


def images(tf: Any, value: Value) -> Value:
    """The images (N * B, H, W, C) of a value (N, B, H, W, C)."""
    return tf.reshape(value, (-1, *value.shape[2:]))


def raised(tf: Any, value: Value, rank: int) -> Value:
    """A value (N, ...) with axes of size 1 behind N, so that it broadcasts as TFLite's do."""
    missing = rank - (len(value.shape) - 1)
    return tf.reshape(value, (-1, *(1,) * missing, *value.shape[1:]))


def together(site: Site) -> list[Value]:
    """All operands, constants as often as there are samples."""
    tf = site.tf
    samples = tf.reduce_max([tf.shape(o)[0] for o in site.operands])
    return [tf.broadcast_to(o, (samples, *o.shape[1:])) for o in site.operands]


def zero(site: Site) -> float:
    """What the integer 0 stands for, with which TFLite Micro begins to sum."""
    grid = quantization(site.graph.tensors[site.op.inputs[0]])
    return -grid.zero_point * grid.scale
