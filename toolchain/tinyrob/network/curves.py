"""LOGISTIC, TANH, LEAKY_RELU and SOFTMAX of int16, which no table of 256 holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinyrob.ir import graph as ir
from tinyrob.ir import operators as kinds
from tinyrob.ir.curves16 import Argument, Leaky, abs_of, argument_of, leaky_of
from tinyrob.ir.qmath import Factor
from tinyrob.ir.softmax16 import softmax_factor16
from tinyrob.network.layers import Spec


@dataclass(frozen=True, eq=False)
class Curve(Spec):
    """A table interpolated at ``argument``."""

    elements: int
    argument: Argument


@dataclass(frozen=True, eq=False)
class Sigmoid(Curve):
    """1 / (1 + exp(-x))."""

    kind: ClassVar[str] = "LOGISTIC"


@dataclass(frozen=True, eq=False)
class Tanh(Curve):
    """tanh(x)."""

    kind: ClassVar[str] = "TANH"


@dataclass(frozen=True, eq=False)
class Slopes(Spec):
    """One factor from 0 on, and another below."""

    kind: ClassVar[str] = "LEAKY_RELU"
    elements: int
    slopes: Leaky


@dataclass(frozen=True, eq=False)
class Magnitude(Spec):
    """What is left without the sign, times ``factor``."""

    kind: ClassVar[str] = "ABS"
    elements: int
    factor: Factor


@dataclass(frozen=True, eq=False)
class SoftmaxTables(Spec):
    """Along the last axis, by two tables."""

    kind: ClassVar[str] = "SOFTMAX"
    clamps: ClassVar[bool] = False
    rows: int
    columns: int
    factor: Factor


_CURVES: dict[type[kinds.Attributes], type[Curve]] = {kinds.Logistic: Sigmoid, kinds.Tanh: Tanh}


def curve(
    attributes: kinds.Attributes, source: ir.Quantization, output: ir.Quantization, elements: int
) -> Spec:
    """The layer of a checked operator of one int16 at a time."""
    if isinstance(attributes, kinds.LeakyRelu):
        return Slopes(elements, leaky_of(attributes, source, output))
    if isinstance(attributes, kinds.Abs):
        return Magnitude(elements, abs_of(source, output))
    kind = type(attributes)
    return _CURVES[kind](elements, argument_of(kind, source.scale))


def softmax(source: ir.Tensor, beta: float) -> SoftmaxTables:
    """The layer of a checked SOFTMAX of int16."""
    assert source.quantization is not None
    columns = source.shape[-1]
    factor = softmax_factor16(source.quantization.scale, beta)
    return SoftmaxTables(source.elements // columns, columns, factor)
