"""hls4ml's Quartus library, compiled with g++ and its Algorithmic C types: the same bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support import fpga_networks as networks
from support import testbench
from tinyrob.errors import BoardError, BuildError, RecipeError, UnsupportedModel
from tinyrob.files.plan import BuildPlan
from tinyrob.frozen import model as fr
from tinyrob.frozen.io import frozen_bytes
from tinyrob.frozen.model import FrozenModel, Grid
from tinyrob.frozen.to_graph import to_graph
from tinyrob.hls.backend import choose
from tinyrob.hls.boards import find_fpga_board, fpga_boards
from tinyrob.hls.csim import CsimRunner, open_project
from tinyrob.hls.frontend import to_hls
from tinyrob.hls.overrides import Override, Overrides
from tinyrob.hls.project import Vectors, project
from tinyrob.hls.quartus import for_quartus
from tinyrob.hls.schedule import plan
from tinyrob.ir.interp import interpret, trace

pytest.importorskip("hls4ml")
MODEL = networks.mixed()
BOARD = find_fpga_board("arria10-soc")


def _plan(model: FrozenModel, asked: Overrides, count: int = 20) -> BuildPlan:
    network = for_quartus(to_hls(model))
    inputs = networks.images(model, count)
    vectors = Vectors(inputs, interpret(to_graph(model), inputs), f"{count} random")
    schedule = plan(network, BOARD, asked)
    return project(network, schedule, BOARD, "quartus", vectors, frozen_bytes(model))


def _compiled(model: FrozenModel, asked: Overrides, out: Path) -> CsimRunner:
    _plan(model, asked).write(out)
    return CsimRunner(open_project(out))


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> CsimRunner:
    """Every kind of layer, io_stream, compiled once."""
    out = tmp_path_factory.mktemp("quartus") / "mixed"
    return _compiled(MODEL, Overrides("io_stream"), out)


def test_every_output_bit_is_the_references(streamed: CsimRunner) -> None:
    inputs = networks.images(MODEL, 200, seed=7)
    assert np.array_equal(streamed.run(inputs).outputs, interpret(to_graph(MODEL), inputs))


def test_every_streamed_layer_is_traced_as_itself(streamed: CsimRunner) -> None:
    one = networks.images(MODEL, 1, seed=9)[0]
    expected, got = trace(to_graph(MODEL), one), streamed.layers(one)
    assert set(got) == {node.name for node in MODEL.nodes[1:]}
    for name, values in got.items():
        assert np.array_equal(values, expected[name].reshape(values.shape)), name


def test_the_testbench_finds_one_wrong_bit(streamed: CsimRunner) -> None:
    testbench.finds_one_wrong_bit(streamed._project.path, 20)


def test_that_upstream_retires_it_is_said(streamed: CsimRunner) -> None:
    readme = (streamed._project.path / "README.md").read_text(encoding="utf-8")
    assert "hls4ml has deprecated its Quartus backend and will remove it" in readme


def test_an_hls4ml_that_has_it_no_more_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import hls4ml.backends

    monkeypatch.setattr(hls4ml.backends, "get_available_backends", lambda: ["vitis", "vivado"])
    with pytest.raises(BuildError, match="has no backend Quartus: it was there in 1") as raised:
        _plan(MODEL, Overrides("io_stream"), count=1)
    assert raised.value.hint == "pip install hls4ml==1.3.0, or --backend vitis or vivado"


@pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
def test_an_average_of_a_whole_image_does_not_overflow(io_type: str, tmp_path: Path) -> None:
    m = networks.Maker(4)
    x = m.conv("conv", m.input((8, 8, 1)), 3, (1, 1), bits=4)
    x = m.flatten("flat", m.average("mean", x, (8, 8)), 3)
    m.dense("logits", x, 4)
    model = m.model("averaged")
    # All pixels bright: the sum is 64 times what a pixel's type holds.
    bright = np.full((1, 8, 8, 1), 127, np.int8)
    inputs = np.concatenate([bright, -bright, networks.images(model, 30)])
    runner = _compiled(model, Overrides(io_type), tmp_path / "p")
    # The mean is unsigned, -128 is its zero: a sum of 64 such values needs more than 8 bits.
    assert trace(to_graph(model), bright[0])["mean"].max() > -124
    assert np.array_equal(runner.run(inputs).outputs, interpret(to_graph(model), inputs))


def test_large_layers_in_block_ram_are_exact(tmp_path: Path) -> None:
    """More than 2,048 weights: the library pads a dense layer's, and banks a convolution's."""
    m = networks.Maker()
    x = m.conv("conv1", m.input((10, 10, 1)), 8, bits=4)
    x = m.conv("conv2", x, 32, strides=(2, 2), bits=4)
    x = m.flatten("flat", x, 5 * 5 * 32)
    m.dense("logits", x, 6)
    model = m.model("large")
    asked = {"conv2": Override("resource", 72), "logits": Override("resource", 1600)}
    runner = _compiled(model, Overrides("io_stream", asked), tmp_path / "p")
    inputs = networks.images(model, 20, seed=3)
    assert np.array_equal(runner.run(inputs).outputs, interpret(to_graph(model), inputs))


def test_depthwise_becomes_a_full_convolution_with_zeros() -> None:
    before = to_hls(MODEL).by_name("dw")
    after = for_quartus(to_hls(MODEL)).by_name("dw")
    assert (before.attributes["class_name"], after.attributes["class_name"]) == (
        "DepthwiseConv2D",
        "Conv2D",
    )
    assert after.arithmetic is not None
    assert before.arithmetic is not None
    kernel = after.arithmetic.kernel
    assert np.array_equal(np.einsum("hwcc->hwc", kernel), before.arithmetic.kernel[..., 0])
    assert np.count_nonzero(kernel) == np.count_nonzero(before.arithmetic.kernel)


def test_activations_of_one_bit_are_refused_by_name() -> None:
    m = networks.Maker()
    x = m.conv("conv", m.input((4, 4, 1)), 2, grid=Grid(0, 0, 1))
    m.dense("logits", m.flatten("flat", x, 32), 2)
    with pytest.raises(UnsupportedModel, match="'conv' has activations of one bit"):
        for_quartus(to_hls(m.model("bits")))


def test_overlapping_pools_are_not_streamed_here_either() -> None:
    m = networks.Maker()
    x = m.conv("conv", m.input((8, 8, 1)), 2)
    m.add(fr.MaxPool2D("pool", (x,), networks.RELU, (3, 3), (2, 2), "valid"), 2)
    network = for_quartus(to_hls(m.model("p")))
    with pytest.raises(UnsupportedModel, match="'pool'"):
        plan(network, BOARD, Overrides("io_stream"))


def test_a_strategy_that_the_library_has_not_is_refused() -> None:
    asked = Overrides(None, {"conv2": Override("distributed_arithmetic", 1)})
    with pytest.raises(RecipeError, match="no strategy 'distributed_arithmetic'"):
        plan(for_quartus(to_hls(networks.plain())), BOARD, asked)


@pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
def test_the_project_is_of_this_part_and_the_same_each_time(io_type: str) -> None:
    one, other = (_plan(networks.plain(), Overrides(io_type), 3) for _ in range(2))
    assert one.digest == other.digest
    assert b"i++ -march=10AS066N3F40E2SG" in one.files["Makefile"]
    readme = one.files["README.md"].decode()
    for needed in ("Intel's HLS compiler", "ALUTs", "M20K blocks", "make synthesize"):
        assert needed in readme
    assert "vivado" not in readme.lower()
    assert b"winograd;" not in one.files["firmware/parameters.h"]
    assert not [name for name in one.files if name.endswith((".tcl", "build_lib.sh"))]
    for name, content in one.files.items():
        assert b"/tmp/" not in content, name


def test_a_backend_finds_its_board_and_a_board_its_backend() -> None:
    assert [b.name for b in fpga_boards() if b.vendor == "intel"] == ["arria10-soc"]
    for asked, chosen in {
        (None, None): ("vitis", "pynq-z2"),
        ("vivado", None): ("vivado", "pynq-z2"),
        ("quartus", None): ("quartus", "arria10-soc"),
        (None, "arria10"): ("quartus", "arria10-soc"),
        (None, "zcu102"): ("vitis", "zcu102"),
    }.items():
        backend, board = choose(*asked)
        assert (backend, board.name) == chosen


@pytest.mark.parametrize(("backend", "board"), [("vitis", "arria10"), ("quartus", "kv260")])
def test_a_backend_of_another_vendor_is_refused_with_what_fits(backend: str, board: str) -> None:
    with pytest.raises(BoardError, match=f"is not a part for the backend '{backend}'") as refused:
        choose(backend, board)
    assert "--backend " in str(refused.value.hint)


def test_oneapi_is_refused_saying_why_and_what_to_try() -> None:
    with pytest.raises(UnsupportedModel, match=r"'oneapi'.*icpx") as refused:
        choose("oneapi", None)
    assert "--backend quartus" in str(refused.value.hint)
    assert "export-rtl" in str(refused.value.hint)
