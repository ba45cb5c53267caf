"""Values of many: pools, sums, extremes, and what is made along one axis."""

from __future__ import annotations

from math import prod

from tinyrob.ir import fixedpoint, qmath
from tinyrob.ir import graph as ir
from tinyrob.ir.logarithm import log_softmax_factor
from tinyrob.network import curves
from tinyrob.network import layers as net
from tinyrob.network.axes import reduction, window
from tinyrob.network.lowering.common import Lowered
from tinyrob.network.view import View


def pool(view: View) -> Lowered:
    """AVERAGE_POOL_2D and MAX_POOL_2D."""
    options = view.op.attributes
    assert isinstance(options, ir.AveragePool2D | ir.MaxPool2D)
    shape = view.inputs[0].shape
    kind = net.AveragePool if isinstance(options, ir.AveragePool2D) else net.MaxPool
    slide = window(options, options.window, shape, view.where)
    return kind(slide, shape[0], shape[3]), view.clamp(options.activation)


def _reduced(view: View) -> tuple[tuple[int, int, int], tuple[int, int]]:
    axes = [int(axis) for axis in view.constant(1).reshape(-1)]
    return reduction(view.inputs[0].shape, axes, view.where)


def extreme(view: View) -> Lowered:
    """REDUCE_MAX and REDUCE_MIN."""
    kept, gone = _reduced(view)
    kind = net.ReduceMax if isinstance(view.op.attributes, ir.ReduceMax) else net.ReduceMin
    return kind(*kept, gone), view.full


def every(view: View) -> Lowered:
    """REDUCE_ALL: the least of 0 and 1."""
    kept, gone = _reduced(view)
    return net.ReduceMin(*kept, gone), view.full


def mean(view: View) -> Lowered:
    """MEAN and SUM."""
    (outer, middle, inner), reduced = _reduced(view)
    count = prod(reduced)
    source, output = view.quantization(0).scale, view.output_quantization.scale
    if isinstance(view.op.attributes, ir.Sum):
        factor = qmath.rescale_factor(source, output)
    else:
        factor = qmath.mean_factor(source, output, count)
    bias = -view.zero_point(0) * count
    return net.Mean(outer, middle, inner, reduced, bias, factor, view.zero_point_out), view.full


def softmax(view: View) -> Lowered:
    """SOFTMAX."""
    beta = view.options(ir.Softmax).beta
    if view.inputs[0].dtype == "int16":
        return curves.softmax(view.inputs[0], beta), view.full
    factor = fixedpoint.softmax_factor(view.quantization(0).scale, beta)
    columns = view.inputs[0].shape[-1]
    spec = net.Softmax(
        view.inputs[0].elements // columns, columns,
        factor.multiplier, factor.left_shift, factor.diff_min,
    )  # fmt: skip
    return spec, view.full


def log_softmax(view: View) -> Lowered:
    """LOG_SOFTMAX."""
    factor = log_softmax_factor(view.quantization(0).scale)
    columns = view.inputs[0].shape[-1]
    spec = net.LogSoftmax(
        view.inputs[0].elements // columns, columns, factor.exp.multiplier,
        factor.exp.left_shift, factor.exp.diff_min, factor.back,
    )  # fmt: skip
    return spec, view.full


def l2_normalization(view: View) -> Lowered:
    """L2_NORMALIZATION."""
    columns = view.inputs[0].shape[-1]
    rows = view.inputs[0].elements // columns
    return net.L2Normalization(rows, columns, view.zero_point(0)), view.full


def arg(view: View) -> Lowered:
    """ARG_MAX and ARG_MIN."""
    outer, size, inner = _along(view)
    least = isinstance(view.op.attributes, ir.ArgMin)
    return net.Arg(outer, size, inner, least), view.full


def cumsum(view: View) -> Lowered:
    """CUMSUM."""
    options = view.options(ir.Cumsum)
    factor = qmath.sum_factor(view.quantization(0).scale, view.output_quantization.scale)
    spec = net.Cumsum(
        *_along(view), options.exclusive, options.reverse, view.zero_point(0),
        view.zero_point_out, factor,
    )  # fmt: skip
    return spec, view.full


def _along(view: View) -> tuple[int, int, int]:
    """Axes merged to those before the one that is named, itself, and those behind it."""
    shape = view.inputs[0].shape
    axis = int(view.constant(1).reshape(-1)[0]) % len(shape)
    return prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])
