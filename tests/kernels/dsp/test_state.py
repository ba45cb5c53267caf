"""The DSP kernels with a state: their C twins under both sanitizers, and their assembly in
QEMU, against the NumPy interpreter."""

from __future__ import annotations

import numpy as np

from support.native import Native
from support.recurrent import drawn
from support.target import differing
from tinyrob.emit.c import emit_model
from tinyrob.ir.graph import limits
from tinyrob.ir.interp import interpret

GRAPHS = [drawn(seed) for seed in range(32)]


def _sequence(seed: int) -> np.ndarray:
    """Noise, some of it of extremes."""
    tensor = GRAPHS[seed].tensors[0]
    low, high = limits(tensor.dtype)
    noise = np.random.default_rng(seed).integers(low, high + 1, (6, *tensor.shape[1:]))
    noise[1] = np.where(noise[1] < 0, low, high)
    return noise.astype(tensor.dtype)


def test_sequences_equal_the_interpreter_on_the_host_and_on_the_target() -> None:
    models = [emit_model(graph, "dsp", bytes(16)) for graph in GRAPHS]
    for kernel in ("tr_lstm_dsp_s8", "tr_lstm_dsp_s16", "tr_svdf_dsp_s8"):
        assert sum(f"kernels/{kernel}.c" in model.plan.files for model in models) >= 4
    inputs = [_sequence(seed) for seed in range(len(GRAPHS))]
    expected = [interpret(graph, x) for graph, x in zip(GRAPHS, inputs, strict=True)]
    native = Native(models)
    for index, (x, y) in enumerate(zip(inputs, expected, strict=True)):
        got = native.run(index, x).view(y.dtype)
        np.testing.assert_array_equal(got, y.reshape(len(x), -1), f"seed {index}")
    assert differing(models, inputs, expected) == []
