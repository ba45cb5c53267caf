"""What a model is made of and what stands in its way: the same list as building gives."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from support.keras_layers import act, bits, conv, model, relu
from support.recurrent import streaming
from tinyrob.boards.read import find_board
from tinyrob.build.inspection import inspect, rows_of
from tinyrob.cli import group
from tinyrob.deployable import Deployable, load_model
from tinyrob.errors import FreezeError, ModelFormatError
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.tf import keras

BOARD = find_board("stm32")


def test_the_operators_are_told_with_what_they_cost() -> None:
    found = inspect("digits-stq-jr", [BOARD])
    graph = load_model("digits-stq-jr").graph
    assert [row.operator for row in found.rows] == [op.kind for op in graph.ops]
    # 8 x 8 positions of 16 filters of 3 x 3, and so on: as the report of a build has it.
    assert found.macs == 243_712
    stem = found.rows[0]
    assert (stem.shape, stem.macs, stem.parameters) == ((8, 8, 16), 9_216, 16 * 9 + 16)
    assert (stem.step, stem.zero_point) == (2.0**-5, -128)
    assert found.obstacles == ()
    assert rows_of(load_model("digits-stq-jr")) == found.rows


def test_an_operator_that_only_writes_a_variable_has_a_row_of_what_it_writes() -> None:
    graph = streaming(np.zeros)
    rows = rows_of(Deployable("keeps", graph, write_tflite(graph)))
    assert [row.operator for row in rows] == [op.kind for op in graph.ops]
    (written,) = [row for row in rows if row.operator == "ASSIGN_VARIABLE"]
    assert written.shape == (2, 3)


def test_a_board_without_room_does_not_hold_it() -> None:
    rest = [r for r in BOARD.memory if not {"code", "weights"} & set(r.holds)]
    flash = BOARD.region("weights")
    small = replace(BOARD, memory=(replace(flash, bytes=1024), *rest))
    (floor,) = inspect("digits-stq-jr", [small]).floors
    assert not floor.holds
    assert "there are 1,024 of flash" in (floor.why or "")
    (floor,) = inspect("digits-stq-jr", [BOARD]).floors
    assert floor.holds
    assert floor.arena_bytes > 0


def test_every_obstacle_is_the_one_that_building_tells(tmp_path: Path) -> None:
    path = tmp_path / "broken.h5"
    model(conv(kernel_quantizer=None, name="c"), act(relu(9, 2), "a"), act(bits(8))).save(path)
    found = inspect(str(path), [BOARD])
    with pytest.raises(FreezeError) as raised:
        load_model(str(path))
    assert found.obstacles == raised.value.obstacles
    assert len(found.obstacles) == 2
    assert found.rows == ()


def test_a_float_model_is_shown_as_what_a_recipe_makes_of_it(tmp_path: Path) -> None:
    path, layers = tmp_path / "net.h5", keras().layers
    keras().Sequential([
        keras().Input((8, 8, 1)), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(),
        layers.Flatten(), layers.Dense(3, activation="softmax", name="end"),
    ]).save(path)  # fmt: skip
    found = inspect(str(path), [BOARD])
    assert [what for _, what in found.becomes] == [
        "conv 4 of 3 x 3, normalized, relu", "reshape to (144,)", "dense 3, signed",
    ]  # fmt: skip
    assert any("softmax" in note for note in found.notes)


def test_a_missing_model_is_an_error() -> None:
    with pytest.raises(ModelFormatError, match="there is no model"):
        inspect("nothing.h5", [BOARD])


def test_the_verb_prints_json_and_fails_where_there_are_obstacles(tmp_path: Path) -> None:
    path, layers = tmp_path / "net.h5", keras().layers
    keras().Sequential([
        keras().Input((8,)), layers.Dense(4, activation="tanh", name="t"),
        layers.LayerNormalization(name="n"), layers.Dense(2),
    ]).save(path)  # fmt: skip
    done = CliRunner().invoke(group, ["inspect", str(path), "--json"])
    told = json.loads(done.stdout)
    assert [o["layer"] for o in told["obstacles"]] == ["t", "n"]
    assert done.exception is not None
    assert "2 things stand in the way" in str(done.exception)
    done = CliRunner().invoke(group, ["inspect", "--board", "stm32", "--json"])
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert set(told) == {"model", "kind", "operators", "macs", "parameters", "boards",
                         "rewritten", "becomes", "obstacles"}  # fmt: skip
    done = CliRunner().invoke(group, ["inspect", "--board", "stm32"])
    assert "243,712 MACs" in done.stdout
