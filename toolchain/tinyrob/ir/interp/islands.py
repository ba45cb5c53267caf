"""Float32 islands, comparisons, and what chooses by them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyrob.ir import islands
from tinyrob.ir.comparisons import COMPARISONS
from tinyrob.ir.interp.common import Array, Call, together
from tinyrob.ir.interp.elementwise import run_lookup
from tinyrob.ir.interp.elementwise import run_quantize as rescaled
from tinyrob.ir.interp.shape import reduction
from tinyrob.ir.qmath import Factor, comparison_term, quantize_multiplier


def run_entry(call: Call) -> Any:
    """DEQUANTIZE of int8, CAST of bool."""
    return islands.entered(call.tensor(0), call.value())


def run_function(call: Call) -> Any:
    """A function of one float32 value."""
    return islands.computed(call.value(), [call.op.attributes])


def run_unary(call: Call) -> Any:
    """What there is on int8, and for some in float32 too."""
    return run_function(call) if call.tensor(0).dtype == "float32" else run_lookup(call)


def run_quantize(call: Call) -> Array:
    """QUANTIZE of integers, or of float32."""
    if call.tensor(0).dtype == "float32":
        return islands.left(call.output, call.tensor(0), call.value())
    return rescaled(call)


def run_comparison(call: Call) -> Any:
    """EQUAL, GREATER and their like."""
    terms = (
        comparison_term(call.centred(i), Factor(*quantize_multiplier(call.grid(i).scale)))
        for i in (0, 1)
    )
    return COMPARISONS[type(call.op.attributes)](*together(*terms))


def run_select(call: Call) -> Array:
    """SELECT_V2."""
    condition, first, second = together(*(call.value(i) for i in range(3)))
    return np.where(condition, first, second)


def run_both(call: Call) -> Any:
    """LOGICAL_AND."""
    return np.logical_and(*together(call.value(0), call.value(1)))


def run_either(call: Call) -> Any:
    """LOGICAL_OR."""
    return np.logical_or(*together(call.value(0), call.value(1)))


def run_not(call: Call) -> Any:
    """LOGICAL_NOT."""
    return np.logical_not(call.value())


def run_all(call: Call) -> Any:
    """REDUCE_ALL."""
    value, axes, keep = reduction(call)
    return value.all(axis=axes, keepdims=keep)
