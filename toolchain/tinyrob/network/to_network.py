"""Graph to network: each operator becomes one layer with integer factors and an explicit clamp.

Operators without code (RESHAPE) become aliases. One small function an operator, in one table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from tinyrob.errors import UnsupportedModel
from tinyrob.ir import fixedpoint, qmath
from tinyrob.ir import graph as ir
from tinyrob.ir.comparisons import COMPARISONS
from tinyrob.ir.geometry import between, transposed, ungrouped
from tinyrob.ir.islands import island_table
from tinyrob.ir.logarithm import log_softmax_factor
from tinyrob.ir.lookup import LOOKUPS, table_of
from tinyrob.ir.moves import MOVES, moved, sources
from tinyrob.ir.rules.matmul import matmul_factors
from tinyrob.network import curves
from tinyrob.network import layers as net
from tinyrob.network.axes import (
    LARGEST_EXTENT,
    broadcast,
    broadcasts,
    four,
    matrices,
    reduction,
    window,
)
from tinyrob.network.moves import AXES, Loops, loops_of
from tinyrob.network.state import LSTM_STATES, SVDF_STATES, lstm, svdf
from tinyrob.network.view import View, element

Clamp = tuple[int, int]


def _checked(view: View, weights: net.Int8, axis: int, bias: int = 2) -> net.Int8:
    """Weights and biases whose partial sums fit their type, in any order, for any input.

    One more than a graph guarantees: a kernel may add the input's zero point last.
    """
    rows = np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1)
    values, bits = (256, 31) if view.dtype == "int8" else (2**15, 47 if view.wide else 31)
    largest = values * np.abs(rows.astype(np.int64)).sum(axis=1)
    largest += np.abs(view.bias(weights.shape[axis], bias).astype(np.int64))
    if rows.shape[0] > LARGEST_EXTENT or int(largest.max()) >= 2**bits:
        raise UnsupportedModel(
            f"{view.where}: {rows.shape[0]} channels whose sums can reach {int(largest.max())}",
            f"kernels take up to 32767 channels and sums below 2^{bits}: split the layer",
        )
    return weights


def _per_channel(view: View, channels: int) -> tuple[net.Int32, net.Int32]:
    factors = view.factors()
    return qmath.per_channel(factors * channels if len(factors) == 1 else factors)


def _conv(view: View) -> tuple[net.Spec, Clamp]:
    options = view.options(ir.Conv2D)
    shape = view.inputs[0].shape
    weights = _checked(view, ungrouped(view.constant(1).astype(np.int8), shape[3]), 0)
    kernel = (weights.shape[1], weights.shape[2])
    multiplier, shift = _per_channel(view, weights.shape[0])
    spec = net.Conv(
        shape[0], shape[3], weights, view.bias(weights.shape[0]),
        multiplier, shift, view.zero_point(0), view.zero_point_out,
        window(options, kernel, shape, view.where), wide=view.wide,
    )  # fmt: skip
    return spec, view.clamp(options.activation)


def _depthwise(view: View) -> tuple[net.Spec, Clamp]:
    options = view.options(ir.DepthwiseConv2D)
    weights = _checked(view, view.constant(1).astype(np.int8)[0], 2)
    shape = view.inputs[0].shape
    kernel = (weights.shape[0], weights.shape[1])
    multiplier, shift = _per_channel(view, weights.shape[2])
    spec = net.Depthwise(
        shape[0], shape[3], weights, view.bias(weights.shape[2]),
        multiplier, shift, view.zero_point(0), view.zero_point_out,
        window(options, kernel, shape, view.where), wide=view.wide,
    )  # fmt: skip
    return spec, view.clamp(options.activation)


def _dense(view: View) -> tuple[net.Spec, Clamp]:
    weights = _checked(view, view.constant(1).astype(np.int8), 0)
    out_c, in_c = weights.shape
    multiplier, shift = qmath.per_channel(view.factors())
    spec = net.Dense(
        view.inputs[0].elements // in_c, in_c, weights, view.bias(out_c),
        multiplier, shift, view.zero_point(0), view.zero_point_out, wide=view.wide,
    )  # fmt: skip
    return spec, view.clamp(view.options(ir.FullyConnected).activation)


def _pair(view: View) -> net.Broadcast:
    return broadcast(view.inputs[0].shape, view.inputs[1].shape, view.output.shape, view.where)


def _transpose_conv(view: View) -> tuple[net.Spec, Clamp]:
    options = view.options(ir.TransposeConv)
    weights = _checked(view, view.constant(1).astype(np.int8), 0, bias=3)
    out_c, *kernel, in_c = weights.shape
    batches, *made, _ = view.output.shape
    image = view.inputs[2].shape[1:3]
    rows, columns = transposed(options, (kernel[0], kernel[1]), (made[0], made[1]))
    extents = (*view.inputs[2].shape, *view.output.shape, *kernel, rows.stride, columns.stride)
    if max(extents) > LARGEST_EXTENT:
        raise UnsupportedModel(
            f"{view.where}: an extent of {max(extents)}; kernels take up to {LARGEST_EXTENT}",
            "split the layer",
        )
    x, k, y = view.quantization(2), view.quantization(1), view.output_quantization
    multiplier, shift = qmath.per_channel(matmul_factors(x, k, y, channels=out_c))
    spec = net.TransposeConv(
        net.Spread(
            image[0], image[1], made[0], made[1], kernel[0], kernel[1],
            rows.stride, columns.stride, rows.before, columns.before,
        ),
        batches, in_c, weights, view.bias(out_c, 3), multiplier, shift, x.zero_point, y.zero_point,
        wide=view.wide,
    )  # fmt: skip
    return spec, view.clamp(options.activation)


def _batch_matmul(view: View) -> tuple[net.Spec, Clamp]:
    options = view.options(ir.BatchMatmul)
    a, b, y = view.quantization(0), view.quantization(1), view.output_quantization
    factor = qmath.matmul_factor(a.scale, b.scale, y.scale)
    spec = net.BatchMatmul(
        matrices(
            view.inputs[0].shape, view.inputs[1].shape, options.adjoint_a, options.adjoint_b,
            view.where,
        ),
        a.zero_point, b.zero_point, y.zero_point, factor,
    )  # fmt: skip
    return spec, view.full


def _l2_normalization(view: View) -> tuple[net.Spec, Clamp]:
    columns = view.inputs[0].shape[-1]
    rows = view.inputs[0].elements // columns
    return net.L2Normalization(rows, columns, view.zero_point(0)), view.full


_SUMS: dict[type[ir.Attributes], tuple[type[net.Scaled], Callable[..., Any]]] = {
    ir.Add: (net.Add, qmath.add_factors),
    ir.Sub: (net.Sub, qmath.add_factors),
    ir.SquaredDifference: (net.SquaredDifference, qmath.squared_difference_factors),
}


def _add(view: View) -> tuple[net.Spec, Clamp]:
    a, b, y = view.quantization(0), view.quantization(1), view.output_quantization
    kind, factors_of = _SUMS[type(view.op.attributes)]
    left = view.left
    if kind is net.SquaredDifference:
        left = qmath.squared_difference_shift(view.dtype)
    factors = factors_of(a.scale, b.scale, y.scale, left)
    spec = kind(
        _pair(view), a.zero_point, b.zero_point, y.zero_point,
        factors.first, factors.second, factors.output,
    )  # fmt: skip
    return spec, view.clamp(view.activation)


def _mul(view: View) -> tuple[net.Spec, Clamp]:
    a, b, y = view.quantization(0), view.quantization(1), view.output_quantization
    factor = qmath.mul_factor(a.scale, b.scale, y.scale)
    spec = net.Mul(_pair(view), a.zero_point, b.zero_point, y.zero_point, factor)
    return spec, view.clamp(view.activation)


def _div(view: View) -> tuple[net.Spec, Clamp]:
    a, b, y = view.quantization(0), view.quantization(1), view.output_quantization
    factor = qmath.div_factor(a.scale, b.scale, y.scale)
    spec = net.Div(_pair(view), a.zero_point, b.zero_point, y.zero_point, factor)
    return spec, view.clamp(view.activation)


def _prelu(view: View) -> tuple[net.Spec, Clamp]:
    a, b, y = view.quantization(0), view.quantization(1), view.output_quantization
    above = qmath.rescale_factor(a.scale, y.scale)
    below = qmath.mul_factor(a.scale, b.scale, y.scale)
    spec = net.Prelu(_pair(view), a.zero_point, b.zero_point, y.zero_point, above, below)
    return spec, view.full


def _lookup(view: View) -> tuple[net.Spec, Clamp]:
    if view.dtype == "int16":
        x, y = view.quantization(0), view.output_quantization
        return curves.curve(view.op.attributes, x, y, view.output.elements), view.full
    table = table_of(view.op.attributes, view.quantization(0), view.output_quantization)
    return net.Lookup(view.output.elements, table), view.full


def _pool(view: View) -> tuple[net.Spec, Clamp]:
    options = view.op.attributes
    assert isinstance(options, ir.AveragePool2D | ir.MaxPool2D)
    shape = view.inputs[0].shape
    kind = net.AveragePool if isinstance(options, ir.AveragePool2D) else net.MaxPool
    slide = window(options, options.window, shape, view.where)
    return kind(slide, shape[0], shape[3]), view.clamp(options.activation)


def _reduced(view: View) -> tuple[tuple[int, int, int], tuple[int, int]]:
    axes = [int(axis) for axis in view.constant(1).reshape(-1)]
    return reduction(view.inputs[0].shape, axes, view.where)


def _extreme(view: View) -> tuple[net.Spec, Clamp]:
    kept, gone = _reduced(view)
    kind = net.ReduceMax if isinstance(view.op.attributes, ir.ReduceMax) else net.ReduceMin
    return kind(*kept, gone), view.full


def _mean(view: View) -> tuple[net.Spec, Clamp]:
    (outer, middle, inner), reduced = _reduced(view)
    count = prod(reduced)
    source, output = view.quantization(0).scale, view.output_quantization.scale
    if isinstance(view.op.attributes, ir.Sum):
        factor = qmath.rescale_factor(source, output)
    else:
        factor = qmath.mean_factor(source, output, count)
    bias = -view.zero_point(0) * count
    return net.Mean(outer, middle, inner, reduced, bias, factor, view.zero_point_out), view.full


def _pad(view: View) -> tuple[net.Spec, Clamp]:
    paddings = view.constant(1).astype(np.int64)
    size = four(view.inputs[0].shape, 1, view.where)
    before, after = (four([int(x) for x in paddings[:, i]], 0, view.where) for i in (0, 1))
    value = view.zero_point_out
    if isinstance(view.op.attributes, ir.PadV2):
        value = int(view.constant(2).reshape(-1)[0])
    return net.Pad(size, before, after, value), view.full


def _softmax(view: View) -> tuple[net.Spec, Clamp]:
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


def _log_softmax(view: View) -> tuple[net.Spec, Clamp]:
    factor = log_softmax_factor(view.quantization(0).scale)
    columns = view.inputs[0].shape[-1]
    spec = net.LogSoftmax(
        view.inputs[0].elements // columns, columns, factor.exp.multiplier,
        factor.exp.left_shift, factor.exp.diff_min, factor.back,
    )  # fmt: skip
    return spec, view.full


def _quantize(view: View) -> tuple[net.Spec, Clamp]:
    x, y = view.quantization(0), view.output_quantization
    factor = qmath.rescale_factor(x.scale, y.scale)
    given = view.inputs[0].dtype
    spec = net.Requantize(view.output.elements, x.zero_point, y.zero_point, factor, given)
    return spec, view.full


def _relu(view: View) -> tuple[net.Spec, Clamp]:
    x, y = view.quantization(0), view.output_quantization
    factor = qmath.rescale_factor(x.scale, y.scale)
    given = view.inputs[0].dtype
    spec = net.Requantize(view.output.elements, x.zero_point, y.zero_point, factor, given)
    return spec, view.clamp(ir.Activation.RELU)


def _relu6(view: View) -> tuple[net.Spec, Clamp]:
    # TFLite Micro's RELU6 clamps on the input's grid and does not rescale.
    zero_point, given = view.zero_point(0), view.inputs[0].dtype
    spec = net.Requantize(view.output.elements, zero_point, zero_point, net.IDENTITY, given)
    return spec, view.clamp(ir.Activation.RELU6)


def _comparison(view: View) -> tuple[net.Spec, Clamp]:
    a, b = view.quantization(0), view.quantization(1)
    factors = [qmath.Factor(*qmath.quantize_multiplier(q.scale)) for q in (a, b)]
    taken = sum(
        1 << bit
        for bit, pair in enumerate(((0, 1), (0, 0), (1, 0)))
        if COMPARISONS[type(view.op.attributes)](*pair)
    )
    spec = net.Compare(_pair(view), taken, a.zero_point, b.zero_point, *factors)
    return spec, view.full


def _select(view: View) -> tuple[net.Spec, Clamp]:
    shapes = [t.shape for t in view.inputs]
    return net.Select(*broadcasts(shapes, view.output.shape, view.where)), view.full


def _extremum(view: View) -> tuple[net.Spec, Clamp]:
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


def _concatenation(view: View) -> tuple[net.Spec, Clamp]:
    options = view.options(ir.Concatenation)
    axis = options.axis % len(view.output.shape)
    lengths = tuple(prod(tensor.shape[axis:]) for tensor in view.inputs)
    return net.Concat(prod(view.output.shape[:axis]), lengths), view.clamp(options.activation)


def _bilinear(view: View) -> tuple[net.Spec, Clamp]:
    options = view.options(ir.ResizeBilinear)
    batches, height, width, channels = view.inputs[0].shape
    how = {"corners": options.align_corners, "centers": options.half_pixel_centers}
    rows = between(height, view.output.shape[1], **how)
    columns = between(width, view.output.shape[2], **how)
    return net.Bilinear(batches, height, width, channels, rows, columns), view.full


def _pack(view: View) -> tuple[net.Spec, Clamp]:
    axis = view.options(ir.Pack).axis % len(view.output.shape)
    length = prod(view.output.shape[axis + 1 :])
    spec = net.Concat(prod(view.output.shape[:axis]), (length,) * len(view.inputs))
    return spec, view.full


def _arg(view: View) -> tuple[net.Spec, Clamp]:
    outer, size, inner = _along(view)
    least = isinstance(view.op.attributes, ir.ArgMin)
    return net.Arg(outer, size, inner, least), view.full


def _cumsum(view: View) -> tuple[net.Spec, Clamp]:
    options = view.options(ir.Cumsum)
    factor = qmath.sum_factor(view.quantization(0).scale, view.output_quantization.scale)
    spec = net.Cumsum(
        *_along(view), options.exclusive, options.reverse, view.zero_point(0),
        view.zero_point_out, factor,
    )  # fmt: skip
    return spec, view.full


def _add_n(view: View) -> tuple[net.Spec, Clamp]:
    factor = qmath.sum_factor(view.quantization(0).scale, view.output_quantization.scale)
    spec = net.AddN(
        view.output.elements, len(view.inputs), view.zero_point(0), view.zero_point_out, factor
    )
    return spec, view.full


def _along(view: View) -> tuple[int, int, int]:
    """Axes merged to those before the one that is named, itself, and those behind it."""
    shape = view.inputs[0].shape
    axis = int(view.constant(1).reshape(-1)[0]) % len(shape)
    return prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])


def _logical(view: View) -> tuple[net.Spec, Clamp]:
    """Of 0 and 1, both is the least, either is the greatest."""
    kind = net.Minimum if isinstance(view.op.attributes, ir.LogicalAnd) else net.Maximum
    return kind(_pair(view)), view.full


def _not(view: View) -> tuple[net.Spec, Clamp]:
    table = (np.arange(-128, 128) == 0).astype(np.int8)
    return net.Lookup(view.output.elements, table), view.full


def _all(view: View) -> tuple[net.Spec, Clamp]:
    kept, gone = _reduced(view)
    return net.ReduceMin(*kept, gone), view.full


SPECS: dict[type[ir.Attributes], Callable[[View], tuple[net.Spec, Clamp]]] = {
    ir.Conv2D: _conv,
    ir.DepthwiseConv2D: _depthwise,
    ir.FullyConnected: _dense,
    ir.TransposeConv: _transpose_conv,
    ir.BatchMatmul: _batch_matmul,
    ir.L2Normalization: _l2_normalization,
    ir.LogSoftmax: _log_softmax,
    ir.Div: _div,
    ir.Add: _add,
    ir.Sub: _add,
    ir.SquaredDifference: _add,
    ir.Mul: _mul,
    ir.Prelu: _prelu,
    **dict.fromkeys(LOOKUPS, _lookup),
    ir.AveragePool2D: _pool,
    ir.MaxPool2D: _pool,
    ir.Mean: _mean,
    ir.Sum: _mean,
    ir.ReduceMax: _extreme,
    ir.ReduceMin: _extreme,
    ir.ReduceAll: _all,
    ir.ArgMax: _arg,
    ir.ArgMin: _arg,
    ir.Cumsum: _cumsum,
    ir.AddN: _add_n,
    ir.LogicalAnd: _logical,
    ir.LogicalOr: _logical,
    ir.LogicalNot: _not,
    ir.Pad: _pad,
    ir.PadV2: _pad,
    ir.Softmax: _softmax,
    ir.SelectV2: _select,
    **dict.fromkeys(COMPARISONS, _comparison),
    ir.Quantize: _quantize,
    ir.Relu: _relu,
    ir.Relu6: _relu6,
    ir.Minimum: _extremum,
    ir.Maximum: _extremum,
    ir.Concatenation: _concatenation,
    ir.Pack: _pack,
    ir.ResizeBilinear: _bilinear,
}
"""A layer's arithmetic and clamp from an operator; RESHAPE makes no layer."""


def to_network(graph: ir.Graph) -> net.Network:
    """The graph as a network.

    Raises UnsupportedModel for a computed kernel, or a shape that no kernel takes.
    """
    return _Lowering(graph).network()


@dataclass(frozen=True)
class Carried:
    """Float32 values as integers in ``value``: these, of tensor ``start``, and then functions."""

    value: int
    start: ir.Tensor
    functions: tuple[ir.Attributes, ...]


class _Lowering:
    def __init__(self, graph: ir.Graph) -> None:
        self.graph = graph
        self.values: list[net.Value] = []
        self.layers: list[net.Layer] = []
        self.where: dict[int, int] = {}  # graph tensor -> value
        self.floats: dict[int, Carried] = {}  # float32 tensor -> the integers that it is made of

    def network(self) -> net.Network:
        graph = self.graph
        inputs = tuple(self.value(i) for i in graph.inputs)
        for op in graph.ops:
            if type(op.attributes) in MOVES:
                self.move(op)
            elif isinstance(op.attributes, ir.Dequantize | ir.Cast):
                source = op.inputs[0]
                self.floats[op.outputs[0]] = Carried(self.value(source), graph.tensors[source], ())
            elif op.inputs[0] in self.floats:
                self.island(op, self.floats[op.inputs[0]])
            elif isinstance(op.attributes, ir.ReadVariable):
                self.copy(op, op.inputs[0], op.outputs[0])
            elif isinstance(op.attributes, ir.AssignVariable):
                self.copy(op, op.inputs[1], op.inputs[0])
            elif isinstance(op.attributes, ir.UnidirectionalSequenceLstm):
                self.recur(op, lstm(op, graph.tensors), LSTM_STATES)
            elif isinstance(op.attributes, ir.Svdf):
                self.recur(op, svdf(op, graph.tensors), SVDF_STATES)
            else:
                self.compute(op)
        outputs = tuple(self.value(i) for i in graph.outputs)
        return net.Network(graph.name, tuple(self.values), tuple(self.layers), inputs, outputs)

    def value(self, index: int) -> int:
        if index not in self.where:
            tensor = self.graph.tensors[index]
            data = None if tensor.data is None else _stored(tensor)
            self.where[index] = len(self.values)
            initial = tensor.initial
            kept = None if initial is None else np.frombuffer(initial.tobytes(), np.int8)
            dtype = element(tensor)
            self.values.append(
                net.Value(tensor.name, tensor.bytes, data, initial=kept, dtype=dtype)
            )
        return self.where[index]

    def compute(self, op: ir.Op) -> None:
        view = View(self.graph, op)
        spec, clamp = SPECS[type(op.attributes)](view)
        inputs = _activations(self.graph, op, spec)
        shapes = (*(self.graph.tensors[i].shape for i in inputs), view.output.shape)
        self.layers.append(
            net.Layer(
                view.name, op.kind, spec, tuple(self.value(i) for i in inputs),
                self.value(op.outputs[0]), shapes, clamp, dtype=view.dtype,
            )
        )  # fmt: skip

    def copy(self, op: ir.Op, source: int, target: int) -> None:
        """A variable's value into an activation, or back."""
        given, made = self.graph.tensors[source], self.graph.tensors[target]
        spec = net.Move(given.bytes // given.elements, Loops(given.elements, 0, (), (), ()))
        self.layers.append(
            net.Layer(
                made.name, op.kind, spec, (self.value(source),), self.value(target),
                (given.shape, made.shape), dtype=element(made),
            )
        )  # fmt: skip

    def recur(self, op: ir.Op, spec: net.Spec, states: tuple[int, ...]) -> None:
        """A layer with a state."""
        source, made = self.graph.tensors[op.inputs[0]], self.graph.tensors[op.outputs[0]]
        self.layers.append(
            net.Layer(
                made.name, op.kind, spec, (self.value(op.inputs[0]),),
                self.value(op.outputs[0]), (source.shape, made.shape),
                states=tuple(self.value(op.inputs[i]) for i in states), dtype=element(made),
            )
        )  # fmt: skip

    def island(self, op: ir.Op, given: Carried) -> None:
        """A function of one float32 value, or QUANTIZE: a table of what all of them come to."""
        index = op.outputs[0]
        if not isinstance(op.attributes, ir.Quantize):
            self.floats[index] = replace(given, functions=(*given.functions, op.attributes))
            return
        made, outer = self.graph.tensors[index], self.graph.tensors[op.inputs[0]]
        table = island_table(given.start, given.functions, outer, made)
        if np.array_equal(table, np.arange(-128, 128)):
            self.where[index] = given.value
            return
        spec = net.Lookup(made.elements, table)
        self.layers.append(
            net.Layer(
                made.name, op.kind, spec, (given.value,), self.value(index),
                (outer.shape, made.shape),
            )
        )  # fmt: skip

    def move(self, op: ir.Op) -> None:
        """One layer for each output; none where the output is the input as it stands. Float32 is
        moved as the integers that it is made of."""
        source = op.inputs[moved(op)]
        tensor = self.graph.tensors[source]
        carried = self.floats.get(source)
        given = self.value(source) if carried is None else carried.value
        each = tensor.bytes // tensor.elements if carried is None else 1
        for index, positions in zip(op.outputs, sources(op, self.graph.tensors), strict=True):
            loops = loops_of(positions)
            if loops is None:
                raise UnsupportedModel(
                    f"{op.kind} {self.graph.tensors[index].name!r} moves along more than "
                    f"{AXES} axes",
                    "reshape around it",
                )
            if loops.is_view and loops.run == tensor.elements:
                self.where[index] = given
            else:
                output = self.graph.tensors[index]
                self.where[index] = len(self.values)
                made = element(output) if carried is None else "int8"
                self.values.append(net.Value(output.name, each * output.elements, dtype=made))
                self.layers.append(
                    net.Layer(
                        output.name, op.kind, net.Move(each, loops), (given,), self.where[index],
                        (tensor.shape, output.shape), dtype=made,
                    )
                )  # fmt: skip
            if carried is not None:
                self.floats[index] = replace(carried, value=self.where[index])


def _stored(tensor: ir.Tensor) -> net.Integers:
    """A constant operand, flat."""
    kind: Any = ir.numpy_type(element(tensor))
    assert tensor.data is not None
    flat: net.Integers = tensor.data.astype(kind).reshape(-1)
    return flat


def _activations(graph: ir.Graph, op: ir.Op, spec: net.Spec) -> tuple[int, ...]:
    """The inputs that a kernel is handed at run time: the rest went into the spec."""
    if spec.joins:
        return op.inputs
    activations = [i for i in op.inputs if i >= 0 and graph.tensors[i].data is None]
    return tuple(activations[:1]) or op.inputs[:1]
