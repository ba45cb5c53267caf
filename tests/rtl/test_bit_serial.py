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
from tinyrob.rtl.bit_serial_graph import evaluate, serial_graph, slots_of
from tinyrob.rtl.network import streams
from tinyrob.rtl.project import rtl_project
from tinyrob.rtl.verilator import VerilatorRunner

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


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of its layers bit by bit, compiled once by Verilator."""
    out = tmp_path_factory.mktemp("rtl") / "serial"
    inputs = networks.images(MODEL, 10)
    vectors = Vectors(inputs, interpret(GRAPH, inputs), "10 random")
    rtl_project(MODEL, vectors, interval=10_000).write(out)
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
    assert all(-(1 << graph.slots - 1) <= total < 1 << graph.slots - 1 for total in sums.tolist())


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


def test_an_image_takes_the_cycles_of_its_slowest_layer(folder: Path) -> None:
    runner = VerilatorRunner(folder)
    runner.run(networks.images(MODEL, 20))
    elements = streams(MODEL, 10_000).elements
    slowest = max(e.beats * e.logic.cycles for e in elements if e.logic)
    assert runner.cycles is not None
    assert runner.cycles.interval == slowest


def test_only_layers_with_time_to_spare_are_serial() -> None:
    source, conv = MODEL.nodes[:2]
    assert isinstance(conv, fr.Conv2D)
    cycles = 16 * slots_of(conv, source)
    kinds = [
        {e.node.name for e in streams(MODEL, interval).elements if isinstance(e.logic, Serial)}
        for interval in (None, cycles - 1, cycles)
    ]
    assert kinds == [set(), {"dw", "point", "logits"}, {"conv", "dw", "point", "logits"}]


@pytest.mark.parametrize(
    ("name", "top"),
    [("serial", "tr_serial_net"), ("window", "tr_window_net"), ("digits", "tr_digits")],
)
def test_a_network_may_be_named_as_a_part_of_the_library(name: str, top: str) -> None:
    m = networks.Maker()
    m.dense("d", m.input((2,)), 2)
    assert streams(m.model(name)).name == top
