"""Operators that move, join or average values."""

from __future__ import annotations

import math

import numpy as np

from tinyrob.ir.graph import Concatenation, Mean
from tinyrob.ir.interp.common import Call, Int8Array, grid
from tinyrob.ir.qmath import (
    INT8_MAX,
    INT8_MIN,
    clamp,
    mean_factor,
    multiply_by_quantized_multiplier,
)


def run_reshape(call: Call) -> Int8Array:
    """RESHAPE."""
    value = call.value()
    return value.reshape(len(value), *call.output.shape)


def run_pad(call: Call) -> Int8Array:
    """PAD: with the zero point, which is the real 0."""
    paddings = call.constant(1)
    assert paddings is not None
    pairs = [(0, 0), *((int(a), int(b)) for a, b in paddings)]
    return np.pad(call.value(), pairs, constant_values=grid(call.output).zero_point)


def run_mean(call: Call) -> Int8Array:
    """MEAN: the sum, then one factor that holds both the division and the rescaling."""
    axes = call.constant(1)
    assert axes is not None
    value, rank = call.value(), len(call.tensor(0).shape)
    reduced = tuple(sorted({int(a) % rank + 1 for a in axes.ravel()}))
    elements = math.prod(value.shape[a] for a in reduced)
    source, output = call.grid(0), grid(call.output)
    total = value.sum(axis=reduced, dtype=np.int32, keepdims=call.attributes(Mean).keep_dims)
    factor = mean_factor(source.scale, output.scale, elements)
    scaled = multiply_by_quantized_multiplier(
        total - np.int32(source.zero_point * elements), factor.multiplier, factor.shift
    )
    return clamp(scaled + output.zero_point, INT8_MIN, INT8_MAX)


def run_concatenation(call: Call) -> Int8Array:
    """CONCATENATION."""
    values = [call.value(i) for i in range(len(call.op.inputs))]
    samples = max(len(v) for v in values)
    values = [np.broadcast_to(v, (samples, *v.shape[1:])) for v in values]
    axis = call.attributes(Concatenation).axis % len(call.tensor(0).shape)
    return np.concatenate(values, axis=axis + 1)
