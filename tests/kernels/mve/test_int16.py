"""The MVE kernels of int16: their C twins under both sanitizers, and their assembly in QEMU."""

from __future__ import annotations

import numpy as np

from support.emulated import run_on
from support.native import Native
from support.sixteen import drawn, noise
from tinyrob.emit.c import emit_model
from tinyrob.ir.interp import interpret

GRAPHS = drawn()


def test_layers_equal_the_interpreter_on_the_host_and_on_the_target() -> None:
    models = [emit_model(graph, "mve", bytes(16)) for graph in GRAPHS]
    files = [name for model in models for name in model.plan.files]
    assert sum(name.endswith("_mve_s16.c") for name in files) >= 26
    for name, least in (("transpose_conv", 9), ("conv2d_grouped", 6)):
        assert files.count(f"kernels/tr_{name}_mve_s16.c") >= least
    inputs = [noise(graph) for graph in GRAPHS]
    expected = [interpret(graph, x) for graph, x in zip(GRAPHS, inputs, strict=True)]
    native, on_target = Native(models), run_on("mps3_an547", GRAPHS, inputs)
    for index, (x, y) in enumerate(zip(inputs, expected, strict=True)):
        same = y.reshape(len(x), -1)
        got = native.run(index, x).view(np.int16)
        np.testing.assert_array_equal(got, same, f"seed {index}")
        np.testing.assert_array_equal(on_target[index], same.view(np.int8), f"seed {index}")
