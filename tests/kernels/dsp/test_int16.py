"""The DSP kernels of int16: their C twins under both sanitizers, and their assembly in QEMU."""

from __future__ import annotations

import numpy as np

from support.native import Native
from support.sixteen import drawn, noise
from support.target import differing
from tinyrob.emit.c import emit_model
from tinyrob.ir.interp import interpret
from tinyrob.kernels.dsp.int16 import fours

GRAPHS = drawn()


def test_layers_equal_the_interpreter_on_the_host_and_on_the_target() -> None:
    models = [emit_model(graph, "dsp", bytes(16)) for graph in GRAPHS]
    files = [name for model in models for name in model.plan.files]
    assert sum(name.endswith("_dsp_s16.c") for name in files) >= 28
    for name, least in (("transpose_conv", 9), ("conv2d_grouped", 6)):
        assert files.count(f"kernels/tr_{name}_dsp_s16.c") >= least
    inputs = [noise(graph) for graph in GRAPHS]
    expected = [interpret(graph, x) for graph, x in zip(GRAPHS, inputs, strict=True)]
    native = Native(models)
    for index, (x, y) in enumerate(zip(inputs, expected, strict=True)):
        got = native.run(index, x).view(np.int16)
        np.testing.assert_array_equal(got, y.reshape(len(x), -1), f"seed {index}")
    assert differing(models, inputs, expected) == []


def test_weights_are_in_fours_of_channels_and_pairs_of_taps() -> None:
    weights = (10 * np.arange(5)[:, None] + np.arange(3)).astype(np.int8)
    first, second = fours(weights).reshape(2, -1)
    assert list(first) == [0, 10, 1, 11, 20, 30, 21, 31, 2, 12, 0, 0, 22, 32, 0, 0]
    assert list(second[:8]) == [40, 0, 41, 0, 0, 0, 0, 0]
