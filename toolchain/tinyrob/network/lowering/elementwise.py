"""One value for each, of one operand or of several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyrob.ir import graph as ir
from tinyrob.ir import qmath
from tinyrob.ir.comparisons import COMPARISONS
from tinyrob.ir.lookup import table_of
from tinyrob.network import curves
from tinyrob.network import layers as net
from tinyrob.network.axes import broadcast, broadcasts
from tinyrob.network.lowering.common import Lowered, pair
from tinyrob.network.view import View

_SUMS: dict[type[ir.Attributes], tuple[type[net.Scaled], Callable[..., Any]]] = {
    ir.Add: (net.Add, qmath.add_factors),
    ir.Sub: (net.Sub, qmath.add_factors),
    ir.SquaredDifference: (net.SquaredDifference, qmath.squared_difference_factors),
}


def add(view: View) -> Lowered:
    """ADD, SUB and SQUARED_DIFFERENCE."""
    a, b, y = view.quantization(0), view.quantization(1), view.output_quantization
    kind, factors_of = _SUMS[type(view.op.attributes)]
    left = view.left
    if kind is net.SquaredDifference:
        left = qmath.squared_difference_shift(view.dtype)
    factors = factors_of(a.scale, b.scale, y.scale, left)
    spec = kind(
        pair(view), a.zero_point, b.zero_point, y.zero_point,
        factors.first, factors.second, factors.output,
    )  # fmt: skip
    return spec, view.clamp(view.activation)


def mul(view: View) -> Lowered:
    """MUL."""
    a, b, y = view.quantization(0), view.quantization(1), view.output_quantization
    factor = qmath.mul_factor(a.scale, b.scale, y.scale)
    spec = net.Mul(pair(view), a.zero_point, b.zero_point, y.zero_point, factor)
    return spec, view.clamp(view.activation)


def div(view: View) -> Lowered:
    """DIV."""
    a, b, y = view.quantization(0), view.quantization(1), view.output_quantization
    factor = qmath.div_factor(a.scale, b.scale, y.scale)
    spec = net.Div(pair(view), a.zero_point, b.zero_point, y.zero_point, factor)
    return spec, view.clamp(view.activation)


def prelu(view: View) -> Lowered:
    """PRELU."""
    a, b, y = view.quantization(0), view.quantization(1), view.output_quantization
    above = qmath.rescale_factor(a.scale, y.scale)
    below = qmath.mul_factor(a.scale, b.scale, y.scale)
    spec = net.Prelu(pair(view), a.zero_point, b.zero_point, y.zero_point, above, below)
    return spec, view.full


def add_n(view: View) -> Lowered:
    """ADD_N."""
    factor = qmath.sum_factor(view.quantization(0).scale, view.output_quantization.scale)
    spec = net.AddN(
        view.output.elements, len(view.inputs), view.zero_point(0), view.zero_point_out, factor
    )
    return spec, view.full


def lookup(view: View) -> Lowered:
    """A function of one value, as a table, or of int16 as a curve."""
    if view.dtype == "int16":
        x, y = view.quantization(0), view.output_quantization
        return curves.curve(view.op.attributes, x, y, view.output.elements), view.full
    table = table_of(view.op.attributes, view.quantization(0), view.output_quantization)
    return net.Lookup(view.output.elements, table), view.full


def quantize(view: View) -> Lowered:
    """QUANTIZE between integers."""
    x, y = view.quantization(0), view.output_quantization
    factor = qmath.rescale_factor(x.scale, y.scale)
    given = view.inputs[0].dtype
    spec = net.Requantize(view.output.elements, x.zero_point, y.zero_point, factor, given)
    return spec, view.full


def relu(view: View) -> Lowered:
    """RELU."""
    x, y = view.quantization(0), view.output_quantization
    factor = qmath.rescale_factor(x.scale, y.scale)
    given = view.inputs[0].dtype
    spec = net.Requantize(view.output.elements, x.zero_point, y.zero_point, factor, given)
    return spec, view.clamp(ir.Activation.RELU)


def relu6(view: View) -> Lowered:
    """RELU6."""
    # TFLite Micro's RELU6 clamps on the input's grid and does not rescale.
    zero_point, given = view.zero_point(0), view.inputs[0].dtype
    spec = net.Requantize(view.output.elements, zero_point, zero_point, net.IDENTITY, given)
    return spec, view.clamp(ir.Activation.RELU6)


def comparison(view: View) -> Lowered:
    """EQUAL and its kin."""
    a, b = view.quantization(0), view.quantization(1)
    factors = [qmath.Factor(*qmath.quantize_multiplier(q.scale)) for q in (a, b)]
    taken = sum(
        1 << bit
        for bit, pair in enumerate(((0, 1), (0, 0), (1, 0)))
        if COMPARISONS[type(view.op.attributes)](*pair)
    )
    spec = net.Compare(pair(view), taken, a.zero_point, b.zero_point, *factors)
    return spec, view.full


def select(view: View) -> Lowered:
    """SELECT_V2."""
    shapes = [t.shape for t in view.inputs]
    return net.Select(*broadcasts(shapes, view.output.shape, view.where)), view.full


def extremum(view: View) -> Lowered:
    """MINIMUM and MAXIMUM; with a constant they are a clamp."""
    is_minimum = isinstance(view.op.attributes, ir.Minimum)
    for tensor in view.inputs:
        if tensor.data is not None and tensor.elements == 1:
            bound = int(tensor.data.reshape(-1)[0])
            zero_point, (low, high) = view.zero_point_out, view.full
            spec = net.Requantize(
                view.output.elements, zero_point, zero_point, net.IDENTITY, view.dtype
            )
            return spec, (low, bound) if is_minimum else (bound, high)
    kind = net.Minimum if is_minimum else net.Maximum
    a, b = view.inputs
    return kind(broadcast(a.shape, b.shape, view.output.shape, view.where)), view.full


def logical(view: View) -> Lowered:
    """Of 0 and 1, both is the least, either is the greatest."""
    kind = net.Minimum if isinstance(view.op.attributes, ir.LogicalAnd) else net.Maximum
    return kind(pair(view)), view.full


def negated(view: View) -> Lowered:
    """LOGICAL_NOT."""
    table = (np.arange(-128, 128) == 0).astype(np.int8)
    return net.Lookup(view.output.elements, table), view.full
