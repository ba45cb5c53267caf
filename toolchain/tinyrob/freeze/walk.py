"""Visits the layers of a model in the order that they run, and gives each value its grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tinyrob.errors import FreezeError
from tinyrob.freeze import compute, rearrange
from tinyrob.freeze.activations import grid_of, kind_of
from tinyrob.freeze.layers import ANY, COMPUTE, INSTEAD, LAYERS, REARRANGE, SEPARABLE
from tinyrob.freeze.probe import BYTES, Probe, fitting
from tinyrob.freeze.settle import settle
from tinyrob.freeze.values import (
    Accumulator,
    Builder,
    RawInput,
    Settled,
    Shape,
    Sum,
    Value,
    settled,
)
from tinyrob.frozen.model import Grid, Input


class Walk:
    """One model's nodes, what was rewritten, and what stands in the way."""

    def __init__(self, model: Any) -> None:
        self.model, self.build = model, Builder()
        self.probe = Probe(model, self.build)
        self.values: dict[str, Value] = {}
        self.nodes: dict[int, Any] = {}  # by a value's identity: the Keras node that made it
        self.made: dict[int, Settled] = {}  # by a value's identity: what it is on a grid
        self.found: list[FreezeError] = []
        self.logits: Callable[[], Any] = lambda: self.probe.values(model.outputs[0])

    def run(self) -> Callable[[], Any]:
        """Makes the nodes. What it returns gives Keras' logits on made-up inputs."""
        nodes = _nodes(self.model)
        readers: Counter[str] = Counter(str(key) for n in nodes for key in n.flat_input_ids)
        for node in nodes:
            shape, key = _shape(node), str(node.flat_output_ids[0])
            reads = [] if node.is_input else list(map(str, node.flat_input_ids))
            try:
                value = self._visit(node, [self.values[read] for read in reads], shape)
                if readers[key] > 1 and isinstance(value, Accumulator | Sum):
                    self.nodes[id(value)] = node
                    value = self._measured(value)
            except FreezeError as error:
                # A guess may be the cause of a clash of grids, but not of a layer's own fault.
                self.found.append(error)
                # A grid is guessed, so that the layers behind it are looked at too.
                value = Settled(node.layer.name, BYTES, shape)
            self.values[key] = value
            self.nodes.setdefault(id(value), node)
        if not self.found:
            self._output(self.values[str(id(self.model.outputs[0]))])
        if self.found:
            raise FreezeError.of(self.found)
        return self.logits

    def _output(self, value: Value) -> None:
        try:
            if isinstance(value, Accumulator | Sum):
                self._measured(value)
            else:
                settled("the output", value)
        except FreezeError as error:
            self.found.append(error)

    def _visit(self, node: Any, inputs: list[Value], shape: Shape) -> Value:
        layer, kind = node.layer, type(node.layer).__name__
        if kind not in LAYERS:
            raise FreezeError(
                f"layer {layer.name!r} is a {kind}, which freeze does not take",
                INSTEAD.get(kind, f"it takes {', '.join(sorted(LAYERS))}"),
            )
        if kind not in ANY:
            inputs = [self._ready(layer.name, value) for value in inputs]
        if self._is_output(node) and _is_softmax(layer):
            return self._without_softmax(node, inputs, shape)
        if kind == "ReLU" or (kind == "Activation" and kind_of(layer.activation) == "relu"):
            return self._relu(node, inputs[0], shape)
        if kind == "Rescaling" and isinstance(inputs[0], RawInput):
            return self._bytes(layer, inputs[0])
        if kind in REARRANGE:
            return REARRANGE[kind](self.build, layer, inputs, shape)
        value = self._compute(node, inputs, shape)
        # QKeras' compute layers can hold their activation quantizer themselves.
        quantizer = getattr(layer, "activation", None)
        if quantizer is None or kind_of(quantizer) == "linear":
            return value
        if kind_of(quantizer) == "relu":
            return self._relu(node, value, shape)
        return settle(self.build, value, grid_of(layer.name, quantizer), layer.name)

    def _compute(self, node: Any, inputs: list[Value], shape: Shape) -> Value:
        layer, kind = node.layer, type(node.layer).__name__
        if kind in SEPARABLE:
            inner = self._between(node)
            return compute.separable(self.build, layer, inputs, shape, inner)
        function = COMPUTE[kind]
        if function is compute.normalization and isinstance(inputs[0], RawInput | Sum):
            inputs = [self._ready(layer.name, inputs[0])]
        return function(self.build, layer, inputs, shape)

    def _between(self, node: Any) -> Any:
        """What a separable convolution has between its two."""
        inputs = self.probe.values(node.input_tensors)
        return self.probe.depthwise(node.layer, inputs)

    def _ready(self, reader: str, value: Value) -> Settled:
        """``value`` on a grid, which is chosen where the model has none."""
        if isinstance(value, Settled):
            return value
        if isinstance(value, RawInput):
            if id(value) not in self.made:
                node = Input(value.layer, (), BYTES, value.shape)
                self.made[id(value)] = self.build.add(node, value.shape)
                self.build.note(
                    value.layer,
                    "has no grid: it is read as (byte - 128) / 128. A model that was trained on "
                    "another range begins with a QActivation of that range",
                )
            return self.made[id(value)]
        return self._measured(value)

    def _measured(self, value: Accumulator | Sum) -> Settled:
        """A value without an activation quantizer, on the grid that holds its made-up values."""
        if id(value) in self.made:
            return self.made[id(value)]
        node = self.nodes[id(value)]
        values = self.probe.before_activation(node)
        return self._put(value, values, True, node.layer.name, value.layer)

    def _put(
        self, value: Accumulator | Sum, made_up: Any, signed: bool, layer: str, name: str
    ) -> Settled:
        """``value`` on the grid that holds what is made up; of a sum, on no finer one than it."""
        grid = fitting(made_up, signed)
        if isinstance(value, Sum):
            steps = (operand.grid.log2_step for operand in value.operands)
            grid = replace(grid, log2_step=max(grid.log2_step, *steps))
        self.build.note(
            layer,
            f"has no quantizer behind it: it is put on 8 bits of step 2**{grid.log2_step}, by "
            "made-up inputs",
            differs=True,
        )
        result = settle(self.build, value, grid, self.build.free_name(name))
        self.made[id(value)] = result
        return result

    def _relu(self, node: Any, value: Value, shape: Shape) -> Value:
        """A ReLU that is no quantizer."""
        layer = node.layer
        plain = all(not getattr(layer, key, None) for key in ("max_value", "threshold"))
        if not plain or getattr(layer, "negative_slope", None):
            raise FreezeError(
                f"layer {layer.name!r}: a ReLU with a limit or slope has no exact integer form",
                "use QActivation(quantized_relu(bits, integer))",
            )
        if isinstance(value, RawInput):
            value = self._ready(layer.name, value)
        if isinstance(value, Settled):
            return rearrange.relu(self.build, layer, [value], shape)
        return self._put(value, self.probe.values(node.outputs), False, layer.name, layer.name)

    def _bytes(self, layer: Any, value: RawInput) -> Value:
        """A rescaling of bytes: its result is what the network reads."""
        low, step = layer.offset, layer.scale
        for grid in (Grid(-8, 0, 255), BYTES):
            if abs(low - grid.lo * grid.step) < 1e-6 and abs(255 * (step - grid.step)) < 0.01:
                self.probe.as_bytes = True
                self.build.note(
                    layer.name,
                    f"becomes the input's own grid, of step 2**{grid.log2_step}",
                    differs=True,
                )
                return self.build.add(Input(layer.name, (), grid, value.shape), value.shape)
        return rearrange.rescaling(self.build, layer, [value], value.shape)

    def _is_output(self, node: Any) -> bool:
        return str(node.flat_output_ids[0]) == str(id(self.model.outputs[0]))

    def _without_softmax(self, node: Any, inputs: list[Value], shape: Shape) -> Value:
        layer, kind = node.layer, type(node.layer).__name__
        self.build.note(layer.name, "its softmax is left out: the network ends with its logits")
        if kind in ("Softmax", "Activation", "QActivation"):
            self.logits = lambda: self.probe.values(node.input_tensors)
            return inputs[0]
        self.logits = lambda: self.probe.before_activation(node)
        return self._compute(node, inputs, shape)


def _is_softmax(layer: Any) -> bool:
    if type(layer).__name__ == "Softmax":
        return True
    quantizer = getattr(layer, "quantizer", None) or getattr(layer, "activation", None)
    return quantizer is not None and kind_of(quantizer) == "softmax"


def _nodes(model: Any) -> list[Any]:
    if not hasattr(model, "_nodes_by_depth"):
        raise FreezeError(
            f"model {getattr(model, 'name', model)!r} is not a functional or built sequential "
            "Keras model, so its graph is not known",
            "build it with keras.Model(inputs, outputs), or give Sequential an input shape",
        )
    for what, tensors in (("inputs", model.inputs), ("outputs", model.outputs)):
        if len(tensors) != 1:
            raise FreezeError(f"the model has {len(tensors)} {what}", "freeze takes exactly one")
    depths = sorted(model._nodes_by_depth, reverse=True)
    nodes = [node for depth in depths for node in model._nodes_by_depth[depth]]
    for name, count in Counter(node.layer.name for node in nodes).items():
        if count > 1:
            raise FreezeError(
                f"layer {name!r} is applied {count} times", "use one layer for each place"
            )
    return nodes


def _shape(node: Any) -> Shape:
    shape = node.output_shapes
    shape = shape[0] if isinstance(shape, list) else shape
    if any(size is None for size in shape[1:]):
        raise FreezeError(
            f"layer {node.layer.name!r} has the shape {shape[1:]}: not all sizes are known",
            "give the model's Input a fixed shape",
        )
    return tuple(int(size) for size in shape[1:])
