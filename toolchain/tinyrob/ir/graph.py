"""The graph: an int8 network as TFLite means it, in plain immutable Python values.

A graph is what a .tflite holds and no more: reading a file and writing it again gives an equal
graph. Tensors are in TFLite's layouts (activations NHWC, convolution kernels OHWI, depthwise
kernels 1HWO, dense kernels OI).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.operators import *  # noqa: F403
from tinyrob.ir.operators import Attributes

DType = Literal[
    "int8", "int16", "int32", "int64", "int4", "uint8", "bool", "float32", "float16", "float64",
    "uint16", "uint32", "uint64", "string", "resource", "variant", "complex64", "complex128",
    "bfloat16", "int2", "uint4", "float8e4m3fn", "float8e5m2",
]  # fmt: skip
"""TFLite's types. Operators take few of them; the others stand for what no operator uses."""


def numpy_type(dtype: DType) -> np.dtype[np.generic]:
    """What holds values of a type in NumPy; those of int4 are kept one a byte."""
    return np.dtype("int8" if dtype == "int4" else dtype)


def limits(dtype: str) -> tuple[int, int]:
    """The least and the greatest value of an integer type."""
    info = np.iinfo(np.dtype(dtype))
    return int(info.min), int(info.max)


@dataclass(frozen=True)
class Quantization:
    """``real = scale * (q - zero_point)``, per tensor (one entry) or per channel along ``axis``.

    Scales are float32 values (kept as Python floats that float32 holds exactly).
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def scale(self) -> float:
        """The scale of a per-tensor quantization."""
        if len(self.scales) != 1:
            raise ValueError("per-channel quantization has no single scale")
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The zero point of a per-tensor quantization."""
        if len(self.zero_points) != 1:
            raise ValueError("per-channel quantization has no single zero point")
        return self.zero_points[0]


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor; ``data`` is set for constants only and is never written to.

    ``initial`` is set for variables only: what they hold until an inference writes to them.
    ``below`` is set for int32 inputs that are indices: of how many rows.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None
    data: NDArray[np.generic] | None = None
    initial: NDArray[np.generic] | None = None
    below: int | None = None

    @property
    def elements(self) -> int:
        """How many elements the tensor has."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape without the batch axis (a leading 1, where more axes follow)."""
        return self.shape[1:] if len(self.shape) > 1 and self.shape[0] == 1 else self.shape

    @property
    def bytes(self) -> int:
        """Its size in memory."""
        return self.elements * numpy_type(self.dtype).itemsize

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensor):
            return NotImplemented
        mine = (self.name, self.shape, self.dtype, self.quantization, self.below)
        theirs = (other.name, other.shape, other.dtype, other.quantization, other.below)
        return (
            mine == theirs and _same(self.data, other.data) and _same(self.initial, other.initial)
        )

    def __hash__(self) -> int:
        return hash((self.name, self.shape, self.dtype))


def _same(first: NDArray[np.generic] | None, second: NDArray[np.generic] | None) -> bool:
    if first is None or second is None:
        return first is second
    return bool(np.array_equal(first, second))


@dataclass(frozen=True)
class Op:
    """One operator: its options, and indices into ``Graph.tensors`` (-1: an absent input)."""

    attributes: Attributes
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def kind(self) -> str:
        """TFLite's name of the operator."""
        return self.attributes.kind


@dataclass(frozen=True)
class Graph:
    """A network: tensors, operators in execution order, and which tensors are in and out.

    ``inputs`` and ``outputs`` are what the integer operators read and make. Where the file's own
    are of another type (float32, uint8), ``outer_inputs`` and ``outer_outputs`` name those, one
    for each; else they are empty, or -1 where there is nothing to convert.
    """

    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    name: str = "model"
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    outer_inputs: tuple[int, ...] = ()
    outer_outputs: tuple[int, ...] = ()

    @property
    def entries(self) -> tuple[int, ...]:
        """The file's own inputs."""
        return _outer(self.inputs, self.outer_inputs)

    @property
    def exits(self) -> tuple[int, ...]:
        """The file's own outputs."""
        return _outer(self.outputs, self.outer_outputs)

    @property
    def stateful(self) -> bool:
        """Whether an inference depends on those before it."""
        return any(t.initial is not None for t in self.tensors)

    def constant(self, index: int) -> NDArray[np.generic]:
        """The data of a constant tensor. Raises ValueError where it has none."""
        data = self.tensors[index].data
        if data is None:
            raise ValueError(f"tensor {self.tensors[index].name!r} is not a constant")
        return data

    def layer_name(self, op: Op) -> str:
        """What people call an operator: the name of the tensor that it makes, or writes to."""
        return self.tensors[(op.outputs or op.inputs)[0]].name


def _outer(inner: tuple[int, ...], outer: tuple[int, ...]) -> tuple[int, ...]:
    outer = outer or (-1,) * len(inner)
    return tuple(i if o < 0 else o for i, o in zip(inner, outer, strict=True))
