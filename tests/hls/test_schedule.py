"""Choosing strategies, boards as data, and what is said where nothing fits."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from support import fpga_networks as networks
from tinyrob.errors import BoardError, DoesNotFit, RecipeError, UnsupportedModel
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import Grid
from tinyrob.hls.boards import find_fpga_board, fpga_boards, load_fpga_board
from tinyrob.hls.costs import Resources
from tinyrob.hls.estimate import estimate
from tinyrob.hls.frontend import to_hls
from tinyrob.hls.overrides import Override, Overrides, read_overrides
from tinyrob.hls.schedule import plan


def test_the_boards_of_the_issue_are_there_and_read() -> None:
    names = {board.name for board in fpga_boards()}
    assert names >= {"pynq-z2", "zcu102", "kv260", "ultra96", "arty-a7-100t", "alveo-u250"}


def test_an_unknown_board_is_answered_with_the_nearest() -> None:
    with pytest.raises(BoardError) as caught:
        find_fpga_board("pynq-z1")
    assert "pynq-z2" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('part = "xc7z020clg400-1"', 'part = "stm32"', "part"),
        ("mhz = 100", "mhz = 0", "clock.mhz"),
        ("[clock]", "[clock]\nvolts = 1", "clock.volts: unknown key"),
        ('name = "pynq-z2"', 'name = "other"', "name"),
    ],
)
def test_a_wrong_board_file_names_its_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    from tinyrob.files import resources

    text = (resources.boards() / "pynq-z2.toml").read_text()
    assert old in text
    path = tmp_path / "pynq-z2.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(BoardError, match=says):
        load_fpga_board(path)


def test_a_larger_board_is_never_slower() -> None:
    network = to_hls(networks.residual())
    small = plan(network, find_fpga_board("ultra96"), Overrides("io_stream"))
    large = plan(network, find_fpga_board("alveo-u250"), Overrides("io_stream"))
    assert large.initiation_interval < small.initiation_interval
    assert small.resources.share_of(find_fpga_board("ultra96").budget) <= 1


def test_the_estimate_says_that_it_is_one_and_adds_up() -> None:
    network, board = to_hls(networks.mixed()), find_fpga_board("pynq-z2")
    schedule = plan(network, board)
    figures = estimate(network, schedule, board)
    assert figures["kind"] == "estimate"
    first = schedule.choices["network_input"].resources.lut
    assert figures["resources"]["lut"]["used"] == first + sum(r["lut"] for r in figures["layers"])


def _tiny_board():
    board = find_fpga_board("pynq-z2")
    return dataclasses.replace(board, available=Resources(lut=900, ff=900, dsp=1, bram_18k=1))


def test_what_does_not_fit_is_said_with_resource_excess_and_layer() -> None:
    with pytest.raises(DoesNotFit, match=r"too many\); layer '\w+' alone takes"):
        plan(to_hls(networks.residual()), _tiny_board())


def test_where_an_override_is_to_blame_the_factor_that_fits_is_named() -> None:
    asked = Overrides("io_stream", {"s2b": Override("latency", 1)})
    with pytest.raises(DoesNotFit) as caught:
        plan(to_hls(networks.residual()), find_fpga_board("ultra96"), asked)
    assert "reuse_factor = " in str(caught.value.hint)
    assert "'s2b'" in str(caught.value)


def test_overrides_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text(
        'io_type = "io_stream"\n[layers.conv2]\nstrategy = "resource"\nreuse_factor = 12\n'
    )
    schedule = plan(to_hls(networks.plain()), find_fpga_board("pynq-z2"), read_overrides(path))
    assert schedule.io_type == "io_stream"
    assert schedule.choices["conv2"].strategy == "resource"
    assert schedule.choices["conv2"].reuse_factor == 12


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ({"nowhere": Override("latency", 1)}, "no such layer"),
        ({"conv2": Override("resource", 7)}, "cannot have the reuse factor 7"),
        ({"conv2": Override("latency", 2)}, "cannot have the reuse factor 2"),
    ],
)
def test_an_impossible_override_is_refused(layers: dict[str, Override], says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        plan(to_hls(networks.plain()), find_fpga_board("pynq-z2"), Overrides(None, layers))


def test_an_unknown_key_of_an_override_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text('[layers.conv2]\nstrategy = "resource"\nreuse = 4\n')
    with pytest.raises(RecipeError, match=r"conv2.*reuse: unknown key"):
        read_overrides(path)


def test_overlapping_pools_are_not_streamed() -> None:
    m = networks.Maker()
    x = m.conv("conv", m.input((8, 8, 1)), 2)
    m.add(fr.MaxPool2D("pool", (x,), networks.RELU, (3, 3), (2, 2), "valid"), 2)
    network, board = to_hls(m.model("p")), find_fpga_board("pynq-z2")
    assert plan(network, board).io_type == "io_parallel"
    with pytest.raises(UnsupportedModel, match="'pool'"):
        plan(network, board, Overrides("io_stream"))


def test_a_signed_pool_that_pads_is_refused() -> None:
    m = networks.Maker()
    signed = Grid(-5, -128, 127)
    x = m.conv("conv", m.input((7, 7, 1)), 2, grid=signed)
    m.add(fr.MaxPool2D("pool", (x,), signed, (2, 2), (2, 2), "same"), 2)
    with pytest.raises(UnsupportedModel, match="'pool' pads a signed input"):
        to_hls(m.model("p"))


def test_an_interval_buys_a_smaller_network() -> None:
    network, board = to_hls(networks.residual()), find_fpga_board("zcu102")
    fastest = plan(network, board)
    slower = plan(network, board, Overrides(interval=20 * fastest.initiation_interval))
    assert slower.resources.lut < fastest.resources.lut
    assert (
        fastest.initiation_interval < slower.initiation_interval <= 20 * fastest.initiation_interval
    )


def test_an_interval_that_nothing_reaches_is_answered_with_the_fastest() -> None:
    network, board = to_hls(networks.residual()), find_fpga_board("zcu102")
    fastest = plan(network, board).initiation_interval
    with pytest.raises(DoesNotFit, match=rf"every 10 cycles on zcu102.*needs {fastest:,}"):
        plan(network, board, Overrides(interval=10))


def test_tensors_too_large_for_registers_are_not_parallel() -> None:
    network, board = to_hls(networks.residual()), find_fpga_board("alveo-u250")
    with pytest.raises(UnsupportedModel, match=r"'stem' has 16,384 values") as refused:
        plan(network, board, Overrides("io_parallel"))
    assert "io_stream" in str(refused.value.hint)


def test_where_the_io_type_is_to_blame_the_other_is_named() -> None:
    m = networks.Maker()
    x = m.conv("conv1", m.input((16, 16, 1)), 8)
    x = m.conv("conv2", x, 8)
    m.dense("logits", m.flatten("flat", x, 16 * 16 * 8), 4)
    network = to_hls(m.model("wide"))
    board = dataclasses.replace(
        find_fpga_board("pynq-z2"), available=Resources(lut=9000, ff=90000, dsp=9, bram_18k=99)
    )
    with pytest.raises(DoesNotFit) as caught:
        plan(network, board, Overrides("io_parallel"))
    assert "--io-type io_stream it fits" in str(caught.value.hint)


def test_an_override_file_can_hold_the_interval(tmp_path: Path) -> None:
    path = tmp_path / "o.toml"
    path.write_text("interval = 5000\n")
    assert read_overrides(path) == Overrides(interval=5000)
