"""What looks for a place along an axis, and what sums up to it."""

from __future__ import annotations

import numpy as np

from tinyrob.ir.graph import AddN, ArgMin, Cumsum
from tinyrob.ir.interp.common import Array, Call, grid
from tinyrob.ir.qmath import rescaled_sum, sum_factor


def run_arg(call: Call) -> Array:
    """ARG_MAX and ARG_MIN: the first place of the greatest or the least."""
    find = np.argmin if isinstance(call.op.attributes, ArgMin) else np.argmax
    found: Array = find(call.value(), axis=_axis(call)).astype(np.int32)
    return found


def run_cumsum(call: Call) -> Array:
    """CUMSUM. TFLite Micro begins with the integer 0, which is minus a zero point."""
    attributes, axis = call.attributes(Cumsum), _axis(call)
    value = np.moveaxis(call.centred().astype(np.int64), axis, -1)
    value = value[..., ::-1] if attributes.reverse else value
    total = np.cumsum(value, axis=-1) - call.grid(0).zero_point
    if attributes.exclusive:
        total = total - value
    total = total[..., ::-1] if attributes.reverse else total
    factor = sum_factor(call.grid(0).scale, grid(call.output).scale)
    return call.clamped(rescaled_sum(np.moveaxis(total, -1, axis), factor))


def run_add_n(call: Call) -> Array:
    """ADD_N. It, too, begins with the integer 0."""
    call.attributes(AddN)
    values = (call.centred(i).astype(np.int64) for i in range(len(call.op.inputs)))
    total = sum(values, np.int64(-call.grid(0).zero_point))
    factor = sum_factor(call.grid(0).scale, grid(call.output).scale)
    return call.clamped(rescaled_sum(total, factor))


def _axis(call: Call) -> int:
    """Of the array, behind the samples'."""
    stored = call.constant(1)
    assert stored is not None
    return int(stored.ravel()[0]) % len(call.tensor(0).shape) + 1
