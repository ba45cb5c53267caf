"""The DSP kernels' C twins against the NumPy interpreter, under both sanitizers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.layers import MAKERS, drawn
from support.native import Native
from tinyrob.emit.c import emit_model
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret


def samples(graph: Graph, seed: int) -> np.ndarray:
    """Extremes, then noise."""
    shape = graph.tensors[graph.inputs[0]].shape[1:]
    noise = np.random.default_rng(seed).integers(-128, 128, (3, *shape))
    return np.concatenate([np.full((1, *shape), -128), np.full((1, *shape), 127), noise]).astype(
        np.int8
    )


@pytest.mark.parametrize("kind", MAKERS)
@settings(max_examples=4)
@given(st.lists(st.integers(0, 10**9), min_size=12, max_size=12, unique=True))
def test_layers_equal_the_interpreter(kind: str, seeds: list[int]) -> None:
    graphs = [drawn(kind, seed) for seed in seeds]
    native = Native([emit_model(graph, "dsp", bytes(16), "speed") for graph in graphs])
    for index, graph in enumerate(graphs):
        inputs = samples(graph, seeds[index])
        expected = interpret(graph, inputs).reshape(len(inputs), -1)
        np.testing.assert_array_equal(native.run(index, inputs), expected, f"seed {seeds[index]}")


@pytest.mark.parametrize("kind", MAKERS)
def test_most_layers_take_a_dsp_kernel(kind: str) -> None:
    sources = [
        name
        for seed in range(40)
        for name in emit_model(drawn(kind, seed), "dsp", bytes(16)).plan.files
    ]
    assert sum(name.endswith("_dsp_s8.c") for name in sources) >= 25
