"""Budgets hold, networks are what they say, and what is missing is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.bench import against, budgets, table
from benchmarks.bench.__main__ import command as bench
from benchmarks.bench.networks import NETWORKS
from benchmarks.bench.sweep import Skipped, subjects, sweep
from support.firmware import need
from tinyrob.boards.board import Board
from tinyrob.boards.read import find_board
from tinyrob.build.measure import Figures, measure
from tinyrob.emit.c import emit_model
from tinyrob.errors import DataError, DoesNotFit
from tinyrob.ir.interp import interpret
from tinyrob.tflm.measure import Options

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
BUDGETS = budgets.load(FOLDER / "budgets.json")
MACS = {"mobilenet-v1-0.25-96": 7_489_664, "autoencoder-640": 264_192, "conv1d-128x9": 1_602_112}


def figures(**changes: object) -> Figures:
    values: dict[str, object] = {
        "model": "m", "board": "b", "isa": "dsp", "instructions": 100, "macs": 50,
        "flash_bytes": 1000, "flash": {"code": 500, "weights": 400, "other": 100},
        "ram_bytes": 300, "ram": {"arena": 200, "static": 60, "stack": 40},
    }  # fmt: skip
    return Figures(**{**values, **changes})


@pytest.mark.parametrize(
    ("name", "board"), [(name, board) for name, boards in BUDGETS.items() for board in boards]
)
def test_no_network_costs_more_than_its_budget(name: str, board: str, shared_models: Path) -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm", "make")
    make = subjects(shared_models)[name]
    assert not isinstance(make, str), make
    assert budgets.exceeded(measure(name, make(), find_board(board)), BUDGETS) == []


@pytest.mark.parametrize("name", NETWORKS)
def test_generated_networks_use_their_grids(name: str) -> None:
    graph = NETWORKS[name]()
    assert emit_model(graph, "portable", bytes(16)).macs == MACS[name]
    shape = graph.tensors[graph.inputs[0]].sample_shape
    inputs = np.random.default_rng(0).integers(-128, 128, (4, *shape)).astype(np.int8)
    outputs = interpret(graph, inputs)
    assert len(np.unique(outputs)) > 4
    assert np.mean(np.abs(outputs.astype(int)) > 126) < 0.5
    assert graph == NETWORKS[name]()


def test_two_percent_more_is_allowed_and_three_are_not() -> None:
    allowed = {"m": {"b": {"instructions": 100, "flash_bytes": 1000, "ram_bytes": 300}}}
    assert budgets.exceeded(figures(instructions=102), allowed) == []
    (line,) = budgets.exceeded(figures(instructions=103), allowed)
    assert "m on b: 103 instructions are 3.0 % over the budget of 100" in line
    assert budgets.exceeded(figures(model="other", instructions=999), allowed) == []


def test_written_budgets_keep_what_was_not_measured(tmp_path: Path) -> None:
    old = {"m": {"a": {"instructions": 5}}}
    path = tmp_path / "budgets.json"
    path.write_text(budgets.written([figures()], old))
    assert budgets.load(path) == {
        "m": {
            "a": {"instructions": 5},
            "b": {"instructions": 100, "flash_bytes": 1000, "ram_bytes": 300},
        }
    }


@pytest.mark.parametrize(
    "text", ["[", "[]", '{"m": {"b": {"cycles": 1}}}', '{"m": {"b": {"ram_bytes": -1}}}']
)
def test_a_damaged_table_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "budgets.json"
    path.write_text(text)
    with pytest.raises(DataError, match="no table of figures"):
        budgets.load(path)


def test_models_that_are_not_there_are_skipped_by_name(tmp_path: Path) -> None:
    found = subjects(tmp_path)
    assert isinstance(found["resnet8"], str)
    (left,) = sweep({"resnet8": found["resnet8"]}, (find_board("stm32"),))
    assert isinstance(left, Skipped)
    assert "TINYROB_MODELS" in left.why


def test_ratios_are_ours_over_theirs_and_what_is_missing_is_skipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[tuple[str, object]] = []

    def measured(name: str, model: object, board: Board, **options: object) -> Figures:
        runtime = options.get("runtime", "native")
        if name == "large" and runtime == "native":
            raise DoesNotFit("too large")
        told.append((name, options.get("tflm")))
        theirs = {"instructions": 400, "flash_bytes": 4000, "ram_bytes": 600}
        return figures(model=name, **(theirs if runtime == "tflm" else {}))

    monkeypatch.setattr(against, "measure", measured)
    monkeypatch.setattr(against, "emulator_of", lambda board: None)
    networks = {name: lambda: None for name in ("one", "large")}
    found = list(
        against.against({**networks, "gone": "it is not there"}, (find_board("stm32"),), tmp_path)  # type: ignore[dict-item]
    )
    first, *left = found
    assert isinstance(first, against.Beside)
    assert first.ratios() == {"instructions": 0.25, "flash_bytes": 0.25, "ram_bytes": 0.5}
    assert [(one.model, one.why) for one in left if isinstance(one, Skipped)] == [
        ("large", "too large"), ("gone", "it is not there"),
    ]  # fmt: skip
    row = against.render([first]).splitlines()[2]
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells == [
        "one", "b", "50", "400", "100", "0.25", "4,000", "1,000", "0.25", "600", "300", "0.50",
    ]  # fmt: skip
    options = [one for name, one in told if isinstance(one, Options)]
    assert {one.tree for one in options} == {tmp_path}
    assert len({one.objects for one in options}) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--against", "tflm"), "needs a source tree"),
        (("--against", "tflm", "--tflm-dir", "."), "is no source tree"),
        (("--against", "tflm", "--write"), "--write makes budgets"),
        (("--tflm-dir", "."), "comes with --against"),
        (("--model", "nobody"), "no model 'nobody'"),
    ],
)
def test_bad_comparisons_are_refused(
    arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TFLM_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(bench, [str(FOLDER), *arguments])
    assert done.exit_code != 0
    assert said in done.output


def test_rows_say_figures_splits_and_the_baseline() -> None:
    baseline = {"m": {"b": {"instructions": 1234}}}
    lines = table.render([figures(), figures(instructions=None)], baseline).splitlines()
    assert len({len(line) for line in lines}) == 1
    cells = [cell.strip() for cell in lines[2].split("|")[1:-1]]
    assert cells == [
        "m", "b", "dsp", "100", "2.00", "1,234", "-", "1,000", "500 + 400 + 100", "-", "300",
        "200 + 60 + 40", "-",
    ]  # fmt: skip
    assert json.loads(json.dumps(figures().to_dict()))["instructions_per_mac"] == 2.0
