"""The seed's tables: rows made of recipes, cells kept one at a time, sentences that add up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.comparison.measure import Place
from benchmarks.comparison.render import placed
from benchmarks.seed import __main__ as command_line
from benchmarks.seed import cells, claims, figures, plan, recipes, render
from benchmarks.seed.__main__ import command
from benchmarks.seed.figures import Figures
from benchmarks.seed.network import Run
from benchmarks.seed.plan import MLPERF, Claim, Row, Task
from tinyrob import cli
from tinyrob.errors import DataError
from tinyrob.models import recipe_file, zoo

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks"
PLAN = plan.load(FOLDER / "seed.toml")
KEPT = Figures.load(FOLDER / "seed.json")
SPEECH = next(task for task in PLAN.tasks if task.name == "speech")
OURS, THEIRS = claims.THEIRS, Row(MLPERF, "")
SMALL = (FOLDER / "seed.toml").read_text(encoding="utf-8")


def _measured(task: Task, row: Row, accuracies: Mapping[str, float], into: Figures) -> None:
    """A run of ``row`` whose cells have these accuracies; what an attack leaves are the first."""
    for seed in task.seeds_of(row):
        into.begin(task, row, seed, "digest", 1.0)
        for name, accuracy in accuracies.items():
            column = next((c for c in task.columns if c.name == name), None)
            stands = np.arange(task.samples) < round(accuracy * task.samples)
            found = {"accuracy": accuracy, "inputs": task.samples, "stands": cells.packed(stands)}
            if column is not None:
                found |= {"settings": task.settings(column), "queries": 7}
            into.keep(task, row, seed, name, found)


def _all(task: Task, row: Row, accuracy: float) -> dict[str, float]:
    return dict.fromkeys(["clean", *(c.name for c in task.columns_of(row))], accuracy)


def test_the_page_shows_the_figures_that_are_kept() -> None:
    text = (ROOT / "docs" / "reference" / "seed-table.md").read_text(encoding="utf-8")
    assert placed(text, render.page(PLAN, KEPT), render.PLACE) == text


def test_what_is_kept_is_of_rows_that_are_there_and_adds_up() -> None:
    for name, rows in KEPT.tasks.items():
        task = next(one for one in PLAN.tasks if one.name == name)
        known = {row.name: row for row in task.rows}
        for row_name, records in rows.items():
            for seed, record in records.items():
                assert KEPT.record(task, known[row_name], int(seed)) == record, "of another recipe"
                stands = cells.unpacked(record["stands"], task.samples)
                for cell in record["cells"].values():
                    assert stands[: cell["inputs"]].mean() <= cell["accuracy"] + 1e-6


@pytest.mark.parametrize("task", PLAN.tasks, ids=lambda task: task.name)
def test_each_row_is_a_recipe_that_differs_in_what_it_says(task: Task) -> None:
    base = recipe_file.load(task.template)
    rows = [row for row in task.rows if row.precision != MLPERF]
    assert len(rows) == 20
    for row in rows:
        made = recipe_file.parse(recipes.text(task, row, 3))
        assert made.seed == 3
        assert (made.topology, made.dataset) == (base.topology, base.dataset)
        assert made.training.epochs.total == base.training.epochs.total
        assert (made.adversarial.method == "fast") == (row.defence == "adversarial")
        wanted = {"logits", *dict(task.layers)} if row.defence == "layers" else {"logits"}
        regularized = row.defence in ("logits", "layers")
        assert set(made.jacobian.weights) == (wanted if regularized else set())
        if row.precision == "float":
            assert made.training.epochs.qat == made.training.epochs.settle == 0
            assert made.jacobian.warmup == regularized
        else:
            assert made.quantizers.kernel == plan.PRECISIONS[row.precision]
            assert made.training.epochs == base.training.epochs
        eight = all(made.quantizers.kernel_of(layer) == 8 for layer in ("stem", "logits"))
        assert eight == (row.precision == "8-bit")


def test_mlperfs_networks_are_shipped_or_files() -> None:
    for task in PLAN.tasks:
        assert task.mlperf in ("", *zoo.names()) or task.mlperf.endswith(".tflite")


def test_nothing_transfers_from_a_network_to_itself_or_from_none() -> None:
    digits = next(task for task in PLAN.tasks if not task.mlperf)
    names = [[c.name for c in t.columns_of(r)] for t, r in ((SPEECH, THEIRS), (digits, OURS))]
    assert all("transfer" not in found for found in names)
    assert "transfer" in [c.name for c in SPEECH.columns_of(OURS)]
    assert SPEECH.seeds_of(THEIRS) == (0,)


def test_a_cell_is_measured_again_where_its_settings_are_others() -> None:
    known = Figures({})
    _measured(SPEECH, OURS, _all(SPEECH, OURS, 0.5), known)
    record = known.record(SPEECH, OURS, 0)
    assert figures.lacking(SPEECH, OURS, record, ()) == []
    changed = tuple(
        replace(c, settings=(("steps", 21.0),)) if c.name == "pgd" else c for c in SPEECH.columns
    )
    other = replace(SPEECH, columns=changed)
    assert figures.lacking(other, OURS, other_record(known, other), ()) == ["pgd"]
    assert figures.lacking(other, OURS, other_record(known, other), ("fgsm",)) == []
    assert figures.worst(other, OURS, figures.of_runs(other, OURS, known)[0]) is None
    # Of other balls or another recipe nothing stays: not even what attacks have broken.
    assert known.record(replace(SPEECH, eps=3.0), OURS, 0) is None
    assert known.record(replace(SPEECH, jacobian=0.5), OURS, 0) is None


def other_record(known: Figures, task: Task) -> Any:
    return known.record(task, OURS, 0)


def test_cells_of_a_network_that_was_trained_otherwise_go() -> None:
    known = Figures({})
    _measured(SPEECH, OURS, {"clean": 0.75}, known)
    assert known.begin(SPEECH, OURS, 0, "digest", 9.0)["cells"]
    assert known.begin(SPEECH, OURS, 0, "another", 9.0)["cells"] == {}


def test_the_worst_case_is_of_inputs_that_nothing_breaks() -> None:
    known, count = Figures({}), SPEECH.samples
    _measured(SPEECH, OURS, _all(SPEECH, OURS, 0.5), known)
    assert figures.worst(SPEECH, OURS, figures.of_runs(SPEECH, OURS, known)[0]) == 0.5
    broken = np.arange(count) >= count // 4  # the first quarter
    cell = known.record(SPEECH, OURS, 0)["cells"]["zoo"]  # type: ignore[index]
    known.keep(SPEECH, OURS, 0, "zoo", {**cell, "stands": cells.packed(broken)})
    assert figures.worst(SPEECH, OURS, figures.of_runs(SPEECH, OURS, known)[0]) == 0.25


@given(st.lists(st.booleans(), min_size=1, max_size=70))
def test_what_stands_is_kept_bit_for_bit(bits: list[bool]) -> None:
    mask = np.array(bits)
    assert np.array_equal(cells.unpacked(cells.packed(mask), len(bits)), mask)


def test_an_interval_is_students() -> None:
    found = figures.estimate([1.0, 2.0, 3.0])
    assert found is not None
    assert (found.mean, found.seeds) == (2.0, 3)
    assert found.half == pytest.approx(4.302653 / 3**0.5, rel=1e-6)  # t(0.975, 2), s = 1
    assert figures.estimate([2.0]) == figures.Estimate(2.0, None, 1)
    assert figures.estimate([]) is None
    assert [render.cell(one) for one in (found, None)] == ["2.0 ± 2.5", "–"]


@pytest.mark.parametrize(
    ("ours", "told"),
    [
        (0.9, "+80.0 ± 0.0 points (5 seeds): reproduced."),
        (0.4, "+30.0 ± 0.0 points (5 seeds): not reproduced to its size"),
        (0.05, "-5.0 ± 0.0 points (5 seeds): not reproduced: there is no lead"),
    ],
)
def test_a_claim_is_judged_by_the_attacks_that_both_rows_have(ours: float, told: str) -> None:
    known, claim = Figures({}), Claim("speech", "black-box", 79.5)
    assert claims.sentence(claim, SPEECH, known).endswith("not measured.")
    _measured(SPEECH, THEIRS, _all(SPEECH, THEIRS, 0.1), known)
    _measured(SPEECH, OURS, {**_all(SPEECH, OURS, ours), "transfer": 0.0}, known)
    assert told in claims.sentence(claim, SPEECH, known)


def test_a_mean_lacks_no_attack() -> None:
    known = Figures({})
    _measured(SPEECH, OURS, {"clean": 1.0, "fgsm": 0.5, "pgd": 0.5, "deepfool": 0.5}, known)
    record = known.record(SPEECH, OURS, 0)
    assert record is not None
    assert figures.mean(SPEECH, OURS, record, "white-box") is None
    _measured(SPEECH, OURS, {"cw": 0.25}, known)
    assert figures.mean(SPEECH, OURS, record, "white-box") == 0.4375


def test_what_averages_hide_is_said_of_rows_that_are_whole() -> None:
    known, trained = Figures({}), Row("ternary", "adversarial")
    assert claims.hidden(SPEECH, known) == []
    _measured(SPEECH, OURS, {**_all(SPEECH, OURS, 0.75), "apgd": 0.25}, known)
    _measured(SPEECH, trained, _all(SPEECH, trained, 0.5), known)
    gap, order = claims.hidden(SPEECH, known)
    assert "`stochastic-ternary-layers`, by 50.0 points" in gap
    assert "black-box average is `stochastic-ternary-layers`'s, 75.0" in order
    assert "worst case is `ternary-adversarial`'s, 50.0" in order


def test_a_row_that_is_not_measured_has_dashes() -> None:
    known = Figures({})
    assert "Not measured yet" in render.table(SPEECH, known)
    _measured(SPEECH, OURS, {"clean": 0.75}, known)
    lines = render.table(SPEECH, known).splitlines()
    assert len([line for line in lines if line.startswith("|")]) == 2 + 21
    (ours,) = [line for line in lines if line.startswith("| stochastic ternary | JR per layer")]
    assert ours.split(" | ")[2:5] == ["5", "75.0 ± 0.0", "–"]
    (theirs,) = [line for line in lines if line.startswith("| MLPerf Tiny's DS-CNN")]
    assert set(theirs.split(" | ")[2:-1]) == {"–", ""}


def test_the_command_keeps_a_cell_at_a_time_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seed.toml").write_text(SMALL, encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text("<!-- seed:begin -->\n<!-- seed:end -->\n")
    done: list[str] = []

    def trained(run: Run, _tell: object) -> dict[str, Any]:
        done.append(f"{run.row.name} {run.seed}")
        return {"network": "n", "seconds": 2.0}

    def measured(cell: cells.Cell, _tell: object) -> dict[str, Any]:
        name = cell.column.name if cell.column else "clean"
        done.append(name)
        if done.count("cw") == 1 and name == "cw":
            raise DataError("the machine was switched off", "go on")
        task = cell.run.task
        found = {"accuracy": 1.0, "inputs": task.samples, "queries": 1, "seconds": 1.0}
        settings = {"settings": task.settings(cell.column)} if cell.column else {}
        return {**found, **settings, "stands": cells.packed(np.ones(task.samples, np.bool_))}

    monkeypatch.setattr(command_line.cells, "trained", trained)
    monkeypatch.setattr(command_line.cells, "measured", measured)
    wanted = ["--task", "digits", "--rows", "ternary", "--seeds", "1"]
    arguments = [str(tmp_path), "--page", str(page), *wanted, "--runs", str(tmp_path / "runs")]
    assert CliRunner().invoke(command, arguments).exit_code == 1
    assert done == ["ternary 1", "clean", "fgsm", "pgd", "deepfool", "cw"]
    listed = CliRunner().invoke(command, [*arguments, "--list"]).output
    assert listed.startswith("digits ternary seed 1: cw, square, boundary")
    done[:] = ["cw"]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    left = ["cw", "square", "boundary", "hopskipjump", "zoo", "apgd"]
    assert done == ["cw", "ternary 1", *left]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert len(done) == 8, "what is measured is not measured again"
    assert "| ternary |  | 1 | 100.0 |" in page.read_text().replace("none", "")
    known = json.loads((tmp_path / "seed.json").read_text())["tasks"]
    assert list(known["digits"]) == ["ternary"]


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--task", "imagenet", "known: cifar10"),
        ("--rows", "binary*", "known: mlperf"),
        ("--column", "autoattack", "known: clean"),
        ("--seeds", "all", "no list of numbers"),
    ],
)
def test_a_name_that_is_none_is_refused(
    tmp_path: Path, option: str, value: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- seed:begin -->\n<!-- seed:end -->\n")
    (tmp_path / "seed.toml").write_text(SMALL, encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        cli.main([str(tmp_path), "--page", str(page), option, value], command)
    assert stop.value.code == 1
    assert told in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('precisions = ["float"', 'precisions = ["half"', "precisions: 'half' is none"),
        ('defences = ["none"', 'defences = ["prayer"', "defences: 'prayer' is none"),
        ('name = "fgsm"', 'name = "nattack"', "name: 'nattack' is none"),
        ("steps = 20, step = 0.125", "stride = 2", "settings: pgd has no stride"),
        ('group = "strong"', 'group = "grey-box"', "group: 'grey-box' is none"),
        ('task = "speech"', 'task = "music"', "task: 'music' is none"),
        ("eps_l2 = 24", "eps_l2 = 24\ncolour = 1", "colour: unknown key"),
    ],
)
def test_a_wrong_plan_is_refused_by_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in SMALL
    (tmp_path / "seed.toml").write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=told.replace("(", r"\(")):
        plan.load(tmp_path / "seed.toml")


def test_damaged_figures_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    path.write_text('{"format": 99}')
    with pytest.raises(DataError, match="holds no figures"):
        Figures.load(path)


def test_a_run_of_another_recipe_is_not_trained(tmp_path: Path) -> None:
    run = Run(SPEECH, OURS, 0, Place(None, None, tmp_path))
    run.folder.mkdir(parents=True)
    (run.folder / "frozen.npz").write_bytes(b"")
    (run.folder / "recipe.toml").write_text(recipes.text(SPEECH, OURS, 1))
    assert not cells.is_trained(run)
    (run.folder / "recipe.toml").write_text(recipes.text(SPEECH, OURS, 0))
    assert cells.is_trained(run)
