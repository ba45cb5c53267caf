"""LOGISTIC, TANH, LEAKY_RELU and ABS of int16: what TFLite Micro derives from their scales."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tinyrob.ir import int16
from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Quantization
from tinyrob.ir.lookup import abs_factor, leaky_factors
from tinyrob.ir.qmath import Factor, multiply_by_quantized_multiplier, quantize_multiplier

LARGEST_MULTIPLIER = 32767
_TOLERANCE = np.float32(1e-3)
_POWERS: dict[type[kinds.Attributes], tuple[int, ...]] = {
    kinds.Logistic: (-12,),
    kinds.Tanh: (-12, -11),
}
"""Input scales that are a power of two, and for which nothing is rounded."""


@dataclass(frozen=True)
class Argument:
    """The table's argument is the input times ``multiplier``, divided by 2**``shift``."""

    multiplier: int
    shift: int


def power_of_two(scale: float) -> int | None:
    """The power that a scale is, to a thousandth of it; None where it is none."""
    power = np.log(np.float32(scale)) * (np.float32(1) / np.log(np.float32(2)))
    whole = np.rint(power)
    return int(whole) if abs(power - whole) < _TOLERANCE else None


def argument_of(kind: type[kinds.Attributes], scale: float) -> Argument:
    """For an input scale: units of 1 / (3 * 2**12), at which the table is tabulated."""
    power = power_of_two(scale)
    if power in _POWERS[kind]:
        assert power is not None
        return Argument(3 << (12 + power), 0)
    multiplier, shift = scale * 4096.0 * 3.0, 0
    while multiplier <= LARGEST_MULTIPLIER / 2.0 and shift <= 30:
        shift += 1
        multiplier *= 2.0
    return Argument(int(multiplier), shift)


@dataclass(frozen=True)
class Leaky:
    """Factors of values from 0 on, and of those below, whose sign changes where ``negative``."""

    above: Factor
    below: Factor
    negative: bool


def leaky_of(a: kinds.LeakyRelu, source: Quantization, output: Quantization) -> Leaky:
    """For a LEAKY_RELU's scales."""
    identity, alpha = leaky_factors(a, source, output)
    return Leaky(
        Factor(*quantize_multiplier(identity)),
        Factor(*quantize_multiplier(abs(alpha))),
        math.copysign(1.0, alpha) < 0 and alpha != 0,
    )


def abs_of(source: Quantization, output: Quantization) -> Factor:
    """For an ABS's scales."""
    return Factor(*quantize_multiplier(abs_factor(source, output)))


def curve(
    attributes: kinds.Attributes, source: Quantization, output: Quantization, x: int16.Int64Array
) -> int16.Int64Array:
    """What the operator makes of int16 values."""
    if isinstance(attributes, kinds.LeakyRelu):
        leaky = leaky_of(attributes, source, output)
        above, below = (
            multiply_by_quantized_multiplier(part, factor.multiplier, factor.shift).astype(np.int64)
            for part, factor in (
                (np.maximum(x, 0), leaky.above),
                (np.minimum(x, 0), leaky.below),
            )
        )
        return int16.saturate(np.where(x >= 0, above, -below if leaky.negative else below))
    if isinstance(attributes, kinds.Abs):
        factor = abs_of(source, output)
        made = multiply_by_quantized_multiplier(np.abs(x), factor.multiplier, factor.shift)
        return int16.saturate(made)
    argument = argument_of(type(attributes), source.scale)
    scaled = int16.scaled(x, argument.multiplier, argument.shift)
    return int16.tanh(scaled) if isinstance(attributes, kinds.Tanh) else int16.sigmoid(scaled)
