"""Fixed-point exponential, reciprocal, logistic and tanh, as TFLite Micro's int8 kernels use them.

A Qm number is an int32 with m integer bits and 31 - m fractional ones. The algorithms are those of
gemmlowp's fixedpoint library: a Taylor polynomial times a table of powers for the exponential,
Newton-Raphson division for the reciprocal. Rounding is ``qmath``'s; C ports this file as it stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.graph import limits
from tinyrob.ir.qmath import (
    INT32_MAX,
    Int32Array,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)

INPUT_INTEGER_BITS = 5
SUM_INTEGER_BITS = 12

_EXP_MINUS_EIGHTH = 1895147668  # exp(-1/8), Q0
_THIRD = 715827883  # 1/3, Q0
# exp(-2**i), Q0, for i = -2 .. 4: one factor for each bit of the argument above a quarter.
_EXP_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
_48_OVER_17 = 1515870810  # Q2
_MINUS_32_OVER_17 = -1010580540  # Q2


@dataclass(frozen=True)
class SoftmaxFactor:
    """Brings (input - row maximum) to Q5; a difference below ``diff_min`` counts as exp = 0."""

    multiplier: int
    left_shift: int
    diff_min: int


def softmax_factor(input_scale: float, beta: float) -> SoftmaxFactor:
    """``beta * input_scale`` must be above 2**-26."""
    real = min(beta * input_scale * 2.0 ** (31 - INPUT_INTEGER_BITS), 2.0**31 - 1)
    multiplier, shift = quantize_multiplier(real)
    radius = (2**INPUT_INTEGER_BITS - 1) * 2.0 ** (31 - INPUT_INTEGER_BITS) / 2.0**shift
    return SoftmaxFactor(multiplier, shift, -math.floor(radius))


def _saturating_shift_left(x: Int32Array, bits: int) -> Int32Array:
    wide = x.astype(np.int64) << bits
    saturated: Int32Array = np.clip(wide, -(2**31), INT32_MAX).astype(np.int32)
    return saturated


def exp_on_negative_values(a: Int32Array, integer_bits: int = INPUT_INTEGER_BITS) -> Int32Array:
    """exp of a number <= 0 with ``integer_bits`` (up to 5), as Q0 in [0, 2**31 - 1]."""
    mul = saturating_rounding_doubling_high_mul
    quarter = np.int32(1 << (31 - integer_bits - 2))
    # a = fraction - remainder, fraction in [-1/4, 0), remainder a whole number of quarters
    fraction = (a & (quarter - np.int32(1))) - quarter
    remainder = fraction - a

    x = _saturating_shift_left(fraction, integer_bits) + np.int32(1 << 28)
    x2 = mul(x, x)
    x3 = mul(x2, x)
    x4_over_4 = rounding_divide_by_pot(mul(x2, x2), 2)
    tail = rounding_divide_by_pot(mul(x4_over_4 + x3, _THIRD) + x2, 1)
    result = np.int32(_EXP_MINUS_EIGHTH) + mul(_EXP_MINUS_EIGHTH, x + tail)

    for i, power in enumerate(_EXP_POWERS[: integer_bits + 2]):
        bit = np.int32(1 << (31 - integer_bits - 2 + i))
        result = np.where(remainder & bit, mul(result, power), result)
    return np.where(a == 0, np.int32(INT32_MAX), result)


def _two_over_one_plus(fraction: Int32Array) -> Int32Array:
    """2 / (1 + x) for a Q0 number x in [0, 1), as Q2: three steps of Newton and Raphson."""
    mul = saturating_rounding_doubling_high_mul
    total = fraction.astype(np.int64) + INT32_MAX
    half_denominator = np.where(total < 0, -1, (total + 1) // 2).astype(np.int32)
    estimate = np.int32(_48_OVER_17) + mul(half_denominator, _MINUS_32_OVER_17)
    for _ in range(3):
        error = np.int32(1 << 29) - mul(half_denominator, estimate)
        more = _saturating_shift_left(mul(estimate, error), 2)
        estimate = (estimate.astype(np.int64) + more).astype(np.int32)
    return estimate


def one_over_one_plus(x: int) -> int:
    """1 / (1 + x) for a Q0 number x in [0, 1), as Q0."""
    return int(_saturating_shift_left(_two_over_one_plus(np.asarray(x, np.int32)), 1))


def reciprocal(x: int) -> tuple[int, int]:
    """1 / x for a Q12 number x > 0: (mantissa, bits), value ``mantissa * 2**-(31 + bits)``.

    The mantissa is in [2**30 - 4, 2**31 - 1].
    """
    mantissa, bits = inverse(x)
    return mantissa, bits - (31 - SUM_INTEGER_BITS)


def inverse(x: int) -> tuple[int, int]:
    """1 / x for an integer x >= 0: (mantissa, bits), value ``mantissa * 2**-(31 + bits)``. 0 has
    what the same steps make of it."""
    headroom = 32 - x.bit_length()
    fraction = np.asarray((x << headroom) - 2**31, np.int32)  # x's mantissa minus one, Q0
    twice = _two_over_one_plus(fraction)
    return int(_saturating_shift_left(twice, 1)), 31 - headroom


def logistic(x: Int32Array, integer_bits: int) -> Int32Array:
    """1 / (1 + exp(-x)) of a number with ``integer_bits``, as Q0."""
    magnitude = np.where(x > 0, x, -x)
    exps = exp_on_negative_values(-magnitude, integer_bits)
    positive = _saturating_shift_left(_two_over_one_plus(exps), 1)
    result = np.where(x > 0, positive, np.int32(INT32_MAX) - positive)
    return np.where(x == 0, np.int32(1 << 30), result).astype(np.int32)


def tanh(x: Int32Array, integer_bits: int) -> Int32Array:
    """tanh of a number with ``integer_bits`` (up to 4), as Q0."""
    magnitude = np.where(x < 0, -x, x)
    # The same bits with one integer bit more: twice the number.
    exps = exp_on_negative_values(-magnitude, integer_bits + 1)
    positive = _saturating_shift_left(_two_over_one_plus(exps) - np.int32(1 << 29), 2)
    result = np.where(x < 0, -positive, positive)
    return np.where(x == 0, np.int32(0), result).astype(np.int32)


def softmax(
    logits: NDArray[np.int8], factor: SoftmaxFactor, *, wide: bool = False
) -> NDArray[np.signedinteger[Any]]:
    """Softmax along the last axis (1 to 4095 entries), to int8 of scale 1/256 and zero point -128,
    or ``wide`` to int16 of scale 1/65536 and zero point -32768."""
    rows = logits.reshape(-1, logits.shape[-1]).astype(np.int32)
    # A row's outputs depend only on differences, which have 256 values: one table serves all.
    differences = np.arange(-255, 1, dtype=np.int32)
    alive = differences >= factor.diff_min
    scaled = multiply_by_quantized_multiplier(
        np.where(alive, differences, 0), factor.multiplier, factor.left_shift
    )
    exps = np.where(alive, exp_on_negative_values(scaled), np.int32(0))
    terms = rounding_divide_by_pot(exps, SUM_INTEGER_BITS)

    index = rows - rows.max(axis=-1, keepdims=True) + 255
    sums = terms[index].sum(axis=-1, dtype=np.int64)
    inverses = {int(s): reciprocal(int(s)) for s in np.unique(sums)}
    mantissa = np.array([inverses[int(s)][0] for s in sums], np.int32)[:, None]
    bits = np.array([inverses[int(s)][1] for s in sums], np.int32)[:, None]
    kind: Any = np.int16 if wide else np.int8
    least, greatest = limits(np.dtype(kind).name)
    shift = bits + (31 - (16 if wide else 8))
    probabilities = rounding_divide_by_pot(
        saturating_rounding_doubling_high_mul(mantissa, exps[index]), np.minimum(shift, 31)
    )
    # A larger shift leaves less than half a step.
    out = np.where(alive[index] & (shift < 32), probabilities.astype(np.int64) + least, least)
    made: NDArray[np.signedinteger[Any]] = np.clip(out, least, greatest).astype(kind)
    return made.reshape(logits.shape)
