"""Operators that nothing reads are taken out."""

from __future__ import annotations

from dataclasses import replace

from tinyrob.ir.graph import Graph, Op


def drop_unused(graph: Graph) -> Graph:
    """Without operators from which no path leads to an output."""
    needed = set(graph.outputs)
    kept: list[Op] = []
    for op in reversed(graph.ops):
        if needed.intersection(op.outputs):
            kept.append(op)
            needed.update(op.inputs)
    return replace(graph, ops=tuple(reversed(kept)))
