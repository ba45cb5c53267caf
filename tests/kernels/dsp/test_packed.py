"""Kernels of packed weights against the NumPy interpreter: on the host, and in QEMU."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.native import Native
from support.packed import KINDS, few_levels, packed, taken
from support.target import MACHINES, differing
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret

CASES = [(kind, bits) for kind in KINDS for bits in (2, 4)]


def samples(graph: Graph, seed: int) -> np.ndarray:
    """Extremes, then noise."""
    shape = graph.tensors[graph.inputs[0]].shape[1:]
    noise = np.random.default_rng(seed).integers(-128, 128, (2, *shape))
    return np.concatenate([np.full((1, *shape), -128), np.full((1, *shape), 127), noise]).astype(
        np.int8
    )


@pytest.mark.parametrize(("kind", "bits"), CASES)
@settings(max_examples=3)
@given(st.lists(st.integers(0, 10**9), min_size=12, max_size=12, unique=True))
def test_layers_equal_the_interpreter(kind: str, bits: int, seeds: list[int]) -> None:
    graphs = [few_levels(kind, seed, bits) for seed in seeds]
    native = Native([packed(graph, "dsp") for graph in graphs])
    for index, graph in enumerate(graphs):
        inputs = samples(graph, seeds[index])
        expected = interpret(graph, inputs).reshape(len(inputs), -1)
        np.testing.assert_array_equal(native.run(index, inputs), expected, f"seed {seeds[index]}")


@pytest.mark.parametrize("core", MACHINES)
def test_assembly_equals_the_interpreter(core: str) -> None:
    cases = [(kind, seed, bits) for kind, bits in CASES for seed in range(30)]
    graphs = [few_levels(*case) for case in cases]
    inputs = [samples(graph, 0)[1:] for graph in graphs]
    expected = [interpret(graph, x) for graph, x in zip(graphs, inputs, strict=True)]
    wrong = differing([packed(graph, "dsp") for graph in graphs], inputs, expected, core)
    assert [cases[i] for i in wrong] == []


@pytest.mark.parametrize(("kind", "bits"), CASES)
def test_most_layers_take_a_packed_kernel(kind: str, bits: int) -> None:
    models = [packed(few_levels(kind, seed, bits), "dsp") for seed in range(30)]
    name = "tr_conv2d_add" if kind == "CONV_2D_ADD" else "tr_conv2d"
    assert taken(models, f"{name}_{bits}bit_dsp_s8") >= 15
