"""1 / sqrt(x) of an integer in fixed point, as TFLite's RSQRT and L2_NORMALIZATION compute it."""

from __future__ import annotations

from tinyrob.ir.qmath import INT32_MAX

_HALF_THREE = (1 << 28) + (1 << 27)  # 1.5 with 3 integer bits
_HALF_SQRT_2 = 1518500250  # sqrt(2) / 2, Q0
_STEPS = 5


def inverse_sqrt(x: int) -> tuple[int, int]:
    """(multiplier, shift): 1 / sqrt(x) = multiplier * 2**(shift - 31). ``x`` is in [0, 2**31 - 1];
    0 counts as 1."""
    if x <= 1:
        return INT32_MAX, 0
    shift = 11
    while x >= 1 << 29:
        x //= 4
        shift += 1
    pairs = (32 - x.bit_length() - 1) // 2 - 1
    shift -= pairs
    x <<= 2 * pairs
    half = _halved(x >> 1)
    estimate = 1 << 28
    for _ in range(_STEPS):
        cube = _shifted(_mul(_mul(estimate, estimate), estimate), 6)
        estimate = _shifted(_mul(_HALF_THREE, estimate) - _mul(half, cube), 3)
    estimate = _mul(estimate, _HALF_SQRT_2)
    if shift < 0:
        estimate <<= -shift
        shift = 0
    return estimate, -shift


def _mul(a: int, b: int) -> int:
    return (a * b + (1 << 30)) >> 31


def _halved(x: int) -> int:
    """To nearest, ties away from zero."""
    return (x + 1) >> 1 if x >= 0 else -((1 - x) >> 1)


def _shifted(x: int, bits: int) -> int:
    return max(-(2**31), min(x << bits, INT32_MAX))
