"""Which forms are chosen for a device and an interval, and what is said where none will do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support import fpga_networks as networks
from tinyrob.boards.lattice import find_lattice_board
from tinyrob.errors import BoardError, DoesNotFit, UnsupportedModel
from tinyrob.frozen.model import FrozenModel, Grid
from tinyrob.hls.export import frozen_of
from tinyrob.pipeline import load
from tinyrob.rtl.budget import choose, forms, small
from tinyrob.rtl.costs import Cost, memory_cost
from tinyrob.rtl.devices import DEVICES, ICE40, device_of, device_of_board
from tinyrob.rtl.folding import Products
from tinyrob.rtl.network import streams

BIG, MIDDLE, LITTLE = (DEVICES[f"ecp5-{size}"] for size in ("85k", "45k", "25k"))


def frozen(name: str) -> FrozenModel:
    return frozen_of(load(name))


def test_every_network_of_the_bars_is_held_at_its_interval() -> None:
    for name, device, interval in (
        ("svhn-stq-jr", MIDDLE, 35_000),
        ("speech-robust", MIDDLE, 9_000),
        ("cifar10-stq-jr", BIG, 75_000),
        ("digits-stq-jr", LITTLE, 1_000),
    ):
        plan = choose(frozen(name), device, interval)
        assert plan.interval <= interval
        assert plan.cost.luts <= 0.72 * device.luts
        assert plan.cost.rams <= 0.9 * device.rams
        assert plan.cost.dsps <= 0.95 * device.dsps
        assert plan.cycles[plan.slowest] == plan.interval


def test_without_an_interval_the_fastest_that_fits_is_chosen() -> None:
    model = frozen("svhn-stq-jr")
    fast = choose(model, MIDDLE)
    assert fast.interval < choose(model, LITTLE).interval
    with pytest.raises(DoesNotFit, match=r"most of them for layer .* on ecp5-25k") as caught:
        choose(model, LITTLE, fast.interval)
    assert "ecp5-45k holds it (--device)" in str(caught.value.hint)


def test_what_is_too_little_is_named_with_its_layer_and_with_what_fits() -> None:
    with pytest.raises(DoesNotFit) as caught:
        choose(frozen("cifar10-robust"), LITTLE, 1_000_000)
    message, hint = str(caught.value), str(caught.value.hint)
    assert "block RAMs of 56 (usable: 90%)" in message
    assert "most of them for layer 'stage3_block" in message
    assert message.endswith("on ecp5-25k")
    assert "ecp5-45k holds it (--device)" in hint


def test_an_interval_that_no_folding_makes_names_the_layer_and_the_shortest_that_fits() -> None:
    model = frozen("svhn-stq-jr")
    slow = r"layer 'stem' takes at least 1,\d\d\d cycles an image"
    with pytest.raises(DoesNotFit, match=slow) as caught:
        choose(model, BIG, 200)
    shortest = choose(model, BIG).interval
    assert caught.value.hint == f"the shortest that ecp5-85k holds is --interval {shortest}"
    assert choose(model, BIG, shortest).interval == shortest
    with pytest.raises(DoesNotFit, match="layer") as caught:
        choose(frozen("cifar10-robust"), LITTLE, 200)
    assert str(caught.value.hint).endswith("ecp5-25k holds it with none")


def test_small_layers_are_unrolled_where_folding_is_too_slow() -> None:
    model = frozen("digits-stq-jr")
    plan = choose(model, BIG, 100)
    assert "stem" not in plan.folds
    assert plan.folds["logits"].products in (Products.MULTIPLIER, Products.TWO_A_MULTIPLIER)
    assert "stem" in choose(model, BIG, 1000, folded=True).folds


def test_a_small_model_is_unrolled_until_cycles_are_given() -> None:
    model = networks.plain()
    assert small(model)
    assert forms(model, BIG) is None
    assert forms(model, BIG, "unrolled", 100) is None
    folded = forms(model, BIG, "folded", 2000)
    assert folded is not None
    assert set(folded.folds) == {"conv1", "conv2", "logits"}
    assert not small(frozen("speech-robust"))


def test_multipliers_are_given_where_they_save_most_and_no_more_than_there_are() -> None:
    plan = choose(frozen("speech-robust"), MIDDLE, 9_000)
    used = {name: fold.products for name, fold in plan.folds.items()}
    assert Products.MULTIPLIER in used.values()
    assert 0 < plan.cost.dsps <= 68


def test_a_residuals_queue_is_shorter_than_an_image_where_the_paths_are() -> None:
    model = networks.residual(32)
    folds = choose(model, BIG, 200_000, folded=True).folds
    net = {element.node.name: element for element in streams(model, None, folds).elements}
    (queue, *_) = net["s0"].chains[0]
    assert queue.module == "tr_queue"
    source = net["stem"]
    rows = queue.parameters["DEPTH"] / (source.beats / 32)
    # Two rings of five rows, and less than a row in pipelines.
    assert 10 < rows < 12


def test_memories_take_the_narrowest_blocks_that_hold_them() -> None:
    assert memory_cost(36, 512, rom=True).rams == 1
    assert memory_cost(37, 512, rom=True).rams == 2
    assert memory_cost(4, 4096, rom=True).rams == 1
    assert memory_cost(128, 1089, rom=True).rams == 12
    assert memory_cost(8, 16, rom=False).rams == 0


def test_an_ice40_keeps_small_memories_in_block_ram_as_well() -> None:
    assert memory_cost(8, 8, ICE40, rom=False).rams == 1
    assert memory_cost(8, 4, ICE40, rom=False).rams == 0
    assert memory_cost(16, 1152, ICE40, rom=True).rams == 5
    assert memory_cost(8, 100, ICE40, rom=True) == Cost(8 * 100 / 16 * 2.7)


def test_an_ice40_holds_the_digits_and_says_what_holds_a_larger_network() -> None:
    board = device_of_board(find_lattice_board("icebreaker"))
    plan = forms(frozen("digits-stq-jr"), board, fits=True)
    assert plan is not None
    assert plan.interval <= 20_000
    assert plan.cost.rams <= 0.9 * 28
    assert all(fold.products is not Products.TWO_A_MULTIPLIER for fold in plan.folds.values())
    with pytest.raises(DoesNotFit, match="block RAMs of 28") as caught:
        forms(frozen("digits-certified"), board, fits=True)
    assert caught.value.hint == "ecp5-25k holds it (a --board with one)"


def test_a_part_without_multipliers_gets_none() -> None:
    part = replace(LITTLE, dsps=0)
    plan = choose(frozen("digits-stq-jr"), part, 20_000, folded=True)
    assert plan.cost.dsps == 0
    assert not any(fold.shallow for fold in plan.folds.values())


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(BoardError, match="no device 'ecp5-54k'") as caught:
        device_of("ecp5-54k")
    assert "devices: ecp5-25k, ecp5-45k, ecp5-85k" in str(caught.value.hint)


def test_a_tflite_is_refused_with_what_would_do(tmp_path: Path) -> None:
    tflite = load("digits-stq-jr").export_tflite(tmp_path / "mine.tflite")
    with pytest.raises(UnsupportedModel, match=r"mine is a \.tflite: its scales") as caught:
        load(tflite).export_rtl(tmp_path / "rtl")
    assert "`tinyrob build` takes" in str(caught.value.hint)
    assert not (tmp_path / "rtl").exists()


def test_a_layer_on_a_range_that_only_folds_clamp_to_is_folded() -> None:
    m = networks.Maker(3)
    m.conv("odd", m.input((4, 4, 2)), 4, grid=Grid(-5, -3, 90))
    model = m.model("odd")
    assert set(choose(model, BIG, 100_000).folds) == {"odd"}
