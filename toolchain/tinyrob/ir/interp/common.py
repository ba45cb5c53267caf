"""One operator and the values of its operands."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.graph import Activation, Attributes, Graph, Op, Quantization, Tensor, numpy_type
from tinyrob.ir.qmath import activation_range

Array = NDArray[Any]
"""Values of an activation: int8, or int16."""
Int8Array = NDArray[np.int8]
AttributesT = TypeVar("AttributesT", bound=Attributes)


@dataclass(frozen=True)
class Call:
    """``op`` of ``graph``, to be run on ``values`` (tensor index to array (N, *shape))."""

    graph: Graph
    op: Op
    values: MutableMapping[int, Any]

    def attributes(self, kind: type[AttributesT]) -> AttributesT:
        """The options, which are of type ``kind``."""
        attributes = self.op.attributes
        assert isinstance(attributes, kind)
        return attributes

    @property
    def output(self) -> Tensor:
        """The tensor to be made."""
        return self.graph.tensors[self.op.outputs[0]]

    def tensor(self, position: int) -> Tensor:
        """An input's tensor."""
        return self.graph.tensors[self.op.inputs[position]]

    def value(self, position: int = 0) -> Array:
        """An input's array (N, *shape); N is 1 for a constant."""
        index = self.op.inputs[position]
        data = self.graph.tensors[index].data
        return self.values[index] if data is None else np.asarray(data)[None]

    def store(self, position: int, value: NDArray[Any]) -> None:
        """Gives a variable another value."""
        self.values[self.op.inputs[position]] = value

    def constant(self, position: int) -> NDArray[np.generic] | None:
        """A constant input, None where it is absent."""
        inputs = self.op.inputs
        absent = position >= len(inputs) or inputs[position] < 0
        return None if absent else self.graph.constant(inputs[position])

    def grid(self, position: int) -> Quantization:
        """An input's quantization."""
        return grid(self.tensor(position))

    def centred(self, position: int = 0) -> NDArray[np.int32]:
        """An input without its zero point."""
        return self.value(position).astype(np.int32) - np.int32(self.grid(position).zero_point)

    @property
    def wide(self) -> bool:
        """Whether the output is int16."""
        return self.output.dtype == "int16"

    def clamped(self, values: NDArray[Any], activation: Activation = Activation.NONE) -> Array:
        """Rescaled values as the output: with its zero point, clamped, of its type."""
        output = grid(self.output)
        low, high = activation_range(activation, output, self.output.dtype)
        kind: Any = numpy_type(self.output.dtype)
        made: Array = np.clip(values + output.zero_point, low, high).astype(kind)
        return made


def together(*values: Array) -> tuple[Array, ...]:
    """Operands of one rank, so that NumPy broadcasts them as TFLite does: axes of size 1 behind the
    samples'."""
    rank = max(value.ndim for value in values)
    return tuple(v.reshape(len(v), *(1,) * (rank - v.ndim), *v.shape[1:]) for v in values)


def grid(tensor: Tensor) -> Quantization:
    """A tensor's quantization, which it has."""
    assert tensor.quantization is not None
    return tensor.quantization
