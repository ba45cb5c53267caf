"""The graph: an int8 network as TFLite means it, in plain immutable Python values.

A graph is what a .tflite holds and no more: reading a file and writing it again gives an equal
graph. Tensors are in TFLite's layouts (activations NHWC, convolution kernels OHWI, depthwise
kernels 1HWO, dense kernels OI).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

Padding = Literal["SAME", "VALID"]
DType = Literal["int8", "int16", "int32", "int64"]


class Activation(str, Enum):
    """The clamp fused behind an operator."""

    NONE = "NONE"
    RELU = "RELU"
    RELU6 = "RELU6"
    RELU_N1_TO_1 = "RELU_N1_TO_1"


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
    """One tensor; ``data`` is set for constants only and is never written to."""

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None
    data: NDArray[np.generic] | None = None

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
        return self.elements * np.dtype(self.dtype).itemsize

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensor):
            return NotImplemented
        mine = (self.name, self.shape, self.dtype, self.quantization, self.data is None)
        theirs = (other.name, other.shape, other.dtype, other.quantization, other.data is None)
        return mine == theirs and (
            self.data is None or other.data is None or bool(np.array_equal(self.data, other.data))
        )

    def __hash__(self) -> int:
        return hash((self.name, self.shape, self.dtype))


@dataclass(frozen=True)
class Attributes:
    """Base of every operator's options; ``kind`` is TFLite's name of the operator."""

    kind: ClassVar[str]


@dataclass(frozen=True)
class Conv2D(Attributes):
    """Inputs: activations (N,H,W,I), kernel (O,KH,KW,I), bias (O,) or absent."""

    kind: ClassVar[str] = "CONV_2D"
    stride: tuple[int, int]
    padding: Padding
    dilation: tuple[int, int] = (1, 1)
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class DepthwiseConv2D(Attributes):
    """Inputs: activations (N,H,W,I), kernel (1,KH,KW,I*multiplier), bias or absent."""

    kind: ClassVar[str] = "DEPTHWISE_CONV_2D"
    stride: tuple[int, int]
    padding: Padding
    multiplier: int = 1
    dilation: tuple[int, int] = (1, 1)
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class FullyConnected(Attributes):
    """Inputs: activations (..., I), kernel (O,I), bias (O,) or absent."""

    kind: ClassVar[str] = "FULLY_CONNECTED"
    activation: Activation = Activation.NONE
    keep_num_dims: bool = False


@dataclass(frozen=True)
class Add(Attributes):
    """Inputs: two activations of one shape (or broadcast to one)."""

    kind: ClassVar[str] = "ADD"
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class _Pool(Attributes):
    window: tuple[int, int]
    stride: tuple[int, int]
    padding: Padding
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class AveragePool2D(_Pool):
    """Inputs: activations (N,H,W,C)."""

    kind: ClassVar[str] = "AVERAGE_POOL_2D"


@dataclass(frozen=True)
class MaxPool2D(_Pool):
    """Inputs: activations (N,H,W,C)."""

    kind: ClassVar[str] = "MAX_POOL_2D"


@dataclass(frozen=True)
class Mean(Attributes):
    """Inputs: activations, axes (int32 constant)."""

    kind: ClassVar[str] = "MEAN"
    keep_dims: bool = False


@dataclass(frozen=True)
class Reshape(Attributes):
    """Inputs: activations, and the new shape as an int32 constant or absent (``new_shape``)."""

    kind: ClassVar[str] = "RESHAPE"
    new_shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Pad(Attributes):
    """Inputs: activations, paddings (rank, 2) constant. Pads with the zero point."""

    kind: ClassVar[str] = "PAD"


@dataclass(frozen=True)
class Softmax(Attributes):
    """Inputs: logits (..., C)."""

    kind: ClassVar[str] = "SOFTMAX"
    beta: float = 1.0


@dataclass(frozen=True)
class Relu(Attributes):
    """A clamp that stands alone, with its own output scale."""

    kind: ClassVar[str] = "RELU"


@dataclass(frozen=True)
class Relu6(Attributes):
    """A clamp that stands alone, with its own output scale."""

    kind: ClassVar[str] = "RELU6"


@dataclass(frozen=True)
class Quantize(Attributes):
    """int8 to int8 with another scale and zero point."""

    kind: ClassVar[str] = "QUANTIZE"


@dataclass(frozen=True)
class Minimum(Attributes):
    """Inputs: activations, and a constant or another activation of the same quantization."""

    kind: ClassVar[str] = "MINIMUM"


@dataclass(frozen=True)
class Maximum(Attributes):
    """Inputs: activations, and a constant or another activation of the same quantization."""

    kind: ClassVar[str] = "MAXIMUM"


@dataclass(frozen=True)
class Concatenation(Attributes):
    """Inputs: two or more activations of the same quantization."""

    kind: ClassVar[str] = "CONCATENATION"
    axis: int = -1
    activation: Activation = Activation.NONE


KINDS: tuple[type[Attributes], ...] = (
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Add,
    AveragePool2D,
    MaxPool2D,
    Mean,
    Reshape,
    Pad,
    Softmax,
    Relu,
    Relu6,
    Quantize,
    Minimum,
    Maximum,
    Concatenation,
)


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
    """A network: tensors, operators in execution order, and which tensors are in and out."""

    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    name: str = "model"
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def constant(self, index: int) -> NDArray[np.generic]:
        """The data of a constant tensor. Raises ValueError where it has none."""
        data = self.tensors[index].data
        if data is None:
            raise ValueError(f"tensor {self.tensors[index].name!r} is not a constant")
        return data

    def layer_name(self, op: Op) -> str:
        """What people call an operator: the name of the tensor it makes."""
        return self.tensors[op.outputs[0]].name
