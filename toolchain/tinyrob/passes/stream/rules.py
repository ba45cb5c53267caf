"""How each operator is done step by step: one small function a family, in one table."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tinyrob.errors import Obstacle
from tinyrob.ir import graph as ir
from tinyrob.ir.graph import Op, Tensor
from tinyrob.ir.lookup import LOOKUPS
from tinyrob.passes.stream.line import Line
from tinyrob.passes.stream.windowed import padding, windowed
from tinyrob.passes.stream.writer import Apart, Dirty, Writer


def stream_op(writer: Writer, number: int, op: Op) -> None:
    """Puts operator ``number`` as the stream has it. Raises Apart where it has to see the whole
    window, Finer and Dirty where another try has to follow."""
    rule = _RULES.get(type(op.attributes))
    if any(_done(writer.lines[i]) for i in op.inputs if i in writer.lines):
        raise Apart(None)
    if rule is None:
        raise Apart(
            Obstacle(
                writer.source.layer_name(op),
                f"{op.kind} is not done step by step",
                "leave it out in front of the layers that are to be",
            )
        )
    rule(writer, number, op)


def _done(line: Line) -> bool:
    """Whether the fresh rows are the whole window: what follows has nothing to keep."""
    return line.rows <= line.fresh and line.whole


def _each(writer: Writer, number: int, op: Op) -> None:
    """One value for each, or for the values of one step, of one or two operands."""
    moving = [i for i in op.inputs if i in writer.lines]
    made = writer.tensors[op.outputs[0]].shape
    line = _common(writer, moving, len(made))
    for index in op.inputs:
        if index < 0 or index in writer.lines:
            continue
        other = writer.tensors[index]
        along = line.axis - (len(made) - len(other.shape))
        if other.data is None or (along >= 0 and other.shape[along] != 1):
            what = "one value for all steps" if other.data is None else "values of their own"
            raise Apart(
                Obstacle(
                    writer.source.layer_name(op),
                    f"its operand {other.name!r} gives steps {what}, which change as the window "
                    "moves on",
                    "use one constant for all steps",
                )
            )
    inputs = tuple(_fresh(writer, i, line) if i in writer.lines else i for i in op.inputs)
    writer.begin(op.outputs[0], line, writer.pads_of(moving))
    writer.put(replace(op, inputs=inputs))


def _common(writer: Writer, moving: list[int], rank: int) -> Line:
    """The line of what is made of several. Raises Apart where they do not go together."""
    lines = []
    for index in moving:
        line = writer.lines[index]
        lines.append(replace(line, axis=line.axis + rank - len(writer.tensors[index].shape)))
    if len({(line.axis, line.rows, line.fresh) for line in lines}) > 1:
        raise Apart(None)
    end, first = min(line.end for line in lines), max(line.first for line in lines)
    if first >= min(end, lines[0].rows):
        raise Dirty(writer.pads_of(moving))
    return replace(lines[0], end=end, first=first)


def _fresh(writer: Writer, index: int, line: Line) -> int:
    """The rows that are due; where another operand is behind, older ones."""
    return writer.anyway(index, line.end - line.fresh, line.end)


def _of_a_row(writer: Writer, number: int, op: Op) -> None:
    """SOFTMAX and its kin, over the last axis."""
    if writer.lines[op.inputs[0]].axis == len(writer.tensors[op.inputs[0]].shape) - 1:
        raise Apart(None)
    _each(writer, number, op)


def _dense(writer: Writer, number: int, op: Op) -> None:
    """A dense layer that is applied to each step."""
    source, out = writer.source.tensors[op.inputs[0]], writer.source.tensors[op.outputs[0]]
    line = writer.lines[op.inputs[0]]
    weights = writer.tensors[op.inputs[1]]
    if line.axis == len(source.shape) - 1 or source.shape[-1] != weights.shape[1]:
        raise Apart(None)
    axis = _kept(source.shape[:-1], line.axis, out.shape[:-1])
    if axis is None or weights.data is None:
        raise Apart(None)
    given = _fresh(writer, op.inputs[0], line)
    writer.begin(op.outputs[0], replace(line, axis=axis), writer.pads_of(op.inputs))
    writer.put(replace(op, inputs=(given, *op.inputs[1:])))


def _reshape(writer: Writer, number: int, op: Op) -> None:
    """RESHAPE and its kin, where time stays an axis of its own."""
    source, out = writer.source.tensors[op.inputs[0]], writer.source.tensors[op.outputs[0]]
    line = writer.lines[op.inputs[0]]
    axis = _kept(source.shape, line.axis, out.shape)
    if axis is None:
        raise Apart(None)
    given = _fresh(writer, op.inputs[0], line)
    shape = (*out.shape[:axis], line.fresh, *out.shape[axis + 1 :])
    writer.begin(op.outputs[0], replace(line, axis=axis), writer.pads_of(op.inputs))
    wanted = writer.integers(f"{out.name}/shape", shape)
    writer.put(Op(ir.Reshape(shape), (given, wanted), op.outputs))


def _kept(before: tuple[int, ...], axis: int, after: tuple[int, ...]) -> int | None:
    """Which axis of a reshaped tensor is that one."""
    for place, size in enumerate(after):
        if size == before[axis] and math.prod(after[:place]) == math.prod(before[:axis]):
            return place if math.prod(after) == math.prod(before) else None
    return None


def _transpose(writer: Writer, number: int, op: Op) -> None:
    line = writer.lines[op.inputs[0]]
    order = [int(i) for i in writer.source.constant(op.inputs[1]).ravel()]
    given = _fresh(writer, op.inputs[0], line)
    writer.begin(
        op.outputs[0], replace(line, axis=order.index(line.axis)), writer.pads_of(op.inputs)
    )
    writer.put(replace(op, inputs=(given, op.inputs[1])))


def _concatenation(writer: Writer, number: int, op: Op) -> None:
    options = op.attributes
    assert isinstance(options, ir.Concatenation)
    rank = len(writer.tensors[op.outputs[0]].shape)
    if any(i not in writer.lines for i in op.inputs):
        raise Apart(None)
    line = _common(writer, list(op.inputs), rank)
    if options.axis % rank == line.axis:
        raise Apart(None)
    inputs = tuple(_fresh(writer, i, line) for i in op.inputs)
    writer.begin(op.outputs[0], line, writer.pads_of(op.inputs))
    writer.put(replace(op, inputs=inputs))


def _split(writer: Writer, number: int, op: Op) -> None:
    """SPLIT and SPLIT_V of another axis than time."""
    at, along = (1, 0) if isinstance(op.attributes, ir.Split) else (0, 2)
    source = op.inputs[at]
    line, rank = writer.lines[source], len(writer.tensors[source].shape)
    if int(writer.source.constant(op.inputs[along]).ravel()[0]) % rank == line.axis:
        raise Apart(None)
    given = _fresh(writer, source, line)
    for index in op.outputs:
        writer.begin(index, line, writer.pads_of([source]))
    writer.put(replace(op, inputs=tuple(given if i == source else i for i in op.inputs)))


def _pad(writer: Writer, number: int, op: Op) -> None:
    """Rows of padding are the window's, not the stream's; other axes are padded step by step."""
    source = op.inputs[0]
    line = writer.lines[source]
    pads = writer.source.constant(op.inputs[1]).astype(np.int32).reshape(-1, 2).copy()
    before, after = (int(v) for v in pads[line.axis])
    causes = writer.pads_of([source])
    if before or after:
        causes = causes | {number: padding(writer, op, before, after)}
    if not (pads != 0).any(axis=1)[[i for i in range(len(pads)) if i != line.axis]].any():
        writer.rename(op.outputs[0], source, line.padded(before, after), -before, causes)
        return
    if before or after:
        raise Apart(causes[number])
    given = _fresh(writer, source, line)
    writer.begin(op.outputs[0], line, causes)
    writer.put(replace(op, inputs=(given, *op.inputs[1:])))


def _cut(writer: Writer, number: int, op: Op) -> None:
    """STRIDED_SLICE and SLICE of steps in a row; a step alone ends the stream."""
    source, out = op.inputs[0], writer.source.tensors[op.outputs[0]]
    line, tensor = writer.lines[source], writer.source.tensors[source]
    start, stop = _extent(writer.source, op, line.axis, tensor)
    rest = [n for i, n in enumerate(tensor.shape) if i != line.axis]
    shrunk = getattr(op.attributes, "shrink_axis_mask", 0)
    if math.prod(rest) * (stop - start) != out.elements or (shrunk and stop - start != 1):
        raise Apart(None)  # other axes are cut as well
    if not shrunk:
        writer.rename(op.outputs[0], source, line.cut(start, stop), start, writer.pads_of([source]))
        return
    given = writer.rows(source, start, stop)
    wanted = writer.integers(f"{out.name}/shape", out.shape)
    writer.put(Op(ir.Reshape(out.shape), (given, wanted), op.outputs))


def _extent(graph: ir.Graph, op: Op, axis: int, tensor: Tensor) -> tuple[int, int]:
    """Which steps an operator takes. Raises Apart where they are not neighbours in order."""
    options, size = op.attributes, tensor.shape[axis]
    first = graph.constant(op.inputs[1]).ravel()
    second = graph.constant(op.inputs[2]).ravel()
    if isinstance(options, ir.Slice):
        start = int(first[axis])
        return start, size if second[axis] == -1 else start + int(second[axis])
    assert isinstance(options, ir.StridedSlice)
    strides = graph.constant(op.inputs[3]).ravel()
    if options.ellipsis_mask or options.new_axis_mask or (strides != 1).any():
        raise Apart(None)
    if axis >= len(first):
        return 0, size
    bit = 1 << axis
    start, stop = (
        min(max(int(v) + (size if v < 0 else 0), 0), size) for v in (first[axis], second[axis])
    )
    start = 0 if options.begin_mask & bit else start
    stop = size if options.end_mask & bit else stop
    return start, start + 1 if options.shrink_axis_mask & bit else stop


def _gather(writer: Writer, number: int, op: Op) -> None:
    """GATHER of one step."""
    options = op.attributes
    assert isinstance(options, ir.Gather)
    source, out = op.inputs[0], writer.source.tensors[op.outputs[0]]
    line = writer.lines[source]
    places = writer.source.constant(op.inputs[1]).ravel()
    if options.axis % len(writer.tensors[source].shape) != line.axis or len(places) != 1:
        raise Apart(None)
    start = int(places[0]) % line.rows
    given = writer.rows(source, start, start + 1)
    wanted = writer.integers(f"{out.name}/shape", out.shape)
    writer.put(Op(ir.Reshape(out.shape), (given, wanted), op.outputs))


def _reduced(writer: Writer, number: int, op: Op) -> None:
    """MEAN and its kin over other axes than time."""
    source = op.inputs[0]
    line, rank = writer.lines[source], len(writer.tensors[source].shape)
    axes = {int(i) % rank for i in writer.source.constant(op.inputs[1]).ravel()}
    if line.axis in axes:
        raise Apart(None)
    kept = bool(getattr(op.attributes, "keep_dims", False))
    axis = line.axis - (0 if kept else sum(i < line.axis for i in axes))
    given = _fresh(writer, source, line)
    writer.begin(op.outputs[0], replace(line, axis=axis), writer.pads_of([source]))
    writer.put(replace(op, inputs=(given, *op.inputs[1:])))


_EACH: tuple[type[ir.Attributes], ...] = (
    ir.Relu, ir.Relu6, ir.Quantize, ir.Abs, ir.LeakyRelu, ir.Rsqrt, ir.Add, ir.Sub, ir.Mul, ir.Div,
    ir.SquaredDifference, ir.Prelu, ir.Minimum, ir.Maximum, *LOOKUPS,
)  # fmt: skip
_RULES: dict[type[ir.Attributes], Callable[[Writer, int, Op], None]] = {
    **dict.fromkeys(_EACH, _each),
    **dict.fromkeys((ir.Softmax, ir.LogSoftmax, ir.L2Normalization), _of_a_row),
    **dict.fromkeys((ir.Conv2D, ir.DepthwiseConv2D, ir.AveragePool2D, ir.MaxPool2D), windowed),
    **dict.fromkeys((ir.Reshape, ir.ExpandDims, ir.Squeeze), _reshape),
    **dict.fromkeys((ir.Pad, ir.PadV2), _pad),
    **dict.fromkeys((ir.StridedSlice, ir.Slice), _cut),
    **dict.fromkeys((ir.Mean, ir.Sum, ir.ReduceMax, ir.ReduceMin), _reduced),
    ir.FullyConnected: _dense,
    ir.Transpose: _transpose,
    ir.Concatenation: _concatenation,
    ir.Gather: _gather,
    ir.Split: _split,
    ir.SplitV: _split,
}
"""Whatever is not here sees the whole window, as its operands' windows come together."""
