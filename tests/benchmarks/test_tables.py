"""Tables are what was measured: of the networks that ship, by the documentation's own command."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.comparison import entries, render, rows
from benchmarks.comparison.__main__ import command
from benchmarks.comparison.measure import Place, row
from benchmarks.comparison.rows import answers, answers_suite
from benchmarks.kept import load_tasks
from tinyrob import cli
from tinyrob.deployable import load_model
from tinyrob.errors import DataError
from tinyrob.models import zoo

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks"
TASK = """
[[task]]
name = "digits"
title = "Digits"
dataset = "digits"
samples = 24
eps = [16]
attacks = ["fgsm"]

[[task.network]]
model = "digits-stq-jr"
method = "ternary, JR"
"""


def test_the_docs_show_the_figures_that_are_kept() -> None:
    figures, tasks = (
        load_tasks(FOLDER / "robustness.json"),
        entries.load(FOLDER / "robustness.toml"),
    )
    readme = (ROOT / "docs" / "reference" / "figures.md").read_text(encoding="utf-8")
    assert render.placed(readme, render.tables(tasks, figures)) == readme


def test_figures_are_of_the_networks_that_ship() -> None:
    rows = [r for task in load_tasks(FOLDER / "robustness.json").values() for r in task]
    shipped = [r for r in rows if r["model"] in zoo.names()]
    assert shipped
    for one in shipped:
        model = load_model(one["model"])
        assert hashlib.sha256(model.tflite).hexdigest() == one["digest"], one["model"]


def test_every_network_of_a_table_is_shipped_or_mlperfs() -> None:
    for task in entries.load(FOLDER / "robustness.toml"):
        for entry in task.entries:
            assert entry.model in zoo.names() or entry.model.endswith(".tflite")


def test_a_row_is_measured_kept_and_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "robustness.toml").write_text(TASK)
    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{render.BEGIN}\n{render.END}\nbelow\n")
    arguments = [str(tmp_path), "--readme", str(readme), "--runs", str(tmp_path / "runs")]
    first = CliRunner().invoke(command, arguments)
    assert first.exit_code == 0, first.output
    kept = load_tasks(tmp_path / "robustness.json")["digits"][0]
    assert kept["samples"] == 24
    assert 0 <= kept["attacks"]["fgsm"]["16"] <= kept["clean"] <= 1
    cost = json.loads((FOLDER / "budgets.json").read_text())["digits-stq-jr"]["stm32f405"]
    assert {key: kept[key] for key in cost} == cost
    text = readme.read_text()
    assert text.startswith("above\n")
    assert text.endswith("below\n")
    assert f"{100 * kept['clean']:.1f}" in text
    # What has figures is not measured again: the runs' folder could be gone.
    assert CliRunner().invoke(command, [*arguments, "--render"]).exit_code == 0
    assert readme.read_text() == text
    # What firmware costs is measured without attacking anew.
    stale = {"tasks": {"digits": [{**kept, "flash_bytes": 1}]}, "format": 1}
    (tmp_path / "robustness.json").write_text(json.dumps(stale))
    monkeypatch.setattr(rows, "row", lambda *_: pytest.fail("the row was measured again"))
    assert CliRunner().invoke(command, [*arguments, "--costs"]).exit_code == 0
    assert load_tasks(tmp_path / "robustness.json")["digits"] == [kept]


def test_a_row_of_other_radii_is_measured_again() -> None:
    task = entries.Task("t", "T", "d", 10, (1, 2), ("fgsm",), (entries.Entry("net", "plain"),))
    row = {"digest": "d", "samples": 10, "attacks": {"fgsm": {"1": 0.5, "2": 0.25}}}
    assert answers(row, task, "d")
    assert not answers(row, task, "another network's")
    assert not answers({**row, "samples": 9}, task, "d")
    assert not answers({**row, "attacks": {"fgsm": {"1": 0.5}}}, task, "d")
    assert not answers({**row, "attacks": {"pgd-20": {"1": 0.5, "2": 0.25}}}, task, "d")


def test_a_suite_is_that_of_the_task_at_its_radii() -> None:
    task = entries.Task(
        "t", "T", "d", 10, (1,), ("fgsm",), (entries.Entry("net", "plain"),), "standard", (8,)
    )
    assert not answers_suite({}, task)
    assert answers_suite({"suite": {"name": "standard", "worst": {"8": 0.1}}}, task)
    assert not answers_suite({"suite": {"name": "quick", "worst": {"8": 0.1}}}, task)
    assert not answers_suite({"suite": {"name": "standard", "worst": {"4": 0.1}}}, task)


def test_of_a_row_that_lacks_only_the_suite_only_the_suite_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "robustness.toml").write_text(TASK)
    readme = tmp_path / "README.md"
    readme.write_text(f"{render.BEGIN}\n{render.END}\n")
    arguments = [str(tmp_path), "--readme", str(readme), "--runs", str(tmp_path / "runs")]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    before = load_tasks(tmp_path / "robustness.json")["digits"][0]

    wider = TASK.replace("attacks =", 'suite = "quick"\nsuite_eps = [16]\nattacks =')
    (tmp_path / "robustness.toml").write_text(wider)
    found = {"name": "quick", "worst": {"16": 0.125}, "flags": []}
    monkeypatch.setattr(rows, "row", lambda *_: pytest.fail("the row was measured again"))
    monkeypatch.setattr(rows, "suite", lambda *_: found)
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    assert load_tasks(tmp_path / "robustness.json")["digits"] == [{**before, "suite": found}]
    assert "12.5" in readme.read_text()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_placing_twice_is_placing_once(text: str) -> None:
    readme = f"a\n{render.BEGIN}\nold\n{render.END}\nb\n"
    if render.BEGIN in text or render.END in text:
        return
    once = render.placed(readme, text)
    assert render.placed(once, text) == once
    assert once.startswith("a\n")
    assert once.endswith("\nb\n")


def test_a_flag_stands_beside_the_figure_it_taints() -> None:
    task = entries.Task("t", "T", "d", 10, (1, 2), ("fgsm",), (entries.Entry("net", "plain"),))
    flag = {"flag": "x", "taints": "fgsm", "norm": "linf", "eps": 2.0, "text": "doubtful"}
    one = {
        "model": "net", "clean": 0.9, "samples": 10, "flags": [flag],
        "attacks": {"fgsm": {"1": 0.5, "2": 0.25}},
        "flash_bytes": 1000, "ram_bytes": 20, "instructions": 3,
    }  # fmt: skip
    lines = render.table(task, [one]).splitlines()
    assert lines[4] == "| net | plain | 90.0 | 50.0 | 25.0 \\*1 | 1,000 | 20 | 3 |"
    assert lines[-1] == "- \\*1 net, FGSM at 2: doubtful"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('method = "ternary, JR"', "", "method"),
        ("eps = [16]", "eps = [0]", "eps"),
        ("samples = 24", "samples = 0", "samples"),
        ('attacks = ["fgsm"]', 'attacks = "fgsm"', "attacks"),
        ('title = "Digits"', 'title = "Digits"\ncolour = 1', "colour"),
    ],
)
def test_a_wrong_list_is_refused_by_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    path = tmp_path / "robustness.toml"
    path.write_text(TASK.replace(old, new))
    with pytest.raises(DataError, match=named):
        entries.load(path)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    (task,) = entries.load(FOLDER / "robustness.toml")[:1]
    with pytest.raises(DataError, match=r"pretrainedResnet_quant.tflite is not there"):
        row(task, task.entries[0], Place(tmp_path, None, tmp_path), lambda *_: None)


def test_damaged_figures_and_a_readme_without_place_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "robustness.json"
    path.write_text('{"format": 99}')
    with pytest.raises(DataError, match="holds no figures"):
        load_tasks(path)
    with pytest.raises(DataError, match="no place for the tables"):
        render.placed("nothing here", "text")


def test_a_gradient_that_leads_nowhere_taints_every_white_box_figure() -> None:
    task = entries.Task("t", "T", "d", 10, (2,), ("fgsm",), (entries.Entry("net", "plain"),))
    flag = {"flag": "large-eps-survives", "taints": "worst-case", "norm": "linf", "eps": 2.0}
    one = {
        "model": "net", "clean": 0.9, "samples": 10,
        "flags": [{**flag, "text": "blind"}], "attacks": {"fgsm": {"2": 0.25}},
        "flash_bytes": 1000, "ram_bytes": 20, "instructions": 3,
    }  # fmt: skip
    assert "25.0 \\*1" in render.table(task, [one])


@pytest.mark.parametrize(("option", "known"), [("--task", "digits"), ("--model", "digits-stq-jr")])
def test_a_name_that_is_in_no_table_is_refused(
    tmp_path: Path, option: str, known: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "robustness.toml").write_text(TASK)
    readme = tmp_path / "README.md"
    readme.write_text(f"{render.BEGIN}\n{render.END}\n")
    with pytest.raises(SystemExit) as stop:
        cli.main([str(tmp_path), "--readme", str(readme), option, "typo"], command)
    assert stop.value.code == 1
    assert f"known: {known}" in " ".join(capsys.readouterr().err.split())
