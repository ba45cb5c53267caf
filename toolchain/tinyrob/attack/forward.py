"""A graph as differentiable TensorFlow: the quantized forward pass, or its float shadow.

Quantized: every value lies on its int8 grid; rounding passes the gradient straight through, and
clamps pass it inside their range. Shadow: the same weights and clamps, nothing rounded. One builder
makes both, for any graph: also for a .tflite whose training nobody here has seen. QKeras' own
forward pass would quantize its constant kernels anew at each call, and has no shadow.

Where all scales are powers of two, float32 holds every value exactly and the quantized pass equals
the artefact; elsewhere they differ by a unit in the last place now and then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinyrob.attack.operators import Site, Value, dequantized, differentiable, quantization
from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.qmath import activation_range
from tinyrob.tf.straight_through import on_grid

Forward = Callable[[Value, bool], tuple[Value, Value]]
_TAIL = (ir.Reshape, ir.Minimum, ir.Maximum, ir.Quantize, ir.Softmax)


def build_forward(graph: ir.Graph, tf: Any) -> Forward:
    """``forward(q, rounded) -> (logits, raw)`` for inputs q (N, ...) in int8 steps (float32).

    Inside, a value is (N, *its tensor's shape): one axis more than TFLite's, as in the interpreter.

    ``logits`` (N, C) are real values on the output's grid (of the softmax's input, where the graph
    ends in one); ``raw`` are the same before the output's own rounding and clamp: an attack's loss
    must not flatten out where an int8 logit saturates.

    Raises UnsupportedModel for a network of several inputs or outputs, with a state, or of int16.
    """
    made = (*graph.inputs, *(i for op in graph.ops for i in op.outputs))
    wide = next((graph.tensors[i] for i in made if graph.tensors[i].dtype == "int16"), None)
    if wide is not None:
        raise UnsupportedModel(
            f"tensor {wide.name!r} is int16: attacks work on int8 networks",
            "attack the network converted with int8 activations",
        )
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise UnsupportedModel(
            f"the network has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs: an "
            "attack needs one of each",
            "attack the part of the network that classifies one input",
        )
    if graph.stateful:
        raise UnsupportedModel(
            "the network keeps a state from one input to the next: an attack needs single inputs",
            "attack the network that it was made from, on whole sequences",
        )
    return _Forward(graph, tf)


class _Forward:
    def __init__(self, graph: ir.Graph, tf: Any) -> None:
        self.graph, self.tf = graph, tf
        self.constants = {
            index: tf.constant(dequantized(tensor)[None])
            for index, tensor in enumerate(graph.tensors)
            if tensor.data is not None and tensor.dtype == "int8"
        }
        first_of_tail = len(graph.ops)
        while first_of_tail > 0 and isinstance(graph.ops[first_of_tail - 1].attributes, _TAIL):
            first_of_tail -= 1
        self.last_compute = first_of_tail - 1

    def __call__(self, q: Value, rounded: bool) -> tuple[Value, Value]:
        graph, tf = self.graph, self.tf
        source = graph.tensors[graph.inputs[0]]
        grid = quantization(source)
        q = tf.reshape(q, (-1, *source.shape))
        values: dict[int, Value] = {graph.inputs[0]: (q - grid.zero_point) * grid.scale}
        logits = raw = values[graph.inputs[0]]
        for position, op in enumerate(graph.ops):
            attributes, out = op.attributes, graph.tensors[op.outputs[0]]
            if isinstance(attributes, ir.Softmax) and position > self.last_compute:
                # Nothing behind it changes which class is the most likely.
                logits, raw = logits * attributes.beta, raw * attributes.beta
                break
            row = differentiable(op, out.name)
            value = row.value(self._site(op, values, out))
            if position == self.last_compute:
                raw = value
            if row.rounds and out.dtype != "float32":
                value = self._quantize(value, row.fused(attributes), out, rounded)
            made = value if isinstance(value, list) else [value]
            values.update(zip(op.outputs, made, strict=True))
            logits = values.get(graph.outputs[0], made[0])
        if isinstance(raw, list):
            raw = logits
        classes = graph.tensors[graph.outputs[0]].elements
        return tf.reshape(logits, (-1, classes)), tf.reshape(raw, (-1, classes))

    def _quantize(self, value: Value, fused: ir.Activation, out: ir.Tensor, rounded: bool) -> Value:
        tf, grid = self.tf, quantization(out)
        low, high = activation_range(fused, grid)
        lo, hi = low - grid.zero_point, high - grid.zero_point
        if rounded:
            return on_grid(tf, value, grid.scale, lo, hi)
        return tf.clip_by_value(value, lo * grid.scale, hi * grid.scale)

    def _site(self, op: ir.Op, values: dict[int, Value], out: ir.Tensor) -> Site:
        operands = tuple(
            self.constants[i] if i in self.constants else values[i]
            for i in op.inputs
            if i in self.constants or i in values
        )
        return Site(self.tf, self.graph, op, operands, out)
