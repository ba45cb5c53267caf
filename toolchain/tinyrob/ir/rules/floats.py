"""Where in a network an operator is left in float32, and what to do about it there."""

from __future__ import annotations

from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Graph
from tinyrob.ir.islands import UNARY

_GENERAL = (
    "it works on float32",
    "convert with full int8 quantization, so that no operator is left in float32; DEQUANTIZE and "
    "QUANTIZE are taken at the network's ends",
)
_INSIDE = (
    "TFLite's converter left it in float32, behind a DEQUANTIZE",
    "there tinyrob takes functions of one value "
    f"({', '.join(sorted(kind.kind for kind in UNARY))}) and moves: replace it, or compute it of "
    "what has an int8 form",
)
_BEHIND = (
    "it works on float32, behind the last integers",
    "end the network in front of it and compute it in your code: the header's dequantize gives "
    "what goes into it",
)
_BEFORE = (
    "it works on float32, in front of the first integers",
    "leave it out of the network and compute it in your code, before the header's quantize",
)


def left_in_float(graph: Graph, index: int) -> tuple[str, str]:
    """Why operator ``index``, of float32, is not taken, and what to try."""
    op = graph.ops[index]
    floats = [i for i in op.inputs if i >= 0 and graph.tensors[i].dtype == "float32"]
    behind = _integers(graph)
    is_behind = any(i in behind for i in floats)
    is_before = any(i in _quantized(graph) for i in op.outputs)
    if is_behind:
        return _INSIDE if is_before else _BEHIND
    return _BEFORE if is_before else _GENERAL


def _integers(graph: Graph) -> set[int]:
    """Float32 that is made of integers."""
    found: set[int] = set()
    for op in graph.ops:
        starts = isinstance(op.attributes, kinds.Dequantize | kinds.Cast)
        if starts or found.intersection(op.inputs):
            found.update(i for i in op.outputs if graph.tensors[i].dtype in ("float32", "bool"))
    return found


def _quantized(graph: Graph) -> set[int]:
    """Float32, and truths of it, of which integers are made."""
    found: set[int] = set()
    for op in reversed(graph.ops):
        made = [graph.tensors[i].dtype for i in op.outputs if i >= 0]
        if any(dtype in ("int8", "int16") for dtype in made) or found.intersection(op.outputs):
            found.update(i for i in op.inputs if graph.tensors[i].dtype in ("float32", "bool"))
    return found
