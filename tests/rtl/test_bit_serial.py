"""Bit-serial layers: their adder graphs against the kernel, their Verilog against the graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import fpga_networks as networks
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Grid
from tinyrob.frozen.to_graph import to_graph
from tinyrob.hls.fixed import arithmetic_of
from tinyrob.hls.project import Vectors
from tinyrob.ir.interp import interpret, trace
from tinyrob.rtl.bit_serial import Serial
from tinyrob.rtl.bit_serial_graph import evaluate, serial_graph, slots_of, word_bits
from tinyrob.rtl.folding import work_of
from tinyrob.rtl.network import streams
from tinyrob.rtl.project import rtl_project
from tinyrob.rtl.verilator import VerilatorRunner
from tinyrob.rtl.walk import walked_in_steps

pytest.importorskip("da4ml")
SYMMETRIC = Grid(-4, -7, 7)


def _network() -> FrozenModel:
    """Each kind of sum and of clamp: finer and coarser outputs, signed, symmetric, unsigned."""
    m = networks.Maker(4)
    x = m.input((4, 4, 2))
    x = m.conv("conv", x, 3, grid=networks.RELU, bits=4)
    x = m.depthwise("dw", x, grid=SYMMETRIC, strides=(2, 2), multiplier=2)
    x = m.conv("point", x, 3, (1, 1), Grid(-8, -128, 127))
    x = m.flatten("flat", x, 12)
    m.dense("logits", x, 4, grid=Grid(-6, -128, 127), bits=6)
    return m.model("serial")


MODEL = _network()
GRAPH = to_graph(MODEL)


def _digits(interval: int) -> dict[str, int | None]:
    """Bits a cycle of each layer."""
    logic = {e.node.name: e.logic for e in streams(MODEL, interval).elements}
    words = {"conv": 16, "dw": 13, "point": 9, "logits": 17}
    return {
        name: next(d for d in (1, 2, 3, 4) if slots_of(bits, d) == one.cycles)
        if isinstance(one := logic[name], Serial)
        else None
        for name, bits in words.items()
    }


# Cycles an image, in which layers take digits of one to four bits.
INTERVALS = [10_000, 128, 32, 5]


@pytest.fixture(scope="session", params=INTERVALS)
def interval(request: pytest.FixtureRequest) -> int:
    """Cycles that an image may take."""
    return int(request.param)


@pytest.fixture(scope="session")
def folder(interval: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of its layers that can in digits, compiled once by Verilator."""
    out = tmp_path_factory.mktemp("rtl") / "serial"
    inputs = networks.images(MODEL, 10)
    vectors = Vectors(inputs, interpret(GRAPH, inputs), "10 random")
    rtl_project(MODEL, vectors, interval=interval).write(out)
    return out


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), bits=st.sampled_from([2, 4, 6]))
def test_an_adder_graph_is_the_kernel(seed: int, bits: int) -> None:
    m = networks.Maker(seed)
    m.dense("d", m.input((6,)), 5, bits=bits)
    source, node = m.nodes
    assert isinstance(node, fr.Dense)
    graph = serial_graph(node, source, 6)
    x = np.random.default_rng(seed).integers(-128, 128, 6)
    expected = arithmetic_of(node, source.grid)
    unit = source.grid.log2_step + expected.log2_kernel - expected.log2_bias
    sums = (x @ expected.kernel << unit) + expected.bias
    assert evaluate(graph, x.tolist()) == sums.tolist()
    assert all(-(1 << graph.bits - 1) <= total < 1 << graph.bits - 1 for total in sums.tolist())


@pytest.mark.parametrize("stall", [False, True])
def test_every_output_bit_is_the_references_whoever_waits(folder: Path, stall: bool) -> None:
    inputs = networks.images(MODEL, 200, seed=3)
    expected = interpret(GRAPH, inputs)
    assert len(np.unique(expected, axis=0)) > 100
    assert np.array_equal(VerilatorRunner(folder, stall=stall).run(inputs).outputs, expected)


def test_every_layer_is_the_references(folder: Path) -> None:
    runner = VerilatorRunner(folder)
    for one in networks.images(MODEL, 4, seed=5):
        expected, got = trace(GRAPH, one), runner.layers(one)
        assert set(got) == {node.name for node in MODEL.nodes[1:]}
        for name, found in got.items():
            if name in expected:
                assert np.array_equal(found, expected[name].reshape(found.shape)), name


def test_an_image_takes_the_cycles_of_its_slowest_layer(folder: Path, interval: int) -> None:
    runner = VerilatorRunner(folder)
    runner.run(networks.images(MODEL, 20))
    elements = streams(MODEL, interval).elements
    by_name = {e.node.name: e for e in elements}
    slowest = max(
        walked_in_steps(work_of(e.node, by_name[e.node.inputs[0]].shape, e.shape), e.logic.cycles)
        for e in elements
        if isinstance(e.node, fr.Conv2D | fr.DepthwiseConv2D | fr.Dense) and e.logic
    )
    assert runner.cycles is not None
    assert runner.cycles.interval == slowest


def test_every_width_of_a_digit_is_simulated() -> None:
    assert [_digits(interval) for interval in INTERVALS] == [
        {"conv": 1, "dw": 1, "point": 1, "logits": 1},
        {"conv": 3, "dw": 1, "point": 1, "logits": 1},
        {"conv": None, "dw": 3, "point": 2, "logits": 1},
        {"conv": None, "dw": None, "point": None, "logits": 4},
    ]


def test_a_layer_takes_the_narrowest_digit_that_keeps_the_interval() -> None:
    source, conv = MODEL.nodes[:2]
    assert isinstance(conv, fr.Conv2D)
    bits = word_bits(conv, source)
    assert [slots_of(bits, digit) for digit in (1, 2, 3, 4)] == [16, 8, 6, 4]
    # 4 x 4 positions of a walk over 6 x 6: a step along a row, three to the next, 15 to the next
    # image, each at least as many cycles as a word.
    work = work_of(conv, (4, 4, 2), (4, 4, 3))
    assert [walked_in_steps(work, slots) for slots in (1, 4, 6, 8, 16)] == [36, 75, 105, 135, 256]
    found = {i: _digits(i)["conv"] for i in (74, 75, 104, 105, 134, 135, 255, 256)}
    assert found == {74: None, 75: 4, 104: 4, 105: 3, 134: 3, 135: 2, 255: 2, 256: 1}


@pytest.mark.parametrize(
    ("name", "top"),
    [("serial", "tr_serial_net"), ("window", "tr_window_net"), ("digits", "tr_digits")],
)
def test_a_network_may_be_named_as_a_part_of_the_library(name: str, top: str) -> None:
    m = networks.Maker()
    m.dense("d", m.input((2,)), 2)
    assert streams(m.model(name)).name == top
