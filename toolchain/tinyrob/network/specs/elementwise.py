"""Layers of one or two values at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinyrob.ir.graph import DType
from tinyrob.ir.qmath import Factor
from tinyrob.network.specs.base import IDENTITY, Broadcast, Int8, Spec


@dataclass(frozen=True, eq=False)
class Pair(Spec):
    """Two inputs, one of which may repeat along some axes."""

    joins: ClassVar[bool] = True
    shape: Broadcast


@dataclass(frozen=True, eq=False)
class Scaled(Pair):
    """Each input with its own zero point and factor."""

    a_zero_point: int
    b_zero_point: int
    output_zero_point: int
    a: Factor
    b: Factor
    output: Factor


@dataclass(frozen=True, eq=False)
class Add(Scaled):
    """The sum."""

    kind: ClassVar[str] = "ADD"

    def swapped(self) -> Add:
        """The same sum with its operands the other way round."""
        size, a, b = self.shape.size, self.shape.a_repeats, self.shape.b_repeats
        return Add(
            Broadcast(size, b, a), self.b_zero_point, self.a_zero_point, self.output_zero_point,
            self.b, self.a, self.output,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sub(Scaled):
    """The first input minus the second."""

    kind: ClassVar[str] = "SUB"


@dataclass(frozen=True, eq=False)
class SquaredDifference(Scaled):
    """The square of the difference; operands only 7 bits up."""

    kind: ClassVar[str] = "SQUARED_DIFFERENCE"


@dataclass(frozen=True, eq=False)
class Mul(Pair):
    """Two inputs, each with its own zero point."""

    kind: ClassVar[str] = "MUL"
    a_zero_point: int
    b_zero_point: int
    output_zero_point: int
    factor: Factor


@dataclass(frozen=True, eq=False)
class Div(Pair):
    """The first input over the second, each with its own zero point."""

    kind: ClassVar[str] = "DIV"
    a_zero_point: int
    b_zero_point: int
    output_zero_point: int
    factor: Factor


@dataclass(frozen=True, eq=False)
class Compare(Pair):
    """1 or 0 for two inputs, each with its own zero point and factor: ``taken`` has bit 0 for a
    below b, bit 1 for equal ones, bit 2 for a above b."""

    kind: ClassVar[str] = "COMPARE"
    clamps: ClassVar[bool] = False
    taken: int
    a_zero_point: int
    b_zero_point: int
    a: Factor
    b: Factor


@dataclass(frozen=True, eq=False)
class Select(Spec):
    """Where the first input is not 0 the second, else the third; ``repeats``: a mask for each."""

    kind: ClassVar[str] = "SELECT"
    clamps: ClassVar[bool] = False
    joins: ClassVar[bool] = True
    size: tuple[int, int, int, int]
    repeats: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Prelu(Pair):
    """Input a times ``above`` from its zero point on, else times input b and ``below``."""

    kind: ClassVar[str] = "PRELU"
    a_zero_point: int
    b_zero_point: int
    output_zero_point: int
    above: Factor
    below: Factor


@dataclass(frozen=True, eq=False)
class Lookup(Spec):
    """Each value replaced by an entry of ``table`` (256,), which begins with that of -128.

    A clamp behind it goes into the table.
    """

    kind: ClassVar[str] = "LOOKUP"
    elements: int
    table: Int8


@dataclass(frozen=True, eq=False)
class Requantize(Spec):
    """QUANTIZE, RELU, RELU6, and MINIMUM or MAXIMUM with one constant; of values of ``source``."""

    kind: ClassVar[str] = "REQUANTIZE"
    elements: int
    input_zero_point: int
    output_zero_point: int
    factor: Factor
    source: DType = "int8"

    @property
    def is_clamp(self) -> bool:
        """Whether values are only clamped, not rescaled."""
        return self.factor == IDENTITY and self.input_zero_point == self.output_zero_point


@dataclass(frozen=True, eq=False)
class Minimum(Pair):
    """Two inputs on one grid."""

    kind: ClassVar[str] = "MINIMUM"


@dataclass(frozen=True, eq=False)
class Maximum(Pair):
    """Two inputs on one grid."""

    kind: ClassVar[str] = "MAXIMUM"
