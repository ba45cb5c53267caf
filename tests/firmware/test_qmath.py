"""The C rounding code against the Python rounding code: each is the other's test."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from support.native import WARNINGS, folder, gcc
from tinyrob.files import resources
from tinyrob.ir import fixedpoint, qmath

EDGES = [0, 1, -1, 2, 3, -3, 2**30 - 1, 2**30, 2**30 + 1, -(2**30), 2**31 - 1, -(2**31), 1 - 2**31]
EDGES += [sign * (2**bit + nudge) for bit in range(1, 31) for sign in (1, -1) for nudge in (-1, 1)]
INT32 = st.one_of(st.sampled_from(EDGES), st.integers(-(2**31), 2**31 - 1))
MULTIPLIER = st.one_of(
    st.just(0), st.sampled_from([2**30, 2**31 - 1]), st.integers(2**30, 2**31 - 1)
)


def array(values: list[int]) -> NDArray[np.int32]:
    return np.array(values, np.int32)


@pytest.fixture(scope="module")
def probe() -> ctypes.CDLL:
    firmware = resources.firmware()
    library = folder() / "probe.so"
    gcc(
        "-O2", "-shared", "-fPIC", *WARNINGS, "-fsanitize=undefined",
        "-fsanitize-undefined-trap-on-error", "-I", firmware / "include",
        "-I", firmware / "kernels" / "portable",
        Path(__file__).with_name("qmath_probe.c"), "-o", library,
    )  # fmt: skip
    return ctypes.CDLL(str(library))


def call(probe: ctypes.CDLL, name: str, *arrays: NDArray[np.int32]) -> NDArray[np.int32]:
    out = np.empty_like(arrays[0])
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in (*arrays, out)]
    getattr(probe, f"probe_{name}")(ctypes.c_int32(len(out)), *pointers)
    return out


def pairs(first: st.SearchStrategy[int], second: st.SearchStrategy[int]):
    return st.lists(st.tuples(first, second), min_size=1, max_size=200)


@given(pairs(INT32, INT32.filter(lambda b: b != -(2**31))))
def test_high_mul_is_the_same(probe: ctypes.CDLL, drawn: list[tuple[int, int]]) -> None:
    a, b = (array(list(column)) for column in zip(*drawn, strict=True))
    expected = qmath.saturating_rounding_doubling_high_mul(a, b)
    np.testing.assert_array_equal(call(probe, "high_mul", a, b), expected)


@given(pairs(INT32, st.integers(0, 31)))
def test_division_by_a_power_of_two_is_the_same(
    probe: ctypes.CDLL, drawn: list[tuple[int, int]]
) -> None:
    x, exponent = (array(list(column)) for column in zip(*drawn, strict=True))
    expected = qmath.rounding_divide_by_pot(x, exponent)
    np.testing.assert_array_equal(call(probe, "divide_by_pot", x, exponent), expected)


@given(st.lists(st.tuples(INT32, MULTIPLIER, st.integers(-31, 30)), min_size=1, max_size=200))
def test_rescaling_is_the_same(probe: ctypes.CDLL, drawn: list[tuple[int, int, int]]) -> None:
    x, multiplier, shift = (array(list(column)) for column in zip(*drawn, strict=True))
    expected = qmath.multiply_by_quantized_multiplier(x, multiplier, shift)
    np.testing.assert_array_equal(call(probe, "multiply", x, multiplier, shift), expected)


def test_rescaling_is_the_same_on_every_pair_of_edges(probe: ctypes.CDLL) -> None:
    grid = np.meshgrid(array(EDGES), array([0, 2**30, 2**30 + 1, 2**31 - 1]), np.arange(-31, 31))
    x, multiplier, shift = (part.reshape(-1).astype(np.int32) for part in grid)
    expected = qmath.multiply_by_quantized_multiplier(x, multiplier, shift)
    np.testing.assert_array_equal(call(probe, "multiply", x, multiplier, shift), expected)


@given(st.lists(st.integers(-(31 * 2**26), 0), min_size=1, max_size=500))
def test_the_exponential_is_the_same(probe: ctypes.CDLL, drawn: list[int]) -> None:
    x = array([*drawn, 0, -1, -(2**24), -(2**24) - 1, 1 - 2**24, -31 * 2**26])
    np.testing.assert_array_equal(call(probe, "exp", x), fixedpoint.exp_on_negative_values(x))


@given(st.lists(st.integers(2**19, 2**31 - 1), min_size=1, max_size=100))
def test_the_reciprocal_is_the_same(probe: ctypes.CDLL, drawn: list[int]) -> None:
    x = array([*drawn, 2**19, 2**19 + 1, 2**20 - 1, 2**30, 2**31 - 1])
    expected = array([fixedpoint.reciprocal(int(value))[0] for value in x])
    np.testing.assert_array_equal(call(probe, "reciprocal", x), expected)
