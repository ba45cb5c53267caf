"""Theorems of the integer arithmetic, for every 32-bit number: a solver finds no counterexample.

The formulas stand here once more, in bit vectors; that they are those of ir/qmath.py (and so of
tr_qmath.h, which tests/firmware/test_qmath.py holds to it) is tested on drawn numbers below.
"""

from __future__ import annotations

import numpy as np
import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyrob.ir import qmath
from tinyrob.passes.fold_clamps import _both

INT32 = st.integers(-(2**31), 2**31 - 1)


def word(name: str) -> z3.BitVecRef:
    return z3.BitVec(name, 32)


def wide(x: z3.BitVecRef, bits: int = 64) -> z3.BitVecRef:
    """Sign-extended."""
    return z3.SignExt(bits - x.size(), x)


def high_of(product: z3.BitVecRef) -> z3.BitVecRef:
    """tr_doubling_high_mul of a product of 64 bits."""
    return z3.Extract(31, 0, (product + (1 << 30)) >> 31)


def divided(x: z3.BitVecRef, exponent: int) -> z3.BitVecRef:
    """tr_divide_by_pot."""
    mask = (1 << exponent) - 1
    threshold = z3.BitVecVal(mask >> 1, 32) + z3.If(x < 0, z3.BitVecVal(1, 32), z3.BitVecVal(0, 32))
    return (x >> exponent) + z3.If((x & mask) > threshold, z3.BitVecVal(1, 32), z3.BitVecVal(0, 32))


def times_power(x: z3.BitVecRef, right: int) -> z3.BitVecRef:
    """tr_multiply by 2^-right: the multiplier is 2^30, the shift 1 - right."""
    left, then = max(0, 1 - right), max(0, right - 1)
    return divided(high_of(wide(x << left) << 30), then)


def floor_half(x: z3.BitVecRef, right: int) -> z3.BitVecRef:
    """floor(x / 2^right + 1/2), in 64 bits: halves go up."""
    return (x + (1 << right >> 1)) >> right


def half_away(x: z3.BitVecRef, right: int) -> z3.BitVecRef:
    """Halves go away from 0."""
    return z3.If(x < 0, -floor_half(-x, right), floor_half(x, right))


def half_even(x: z3.BitVecRef, right: int) -> z3.BitVecRef:
    """Halves go to the even neighbour."""
    up = floor_half(x, right)
    tie = (x & ((1 << right) - 1)) == (1 << right >> 1)
    return z3.If(z3.And(tie, (up & 1) == 1), up - 1, up)


def holds(claim: z3.BoolRef, *where: z3.BoolRef) -> None:
    """There is no counterexample."""
    solver = z3.Solver()
    solver.set("timeout", 60_000)
    solver.add(*where, z3.Not(claim))
    assert solver.check() == z3.unsat, solver.model() if solver.check() == z3.sat else "unknown"


# A frozen layer's accumulators are 4n + 2 where it rounds (weights are stored times 4, half a step
# is in each bias), so that its factor is 2^-(s + 2) with s >= 1; 4n with s <= 0 where it does not.


@pytest.mark.parametrize("right", range(3, 33))
def test_no_rounding_of_a_tie_free_accumulator_differs(right: int) -> None:
    x = word("accumulator")
    once = floor_half(wide(x), right)
    holds(
        z3.And(
            half_even(wide(x), right) == once,
            half_away(wide(x), right) == once,
            wide(times_power(x, right)) == once,
        ),
        (x & 3) == 2,
    )


@pytest.mark.parametrize("right", range(-28, 3))
def test_nothing_is_rounded_where_the_output_holds_every_accumulator(right: int) -> None:
    x = word("accumulator")
    exact = wide(x) << -right if right < 0 else wide(x) >> right
    shifted = wide(x) << max(0, 1 - right)
    fits = z3.And(shifted < 1 << 31, shifted >= -(1 << 31))  # as rules demand
    holds(wide(times_power(x, right)) == exact, (x & 3) == 0, fits)


@pytest.mark.parametrize("right", range(2, 33))
def test_the_same_of_accumulators_in_half_steps(right: int) -> None:
    """As HLS and the RTL hold them: odd multiples of half a step."""
    x = word("accumulator")
    once = floor_half(wide(x), right)
    holds(
        z3.And(half_even(wide(x), right) == once, half_away(wide(x), right) == once), (x & 1) == 1
    )


def test_one_bit_fewer_would_not_do() -> None:
    """Accumulators 2n + 1 meet a tie in TFLite's first rounding: so weights are stored times 4."""
    x, solver = word("accumulator"), z3.Solver()
    solver.add((x & 1) == 1, wide(times_power(x, 2)) != floor_half(wide(x), 2))
    assert solver.check() == z3.sat


def test_the_first_rounding_is_tflites() -> None:
    """TFLite adds 2^30 or 1 - 2^30 and divides towards zero; here one nudge and a shift."""
    product = z3.BitVec("product", 64)
    nudge = z3.If(product >= 0, z3.BitVecVal(1 << 30, 64), z3.BitVecVal(1 - (1 << 30), 64))
    holds(
        (product + (1 << 30)) >> 31 == (product + nudge) / (1 << 31),
        product <= 1 << 62, product > -(1 << 62),
    )  # fmt: skip


@pytest.mark.parametrize("exponent", range(32))
def test_the_second_rounding_is_to_nearest_and_halves_away(exponent: int) -> None:
    x = word("x")
    holds(wide(divided(x, exponent)) == half_away(wide(x), exponent))


# Slimming: the ends of an interval go through the arithmetic, and all between them lie between.


def test_the_first_rounding_is_monotone() -> None:
    a, b = z3.BitVec("a", 64), z3.BitVec("b", 64)
    most = (1 << 31) * ((1 << 31) - 1)  # a multiplier is at most 2^31 - 1
    limits = [z3.And(p <= most, p >= -most) for p in (a, b)]
    holds(high_of(a) <= high_of(b), a <= b, *limits)


@pytest.mark.parametrize("exponent", range(32))
def test_the_second_rounding_is_monotone(exponent: int) -> None:
    a, b = word("a"), word("b")
    holds(divided(a, exponent) <= divided(b, exponent), a <= b)


def test_a_sums_interval_holds_the_sum_with_one_more_tap() -> None:
    """up * least + down * greatest is the least that w * x can be, and the other the greatest."""
    x, least, greatest = z3.Ints("x least greatest")
    for w in range(-128, 128):
        up, down = max(w, 0), min(w, 0)
        bounds = (up * least + down * greatest, up * greatest + down * least)
        holds(z3.And(bounds[0] <= w * x, w * x <= bounds[1]), least <= x, x <= greatest)


def test_a_constant_channel_in_the_bias_adds_what_it_added() -> None:
    """Also where sums wrap: no order of a sum and no place of a term changes it modulo 2^32."""
    rest, bias, weight, value, zero = map(word, ("rest", "bias", "weight", "value", "zero"))
    holds(rest + weight * (value - zero) + bias == rest + (bias + weight * (value - zero)))


def test_an_input_offset_in_the_bias_adds_what_it_added() -> None:
    first, second, offset, bias, w0, w1 = map(word, ("x", "y", "o", "b", "w0", "w1"))
    bits = [z3.And(v >= -128, v <= 127) for v in (first, second, w0, w1)]
    holds(
        (first + offset) * w0 + (second + offset) * w1 + bias
        == first * w0 + second * w1 + (bias + offset * (w0 + w1)),
        *bits, offset >= -127, offset <= 128,
    )  # fmt: skip


def test_a_settled_constant_comes_out_whatever_its_zero_point() -> None:
    """settle.py: bias 4 * (value - zero point), factor 2^30 * 2^(-1 - 31), which is 1/4."""
    value, zero = word("value"), word("zero")
    bits = [z3.And(v >= -128, v <= 127) for v in (value, zero)]
    holds(times_power(4 * (value - zero), 2) + zero == value, *bits)


@pytest.mark.parametrize("bits", [2, 4])
def test_packed_levels_sum_to_what_weights_do(bits: int) -> None:
    """The sum of x * field - h * the sum of x is that of x * level; a field is a level + h."""
    h = 1 if bits == 2 else 8
    x, y = word("x"), word("y")
    levels = range(-h, h + (bits == 2))
    for a in levels:
        for b in levels:
            holds(x * (a + h) + y * (b + h) - h * (x + y) == x * a + y * b)


def clamped(x: z3.BitVecRef, lo: z3.BitVecRef, hi: z3.BitVecRef) -> z3.BitVecRef:
    """tr_clamp without its zero point: the upper end wins."""
    x = z3.If(x < lo, lo, x)
    return z3.If(x > hi, hi, x)


def test_two_clamps_are_the_one_that_the_pass_makes_of_them() -> None:
    x, lo1, hi1, lo2, hi2 = map(word, ("x", "lo1", "hi1", "lo2", "hi2"))
    lo, hi = clamped(lo1, lo2, hi2), clamped(hi1, lo2, hi2)
    holds(clamped(clamped(x, lo1, hi1), lo2, hi2) == clamped(x, lo, hi), lo1 <= hi1, lo2 <= hi2)


@given(*[st.integers(-128, 127)] * 4)
def test_the_passes_clamp_is_the_theorems(a: int, b: int, c: int, d: int) -> None:
    first, second = sorted((a, b)), sorted((c, d))
    lo, hi = (min(max(end, second[0]), second[1]) for end in first)
    assert _both((first[0], first[1]), (second[0], second[1])) == (lo, hi)


def value(term: z3.BitVecRef) -> int:
    return z3.simplify(term).as_signed_long()


@settings(max_examples=50)
@given(INT32, st.integers(2**30, 2**31 - 1), st.integers(0, 31))
def test_the_formulas_are_those_of_the_code(x: int, multiplier: int, exponent: int) -> None:
    number = z3.BitVecVal(x, 32)
    product = wide(number) * multiplier
    high = qmath.saturating_rounding_doubling_high_mul(x, multiplier)
    assert value(high_of(product)) == int(high)
    assert value(divided(number, exponent)) == int(qmath.rounding_divide_by_pot(x, exponent))
    right = exponent + 1
    expected = qmath.multiply_by_quantized_multiplier(np.int32(x), 2**30, 1 - right)
    assert value(times_power(number, right)) == int(expected)
