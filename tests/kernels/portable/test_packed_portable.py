"""Portable kernels of packed and of uniform weights against the NumPy interpreter, sanitized."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.layers import drawn
from support.native import Native
from support.packed import few_levels, packed, taken
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret

SEEDS = st.lists(st.integers(0, 10**9), min_size=12, max_size=12, unique=True)


def uniform(seed: int) -> Graph:
    """A depthwise convolution with one output a channel and one weight a channel."""
    graph = next(
        graph
        for graph in (drawn("DEPTHWISE_CONV_2D", 100 * seed + i) for i in range(100))
        if graph.tensors[0].shape[3] == graph.tensors[1].shape[3]
    )
    kernel = graph.tensors[1]
    assert kernel.data is not None
    data = np.broadcast_to(kernel.data[:, :1, :1], kernel.shape).astype(np.int8)
    data.setflags(write=False)
    tensors = (graph.tensors[0], replace(kernel, data=data), *graph.tensors[2:])
    return replace(graph, tensors=tensors)


def assert_equal(graphs: list[Graph], isa: str) -> None:
    native = Native([packed(graph, isa) for graph in graphs])
    for index, graph in enumerate(graphs):
        shape = graph.tensors[graph.inputs[0]].shape[1:]
        inputs = np.random.default_rng(0).integers(-128, 128, (4, *shape)).astype(np.int8)
        inputs[:1], inputs[1:2] = -128, 127
        expected = interpret(graph, inputs).reshape(len(inputs), -1)
        np.testing.assert_array_equal(native.run(index, inputs), expected)


@pytest.mark.parametrize("bits", [2, 4])
@settings(max_examples=3)
@given(seeds=SEEDS)
def test_convolutions_equal_the_interpreter(bits: int, seeds: list[int]) -> None:
    graphs = [few_levels("CONV_2D", seed, bits) for seed in seeds]
    models = [packed(graph, "portable") for graph in graphs]
    assert taken(models, f"tr_conv2d_{bits}bit_s8") >= 8
    assert_equal(graphs, "portable")


@pytest.mark.parametrize("isa", ["portable", "dsp"])
@settings(max_examples=2)
@given(seeds=SEEDS)
def test_uniform_depthwise_equals_the_interpreter(isa: str, seeds: list[int]) -> None:
    graphs = [uniform(seed) for seed in seeds]
    assert taken([packed(graph, isa) for graph in graphs], "tr_depthwise_uniform_s8") >= 1
    assert_equal(graphs, isa)
