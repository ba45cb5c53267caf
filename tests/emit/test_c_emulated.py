"""Generated C on emulated boards against the NumPy interpreter: the same bits, through the boards'
own ports, for layers and networks that are drawn, with every instruction set's kernels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from support.dead import planted
from support.emulated import run_on
from support.graphs import KINDS, graphs, inputs
from support.layers import MAKERS, drawn
from tinyrob.boards.read import all_boards
from tinyrob.frozen.to_graph import to_graph
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.models import zoo

# Every example is a firmware to be built: the first one that fails says enough.
NO_SHRINKING = (Phase.explicit, Phase.generate)

# A core without DSP, RISC-V, and MVE. The other boards run the kernels of one of these, or those
# for DSP, which tests/kernels/dsp draws layers for.
FUZZED = ("mps2_an385", "rv32_virt", "mps3_an547")
NETWORKS = graphs(KINDS, min_ops=2, max_ops=8) | st.builds(
    planted, graphs(KINDS, min_ops=2, max_ops=8), st.integers(0, 10**9)
)
EMULATED = tuple(board.name for board in all_boards() if board.emulator is not None)


def assert_same(board: str, graphs_: list[Graph], count: int) -> None:
    """Outputs, bit for bit."""
    samples = [inputs(graph, count) for graph in graphs_]
    results = run_on(board, graphs_, samples)
    for i, (graph, given_inputs, got) in enumerate(zip(graphs_, samples, results, strict=True)):
        expected = interpret(graph, given_inputs).reshape(len(given_inputs), -1)
        np.testing.assert_array_equal(got, expected, err_msg=f"network {i}: {graph.ops}")


@pytest.mark.parametrize("board", FUZZED)
@settings(max_examples=1, phases=NO_SHRINKING)
@given(
    seeds=st.lists(st.integers(0, 10**9), min_size=12, max_size=12, unique=True),
    networks=st.lists(NETWORKS, min_size=16, max_size=16),
)
def test_drawn_networks_equal_the_interpreter(
    board: str, seeds: list[int], networks: list[Graph]
) -> None:
    layers = [drawn(kind, seed) for kind in MAKERS for seed in seeds]
    assert_same(board, [*layers, *networks], count=3)


@pytest.mark.parametrize("board", EMULATED)
def test_real_networks_equal_the_interpreter(board: str, shared_models: Path) -> None:
    names = ("kws_ref_model", "pretrainedResnet_quant", "str_ww_ref_model", "vww_96_int8")
    models = [read_tflite((shared_models / f"{n}.tflite").read_bytes(), n) for n in names]
    frozen = zoo.load("digits-stq-jr")
    assert_same(board, [to_graph(frozen), *models], count=1)
