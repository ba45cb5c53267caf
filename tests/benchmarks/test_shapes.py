"""The sweep over drawn layers: what it draws, and what it holds against the bars."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.shapes.__main__ import above, chosen, cost, worst
from benchmarks.shapes.drawn import KINDS, Shape, graph, shapes
from support.firmware import need
from tinyrob.boards.read import find_board
from tinyrob.ir.interp import interpret
from tinyrob.ir.rules import check_graph

BARS = Path(__file__).parents[2] / "benchmarks" / "shapes.json"


def test_shapes_are_of_every_kind_and_the_same_each_time() -> None:
    drawn = shapes(6)
    assert drawn == shapes(6)
    assert [shape.kind for shape in drawn] == [kind for kind in KINDS for _ in range(6)]
    for shape in drawn:
        assert 5_000 <= shape.macs <= 400_000
        assert shape.made[-1] >= 4


def test_kinds_and_names_choose_shapes_with_the_weights_that_a_sweep_gives_them() -> None:
    drawn = list(enumerate(shapes(6)))
    assert chosen(6, (), ()) == drawn
    pointwise = [one for one in drawn if one[1].kind == "pointwise"]
    assert chosen(6, ("pointwise",), ()) == pointwise
    assert chosen(6, ("pointwise",), (str(pointwise[2][1])[:7],))[0] in pointwise
    assert chosen(6, ("conv", "pointwise"), (str(pointwise[2][1]),)) == [pointwise[2]]


def test_a_drawn_layer_is_valid_and_its_outputs_spread() -> None:
    for seed, shape in enumerate(shapes(3)):
        layer = graph(shape, seed)
        check_graph(layer)
        size = (8, *layer.tensors[0].sample_shape)
        x = np.random.default_rng(seed).integers(-128, 128, size).astype(np.int8)
        assert len(np.unique(interpret(layer, x))) > 15, shape


def test_convolutions_have_dead_channels() -> None:
    layer = graph(Shape("pointwise", (8, 8), 16, 64), 0)
    weights = layer.tensors[1].data
    assert weights is not None
    assert 2 <= int((weights.reshape(64, -1) == 0).all(axis=1).sum()) <= 14


def test_the_worst_of_each_kind_is_held_against_its_bar() -> None:
    cheap, dear = Shape("conv", (8, 8), 8, 8, (3, 3)), Shape("conv", (9, 9), 8, 8, (3, 3))
    dense = Shape("dense", (1, 1), 640, 128)
    rows = [(cheap, 1.0), (dear, 2.5), (dense, 1.1)]
    assert worst(rows, 1) == {"conv": [(dear, 2.5)], "dense": [(dense, 1.1)]}
    assert above(rows, {"conv": 3.0, "dense": 2.0}) == []
    (line,) = above(rows, {"conv": 2.0, "dense": 2.0})
    assert line == "conv: 2.50 instructions a MAC (9x9x8 to 8, 3x3 SAME) are over 2.0"


@pytest.mark.parametrize("kind", KINDS)
def test_layers_keep_their_bars(kind: str) -> None:
    need("arm-none-eabi-gcc", "make", "qemu-system-arm")
    board = find_board("stm32f405")
    drawn = shapes(72)
    mine = [(i, shape) for i, shape in enumerate(drawn) if shape.kind == kind][::18]
    rows = [(shape, cost(shape, board, i)) for i, shape in mine]
    bars = json.loads(BARS.read_text(encoding="utf-8"))["stm32f405"]
    assert above([(shape, each) for shape, each in rows if each is not None], bars) == []
