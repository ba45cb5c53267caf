"""Pools: windows that reach over the border see only what is inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.geometry import Windows, windows
from tinyrob.ir.graph import AveragePool2D, MaxPool2D, limits
from tinyrob.ir.interp.common import Array, Call, grid
from tinyrob.ir.qmath import average


def run_average_pool(call: Call) -> Array:
    """AVERAGE_POOL_2D."""
    attributes = call.attributes(AveragePool2D)
    value, place = _place(call, attributes)
    total = np.zeros((len(value), *place.outputs, value.shape[3]), np.int32)
    count = np.zeros((*place.outputs, 1), np.int32)
    for inside, seen in _taps(value, place):
        total[:, inside[0], inside[1]] += seen
        count[inside[0], inside[1]] += 1
    return _made(call, average(total, count), attributes)


def run_max_pool(call: Call) -> Array:
    """MAX_POOL_2D."""
    attributes = call.attributes(MaxPool2D)
    value, place = _place(call, attributes)
    least = limits(call.output.dtype)[0]
    best = np.full((len(value), *place.outputs, value.shape[3]), least, value.dtype)
    for inside, seen in _taps(value, place):
        part = best[:, inside[0], inside[1]]
        np.maximum(part, seen, out=part)
    return _made(call, best.astype(np.int32), attributes)


def _made(call: Call, pooled: NDArray[np.int32], attributes: AveragePool2D | MaxPool2D) -> Array:
    """Pooled values, which have their zero point already, clamped."""
    centred = pooled - np.int32(grid(call.output).zero_point)
    return call.clamped(centred, attributes.activation).reshape(-1, *call.output.shape)


def _place(call: Call, attributes: AveragePool2D | MaxPool2D) -> tuple[Array, Windows]:
    value = call.value()
    value = value.reshape(-1, *value.shape[2:])
    return value, windows(attributes, attributes.window, (value.shape[1], value.shape[2]))


def _taps(value: Array, place: Windows) -> list[tuple[tuple[slice, slice], Array]]:
    """For each place in the window: which outputs see an element there, and what they see."""
    found = []
    for row in range(place.window[0]):
        rows = _visible(place, 0, row, value.shape[1])
        for column in range(place.window[1]):
            columns = _visible(place, 1, column, value.shape[2])
            if rows is not None and columns is not None:
                found.append(((rows[0], columns[0]), value[:, rows[1], columns[1]]))
    return found


def _visible(place: Windows, axis: int, tap: int, size: int) -> tuple[slice, slice] | None:
    """Outputs for which ``tap`` lies inside the input, and the inputs that they meet there."""
    stride, offset = place.stride[axis], tap - place.before[axis]
    first = max(0, -(offset // stride))
    last = min(place.outputs[axis] - 1, (size - 1 - offset) // stride)
    if last < first:
        return None
    start = first * stride + offset
    return slice(first, last + 1), slice(start, start + (last - first) * stride + 1, stride)
