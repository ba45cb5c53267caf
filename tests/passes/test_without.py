"""Each pass can be left out, and each two: the compiled C gives the same bits.

A pass is an optimization, never what makes a result right. Where two variants are the same C, it is
compiled once.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from support.dead import planted
from support.graphs import inputs
from support.layers import drawn
from support.native import Native
from support.packed import few_levels
from support.streams import Line
from tinyrob import passes
from tinyrob.emit.c import CModel, emit_model
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.passes.stream import streamed

GRID = ir.Quantization((2.0**-5,), (3,))


def constant(name: str, values: object, dtype: str = "int8", grid: object = None) -> ir.Tensor:
    data = np.asarray(values).astype(dtype)
    data.setflags(write=False)
    return ir.Tensor(name, data.shape, dtype, grid, data)  # type: ignore[arg-type]


def kernel(shape: tuple[int, ...], seed: int, axis: int = 0) -> ir.Tensor:
    random = np.random.default_rng(seed)
    scales = tuple(2.0 ** -random.integers(5, 8) for _ in range(shape[axis]))
    grid = ir.Quantization(scales, (0,) * shape[axis], axis)
    return constant("w", random.integers(-90, 90, shape), grid=grid)


def chain(shape: tuple[int, ...], *links: tuple[ir.Attributes, ir.Tensor | None, tuple[int, ...]]):
    """Operators one after the other; a link is (options, constant or none, its output's shape)."""
    tensors, ops, current = [ir.Tensor("x", shape, "int8", GRID)], [], 0
    for attributes, operand, made in links:
        taken = [current]
        if operand is not None:
            taken.append(len(tensors))
            tensors.append(replace(operand, name=f"c{len(tensors)}"))
        current = len(tensors)
        tensors.append(ir.Tensor(f"t{current}", made, "int8", GRID))
        ops.append(ir.Op(attributes, tuple(taken), (current,)))
    return ir.Graph(tuple(tensors), tuple(ops), (0,), (current,), "chain")


def padded() -> ir.Graph:
    """PAD, convolution, MINIMUM; what is made twice, and a reshape that does nothing."""
    grid = constant("p", [[0, 0], [1, 1], [1, 1], [0, 0]], "int32")
    return chain(
        (1, 5, 5, 2),
        (ir.Pad(), grid, (1, 7, 7, 2)),
        (ir.Conv2D((1, 1), "VALID"), kernel((4, 3, 3, 2), 1), (1, 5, 5, 4)),
        (ir.Minimum(), constant("m", 20, grid=GRID), (1, 5, 5, 4)),
        (ir.Reshape((1, 5, 5, 4)), None, (1, 5, 5, 4)),
        (ir.DepthwiseConv2D((1, 1), "SAME", 1), kernel((1, 3, 3, 4), 2, 3), (1, 5, 5, 4)),
    )


def column() -> ir.Graph:
    """One column, a kernel that reaches out of it, one channel that becomes three, one window."""
    return chain(
        (1, 9, 1, 1),
        (ir.DepthwiseConv2D((1, 1), "SAME", 3), kernel((1, 3, 3, 3), 3, 3), (1, 9, 1, 3)),
        (ir.Conv2D((1, 1), "SAME"), kernel((4, 3, 3, 3), 4), (1, 9, 1, 4)),
        (ir.Conv2D((1, 1), "VALID"), kernel((5, 9, 1, 4), 5), (1, 1, 1, 5)),
        (ir.Maximum(), constant("m", -128, grid=GRID), (1, 1, 1, 5)),
    )


def dead() -> ir.Graph:
    """Channels that are one number in the middle; a clamp that no value reaches."""
    small = kernel((6, 1, 1, 2), 6)
    assert small.data is not None
    weights = np.array(small.data // 16)
    weights[[1, 4]] = 0
    return chain(
        (1, 4, 4, 2),
        (ir.Conv2D((1, 1), "VALID"), replace(small, data=weights), (1, 4, 4, 6)),
        (ir.Minimum(), constant("m", 120, grid=GRID), (1, 4, 4, 6)),
        (ir.Conv2D((1, 1), "VALID"), kernel((3, 2, 2, 6), 7), (1, 3, 3, 3)),
    )


def unused() -> ir.Graph:
    """An operator whose result nobody asks for."""
    graph = drawn("CONV_2D", 7)
    made = graph.tensors[3]
    tensors = (*graph.tensors, ir.Tensor("idle", made.shape, "int8", made.quantization))
    idle = ir.Op(ir.Relu6(), (3,), (len(graph.tensors),))
    return replace(graph, tensors=tensors, ops=(*graph.ops, idle))


def stream() -> ir.Graph:
    """Rows that are kept, of channels some of which are dead."""
    line = Line(21, 7, 2, 3)
    line.conv((2, 1), 6)
    line.conv((3, 2), 4)
    line.dense(5)
    return streamed(planted(line.graph(), 3), 0).graph


def tall() -> ir.Graph:
    """Rows enough that bands of them save memory."""
    line = Line(13, 12, 4, 2)
    line.conv((3, 3), 8, padding="SAME")
    line.conv((3, 3), 8, (2, 2), padding="SAME")
    line.dense(3)
    return line.graph()


def classifier() -> ir.Graph:
    """A dense layer with next to nothing to do, behind a convolution."""
    return chain(
        (1, 12, 12, 4),
        (ir.Conv2D((1, 1), "SAME"), kernel((8, 3, 3, 4), 8), (1, 12, 12, 8)),
        (ir.AveragePool2D((12, 12), (1, 1), "VALID"), None, (1, 1, 1, 8)),
        (ir.Reshape((1, 8)), None, (1, 8)),
        (ir.FullyConnected(), kernel((3, 8), 9), (1, 3)),
    )


GRAPHS = {
    "classifier": classifier(),
    "padded": padded(),
    "dead": dead(),
    "column": column(),
    "unused": unused(),
    "stream": stream(),
    "in groups": drawn("CONV_2D in groups", 3),
    "dead sum": planted(drawn("CONV_2D_ADD", 11), 2),
    "ternary": few_levels("CONV_2D", 4, 2),
    "16 levels": few_levels("CONV_2D_ADD", 9, 4),
    "tall": tall(),
}
SETS = [(), *((name,) for name in passes.NAMES), *combinations(passes.NAMES, 2), passes.NAMES]


@functools.cache
def variants(isa: str) -> list[tuple[str, tuple[str, ...], CModel]]:
    """(graph, what was left out, C), without those whose C there is already."""
    found = []
    for label, graph in GRAPHS.items():
        seen = set()
        bands = label == "tall"  # they are looked for anew each time: not in all pairs
        for without in SETS:
            if bands and len(without) == 2 and "band_rows" not in without:
                continue
            optimize: passes.Optimize = "ram" if bands else "size"
            model = emit_model(graph, isa, bytes(16), optimize, without=without)
            text = tuple(sorted(model.plan.files.items()))
            if text not in seen:
                seen.add(text)
                found.append((label, without, model))
    return found


@pytest.mark.parametrize("isa", ["portable", "dsp"])
def test_without_any_pass_or_any_two_the_bits_are_the_same(isa: str) -> None:
    found = variants(isa)
    native = Native([model for _, _, model in found])
    for index, (label, without, _) in enumerate(found):
        graph = GRAPHS[label]
        given = inputs(graph, 5)
        expected = interpret(graph, given).reshape(len(given), -1)
        np.testing.assert_array_equal(native.run(index, given), expected, f"{label} {without}")


def test_each_pass_changes_what_is_emitted_for_one_of_the_graphs() -> None:
    """Else leaving it out would prove nothing."""
    found = [without for isa in ("portable", "dsp") for _, without, _ in variants(isa)]
    changed = {without[0] for without in found if len(without) == 1}
    assert changed == set(passes.NAMES)
