"""Operators that work along the last axis."""

from __future__ import annotations

import numpy as np

from tinyrob.ir.interp.common import Array, Call, Int8Array
from tinyrob.ir.inverse_sqrt import inverse_sqrt
from tinyrob.ir.logarithm import log_softmax, log_softmax_factor
from tinyrob.ir.qmath import multiply_by_quantized_multiplier

L2_SHIFT = 7
"""The output's scale is 2**-7."""


def run_l2_normalization(call: Call) -> Array:
    """L2_NORMALIZATION."""
    value = call.centred()
    squares = (value.astype(np.int64) ** 2).sum(axis=-1, keepdims=True)
    roots = {int(s): inverse_sqrt(int(s)) for s in np.unique(squares)}
    multiplier, shift = (
        np.array([roots[int(s)][i] for s in squares.ravel()], np.int32).reshape(squares.shape)
        for i in (0, 1)
    )
    scaled = multiply_by_quantized_multiplier(value, multiplier, shift + L2_SHIFT)
    return call.clamped(scaled)


def run_log_softmax(call: Call) -> Int8Array:
    """LOG_SOFTMAX."""
    return log_softmax(call.value(), log_softmax_factor(call.grid(0).scale))
