"""Folded layers: their arithmetic and schedules in Python, their Verilog against the graph."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import fpga_networks as networks
from tinyrob.errors import UnsupportedModel
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Grid
from tinyrob.frozen.to_graph import to_graph
from tinyrob.hls.fixed import arithmetic_of
from tinyrob.hls.project import Vectors
from tinyrob.ir.interp import interpret, trace
from tinyrob.rtl import tools
from tinyrob.rtl.folded import finish_of
from tinyrob.rtl.folding import Axis, Fold, Products, Work, row_plan
from tinyrob.rtl.network import streams
from tinyrob.rtl.project import rtl_project
from tinyrob.rtl.verilator import VerilatorRunner


def _network() -> FrozenModel:
    """Every kind of layer: odd sizes, strides, dilation, borders, signed and narrow values."""
    m = networks.Maker(7)
    signed, narrow = Grid(-5, -128, 127), Grid(-4, 0, 15)
    x = m.input((7, 5, 2))
    x = m.conv("stem", x, 6)
    y = m.conv("branch", x, 4, bits=4, strides=(2, 2))
    y = m.conv("deep", y, 6, grid=signed, bits=3)
    p = m.add(fr.MaxPool2D("largest", (x,), networks.RELU, (3, 3), (2, 2), "same"), 6)
    p = m.conv("short", p, 6, (1, 1), grid=signed, bits=4)
    s = m.add(fr.Add("sum", (p, y), networks.RELU), 6)
    d = m.depthwise("dw", s, grid=narrow, multiplier=2, bits=4)
    c = m.add(fr.Concatenate("join", (d, d), narrow), 24)
    z = m.add(fr.ZeroPad2D("border", (c,), narrow, ((1, 0), (0, 1))), 24)
    w = m.conv("wide", z, 4, (2, 2), signed, padding="valid", dilation=(1, 2))
    q = m.add(fr.MaxPool2D("signed", (w,), signed, (2, 2), (1, 1), "same"), 4)
    k = m.add(fr.Clamp("narrow", (q,), Grid(-5, -5, 90)), 4)
    a = m.average("mean", k, (4, 2))
    f = m.flatten("flat", a, 4)
    m.dense("logits", f, 3, bits=6, grid=Grid(-7, -128, 127))
    return m.model("folded")


FOLDS = {
    "stem": Fold(3, 2),
    "branch": Fold(2, 3, Products.SHIFTS),
    "deep": Fold(3, 4, Products.TWO_A_MULTIPLIER, shallow=True),
    "largest": Fold(2),
    "short": Fold(6, 6, Products.TWO_A_MULTIPLIER),
    "sum": Fold(3),
    "dw": Fold(4, 1, Products.MULTIPLIER),
    "wide": Fold(1, 8),
    "signed": Fold(4),
    "narrow": Fold(1),
    "mean": Fold(2, 1, Products.SHIFTS),
    "logits": Fold(1, 1, Products.SHIFTS),
}
MODEL = _network()
GRAPH = to_graph(MODEL)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of its layers folded, compiled once by Verilator."""
    tools.find("verilator")
    out = tmp_path_factory.mktemp("rtl") / "folded"
    inputs = networks.images(MODEL, 10)
    rtl_project(MODEL, Vectors(inputs, interpret(GRAPH, inputs), "10"), None, FOLDS).write(out)
    VerilatorRunner(out)
    return out


@pytest.mark.parametrize("stall", [0, 1, 2])
def test_every_output_bit_is_the_references_whoever_waits(folder: Path, stall: int) -> None:
    inputs = networks.images(MODEL, 60, seed=stall)
    expected = interpret(GRAPH, inputs)
    assert len(np.unique(expected, axis=0)) > 30
    assert np.array_equal(VerilatorRunner(folder, stall=stall).run(inputs).outputs, expected)


@pytest.mark.parametrize("cycle", [150, 1777])
def test_after_a_reset_nothing_is_left_of_what_was_before(folder: Path, cycle: int) -> None:
    inputs = networks.images(MODEL, 12, seed=5)
    runner = VerilatorRunner(folder, stall=3, reset=cycle)
    assert np.array_equal(runner.run(inputs).outputs, interpret(GRAPH, inputs))


def test_every_layer_is_the_references(folder: Path) -> None:
    for seed in range(3):
        one = networks.images(MODEL, 1, seed=seed)[0]
        expected, got = trace(GRAPH, one), VerilatorRunner(folder, stall=seed).layers(one)
        assert set(got) == {node.name for node in MODEL.nodes[1:]}
        for name, found in got.items():
            if name in expected:
                assert np.array_equal(found, expected[name].reshape(found.shape)), name


def test_an_image_takes_the_cycles_of_its_slowest_layer(folder: Path) -> None:
    runner = VerilatorRunner(folder)
    runner.run(networks.images(MODEL, 20))
    assert runner.cycles is not None
    # stem: 35 positions, 2 groups, 9 words; three cycles to begin a row.
    assert 35 * 2 * 9 <= runner.cycles.interval <= 35 * 2 * 9 + 7 * 3


def test_nothing_of_da4mls_is_in_a_folded_project_and_its_readme_says_so(folder: Path) -> None:
    names = {path.name for path in (folder / "rtl").iterdir()}
    assert not names & {"shift_adder.v", "negative.v", "mux.v", "multiplier.v"}
    readme = (folder / "README.md").read_text()
    assert "da4ml" not in readme
    assert "LGPL" not in readme
    assert "keep_hierarchy" not in (folder / "Makefile").read_text()


def test_verilator_has_nothing_to_warn_of(folder: Path) -> None:
    sources = " ".join(str(path) for path in sorted((folder / "rtl").glob("*.v")))
    command = f"{tools.verilator()} --lint-only -Wall --top-module tr_folded_net {sources}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert "Warning" not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    bits=st.sampled_from([2, 4, 6]),
    log2_out=st.integers(-13, -1),
    depthwise=st.booleans(),
)
def test_a_finished_total_is_the_rounded_and_clamped_sum(
    seed: int, bits: int, log2_out: int, depthwise: bool
) -> None:
    m = networks.Maker(seed)
    grid = Grid(log2_out, -128, 127)
    x = m.input((1, 1, 3))
    name = (
        m.depthwise("d", x, (1, 1), grid, bits, 2) if depthwise
        else m.conv("d", x, 4, (1, 1), grid, bits)
    )  # fmt: skip
    source, node = m.nodes
    assert isinstance(node, fr.Conv2D | fr.DepthwiseConv2D)
    assert name == "d"
    values = np.random.default_rng(seed).integers(-128, 128, 3)
    kernel = node.kernel.astype(np.int64)[0, 0]
    sums = (kernel * values[:, None]).ravel() if depthwise else values @ kernel
    less = np.where(kernel.ravel() < 0, 1, 0) if depthwise else (kernel < 0).sum(axis=0)
    for ternary in (False, True):
        finish = finish_of(node, source.grid, less_negative=ternary)
        total = sums - less if ternary else sums
        edge = 1 << finish.total_bits - 1
        assert (-edge <= total).all()
        assert (total < edge).all()
        wide = (total << finish.lift) + finish.bias
        assert (abs(wide) < 1 << finish.bits - 1).all()
        got = np.clip(wide >> finish.shift, grid.lo, grid.hi)
        exact = arithmetic_of(node, source.grid)
        unit = source.grid.log2_step + exact.log2_kernel - exact.log2_bias
        scale = exact.kernel[0, 0]
        whole = (scale * values[:, None]).ravel() if depthwise else values @ scale
        accumulator = (whole << unit) + exact.bias
        down = grid.log2_step - exact.log2_bias
        expected = accumulator >> down if down >= 0 else accumulator << -down
        assert np.array_equal(got, np.clip(expected, grid.lo, grid.hi))


@settings(max_examples=200, deadline=None)
@given(
    size=st.integers(1, 20),
    window=st.integers(1, 6),
    stride=st.integers(1, 7),
    dilation=st.integers(1, 3),
    same=st.booleans(),
)
def test_a_row_starts_with_all_its_window_reads_in_the_ring(
    size: int, window: int, stride: int, dilation: int, same: bool
) -> None:
    extent = (window - 1) * dilation + 1
    out = -(-size // stride) if same else (size - extent) // stride + 1
    if out < 1:
        return
    before = max(0, (out - 1) * stride + extent - size) // 2 if same else 0
    axis = Axis(size, out, before, window, stride, dilation)
    plan = row_plan(axis)
    base = 0
    for row, (need, release) in enumerate(zip(plan.need, plan.release, strict=True)):
        read = [
            y
            for y in range(row * stride - before, row * stride - before + extent, dilation)
            if 0 <= y < size
        ]
        assert all(base <= y < base + need for y in read)
        assert release <= need < plan.rows
        base += release
    assert base == size


def test_a_sum_of_two_steps_is_refused() -> None:
    m = networks.Maker()
    x = m.input((2, 2, 2))
    y = m.conv("y", x, 2, grid=Grid(-4, -128, 127))
    z = m.conv("z", x, 2, grid=Grid(-5, -128, 127))
    m.add(fr.Add("sum", (y, z), Grid(-5, -128, 127)), 2)
    folds = {"y": Fold(1, 1), "z": Fold(1, 1), "sum": Fold(1)}
    with pytest.raises(UnsupportedModel, match="'sum' joins values on steps 2\\^-5 and 2\\^-4"):
        streams(m.model("m"), None, folds)


def test_a_folding_takes_the_cycles_of_its_loops() -> None:
    axis = Axis(8, 4, 1, 3, 2, 1)
    work = Work(axis, axis, 6, 10, False)
    assert work.cycles(Fold(5, 2)) == 16 * 2 * 27 + 3 * 4
    own = replace(work, channels=10, own=True)
    assert own.cycles(Fold(5)) == 16 * 2 * 9 + 3 * 4
