"""Operators that work element by element, and softmax."""

from __future__ import annotations

import numpy as np

from tinyrob.ir.curves16 import curve
from tinyrob.ir.division import divide
from tinyrob.ir.fixedpoint import softmax, softmax_factor
from tinyrob.ir.graph import Activation, Add, Div, Mul, Softmax, Sub
from tinyrob.ir.interp.common import Array, Call, grid, together
from tinyrob.ir.lookup import table_of
from tinyrob.ir.qmath import (
    ADD_LEFT_SHIFT,
    ADD_LEFT_SHIFT_INT16,
    Factor,
    add,
    add_factors,
    add_terms,
    div_factor,
    mul_factor,
    multiply_by_quantized_multiplier,
    rescale_factor,
    squared_difference_factors,
    squared_difference_shift,
    subtract,
)
from tinyrob.ir.softmax16 import softmax16, softmax_factor16


def _pair(call: Call) -> tuple[Array, Array]:
    """Two operands without their zero points."""
    first, second = together(call.centred(0), call.centred(1))
    return first, second


def _left(call: Call) -> int:
    return ADD_LEFT_SHIFT_INT16 if call.wide else ADD_LEFT_SHIFT


def run_add(call: Call) -> Array:
    """ADD."""
    scales = (call.grid(0).scale, call.grid(1).scale, grid(call.output).scale)
    total = add(*_pair(call), add_factors(*scales, _left(call)), _left(call))
    return call.clamped(total, call.attributes(Add).activation)


def run_sub(call: Call) -> Array:
    """SUB."""
    scales = (call.grid(0).scale, call.grid(1).scale, grid(call.output).scale)
    difference = subtract(*_pair(call), add_factors(*scales, _left(call)), _left(call))
    return call.clamped(difference, call.attributes(Sub).activation)


def run_mul(call: Call) -> Array:
    """MUL."""
    first, second = _pair(call)
    factor = mul_factor(call.grid(0).scale, call.grid(1).scale, grid(call.output).scale)
    product = multiply_by_quantized_multiplier(first * second, factor.multiplier, factor.shift)
    return call.clamped(product, call.attributes(Mul).activation)


def run_div(call: Call) -> Array:
    """DIV."""
    factor = div_factor(call.grid(0).scale, call.grid(1).scale, grid(call.output).scale)
    quotient = divide(*_pair(call), factor)
    return call.clamped(quotient.astype(np.int64), call.attributes(Div).activation)


def run_squared_difference(call: Call) -> Array:
    """SQUARED_DIFFERENCE."""
    output = grid(call.output)
    left = squared_difference_shift(call.output.dtype)
    scales = (call.grid(0).scale, call.grid(1).scale, output.scale)
    factors = squared_difference_factors(*scales, left)
    a, b = add_terms(*_pair(call), factors, left)
    square = multiply_by_quantized_multiplier(
        (a - b) * (a - b), factors.output.multiplier, factors.output.shift
    )
    return call.clamped(square)


def run_prelu(call: Call) -> Array:
    """PRELU."""
    x, alpha = _pair(call)
    output = grid(call.output)
    above = rescale_factor(call.grid(0).scale, output.scale)
    below = mul_factor(call.grid(0).scale, call.grid(1).scale, output.scale)
    made = np.where(
        x >= 0,
        multiply_by_quantized_multiplier(np.maximum(x, 0), above.multiplier, above.shift),
        multiply_by_quantized_multiplier(np.minimum(x, 0) * alpha, below.multiplier, below.shift),
    )
    return call.clamped(made)


def run_lookup(call: Call) -> Array:
    """Operators of one value at a time."""
    if call.wide:
        x = call.value().astype(np.int64)
        return curve(call.op.attributes, call.grid(0), grid(call.output), x).astype(np.int16)
    table = table_of(call.op.attributes, call.grid(0), grid(call.output))
    return table[call.value().astype(np.int16) + 128]


def run_minimum(call: Call) -> Array:
    """MINIMUM."""
    return np.minimum(*together(call.value(0), call.value(1)))


def run_maximum(call: Call) -> Array:
    """MAXIMUM."""
    return np.maximum(*together(call.value(0), call.value(1)))


def _rescaled(call: Call, factor: Factor, activation: Activation) -> Array:
    scaled = multiply_by_quantized_multiplier(call.centred(), factor.multiplier, factor.shift)
    return call.clamped(scaled, activation)


def run_quantize(call: Call) -> Array:
    """QUANTIZE."""
    factor = rescale_factor(call.grid(0).scale, grid(call.output).scale)
    return _rescaled(call, factor, Activation.NONE)


def run_relu(call: Call) -> Array:
    """RELU."""
    factor = rescale_factor(call.grid(0).scale, grid(call.output).scale)
    return _rescaled(call, factor, Activation.RELU)


def run_relu6(call: Call) -> Array:
    """RELU6: input and output are on one grid."""
    return call.clamped(call.centred(), Activation.RELU6)


def run_softmax(call: Call) -> Array:
    """SOFTMAX."""
    scale, beta = call.grid(0).scale, call.attributes(Softmax).beta
    if call.tensor(0).dtype == "int16":
        return softmax16(call.value(), softmax_factor16(scale, beta))
    return softmax(call.value(), softmax_factor(scale, beta), wide=call.wide)
