"""From the whole network to its stream: which layers it reaches, and the graph that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tinyrob.errors import Obstacle, UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import trace
from tinyrob.ir.interp.common import Array
from tinyrob.ir.rules import check_graph
from tinyrob.ir.variables import resting
from tinyrob.passes.stream.line import Line
from tinyrob.passes.stream.rules import stream_op
from tinyrob.passes.stream.writer import Apart, Dirty, Finer, Writer

_WEIGHTED = (ir.Conv2D, ir.DepthwiseConv2D, ir.FullyConnected, ir.BatchMatmul)


@dataclass(frozen=True)
class Stream:
    """``graph`` takes ``steps`` steps of the input an inference. Its outputs are those of the whole
    network for the last ``window`` steps; in front of the first one the input was zero.

    ``axis`` is that of time in the input's shape without the batch; ``outputs`` say of each output
    along which axis (None: it has none) its last rows are made. ``apart``: layers that are computed
    for the whole window with every push, and why.
    """

    graph: ir.Graph
    axis: int
    window: int
    steps: int
    outputs: tuple[int | None, ...]
    apart: tuple[Obstacle, ...]

    @property
    def pushes(self) -> int:
        """The first inference that has seen a whole window, counted from 1."""
        return -(-self.window // self.steps)


def streamed(graph: ir.Graph, axis: int) -> Stream:
    """``graph`` as a stream along ``axis`` of its input's shape without the batch.

    Raises UnsupportedModel where the axis is none, where the graph has a state already, and, with
    every obstacle, where not one layer with weights would be computed less often.
    """
    source = _check(graph, axis)
    silence = trace(graph, _zero(graph.tensors[source]))
    steps, apart = 1, dict[int, Obstacle]()
    wanted: dict[int, int] = {}
    said: dict[Obstacle, None] = {}
    while True:
        try:
            writer, outputs = _written(graph, silence, axis, steps, apart, wanted)
        except Finer as finer:
            if steps * finer.factor > graph.tensors[source].sample_shape[axis]:
                apart[finer.number] = finer.obstacle
                said[finer.obstacle] = None
            else:
                steps *= finer.factor
            continue
        except Dirty as dirty:
            said.update(dict.fromkeys(dirty.causes.values()))
            first = min(dirty.causes)
            apart[first] = dirty.causes[first]
            continue
        if writer.wanted == wanted:
            break
        wanted = dict(writer.wanted)
    said.update(dict.fromkeys(writer.said.values()))
    if not writer.lighter:
        raise _nothing(graph, axis, tuple(said))
    made = writer.graph(outputs)
    check_graph(made)
    window = graph.tensors[source].sample_shape[axis]
    axes = tuple(
        None
        if line is None
        else line.axis - (made.tensors[o].shape != made.tensors[o].sample_shape)
        for o, line in zip(made.outputs, (writer.lines.get(o) for o in graph.outputs), strict=True)
    )
    return Stream(made, axis, window, steps, axes, tuple(said))


def _written(
    graph: ir.Graph,
    silence: Mapping[str, Array],
    axis: int,
    steps: int,
    apart: dict[int, Obstacle],
    wanted: dict[int, int],
) -> tuple[Writer, tuple[int, ...]]:
    """One try: raises Dirty or Finer where another has to follow."""
    writer = Writer(graph, wanted, silence)
    source = graph.inputs[0]
    tensor = graph.tensors[source]
    along = axis + _batch(tensor)
    rows = tensor.shape[along]
    writer.begin(source, Line(along, rows, steps, rows))
    for number, op in enumerate(graph.ops):
        if not any(i in writer.lines for i in op.inputs):
            writer.keep(op)
            continue
        try:
            if number in apart:
                raise Apart(None)
            stream_op(writer, number, op)
            writer.lighter |= isinstance(op.attributes, _WEIGHTED)
        except Apart as reason:
            if reason.obstacle is not None:
                writer.said[number] = reason.obstacle
            writer.whole(op)
    return writer, tuple(writer.last(i) for i in graph.outputs)


def _zero(tensor: ir.Tensor) -> Array:
    """An input that stands for zero."""
    return np.full(tensor.sample_shape, resting(tensor), ir.numpy_type(tensor.dtype))


def _check(graph: ir.Graph, axis: int) -> int:
    """The input. Raises UnsupportedModel."""
    found = []
    if graph.stateful:
        found.append(
            Obstacle("", "it keeps a state already", "it takes a step an inference as it is")
        )
    if len(graph.inputs) != 1:
        found.append(
            Obstacle(
                "", f"it has {len(graph.inputs)} inputs, and a stream is one of them",
                "join them, or stream a network of one input",
            )
        )  # fmt: skip
    source = graph.inputs[0]
    shape = graph.tensors[source].sample_shape
    if not 0 <= axis < len(shape):
        found.append(
            Obstacle(
                "", f"its input of shape {shape} has no axis {axis}",
                f"axes are counted from 0 without the batch: 0 to {len(shape) - 1}",
            )
        )  # fmt: skip
    elif shape[axis] < 2:
        longest = max(range(len(shape)), key=lambda i: shape[i])
        found.append(
            Obstacle(
                "", f"axis {axis} of its input of shape {shape} is one step long",
                f"name the axis of time: is it {longest}?",
            )
        )  # fmt: skip
    if found:
        raise UnsupportedModel.of(found)
    return source


def _batch(tensor: ir.Tensor) -> int:
    """Whether its first axis is that of the batch."""
    return len(tensor.shape) - len(tensor.sample_shape)


def _nothing(graph: ir.Graph, axis: int, said: tuple[Obstacle, ...]) -> UnsupportedModel:
    """Why not one layer with weights is computed less often."""
    if said:
        return UnsupportedModel.of(said)
    first = next((op for op in graph.ops if isinstance(op.attributes, _WEIGHTED)), None)
    name = "" if first is None else graph.layer_name(first)
    return UnsupportedModel.of(
        [
            Obstacle(
                name, f"no layer with weights works step by step along axis {axis}: all see the "
                "whole window at once",
                "name another axis, or build it as it is",
            )
        ]
    )  # fmt: skip
