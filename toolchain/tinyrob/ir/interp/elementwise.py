"""Operators that work element by element, and softmax."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.fixedpoint import softmax, softmax_factor
from tinyrob.ir.graph import Add, Softmax
from tinyrob.ir.interp.common import Call, Int8Array, grid
from tinyrob.ir.qmath import (
    INT8_MAX,
    INT8_MIN,
    Factor,
    activation_range,
    add,
    add_factors,
    clamp,
    multiply_by_quantized_multiplier,
    quantize_constant,
    rescale_factor,
)


def _pair(call: Call) -> tuple[Int8Array, Int8Array]:
    """Two operands of one rank, so that NumPy broadcasts them as TFLite does."""
    first, second = call.value(0), call.value(1)
    rank = max(first.ndim, second.ndim)
    return _raised(first, rank), _raised(second, rank)


def _raised(value: Int8Array, rank: int) -> Int8Array:
    missing = (1,) * (rank - value.ndim)
    return value.reshape(value.shape[0], *missing, *value.shape[1:])


def run_add(call: Call) -> Int8Array:
    """ADD."""
    first, second = _pair(call)
    output = grid(call.output)
    factors = add_factors(call.grid(0).scale, call.grid(1).scale, output.scale)
    total = add(_centred(first, call, 0), _centred(second, call, 1), factors)
    low, high = activation_range(call.attributes(Add).activation, output)
    return clamp(total + output.zero_point, low, high)


def _centred(value: Int8Array, call: Call, position: int) -> NDArray[np.int32]:
    return value.astype(np.int32) - np.int32(call.grid(position).zero_point)


def run_minimum(call: Call) -> Int8Array:
    """MINIMUM."""
    return np.minimum(*_pair(call))


def run_maximum(call: Call) -> Int8Array:
    """MAXIMUM."""
    return np.maximum(*_pair(call))


def _rescaled(call: Call, factor: Factor, low: int) -> Int8Array:
    scaled = multiply_by_quantized_multiplier(
        _centred(call.value(), call, 0), factor.multiplier, factor.shift
    )
    return clamp(scaled + grid(call.output).zero_point, low, INT8_MAX)


def run_quantize(call: Call) -> Int8Array:
    """QUANTIZE."""
    factor = rescale_factor(call.grid(0).scale, grid(call.output).scale)
    return _rescaled(call, factor, INT8_MIN)


def run_relu(call: Call) -> Int8Array:
    """RELU."""
    output = grid(call.output)
    return _rescaled(call, rescale_factor(call.grid(0).scale, output.scale), output.zero_point)


def run_relu6(call: Call) -> Int8Array:
    """RELU6: input and output are on one grid."""
    source = call.grid(0)
    six = min(INT8_MAX, quantize_constant(6.0, source))
    return clamp(call.value(), source.zero_point, six)


def run_softmax(call: Call) -> Int8Array:
    """SOFTMAX."""
    factor = softmax_factor(call.grid(0).scale, call.attributes(Softmax).beta)
    return softmax(call.value(), factor)
