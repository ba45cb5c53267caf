"""Rounding against exact rationals, and the softmax's fixed point against TFLite Micro."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyrob.ir import graph as ir
from tinyrob.ir import qmath
from tinyrob.ir.fixedpoint import exp_on_negative_values, reciprocal, softmax, softmax_factor
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner

INT32 = st.integers(-(2**31), 2**31 - 1)


def half_away(x: Fraction) -> int:
    magnitude = math.floor(abs(x) + Fraction(1, 2))
    return -magnitude if x < 0 else magnitude


@given(st.floats(2.0**-31, 2.0**30, exclude_max=True))
def test_a_multiplier_is_the_factor_to_31_bits(real: float) -> None:
    multiplier, shift = qmath.quantize_multiplier(real)
    assert 2**30 <= multiplier < 2**31
    exact = Fraction(real) * Fraction(2) ** (31 - shift)
    assert multiplier == half_away(exact) or (multiplier, exact > 2**30 - 1) == (2**30, True)
    assert abs(multiplier - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        (0.0, (0, 0)),
        (1.0, (2**30, 1)),
        (0.5, (2**30, 0)),
        (0.75, (3 * 2**29, 0)),
        (1 - 2.0**-40, (2**30, 1)),  # rounds up to 2**31: halved, one shift more
        (2.0**-32, (2**30, -31)),
        (2.0**-33, (0, 0)),
        (2.0**-33 * (2 - 2.0**-40), (2**30, -31)),
    ],
)
def test_multipliers_at_the_edges(real: float, expected: tuple[int, int]) -> None:
    assert qmath.quantize_multiplier(real) == expected


@given(INT32, INT32)
def test_high_mul_rounds_ties_up_and_saturates(a: int, b: int) -> None:
    exact = math.floor(Fraction(a * b, 2**31) + Fraction(1, 2))
    got = qmath.saturating_rounding_doubling_high_mul(a, b)
    assert got.dtype == np.int32
    assert got == min(exact, 2**31 - 1)


def test_high_mul_of_the_two_smallest_saturates() -> None:
    got = qmath.saturating_rounding_doubling_high_mul(-(2**31), -(2**31))
    assert got == 2**31 - 1


@given(INT32, st.integers(0, 31))
def test_division_by_a_power_rounds_ties_away(x: int, exponent: int) -> None:
    assert qmath.rounding_divide_by_pot(x, exponent) == half_away(Fraction(x, 2**exponent))


@pytest.mark.parametrize(("x", "expected"), [(6, 2), (-6, -2), (2, 1), (-2, -1), (-3, -1)])
def test_division_by_four(x: int, expected: int) -> None:
    assert qmath.rounding_divide_by_pot(x, 2) == expected


@given(st.integers(-(2**22), 2**22), st.floats(2.0**-20, 200.0))
def test_two_roundings_are_within_one_of_the_exact_product(x: int, real: float) -> None:
    got = int(qmath.multiply_by_quantized_multiplier(x, *qmath.quantize_multiplier(real)))
    assert abs(got - Fraction(x) * Fraction(real)) <= 1


def test_the_first_rounding_is_felt_by_the_second() -> None:
    """511.5 / 2 ** 10 is under a half, but 512 / 2 ** 10 is a tie: double rounding gives 1."""
    assert qmath.multiply_by_quantized_multiplier(1023, 2**30, -10) == 1
    assert qmath.multiply_by_quantized_multiplier(1022, 2**30, -10) == 0
    assert qmath.multiply_by_quantized_multiplier(-1023, 2**30, -10) == 0


@given(st.integers(-(2**20), 2**20), st.integers(1, 12))
def test_no_accumulator_of_the_form_4n_plus_2_meets_a_tie(n: int, bits: int) -> None:
    """The tie-free biases of frozen models: every rounding rule gives the same."""
    accumulator = 4 * n + 2
    exact = Fraction(accumulator, 2 ** (bits + 2))
    multiplier, shift = qmath.quantize_multiplier(2.0 ** -(bits + 2))
    got = int(qmath.multiply_by_quantized_multiplier(accumulator, multiplier, shift))
    assert got == half_away(exact) == round(exact) == math.floor(exact + Fraction(1, 2))


def test_factors_broadcast_along_channels() -> None:
    x = np.arange(-60, 60, dtype=np.int32).reshape(20, 6) * 1000
    factors = [qmath.Factor(*qmath.quantize_multiplier(0.013 * 1.7**i)) for i in range(6)]
    got = qmath.multiply_by_quantized_multiplier(x, *qmath.per_channel(factors))
    for c, factor in enumerate(factors):
        single = qmath.multiply_by_quantized_multiplier(x[:, c], factor.multiplier, factor.shift)
        np.testing.assert_array_equal(got[:, c], single)


@given(st.integers(-(2**20), 2**20), st.integers(1, 5000))
def test_an_average_rounds_ties_away(total: int, count: int) -> None:
    assert qmath.average(total, count) == half_away(Fraction(total, count))


@pytest.mark.parametrize(
    ("activation", "scale", "zero", "expected"),
    [
        (ir.Activation.NONE, 0.1, 3, (-128, 127)),
        (ir.Activation.RELU, 0.1, 3, (3, 127)),
        (ir.Activation.RELU6, 0.1, 3, (3, 63)),
        (ir.Activation.RELU6, 0.01, -128, (-128, 127)),
        (ir.Activation.RELU_N1_TO_1, 0.1, 3, (-7, 13)),
        (ir.Activation.RELU_N1_TO_1, 2.0, 5, (4, 6)),  # 0.5 rounds away from zero
        (ir.Activation.RELU, 0.1, 127, (127, 127)),
    ],
)
def test_clamps(
    activation: ir.Activation, scale: float, zero: int, expected: tuple[int, int]
) -> None:
    grid = ir.Quantization((float(np.float32(scale)),), (zero,))
    assert qmath.activation_range(activation, grid) == expected


def test_exp_is_near_and_exact_at_zero() -> None:
    x = -np.arange(0, 2**31, 2**20 + 7, dtype=np.int64).astype(np.int32)
    got = exp_on_negative_values(x) / 2.0**31
    np.testing.assert_allclose(got, np.exp(x / 2.0**26), atol=2.0**-20)
    assert exp_on_negative_values(np.zeros(1, np.int32))[0] == 2**31 - 1


@given(st.integers(2**19, 2**31 - 1))
def test_reciprocal_is_near(x: int) -> None:
    mantissa, bits = reciprocal(x)
    assert 2**30 - 4 <= mantissa < 2**31
    assert math.isclose(mantissa * 2.0**-31 * 2.0**-bits, 2.0**19 / x, rel_tol=1e-7)


@pytest.mark.parametrize("scale", [2.0**-24, 0.003, 0.0625, 0.17, 1.0, 3.3, 40.0, 2000.0])
@pytest.mark.parametrize("beta", [1.0, 0.5])
def test_softmax_equals_tflite_micro_for_every_difference(scale: float, beta: float) -> None:
    scale = float(np.float32(scale))
    grid, unit = ir.Quantization((scale,), (0,)), ir.Quantization((1 / 256,), (-128,))
    differences = np.stack([np.arange(-128, 128), np.full(256, 127)], axis=1)
    random = np.random.default_rng(0).integers(-128, 128, (100, 511))
    equal = np.full((3, 511), 5)
    for rows in (differences, random, equal):
        shape = (1, *rows.shape)
        tensors = (ir.Tensor("x", shape, "int8", grid), ir.Tensor("y", shape, "int8", unit))
        graph = ir.Graph(tensors, (ir.Op(ir.Softmax(beta), (0,), (1,)),), (0,), (1,))
        logits = rows.astype(np.int8)[None]
        with TflmRunner(write_tflite(graph), graph) as tflm:
            expected = tflm.run(logits).outputs
        np.testing.assert_array_equal(softmax(logits, softmax_factor(scale, beta)), expected)
