"""Graph to graph: fewer operators, the same outputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from support.graphs import graphs, inputs
from tinyrob import passes
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.ir.rules import check_graph
from tinyrob.passes.identities import drop_identities
from tinyrob.passes.unused import drop_unused

GRID = ir.Quantization((0.5,), (3,))


def chain(*links: tuple[ir.Attributes, object]) -> ir.Graph:
    """Operators on a (1, 4) tensor, one after the other; a link's second half is its constant."""
    tensors = [ir.Tensor("x", (1, 4), "int8", GRID)]
    ops = []
    current = 0
    for attributes, constant in links:
        operands = [current]
        if constant is not None:
            data = np.asarray(constant)
            kind = "int8" if isinstance(attributes, ir.Minimum | ir.Maximum) else "int32"
            data = data.astype(kind)
            operands.append(len(tensors))
            grid = GRID if kind == "int8" else None
            tensors.append(ir.Tensor(f"c{len(tensors)}", data.shape, kind, grid, data))
        current = len(tensors)
        tensors.append(ir.Tensor(f"t{current}", (1, 4), "int8", GRID))
        ops.append(ir.Op(attributes, tuple(operands), (current,)))
    return ir.Graph(tuple(tensors), tuple(ops), (0,), (current,))


def kinds(graph: ir.Graph) -> list[str]:
    return [op.kind for op in graph.ops]


@settings(max_examples=60)
@given(graphs(min_ops=1, max_ops=8), st.sampled_from(passes.GRAPH_PASSES))
def test_a_pass_changes_no_output(graph: ir.Graph, rewrite) -> None:
    after = rewrite(graph)
    check_graph(after)
    samples = inputs(graph, 4)
    np.testing.assert_array_equal(
        interpret(after, samples).reshape(4, -1), interpret(graph, samples).reshape(4, -1)
    )


def test_identities_go() -> None:
    graph = chain(
        (ir.Relu(), None),
        (ir.Quantize(), None),
        (ir.Pad(), np.zeros((2, 2))),
        (ir.Minimum(), [127, 127, 127, 127]),
        (ir.Maximum(), -128),
        (ir.Reshape((1, 4)), None),
        (ir.Concatenation(), None),
    )
    assert kinds(drop_identities(graph)) == ["RELU"]


def test_what_does_something_stays() -> None:
    graph = chain(
        (ir.Minimum(), [127, 127, 126, 127]),
        (ir.Maximum(), -127),
        (ir.Relu(), None),
    )
    assert kinds(drop_identities(graph)) == ["MINIMUM", "MAXIMUM", "RELU"]


def test_quantize_to_another_grid_stays() -> None:
    graph = chain((ir.Relu(), None), (ir.Quantize(), None))
    tensors = (
        *graph.tensors[:-1],
        replace(graph.tensors[-1], quantization=replace(GRID, zero_points=(4,))),
    )
    assert kinds(drop_identities(replace(graph, tensors=tensors))) == ["RELU", "QUANTIZE"]


def test_an_identity_from_input_to_output_stays() -> None:
    assert kinds(drop_identities(chain((ir.Quantize(), None)))) == ["QUANTIZE"]


def test_operators_that_nothing_reads_go() -> None:
    graph = chain((ir.Relu(), None), (ir.Relu6(), None))
    shorter = replace(graph, outputs=(graph.ops[0].outputs[0],))
    assert kinds(drop_unused(shorter)) == ["RELU"]
    assert drop_unused(graph) == graph
