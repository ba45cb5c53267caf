"""Layers that make one value of several, and those that normalize a row by all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinyrob.ir.qmath import Factor
from tinyrob.network.specs.base import Spec, Window


@dataclass(frozen=True, eq=False)
class L2Normalization(Spec):
    """Rows of ``columns`` values, each over the square root of the sum of its squares."""

    kind: ClassVar[str] = "L2_NORMALIZATION"
    rows: int
    columns: int
    input_zero_point: int


@dataclass(frozen=True, eq=False)
class Pool(Spec):
    """Average and max pooling."""

    window: Window
    batches: int
    channels: int


@dataclass(frozen=True, eq=False)
class AveragePool(Pool):
    """Padding is not counted."""

    kind: ClassVar[str] = "AVERAGE_POOL_2D"


@dataclass(frozen=True, eq=False)
class MaxPool(Pool):
    """Padding is not looked at."""

    kind: ClassVar[str] = "MAX_POOL_2D"


@dataclass(frozen=True, eq=False)
class Mean(Spec):
    """Input axes merged to (outer, reduced[0], middle, reduced[1], inner)."""

    kind: ClassVar[str] = "MEAN"
    outer: int
    middle: int
    inner: int
    reduced: tuple[int, int]
    bias: int
    factor: Factor
    output_zero_point: int


@dataclass(frozen=True, eq=False)
class ReduceMax(Spec):
    """Input axes merged to (outer, reduced[0], middle, reduced[1], inner)."""

    kind: ClassVar[str] = "REDUCE_MAX"
    outer: int
    middle: int
    inner: int
    reduced: tuple[int, int]


@dataclass(frozen=True, eq=False)
class ReduceMin(ReduceMax):
    """The least instead of the greatest."""

    kind: ClassVar[str] = "REDUCE_MIN"


@dataclass(frozen=True, eq=False)
class Softmax(Spec):
    """Along the last axis."""

    kind: ClassVar[str] = "SOFTMAX"
    clamps: ClassVar[bool] = False
    rows: int
    columns: int
    multiplier: int
    left_shift: int
    diff_min: int


@dataclass(frozen=True, eq=False)
class LogSoftmax(Spec):
    """Along the last axis; ``back`` brings logarithms to differences of the input."""

    kind: ClassVar[str] = "LOG_SOFTMAX"
    clamps: ClassVar[bool] = False
    rows: int
    columns: int
    multiplier: int
    left_shift: int
    diff_min: int
    back: Factor


@dataclass(frozen=True, eq=False)
class Arg(Spec):
    """Input axes (outer, size, inner): along the middle one the first place of the greatest, or of
    the least."""

    kind: ClassVar[str] = "ARG"
    clamps: ClassVar[bool] = False
    outer: int
    size: int
    inner: int
    least: bool


@dataclass(frozen=True, eq=False)
class Cumsum(Spec):
    """Input axes (outer, size, inner): sums along the middle one, each of which begins with minus
    the zero point."""

    kind: ClassVar[str] = "CUMSUM"
    outer: int
    size: int
    inner: int
    exclusive: bool
    reverse: bool
    input_zero_point: int
    output_zero_point: int
    factor: Factor


@dataclass(frozen=True, eq=False)
class AddN(Spec):
    """The sum of all inputs, which are on one grid, and of minus its zero point."""

    kind: ClassVar[str] = "ADD_N"
    joins: ClassVar[bool] = True
    elements: int
    count: int
    input_zero_point: int
    output_zero_point: int
    factor: Factor
