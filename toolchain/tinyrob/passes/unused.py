"""Operators that nothing reads are taken out."""

from __future__ import annotations

from dataclasses import replace

from tinyrob.ir.graph import Graph, Op


def drop_unused(graph: Graph) -> Graph:
    """Without operators from which no path leads to an output, or to what a variable holds."""
    needed = set(graph.outputs)
    kept: list[Op] = []
    for op in reversed(graph.ops):
        writes = any(graph.tensors[i].initial is not None for i in op.inputs if i >= 0)
        if writes or needed.intersection(op.outputs):
            kept.append(op)
            needed.update(op.inputs)
    return replace(graph, ops=tuple(reversed(kept)))
