"""Operators that move, join or average values."""

from __future__ import annotations

import math

import numpy as np

from tinyrob.ir.geometry import between
from tinyrob.ir.graph import (
    Concatenation,
    Mean,
    Pack,
    ReduceAll,
    ReduceMax,
    ReduceMin,
    ResizeBilinear,
    Sum,
)
from tinyrob.ir.interp.common import Array, Call, grid
from tinyrob.ir.moves import looks_up, moved, sources
from tinyrob.ir.qmath import (
    mean_factor,
    multiply_by_quantized_multiplier,
    rescale_factor,
)


def run_reshape(call: Call) -> Array:
    """RESHAPE."""
    value = call.value()
    return value.reshape(len(value), *call.output.shape)


def run_move(call: Call) -> tuple[Array, ...]:
    """Whatever only moves values: one array for each output. Or rows that are looked up."""
    if looks_up(call.op, call.graph.tensors):
        return (_rows(call),)
    value = call.value(moved(call.op))
    flat = value.reshape(len(value), -1)
    found = sources(call.op, call.graph.tensors)
    return tuple(flat[:, index] for index in found)


def _rows(call: Call) -> Array:
    """GATHER of a constant's rows; TFLite Micro reads on beyond them, we take the last."""
    table = call.constant(0)
    assert table is not None
    found: Array = np.take(table, call.value(1), axis=0, mode="clip")
    return found


def run_pack(call: Call) -> Array:
    """PACK."""
    values = _together(call)
    axis = call.attributes(Pack).axis % len(call.output.shape)
    return np.stack(values, axis + 1)


def run_pad(call: Call) -> Array:
    """PAD: with the zero point, which is the real 0."""
    return _padded(call, grid(call.output).zero_point)


def run_pad_v2(call: Call) -> Array:
    """PADV2: with a value of its own."""
    value = call.constant(2)
    assert value is not None
    return _padded(call, int(value.ravel()[0]))


def _padded(call: Call, value: int) -> Array:
    paddings = call.constant(1)
    assert paddings is not None
    pairs = [(0, 0), *((int(a), int(b)) for a, b in paddings)]
    return np.pad(call.value(), pairs, constant_values=value)


def reduction(call: Call) -> tuple[Array, tuple[int, ...], bool]:
    """The input, the axes that go (of the array, behind the samples'), whether they stay as 1."""
    axes, attributes = call.constant(1), call.op.attributes
    assert axes is not None
    assert isinstance(attributes, Mean | Sum | ReduceMax | ReduceMin | ReduceAll)
    value, rank = call.value(), len(call.tensor(0).shape)
    reduced = tuple(sorted({int(a) % rank + 1 for a in axes.ravel()}))
    return value, reduced, attributes.keep_dims


def run_reduce_max(call: Call) -> Array:
    """REDUCE_MAX."""
    value, axes, keep = reduction(call)
    greatest: Array = value.max(axis=axes, keepdims=keep)
    return greatest


def run_reduce_min(call: Call) -> Array:
    """REDUCE_MIN."""
    value, axes, keep = reduction(call)
    least: Array = value.min(axis=axes, keepdims=keep)
    return least


def run_mean(call: Call) -> Array:
    """MEAN and SUM: the sum, then one factor; a MEAN's holds the division too."""
    value, reduced, keep = reduction(call)
    elements = math.prod(value.shape[a] for a in reduced)
    source, output = call.grid(0), grid(call.output)
    total = value.sum(axis=reduced, dtype=np.int32, keepdims=keep)
    if isinstance(call.op.attributes, Sum):
        factor = rescale_factor(source.scale, output.scale)
    else:
        factor = mean_factor(source.scale, output.scale, elements)
    scaled = multiply_by_quantized_multiplier(
        total - np.int32(source.zero_point * elements), factor.multiplier, factor.shift
    )
    return call.clamped(scaled)


def run_concatenation(call: Call) -> Array:
    """CONCATENATION."""
    values = _together(call)
    axis = call.attributes(Concatenation).axis % len(call.tensor(0).shape)
    return np.concatenate(values, axis=axis + 1)


def _together(call: Call) -> list[Array]:
    """All inputs, constants as often as there are samples."""
    values = [call.value(i) for i in range(len(call.op.inputs))]
    samples = max(len(v) for v in values)
    return [np.broadcast_to(v, (samples, *v.shape[1:])) for v in values]


def run_bilinear(call: Call) -> Array:
    """RESIZE_BILINEAR: four neighbours, 20 bits behind the point, halves away from zero."""
    options, value = call.attributes(ResizeBilinear), call.value().astype(np.int64)
    shape, made = call.tensor(0).shape, call.output.shape
    how = {"corners": options.align_corners, "centers": options.half_pixel_centers}
    for axis in (1, 2):
        places = between(shape[axis], made[axis], **how)
        lower, upper = ([getattr(p, side) for p in places] for side in ("lower", "upper"))
        fraction = np.array([p.fraction for p in places])
        fraction = fraction.reshape([-1 if i == axis + 1 else 1 for i in range(value.ndim)])
        low, high = np.take(value, lower, axis + 1), np.take(value, upper, axis + 1)
        value = low * (1024 - fraction) + high * fraction
    half = np.where(value > 0, 1 << 19, -(1 << 19))
    rounded = np.abs(value + half) >> 20
    resized: Array = (np.sign(value) * rounded).astype(np.int8)
    return resized
