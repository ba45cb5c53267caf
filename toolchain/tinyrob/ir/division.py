"""Quotients of int8 values, as TFLite Micro's DIV computes them: by a reciprocal in fixed point."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import ArrayLike

from tinyrob.ir.fixedpoint import inverse
from tinyrob.ir.qmath import (
    Factor,
    Int32Array,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)

LEAST_SHIFT, GREATEST_SHIFT = 7, 22
"""Of the factor: beyond them TFLite Micro shifts by a number of bits that C leaves undefined."""


@functools.cache
def _reciprocals() -> tuple[Int32Array, Int32Array]:
    """(256,) mantissas and bits of 1 / x for 0, ..., 255."""
    mantissas, bits = zip(*map(inverse, range(256)), strict=True)
    return np.array(mantissas, np.int32), np.array(bits, np.int32)


def divide(first: ArrayLike, second: ArrayLike, factor: Factor) -> Int32Array:
    """``first / second`` times the factor, for differences to the zero points, in [-255, 255]. A
    division by 0 gives what TFLite Micro's fixed point makes of it."""
    a, b = np.broadcast_arrays(np.asarray(first, np.int32), np.asarray(second, np.int32))
    a = np.where(b < 0, -a, a)
    mantissa, bits = (table[np.abs(b)] for table in _reciprocals())
    # As far as it goes to the left without a change of sign: frexp gives the bits that it has.
    headroom = 31 - np.frexp(np.where(a < 0, ~a, a).astype(np.float64))[1]
    quotient = saturating_rounding_doubling_high_mul(a.astype(np.int64) << headroom, mantissa)
    scaled = saturating_rounding_doubling_high_mul(quotient, factor.multiplier)
    return rounding_divide_by_pot(scaled, bits + headroom - factor.shift)
