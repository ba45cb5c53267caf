"""Operators that make one value of many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinyrob.ir.operators.base import Activation, Attributes, Padding


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
class Sum(Attributes):
    """Inputs: activations, axes (int32 constant)."""

    kind: ClassVar[str] = "SUM"
    keep_dims: bool = False


@dataclass(frozen=True)
class ReduceMax(Attributes):
    """Inputs: activations, axes (int32 constant)."""

    kind: ClassVar[str] = "REDUCE_MAX"
    keep_dims: bool = False


@dataclass(frozen=True)
class ReduceMin(Attributes):
    """Inputs: activations, axes (int32 constant)."""

    kind: ClassVar[str] = "REDUCE_MIN"
    keep_dims: bool = False


@dataclass(frozen=True)
class Softmax(Attributes):
    """Inputs: logits (..., C)."""

    kind: ClassVar[str] = "SOFTMAX"
    beta: float = 1.0


@dataclass(frozen=True)
class L2Normalization(Attributes):
    """Inputs: activations (..., C). Output on scale 1/128."""

    kind: ClassVar[str] = "L2_NORMALIZATION"


@dataclass(frozen=True)
class LogSoftmax(Attributes):
    """Inputs: logits (..., C). Output on scale 1/16 with zero point 127."""

    kind: ClassVar[str] = "LOG_SOFTMAX"


@dataclass(frozen=True)
class ReduceAll(Attributes):
    """Inputs: bool, axes (int32 constant)."""

    kind: ClassVar[str] = "REDUCE_ALL"
    keep_dims: bool = False


@dataclass(frozen=True)
class ArgMax(Attributes):
    """Inputs: activations, axis (int32 constant). Output: int32, the first place of the greatest.

    ``output_type`` is TFLite's number of int32.
    """

    kind: ClassVar[str] = "ARG_MAX"
    output_type: int = 2


@dataclass(frozen=True)
class ArgMin(Attributes):
    """Inputs: activations, axis (int32 constant). Output: int32, the first place of the least.

    ``output_type`` is TFLite's number of int32.
    """

    kind: ClassVar[str] = "ARG_MIN"
    output_type: int = 2


@dataclass(frozen=True)
class Cumsum(Attributes):
    """Inputs: activations, axis (int32 constant). ``exclusive``: each output is the sum of what
    is before it; ``reverse``: from the end on."""

    kind: ClassVar[str] = "CUMSUM"
    exclusive: bool = False
    reverse: bool = False
