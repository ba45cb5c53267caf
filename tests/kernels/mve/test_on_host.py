"""The MVE kernels' C twins against the NumPy interpreter, under both sanitizers. Their assembly is
tested by tests/emit/test_c_emulated.py on the board mps3_an547.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from support.graphs import inputs
from support.layers import MAKERS, drawn
from support.native import Native
from tinyrob.emit.c import emit_model
from tinyrob.ir.interp import interpret

# Every example is a program to be built: the first one that fails says enough.
NO_SHRINKING = (Phase.explicit, Phase.generate)


@settings(max_examples=1, phases=NO_SHRINKING)
@given(st.lists(st.integers(0, 10**9), min_size=8, max_size=8, unique=True))
def test_layers_equal_the_interpreter(seeds: list[int]) -> None:
    graphs = [drawn(kind, seed) for kind in MAKERS for seed in seeds]
    native = Native([emit_model(graph, "mve", bytes(16)) for graph in graphs])
    for index, graph in enumerate(graphs):
        samples = inputs(graph, 4)
        expected = interpret(graph, samples).reshape(len(samples), -1)
        np.testing.assert_array_equal(native.run(index, samples), expected, f"{graph.ops}")


@pytest.mark.parametrize("kind", MAKERS)
def test_most_layers_take_an_mve_kernel(kind: str) -> None:
    sources = [
        name
        for seed in range(40)
        for name in emit_model(drawn(kind, seed), "mve", bytes(16)).plan.files
    ]
    assert sum(name.endswith("_mve_s8.c") for name in sources) >= 25
