"""The DSP kernels' assembly in QEMU against the NumPy interpreter."""

from __future__ import annotations

import numpy as np
import pytest

from support.layers import MAKERS, drawn
from support.target import MACHINES, differing
from tinyrob.emit.c import emit_model
from tinyrob.ir.interp import interpret

EACH = 40


@pytest.mark.parametrize("core", MACHINES)
def test_layers_equal_the_interpreter(core: str) -> None:
    seeds = [(kind, seed) for kind in MAKERS for seed in range(EACH)]
    graphs = [drawn(kind, seed) for kind, seed in seeds]
    random = np.random.default_rng(0)
    inputs = []
    for graph in graphs:
        shape = graph.tensors[graph.inputs[0]].shape[1:]
        noise = random.integers(-128, 128, (2, *shape)).astype(np.int8)
        noise[0] = np.where(noise[0] < 0, -128, 127)
        inputs.append(noise)
    expected = [interpret(graph, x) for graph, x in zip(graphs, inputs, strict=True)]
    models = [emit_model(graph, "dsp", bytes(16), "speed") for graph in graphs]
    wrong = differing(models, inputs, expected, core)
    assert [seeds[i] for i in wrong] == []
