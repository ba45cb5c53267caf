"""Operators whose output is their input, bit for bit, are taken out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyrob.ir import graph as ir


def drop_identities(graph: ir.Graph) -> ir.Graph:
    """Without RESHAPE to the same shape, QUANTIZE to the same grid, PAD by nothing, MINIMUM and
    MAXIMUM that never bind, and CONCATENATION of one.

    Readers of such an operator's output read its input. One that leads from the graph's input to
    the graph's output stays: there would be nothing left.
    """
    same: dict[int, int] = {}
    ops: list[ir.Op] = []
    for op in graph.ops:
        op = replace(op, inputs=tuple(same.get(i, i) for i in op.inputs))
        source = _source(graph, op)
        if source is None or (source in graph.inputs and op.outputs[0] in graph.outputs):
            ops.append(op)
        else:
            same[op.outputs[0]] = source
    outputs = tuple(same.get(i, i) for i in graph.outputs)
    return replace(graph, ops=tuple(ops), outputs=outputs)


def _source(graph: ir.Graph, op: ir.Op) -> int | None:
    """The input that an operator hands on unchanged, or None."""
    if len(op.outputs) != 1:
        return None
    tensor, out = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    options = op.attributes
    if isinstance(options, ir.Minimum | ir.Maximum):
        return _unbound(graph, op)
    if tensor.data is not None or tensor.shape != out.shape:
        return None
    if isinstance(options, ir.Reshape | ir.Pad):
        return op.inputs[0]
    if tensor.quantization != out.quantization:
        return None
    if isinstance(options, ir.Quantize):
        return op.inputs[0] if tensor.dtype == out.dtype else None
    if isinstance(options, ir.Concatenation) and len(op.inputs) == 1:
        return op.inputs[0] if options.activation is ir.Activation.NONE else None
    return None


def _unbound(graph: ir.Graph, op: ir.Op) -> int | None:
    """The activation that MINIMUM with the greatest value, or MAXIMUM with the least, leaves as it
    is."""
    low, high = ir.limits(graph.tensors[op.outputs[0]].dtype)
    limit = high if isinstance(op.attributes, ir.Minimum) else low
    for index, other in (op.inputs, op.inputs[::-1]):
        bound, tensor = graph.tensors[other], graph.tensors[index]
        if (
            bound.data is not None
            and tensor.data is None
            and tensor.shape == graph.tensors[op.outputs[0]].shape
            and bool(np.all(bound.data == limit))
        ):
            return index
    return None
