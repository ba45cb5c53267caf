"""Operators that work along the last axis."""

from __future__ import annotations

import numpy as np

from tinyrob.ir.interp.common import Call, Int8Array
from tinyrob.ir.inverse_sqrt import inverse_sqrt
from tinyrob.ir.logarithm import log_softmax, log_softmax_factor
from tinyrob.ir.qmath import INT8_MAX, INT8_MIN, clamp, multiply_by_quantized_multiplier

L2_SHIFT = 7
"""The output's scale is 2**-7."""


def run_l2_normalization(call: Call) -> Int8Array:
    """L2_NORMALIZATION."""
    value = call.value().astype(np.int32) - np.int32(call.grid(0).zero_point)
    squares = (value.astype(np.int64) ** 2).sum(axis=-1, keepdims=True)
    roots = {int(s): inverse_sqrt(int(s)) for s in np.unique(squares)}
    multiplier, shift = (
        np.array([roots[int(s)][i] for s in squares.ravel()], np.int32).reshape(squares.shape)
        for i in (0, 1)
    )
    scaled = multiply_by_quantized_multiplier(value, multiplier, shift + L2_SHIFT)
    return clamp(scaled, INT8_MIN, INT8_MAX)


def run_log_softmax(call: Call) -> Int8Array:
    """LOG_SOFTMAX."""
    return log_softmax(call.value(), log_softmax_factor(call.grid(0).scale))
