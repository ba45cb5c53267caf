"""One operator of a graph, with shorthands for its tensors."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir import qmath
from tinyrob.ir.sums import wide_sums
from tinyrob.network import layers as net

A = TypeVar("A", bound=ir.Attributes)


def element(tensor: ir.Tensor) -> ir.DType:
    """What a kernel sees of a tensor: bool and int4 are a byte each."""
    return "int8" if tensor.dtype in ("bool", "int4") else tensor.dtype


class View:
    """One operator of a graph, with shorthands for its tensors."""

    def __init__(self, graph: ir.Graph, op: ir.Op) -> None:
        self.op = op
        self.wide = wide_sums(op, graph.tensors)
        self.name = graph.layer_name(op)
        self.where = f"{op.kind} {self.name!r}"
        self.inputs = tuple(graph.tensors[i] for i in op.inputs if i >= 0)
        self.output = graph.tensors[op.outputs[0]]
        self.dtype = element(self.output)

    @property
    def zero_point_out(self) -> int:
        """The output's zero point."""
        return self._quantization(self.output).zero_point

    def options(self, kind: type[A]) -> A:
        """The operator's options, which are known to be of this kind."""
        assert isinstance(self.op.attributes, kind)
        return self.op.attributes

    def quantization(self, index: int) -> ir.Quantization:
        """An input's quantization."""
        return self._quantization(self.inputs[index])

    def _quantization(self, tensor: ir.Tensor) -> ir.Quantization:
        if tensor.quantization is None:
            raise UnsupportedModel(
                f"{self.where}: tensor {tensor.name!r} is not quantized",
                "convert the model with full integer (int8) quantization",
            )
        return tensor.quantization

    def zero_point(self, index: int) -> int:
        """An input's zero point."""
        return self.quantization(index).zero_point

    @property
    def full(self) -> tuple[int, int]:
        """The range of the output's type."""
        return ir.limits(self.dtype)

    def clamp(self, activation: ir.Activation) -> tuple[int, int]:
        """The range that an activation leaves of the output."""
        return qmath.activation_range(activation, self.output_quantization, self.dtype)

    @property
    def left(self) -> int:
        """By how many bits TFLite moves the operands of a sum."""
        wide = self.dtype == "int16"
        return qmath.ADD_LEFT_SHIFT_INT16 if wide else qmath.ADD_LEFT_SHIFT

    @property
    def output_quantization(self) -> ir.Quantization:
        """The output's quantization."""
        return self._quantization(self.output)

    def constant(self, index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
        """A constant input's data."""
        data = self.inputs[index].data
        if data is None:
            raise UnsupportedModel(
                f"{self.where}: {self.inputs[index].name!r} is computed; it must be a constant",
                "only weights known at build time can be compiled",
            )
        return data

    @property
    def activation(self) -> ir.Activation:
        """The clamp that is fused behind it."""
        found = getattr(self.op.attributes, "activation", ir.Activation.NONE)
        assert isinstance(found, ir.Activation)
        return found

    def bias(self, channels: int, position: int = 2) -> net.Integers:
        """The bias, or zeros."""
        kind: type[np.integer[Any]] = np.int64 if self.dtype == "int16" else np.int32
        if len(self.inputs) <= position:
            return np.zeros(channels, kind)
        return self.constant(position).astype(kind).reshape(-1)

    def factors(self) -> list[qmath.Factor]:
        """One factor for each scale of the kernel."""
        x, kernel, y = self.quantization(0), self.quantization(1), self.output_quantization
        if any(kernel.zero_points):
            raise UnsupportedModel(
                f"{self.where}: its kernel has a zero point other than 0",
                "TFLite's int8 scheme has symmetric weights: convert the model again",
            )
        return [qmath.matmul_factor(x.scale, k, y.scale) for k in kernel.scales]
