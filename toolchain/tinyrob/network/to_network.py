"""Graph to network: each operator becomes one layer (``lowering``), an alias, or a move.

Operators without code (RESHAPE) become aliases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.islands import island_table
from tinyrob.ir.moves import MOVES, looks_up, moved, sources
from tinyrob.network import layers as net
from tinyrob.network.lowering import SPECS
from tinyrob.network.moves import AXES, Loops, loops_of
from tinyrob.network.state import LSTM_STATES, SVDF_STATES, lstm, svdf
from tinyrob.network.view import View, element


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
            if looks_up(op, graph.tensors):
                self.look_up(op)
            elif type(op.attributes) in MOVES:
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

    def look_up(self, op: ir.Op) -> None:
        """Rows of a constant, by index."""
        table, places = (self.graph.tensors[i] for i in op.inputs)
        made = self.graph.tensors[op.outputs[0]]
        stored = _stored(table).astype(np.int8).reshape(table.shape[0], -1)
        self.layers.append(
            net.Layer(
                made.name, op.kind, net.Rows(places.elements, stored), (self.value(op.inputs[1]),),
                self.value(op.outputs[0]), (places.shape, made.shape),
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
