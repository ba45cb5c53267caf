"""Integer arithmetic of TensorFlow Lite Micro's int8 reference kernels: all rounding is here.

The C kernels port these functions one to one, and each is fuzzed against the other. Numbers are
int32 unless said otherwise; ``rules`` admits only graphs whose int32 arithmetic never overflows,
so that neither side depends on what an overflow does.

A positive real factor is kept as ``multiplier * 2**(shift - 31)`` with an int32 multiplier in
[2**30, 2**31) (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", section 2.2). TFLite Micro applies it with two roundings: the
product to 32 bits, then the right shift; both to nearest, ties of the first upwards and of the
second away from zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tinyrob.ir.graph import Activation, Quantization, limits

Int32Array = NDArray[np.int32]
INT8_MIN, INT8_MAX = -128, 127
INT32_MAX = 2**31 - 1
ADD_LEFT_SHIFT = 20
ADD_LEFT_SHIFT_INT16 = 15


@dataclass(frozen=True)
class Factor:
    """``multiplier * 2**(shift - 31)``; a positive shift goes left, before the product."""

    multiplier: int
    shift: int


def round_half_away(value: float) -> int:
    """To the nearest integer, ties away from zero; any finite value."""
    whole = math.floor(abs(value))
    magnitude = whole + (abs(value) - whole >= 0.5)
    return -magnitude if value < 0 else magnitude


def quantize_multiplier(real: float) -> tuple[int, int]:
    """``real`` >= 0, finite, to (multiplier, shift): exact to 2**-31 of itself.

    A factor under 2**-32 becomes (0, 0), as in TFLite. ``shift`` is at least -31; kernels need it
    to be at most 30.
    """
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    multiplier = round_half_away(fraction * 2**31)
    if multiplier == 2**31:
        multiplier //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    return multiplier, shift


def saturating_rounding_doubling_high_mul(a: ArrayLike, b: ArrayLike) -> Int32Array:
    """``a * b / 2**31`` to nearest, ties upwards; any int32. The one overflow saturates."""
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    # A division that truncates, of a nudged product: for a negative one the nudge is one less
    # than half, which moves its ties up. The arithmetic shift is that same rounding.
    high = (product + 2**30) >> 31
    saturated: Int32Array = np.minimum(high, INT32_MAX).astype(np.int32)
    return saturated


def rounding_divide_by_pot(x: ArrayLike, exponent: ArrayLike) -> Int32Array:
    """``x / 2**exponent`` to nearest, ties away from zero. ``exponent`` in [0, 31]."""
    wide = np.asarray(x, np.int64)
    bits = np.asarray(exponent, np.int64)
    mask = (np.int64(1) << bits) - 1
    threshold = (mask >> 1) + (wide < 0)
    return ((wide >> bits) + ((wide & mask) > threshold)).astype(np.int32)


def multiply_by_quantized_multiplier(
    x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike
) -> Int32Array:
    """``x * multiplier * 2**(shift - 31)``, rounded twice.

    ``shift`` in [-31, 30]; ``|x| * 2**max(shift, 0)`` must stay under 2**31 (it wraps beyond).
    The three broadcast: per-channel factors go along the last axis of ``x``.
    """
    shifts = np.asarray(shift, np.int64)
    left = np.maximum(shifts, 0)
    shifted = (np.asarray(x, np.int64) << left).astype(np.int32)
    high = saturating_rounding_doubling_high_mul(shifted, multiplier)
    return rounding_divide_by_pot(high, left - shifts)


def multiply_wide(x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike) -> NDArray[np.int64]:
    """``x * multiplier * 2**(shift - 31)`` of 64-bit sums, |x| < 2**47: the multiplier to 16 bits,
    then one rounding, halves upwards. ``shift`` in [-31, 7]. Per-channel factors as above.
    """
    factors = np.asarray(multiplier, np.int64)
    total = 15 - np.asarray(shift, np.int64)
    rounded: NDArray[np.int64] = (
        np.asarray(x, np.int64) * reduced(factors) + (np.int64(1) << (total - 1))
    ) >> total
    return rounded


def reduced(multiplier: ArrayLike) -> NDArray[np.int64]:
    """A 32-bit multiplier to 16 bits, as 64-bit sums are multiplied with."""
    factors = np.asarray(multiplier, np.int64)
    return np.where(factors < 0x7FFF0000, (factors + (1 << 15)) >> 16, 0x7FFF)


def clamp(x: ArrayLike, lo: int, hi: int) -> NDArray[np.int8]:
    """int32 to int8, clamped to ``[lo, hi]`` within [-128, 127]."""
    clamped: NDArray[np.int8] = np.clip(np.asarray(x), lo, hi).astype(np.int8)
    return clamped


def matmul_factor(input_scale: float, kernel_scale: float, output_scale: float) -> Factor:
    """What brings the sums of a convolution, a dense layer, BATCH_MATMUL or SVDF to their output's
    step.

    In double from float32 scales, per-channel or not. For all but convolutions TFLite's source
    shows a float32 product as well; TFLite Micro does not take that way (a test shows it).
    """
    return Factor(*quantize_multiplier(input_scale * kernel_scale / output_scale))


def rescale_factor(input_scale: float, output_scale: float) -> Factor:
    """QUANTIZE, MEAN and a RELU that stands alone: the ratio of the scales in double."""
    return Factor(*quantize_multiplier(input_scale / output_scale))


def quantize_constant(value: float, quantization: Quantization) -> int:
    """A clamp's bound (0, 6, -1, 1) on a grid: float32 division, ties away; not clamped itself.

    The scale must be above 6 / 2**30.
    """
    steps = np.float32(value) / np.float32(quantization.scale)
    return quantization.zero_point + round_half_away(float(steps))


def activation_range(
    activation: Activation, quantization: Quantization, dtype: str = "int8"
) -> tuple[int, int]:
    """The clamp (lo, hi) within an output's type that a fused activation means on it."""
    lo, hi = limits(dtype)
    if activation in (Activation.RELU, Activation.RELU6):
        lo = max(lo, quantize_constant(0.0, quantization))
    if activation is Activation.RELU6:
        hi = min(hi, quantize_constant(6.0, quantization))
    if activation is Activation.RELU_N1_TO_1:
        lo = max(lo, quantize_constant(-1.0, quantization))
        hi = min(hi, quantize_constant(1.0, quantization))
    return lo, hi


@dataclass(frozen=True)
class AddFactors:
    """ADD: both operands to half the larger scale, 20 bits up; then the sum to the output's."""

    first: Factor
    second: Factor
    output: Factor


def add_factors(
    first_scale: float, second_scale: float, output_scale: float, left: int = ADD_LEFT_SHIFT
) -> AddFactors:
    """Factors of ADD and SUB; each is under one. ``rules`` refuses scales where one is not.

    In double: TFLite's source shows float32 for SUB, TFLite Micro does not take that way.
    """
    twice_larger = 2.0 * max(first_scale, second_scale)
    return AddFactors(
        Factor(*quantize_multiplier(first_scale / twice_larger)),
        Factor(*quantize_multiplier(second_scale / twice_larger)),
        Factor(*quantize_multiplier(twice_larger / (2.0**left * output_scale))),
    )


def add(
    first: ArrayLike, second: ArrayLike, factors: AddFactors, left: int = ADD_LEFT_SHIFT
) -> Int32Array:
    """The rescaled sum of two operands without their zero points, which fit 32 bits ``left`` up.

    The output's zero point is not added yet.
    """
    a, b = add_terms(first, second, factors, left)
    return multiply_by_quantized_multiplier(a + b, factors.output.multiplier, factors.output.shift)


def add_terms(
    first: ArrayLike, second: ArrayLike, factors: AddFactors, left: int = ADD_LEFT_SHIFT
) -> tuple[Int32Array, Int32Array]:
    """Two operands without their zero points, ``left`` bits up, on their common scale."""
    return (
        multiply_by_quantized_multiplier(
            np.asarray(first, np.int32) << np.int32(left),
            factors.first.multiplier,
            factors.first.shift,
        ),
        multiply_by_quantized_multiplier(
            np.asarray(second, np.int32) << np.int32(left),
            factors.second.multiplier,
            factors.second.shift,
        ),
    )


def subtract(
    first: ArrayLike, second: ArrayLike, factors: AddFactors, left: int = ADD_LEFT_SHIFT
) -> Int32Array:
    """The rescaled difference of two operands without their zero points."""
    a, b = add_terms(first, second, factors, left)
    return multiply_by_quantized_multiplier(a - b, factors.output.multiplier, factors.output.shift)


def sum_factor(input_scale: float, output_scale: float) -> Factor:
    """ADD_N and CUMSUM: a sum on half the input's scale, 20 bits up, to the output's, in double."""
    twice = 2.0 * input_scale
    return Factor(*quantize_multiplier(twice / (2.0**ADD_LEFT_SHIFT * output_scale)))


def rescaled_sum(total: ArrayLike, factor: Factor) -> Int32Array:
    """Sums of values without their zero point, rescaled; beyond 4095 they wrap, as TFLite Micro's
    do."""
    raised = (np.asarray(total, np.int64) << (ADD_LEFT_SHIFT - 1)).astype(np.int32)
    return multiply_by_quantized_multiplier(raised, factor.multiplier, factor.shift)


def squared_difference_shift(dtype: str) -> int:
    """By how many bits SQUARED_DIFFERENCE moves its operands: none where they are int16."""
    return 0 if dtype == "int16" else 7


def squared_difference_factors(
    first_scale: float, second_scale: float, output_scale: float, left: int
) -> AddFactors:
    """Factors of SQUARED_DIFFERENCE: both operands to half the larger scale, ``left`` bits up; then
    the square to the output's."""
    twice_larger = 2.0 * max(first_scale, second_scale)
    scaled = 2.0 ** (2 * left)
    return AddFactors(
        Factor(*quantize_multiplier(first_scale / twice_larger)),
        Factor(*quantize_multiplier(second_scale / twice_larger)),
        Factor(*quantize_multiplier(twice_larger * twice_larger / (scaled * output_scale))),
    )


def mul_factor(first_scale: float, second_scale: float, output_scale: float) -> Factor:
    """MUL, and PRELU below 0: the product of the scales over the output's, in double."""
    return Factor(*quantize_multiplier(first_scale * second_scale / output_scale))


def div_factor(first_scale: float, second_scale: float, output_scale: float) -> Factor:
    """DIV: the first scale over the product of the others, in double.

    TFLite's source shows float32; TFLite Micro does not take that way (a test shows it).
    """
    return Factor(*quantize_multiplier(first_scale / (second_scale * output_scale)))


COMPARISON_LEFT_SHIFT = 8


def comparison_term(x: ArrayLike, factor: Factor) -> Int32Array:
    """What EQUAL, GREATER and their like compare: a difference to the zero point, 8 bits up, times
    its scale (which is below one)."""
    wide = np.asarray(x, np.int32) << np.int32(COMPARISON_LEFT_SHIFT)
    return multiply_by_quantized_multiplier(wide, factor.multiplier, factor.shift)


def average(total: ArrayLike, count: ArrayLike) -> Int32Array:
    """``total / count`` to nearest, ties away from zero: AVERAGE_POOL_2D. ``count`` >= 1."""
    sums, counts = np.asarray(total, np.int32), np.asarray(count, np.int32)
    magnitude = (np.abs(sums) + counts // 2) // counts
    return np.where(sums < 0, -magnitude, magnitude).astype(np.int32)


def mean_factor(input_scale: float, output_scale: float, elements: int) -> Factor:
    """MEAN over ``elements`` >= 1 values: the division goes into the factor, rounded down."""
    base = rescale_factor(input_scale, output_scale)
    up = min(elements.bit_length() - 1, 32, 31 + base.shift)
    return Factor((base.multiplier << up) // elements, base.shift - up)


def per_channel(factors: Sequence[Factor]) -> tuple[Int32Array, Int32Array]:
    """Multipliers and shifts as two arrays."""
    return (
        np.array([f.multiplier for f in factors], np.int32),
        np.array([f.shift for f in factors], np.int32),
    )
