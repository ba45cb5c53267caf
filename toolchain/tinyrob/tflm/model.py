"""A network for TFLite-Micro: its .tflite as an array, its operators, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinyrob.emit import ctext
from tinyrob.emit.c import CModel, LayerInfo, firmware_files
from tinyrob.emit.render import render
from tinyrob.errors import UnsupportedModel
from tinyrob.files.plan import BuildPlan
from tinyrob.ir.graph import Conv2D, DepthwiseConv2D, FullyConnected, Graph, Op
from tinyrob.tflm.tree import KERNELS, Tree, int8_header, library_plan

ALIGNMENT = 16
"""Of the arena, in bytes."""


def _other_than_int8(graph: Graph, indices: Iterable[int]) -> bool:
    return any(graph.tensors[i].dtype != "int8" for i in indices)


def emit_tflm(graph: Graph, tflite: bytes, digest: bytes, tree: Tree, arena_bytes: int) -> CModel:
    """Sources (model/, tflm/, include/) that run ``tflite``, whose graph is ``graph``.

    ``arena_bytes``, a multiple of 16, is what the interpreter is given. The observer's layers are
    the file's operators, one each. Raises UnsupportedModel for an operator the tree has not.
    """
    if graph.stateful:
        raise UnsupportedModel(
            "the runtime tflm takes networks without a state", "build it with --runtime native"
        )
    ends = (*graph.inputs, *graph.outputs)
    if graph.outer_inputs or graph.outer_outputs or _other_than_int8(graph, ends):
        raise UnsupportedModel(
            "the runtime tflm takes networks of int8 inputs and outputs; this one's are of another "
            "type",
            "convert it with inference_input_type = inference_output_type = tf.int8, or build it "
            "with --runtime native",
        )
    kinds = sorted({op.kind for op in graph.ops})
    lean = {kind: int8_header(tree, kind) for kind in kinds if _all_int8(graph, kind)}
    library = library_plan(tree, kinds)
    layers = tuple(_layer(graph, step) for step in range(len(graph.ops)))
    entries = [graph.tensors[i] for i in graph.entries]
    results = [graph.tensors[i] for i in graph.exits]
    context: dict[str, Any] = {
        "model": ctext.comment(graph.name),
        "digest": [f"0x{byte:02x}" for byte in digest[:16]],
        "arena_bytes": max(arena_bytes, smallest_arena(graph)),
        "inputs": [{"bytes": tensor.bytes} for tensor in entries],
        "outputs": [{"bytes": tensor.bytes} for tensor in results],
        "methods": [
            (KERNELS[kind][1], f"tflite::Register_{kind}_INT8()" if lean.get(kind) else "")
            for kind in kinds
        ],
        "headers": sorted({header for header in lean.values() if header}),
        "layers": [
            {
                "tensor": op.outputs[0],
                "bytes": graph.tensors[op.outputs[0]].bytes,
                "name": ctext.comment(graph.layer_name(op)),
            }
            for op in graph.ops
        ],
        "rows": [
            ", ".join(f"0x{byte:02x}" for byte in tflite[at : at + 16]) + ","
            for at in range(0, len(tflite), 16)
        ],
        "tflite_bytes": len(tflite),
    }
    files = {
        f"model/{name}": render(f"tflm/{name}.j2", **context)
        for name in ("tr_model.h", "tr_model.cc", "tr_weights.h", "tr_weights.c")
    }
    return CModel(
        BuildPlan(files) | library | firmware_files([], ("tr_observer.h",)),
        arena_bytes,
        len(tflite),
        sum(layer.macs for layer in layers),
        layers,
        tuple(tensor.bytes for tensor in entries),
        tuple(tensor.bytes for tensor in results),
    )


def _all_int8(graph: Graph, kind: str) -> bool:
    """Whether an operator meets nothing but int8, and its biases and shapes of int32."""
    used = {i for op in graph.ops if op.kind == kind for i in (*op.inputs, *op.outputs) if i >= 0}
    return all(
        t.dtype == "int8" or (t.dtype == "int32" and t.data is not None)
        for t in (graph.tensors[i] for i in used)
    )


def smallest_arena(graph: Graph) -> int:
    """Less than this no arena is: requests are received where the input lies."""
    total = sum(graph.tensors[i].bytes for i in (*graph.entries, *graph.exits))
    return -(-total // ALIGNMENT) * ALIGNMENT


def _layer(graph: Graph, step: int) -> LayerInfo:
    op = graph.ops[step]
    constants = (graph.tensors[i] for i in op.inputs if i >= 0)
    weights = sum(tensor.bytes for tensor in constants if tensor.data is not None)
    return LayerInfo(graph.layer_name(op), op.kind, _macs(graph, op), weights, _alive(graph, step))


def _macs(graph: Graph, op: Op) -> int:
    outputs = graph.tensors[op.outputs[0]].elements
    if not isinstance(op.attributes, (Conv2D, DepthwiseConv2D, FullyConnected)):
        return 0
    kernel = graph.tensors[op.inputs[1]].shape
    # A depthwise kernel is (1, KH, KW, C): each output sees one channel.
    taps = kernel[:-1] if isinstance(op.attributes, DepthwiseConv2D) else kernel[1:]
    return outputs * int(np.prod(taps, dtype=np.int64))


def _alive(graph: Graph, step: int) -> int:
    """Bytes of the activations that are needed while an operator runs; without its scratch."""
    alive = 0
    for index, tensor in enumerate(graph.tensors):
        made = [i for i, op in enumerate(graph.ops) if index in op.outputs]
        used = [i for i, op in enumerate(graph.ops) if index in op.inputs]
        first = made[0] if made else 0 if index in graph.inputs else None
        last = len(graph.ops) if index in graph.outputs else max(used, default=step)
        if tensor.data is None and first is not None and first <= step <= last:
            alive += tensor.bytes
    return alive
