"""Operators that work element by element, and softmax."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.division import divide
from tinyrob.ir.fixedpoint import softmax, softmax_factor
from tinyrob.ir.graph import Add, Div, Mul, Softmax, Sub
from tinyrob.ir.interp.common import Call, Int8Array, grid
from tinyrob.ir.lookup import table_of
from tinyrob.ir.qmath import (
    INT8_MAX,
    INT8_MIN,
    SQUARED_DIFFERENCE_LEFT_SHIFT,
    Factor,
    activation_range,
    add,
    add_factors,
    add_terms,
    clamp,
    div_factor,
    mul_factor,
    multiply_by_quantized_multiplier,
    quantize_constant,
    rescale_factor,
    squared_difference_factors,
    sub_factors,
    subtract,
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


def run_sub(call: Call) -> Int8Array:
    """SUB."""
    first, second = _pair(call)
    output = grid(call.output)
    factors = sub_factors(call.grid(0).scale, call.grid(1).scale, output.scale)
    difference = subtract(_centred(first, call, 0), _centred(second, call, 1), factors)
    low, high = activation_range(call.attributes(Sub).activation, output)
    return clamp(difference + output.zero_point, low, high)


def run_mul(call: Call) -> Int8Array:
    """MUL."""
    first, second = _pair(call)
    output = grid(call.output)
    factor = mul_factor(call.grid(0).scale, call.grid(1).scale, output.scale)
    product = multiply_by_quantized_multiplier(
        _centred(first, call, 0) * _centred(second, call, 1), factor.multiplier, factor.shift
    )
    low, high = activation_range(call.attributes(Mul).activation, output)
    return clamp(product + output.zero_point, low, high)


def run_div(call: Call) -> Int8Array:
    """DIV."""
    first, second = _pair(call)
    output = grid(call.output)
    factor = div_factor(call.grid(0).scale, call.grid(1).scale, output.scale)
    quotient = divide(_centred(first, call, 0), _centred(second, call, 1), factor)
    low, high = activation_range(call.attributes(Div).activation, output)
    return clamp(quotient.astype(np.int64) + output.zero_point, low, high)


def run_squared_difference(call: Call) -> Int8Array:
    """SQUARED_DIFFERENCE."""
    first, second = _pair(call)
    output = grid(call.output)
    factors = squared_difference_factors(call.grid(0).scale, call.grid(1).scale, output.scale)
    a, b = add_terms(
        _centred(first, call, 0), _centred(second, call, 1), factors, SQUARED_DIFFERENCE_LEFT_SHIFT
    )
    square = multiply_by_quantized_multiplier(
        (a - b) * (a - b), factors.output.multiplier, factors.output.shift
    )
    return clamp(square + output.zero_point, INT8_MIN, INT8_MAX)


def run_prelu(call: Call) -> Int8Array:
    """PRELU."""
    first, second = _pair(call)
    output = grid(call.output)
    x, alpha = _centred(first, call, 0), _centred(second, call, 1)
    above = rescale_factor(call.grid(0).scale, output.scale)
    below = mul_factor(call.grid(0).scale, call.grid(1).scale, output.scale)
    made = np.where(
        x >= 0,
        multiply_by_quantized_multiplier(np.maximum(x, 0), above.multiplier, above.shift),
        multiply_by_quantized_multiplier(np.minimum(x, 0) * alpha, below.multiplier, below.shift),
    )
    return clamp(made + output.zero_point, INT8_MIN, INT8_MAX)


def run_lookup(call: Call) -> Int8Array:
    """Operators of one value at a time."""
    table = table_of(call.op.attributes, call.grid(0), grid(call.output))
    return table[call.value().astype(np.int16) + 128]


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
