"""Float32 islands, comparisons, and what chooses by them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir import islands
from tinyrob.ir.comparisons import COMPARISONS
from tinyrob.ir.interp.common import Call, Int8Array
from tinyrob.ir.interp.elementwise import run_lookup
from tinyrob.ir.interp.elementwise import run_quantize as rescaled
from tinyrob.ir.qmath import Factor, comparison_term, quantize_multiplier


def run_entry(call: Call) -> Any:
    """DEQUANTIZE of int8, CAST of bool."""
    return islands.entered(call.tensor(0), call.value())


def run_function(call: Call) -> Any:
    """A function of one float32 value."""
    values: Any = call.value()
    return islands.computed(values, [call.op.attributes])


def run_unary(call: Call) -> Any:
    """What there is on int8, and for some in float32 too."""
    return run_function(call) if call.tensor(0).dtype == "float32" else run_lookup(call)


def run_quantize(call: Call) -> Int8Array:
    """QUANTIZE of integers, or of float32."""
    return run_exit(call) if call.tensor(0).dtype == "float32" else rescaled(call)


def run_exit(call: Call) -> Int8Array:
    """QUANTIZE of float32."""
    values: Any = call.value()
    return islands.left(call.output, call.tensor(0), values)


def run_comparison(call: Call) -> Any:
    """EQUAL, GREATER and their like."""
    terms = []
    for position in (0, 1):
        grid = call.grid(position)
        centred = call.value(position).astype(np.int32) - np.int32(grid.zero_point)
        terms.append(comparison_term(centred, Factor(*quantize_multiplier(grid.scale))))
    rank = max(t.ndim for t in terms)
    return COMPARISONS[type(call.op.attributes)](*(raised(t, rank) for t in terms))


def run_select(call: Call) -> Int8Array:
    """SELECT_V2."""
    values = [call.value(i) for i in range(3)]
    rank = max(v.ndim for v in values)
    chosen: Int8Array = np.where(*(raised(v, rank) for v in values))
    return chosen


def raised(value: NDArray[Any], rank: int) -> NDArray[Any]:
    """Axes of size 1 behind the samples'."""
    return value.reshape(len(value), *(1,) * (rank - value.ndim), *value.shape[1:])
