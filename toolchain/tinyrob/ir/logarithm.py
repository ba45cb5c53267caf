"""LOG_SOFTMAX in fixed point, as TFLite Micro computes it (gemmlowp's numbers; Q5 and Q12 have 5
and 12 integer bits)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.fixedpoint import (
    INPUT_INTEGER_BITS,
    SUM_INTEGER_BITS,
    SoftmaxFactor,
    exp_on_negative_values,
    one_over_one_plus,
    softmax_factor,
)
from tinyrob.ir.qmath import (
    INT32_MAX,
    Factor,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)

_LOG_2 = 1488522236  # Q0
_SQRT_SQRT_HALF = 1805811301
_SQRT_HALF = 1518500250
_ALPHA_N, _ALPHA_D, _ALPHA_I, _ALPHA_F = 117049297, 127690142, 1057819769, 638450708
_QUARTER = 1 << 23  # Q6
_OUTPUT_BITS = 4
LEAST_SCALE = 2.0**-24
"""Of the input: TFLite Micro's way back from Q5 has a factor below one."""


@dataclass(frozen=True)
class LogSoftmaxFactor:
    """``exp`` as of SOFTMAX; ``back`` brings Q5 to differences of the input again."""

    exp: SoftmaxFactor
    back: Factor


def log_softmax_factor(input_scale: float) -> LogSoftmaxFactor:
    """``input_scale`` is at least ``LEAST_SCALE``."""
    exp = softmax_factor(input_scale, 1.0)
    real = float(1 << (31 - exp.left_shift)) / exp.multiplier
    return LogSoftmaxFactor(exp, Factor(*quantize_multiplier(real)))


def _mul(a: int, b: int) -> int:
    return int(saturating_rounding_doubling_high_mul(a, b))


def _times_pot(x: int, exponent: int) -> int:
    """x * 2**exponent, saturating."""
    return max(-(2**31), min(x << exponent, INT32_MAX))


def log(z: int) -> int:
    """The logarithm of a Q12 number from 1 on, as Q5: 2**n times a number near 1, of which a
    rational function is taken; two ways to split it, of which the nearer one counts."""
    zeros = 32 - z.bit_length()
    r_a = _times_pot(_mul(_times_pot(z, zeros - 1), _SQRT_HALF), 1)
    power_a = _times_pot(SUM_INTEGER_BITS - zeros, 25) + _QUARTER
    zeros_b = 32 - _mul(z, _SQRT_HALF).bit_length() - 1
    r_b = _times_pot(z, zeros_b)
    power_b = _times_pot(SUM_INTEGER_BITS - zeros_b, 25) - _QUARTER
    r, power = min(r_a, r_b), max(power_a, power_b)
    total = r + _SQRT_SQRT_HALF
    p = (total + 1) // 2
    q = 2 * (r - _SQRT_SQRT_HALF)
    square = _mul(q, q)
    above = _mul(q, r) + _mul(_mul(q, square), _ALPHA_N)
    below = _mul(p, _ALPHA_I + q + _mul(_ALPHA_D, square)) + _mul(_ALPHA_F, q)
    scaled = int(rounding_divide_by_pot(above, 6))
    return _times_pot(_mul(power, _LOG_2) + _mul(scaled, one_over_one_plus(below)), 1)


def log_softmax(logits: NDArray[np.int8], factor: LogSoftmaxFactor) -> NDArray[np.int8]:
    """Along the last axis (1 to 4095 entries), to scale 1/16 and zero point 127."""
    rows = logits.reshape(-1, logits.shape[-1]).astype(np.int32)
    differences = np.arange(-255, 1, dtype=np.int32)
    alive = differences >= factor.exp.diff_min
    scaled = multiply_by_quantized_multiplier(
        np.where(alive, differences, 0), factor.exp.multiplier, factor.exp.left_shift
    ).astype(np.int64)
    exps = np.where(alive, exp_on_negative_values(scaled.astype(np.int32)), np.int32(0))
    terms = rounding_divide_by_pot(exps, SUM_INTEGER_BITS)
    index = rows - rows.max(axis=-1, keepdims=True) + 255
    sums = terms[index].sum(axis=-1, dtype=np.int64)
    tables = {int(s): _table(log(int(s)), scaled, factor) for s in np.unique(sums)}
    out = np.stack([tables[int(s)][i] for s, i in zip(sums, index, strict=True)])
    return out.reshape(logits.shape)


def _table(log_sum: int, scaled: NDArray[np.int64], factor: LogSoftmaxFactor) -> NDArray[np.int8]:
    """The output for differences -255, ..., 0 to the maximum."""
    limit = multiply_by_quantized_multiplier(
        log_sum - 2**31, factor.back.multiplier, factor.back.shift
    )
    least = max(factor.exp.diff_min - 1, int(limit))
    shift = 31 - INPUT_INTEGER_BITS - _OUTPUT_BITS
    made = np.clip(rounding_divide_by_pot(scaled - log_sum, shift) + 127, -128, 127)
    table: NDArray[np.int8] = np.where(np.arange(-255, 1) > least, made, -128).astype(np.int8)
    return table
