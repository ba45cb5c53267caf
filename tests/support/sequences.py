"""Sequences for kernels with a state, and what the NumPy interpreter makes of them."""

from __future__ import annotations

import numpy as np

from support.native import Native
from support.recurrent import drawn
from tinyrob.emit.c import emit_model
from tinyrob.ir.graph import Graph, limits
from tinyrob.ir.interp import interpret


def sequence(graph: Graph, seed: int) -> np.ndarray:
    """Six inputs in a row: noise, the second one of extremes."""
    tensor = graph.tensors[0]
    low, high = limits(tensor.dtype)
    noise = np.random.default_rng(seed).integers(low, high + 1, (6, *tensor.shape[1:]))
    noise[1] = np.where(noise[1] < 0, low, high)
    return noise.astype(tensor.dtype)


class Sequences:
    """Drawn networks with a state, for an instruction set, and what the NumPy interpreter
    makes of a sequence for each."""

    def __init__(self, isa: str) -> None:
        self.graphs = [drawn(seed) for seed in range(32)]
        self.models = [emit_model(graph, isa, bytes(16)) for graph in self.graphs]
        self.inputs = [sequence(graph, seed) for seed, graph in enumerate(self.graphs)]
        self.expected = [
            interpret(graph, x) for graph, x in zip(self.graphs, self.inputs, strict=True)
        ]

    def assert_meets(self, *kernels: str) -> None:
        """Each of the kernels is in some of the networks."""
        for kernel in kernels:
            assert sum(f"kernels/{kernel}.c" in model.plan.files for model in self.models) >= 4

    def assert_equal_on_host(self) -> None:
        """What the C makes of them on this machine, under both sanitizers."""
        native = Native(self.models)
        for index, (x, y) in enumerate(zip(self.inputs, self.expected, strict=True)):
            got = native.run(index, x).view(y.dtype)
            np.testing.assert_array_equal(got, y.reshape(len(x), -1), f"seed {index}")
