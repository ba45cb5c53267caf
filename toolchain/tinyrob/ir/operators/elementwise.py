"""Operators that work element by element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinyrob.ir.operators.base import Activation, Attributes


@dataclass(frozen=True)
class Add(Attributes):
    """Inputs: two activations of one shape (or broadcast to one)."""

    kind: ClassVar[str] = "ADD"
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Mul(Attributes):
    """Inputs: two activations of one shape (or broadcast to one)."""

    kind: ClassVar[str] = "MUL"
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Sub(Attributes):
    """Inputs: two activations of one shape (or broadcast to one)."""

    kind: ClassVar[str] = "SUB"
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class SquaredDifference(Attributes):
    """Inputs: two activations of one shape (or broadcast to one)."""

    kind: ClassVar[str] = "SQUARED_DIFFERENCE"


@dataclass(frozen=True)
class Minimum(Attributes):
    """Inputs: activations, and a constant or another activation of the same quantization."""

    kind: ClassVar[str] = "MINIMUM"


@dataclass(frozen=True)
class Maximum(Attributes):
    """Inputs: activations, and a constant or another activation of the same quantization."""

    kind: ClassVar[str] = "MAXIMUM"


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
class Dequantize(Attributes):
    """int8 or int16 to float32: at a network's end, or in front of functions of one value."""

    kind: ClassVar[str] = "DEQUANTIZE"


@dataclass(frozen=True)
class Logistic(Attributes):
    """Inputs: activations. Output on scale 1/256 (int16: 1/32768)."""

    kind: ClassVar[str] = "LOGISTIC"


@dataclass(frozen=True)
class Tanh(Attributes):
    """Inputs: activations. Output on scale 1/128 (int16: 1/32768)."""

    kind: ClassVar[str] = "TANH"


@dataclass(frozen=True)
class HardSwish(Attributes):
    """Inputs: activations."""

    kind: ClassVar[str] = "HARD_SWISH"


@dataclass(frozen=True)
class Elu(Attributes):
    """Inputs: activations."""

    kind: ClassVar[str] = "ELU"


@dataclass(frozen=True)
class LeakyRelu(Attributes):
    """Inputs: activations; ``alpha`` is the slope below 0."""

    kind: ClassVar[str] = "LEAKY_RELU"
    alpha: float = 0.0


@dataclass(frozen=True)
class Prelu(Attributes):
    """Inputs: activations, and the slopes below 0: a constant that broadcasts to them."""

    kind: ClassVar[str] = "PRELU"


@dataclass(frozen=True)
class Abs(Attributes):
    """Inputs: activations."""

    kind: ClassVar[str] = "ABS"


@dataclass(frozen=True)
class Rsqrt(Attributes):
    """Inputs: activations, none of them under the zero point."""

    kind: ClassVar[str] = "RSQRT"


@dataclass(frozen=True)
class Div(Attributes):
    """Inputs: two activations of one shape (or broadcast to one)."""

    kind: ClassVar[str] = "DIV"
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Neg(Attributes):
    """Inputs: float32, between DEQUANTIZE and QUANTIZE."""

    kind: ClassVar[str] = "NEG"


@dataclass(frozen=True)
class Square(Attributes):
    """Inputs: float32, between DEQUANTIZE and QUANTIZE."""

    kind: ClassVar[str] = "SQUARE"


@dataclass(frozen=True)
class Sin(Attributes):
    """Inputs: float32, between DEQUANTIZE and QUANTIZE."""

    kind: ClassVar[str] = "SIN"


@dataclass(frozen=True)
class Cos(Attributes):
    """Inputs: float32, between DEQUANTIZE and QUANTIZE."""

    kind: ClassVar[str] = "COS"


@dataclass(frozen=True)
class Floor(Attributes):
    """Inputs: float32, between DEQUANTIZE and QUANTIZE."""

    kind: ClassVar[str] = "FLOOR"


@dataclass(frozen=True)
class Ceil(Attributes):
    """Inputs: float32, between DEQUANTIZE and QUANTIZE."""

    kind: ClassVar[str] = "CEIL"


@dataclass(frozen=True)
class Round(Attributes):
    """Inputs: float32, between DEQUANTIZE and QUANTIZE: halves to even."""

    kind: ClassVar[str] = "ROUND"


@dataclass(frozen=True)
class Equal(Attributes):
    """Inputs: two activations that broadcast. Output: bool, true where the first
    equals the second."""

    kind: ClassVar[str] = "EQUAL"


@dataclass(frozen=True)
class NotEqual(Attributes):
    """Inputs: two activations that broadcast. Output: bool, true where the first
    differs from the second."""

    kind: ClassVar[str] = "NOT_EQUAL"


@dataclass(frozen=True)
class Greater(Attributes):
    """Inputs: two activations that broadcast. Output: bool, true where the first
    is above the second."""

    kind: ClassVar[str] = "GREATER"


@dataclass(frozen=True)
class GreaterEqual(Attributes):
    """Inputs: two activations that broadcast. Output: bool, true where the first
    is not below the second."""

    kind: ClassVar[str] = "GREATER_EQUAL"


@dataclass(frozen=True)
class Less(Attributes):
    """Inputs: two activations that broadcast. Output: bool, true where the first
    is below the second."""

    kind: ClassVar[str] = "LESS"


@dataclass(frozen=True)
class LessEqual(Attributes):
    """Inputs: two activations that broadcast. Output: bool, true where the first
    is not above the second."""

    kind: ClassVar[str] = "LESS_EQUAL"


@dataclass(frozen=True)
class SelectV2(Attributes):
    """Inputs: bool, and two activations on the output's grid; the three broadcast."""

    kind: ClassVar[str] = "SELECT_V2"


@dataclass(frozen=True)
class LogicalAnd(Attributes):
    """Inputs: two bool that broadcast."""

    kind: ClassVar[str] = "LOGICAL_AND"


@dataclass(frozen=True)
class LogicalOr(Attributes):
    """Inputs: two bool that broadcast."""

    kind: ClassVar[str] = "LOGICAL_OR"


@dataclass(frozen=True)
class LogicalNot(Attributes):
    """Inputs: bool."""

    kind: ClassVar[str] = "LOGICAL_NOT"


@dataclass(frozen=True)
class AddN(Attributes):
    """Inputs: two or more activations of one shape and quantization."""

    kind: ClassVar[str] = "ADD_N"
