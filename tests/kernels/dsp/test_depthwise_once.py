"""Depthwise layers of one window: every count of channels, kernel and clamp, on this machine."""

from __future__ import annotations

import numpy as np

from support.native import Native
from support.streams import Line
from tinyrob.emit.c import CModel, emit_model
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret

SYMBOL = "tr_depthwise_conv2d_once_dsp_s8"


def network(seed: int) -> ir.Graph:
    """One window that is the image or its corner, in any of TFLite's shapes."""
    dice = np.random.default_rng(seed)
    kernel = (int(dice.integers(1, 7)), int(dice.integers(1, 4)))
    dilation = (1, 1) if seed % 3 else (2, int(dice.integers(1, 3)))
    size = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    beyond = (0, 0) if seed % 2 or dilation != (1, 1) else (1, 1)
    line = Line(seed, size[0] + beyond[0], size[1] + beyond[1], 2 + seed % 10)
    line.depthwise(kernel, (1 + beyond[0], 1 + beyond[1]), "VALID", dilation,
                   [*ir.Activation][seed % 4])  # fmt: skip
    return line.graph(f"once{seed}")


def test_one_window_gives_the_bits_of_the_interpreter() -> None:
    graphs = [network(seed) for seed in range(16)]
    models: list[CModel] = [emit_model(g, "dsp", bytes(16), slim=False) for g in graphs]
    assert all(f"kernels/{SYMBOL}.c" in model.plan.files for model in models)
    native = Native(models)
    seen = set()
    for index, graph in enumerate(graphs):
        shape = graph.tensors[0].sample_shape
        x = np.random.default_rng(index).integers(-128, 128, (6, *shape)).astype(np.int8)
        x[0], x[1] = -128, 127
        expected = interpret(graph, x).reshape(6, -1)
        np.testing.assert_array_equal(native.run(index, x), expected, err_msg=graph.name)
        seen.update(np.unique(expected).tolist())
    assert len(seen) > 100
