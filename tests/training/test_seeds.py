"""A run for each seed, by this process or by workers."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from tinyrob import cli
from tinyrob.errors import TrainingError
from tinyrob.models import recipe_file
from tinyrob.models.recipe import Recipe
from tinyrob.training import seeds, session


def fake(
    recipe: Recipe, _data_dir: Path | None, out: Path, epochs: int | None, resume: bool
) -> session.Session:
    """As quick as a run could be: better with every seed."""
    assert resume
    out.mkdir(parents=True, exist_ok=True)
    (out / "recipe.toml").write_text(recipe.text)
    return session.Session(recipe, epochs or 1, recipe.seed / 100, 0.0, out, 1, True)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "train", fake)


def test_each_seed_has_its_run_and_its_recipe(trained: None, tmp_path: Path) -> None:
    done = seeds.train("digits-stq-jr", [4, 2, 9], out=tmp_path)
    assert [run.recipe.seed for run in done.runs] == [4, 2, 9]
    assert [run.out for run in done.runs] == [tmp_path / f"seed-{n}" for n in (4, 2, 9)]
    base = recipe_file.load("digits-stq-jr")
    for run in done.runs:
        kept = recipe_file.load(str(run.out / "recipe.toml"))
        assert kept == dataclasses.replace(base, seed=run.recipe.seed)
    assert done.mean == pytest.approx(0.05)
    assert done.spread == pytest.approx(0.0360555)
    assert [one["seed"] for one in done.to_dict()["runs"]] == [4, 2, 9]


def test_the_command_says_each_and_the_mean(trained: None, tmp_path: Path, capsys: Any) -> None:
    cli.main(["train", "digits-stq-jr", "--seeds", "1, 3", "--out", str(tmp_path)])
    said = capsys.readouterr().out
    assert "seed 1: 1.00 %" in said
    assert "2.00 % of the test split in the mean of 2 seeds, standard deviation 1.41" in said


def test_an_earlier_run_is_kept_beside_where_a_fresh_one_is_asked_for(
    trained: None, tmp_path: Path
) -> None:
    seeds.train("digits-stq-jr", [1, 2], out=tmp_path)
    with pytest.raises(TrainingError, match="holds an earlier run"):
        seeds.train("digits-stq-jr", [2, 3], out=tmp_path)
    seeds.train("digits-stq-jr", [1, 2], out=tmp_path, resume=True)
    seeds.train("digits-stq-jr", [2, 3], out=tmp_path, fresh=True)
    assert {path.name for path in tmp_path.iterdir()} == {
        "seed-1", "seed-2", "seed-2-1", "seed-3"
    }  # fmt: skip


@pytest.mark.parametrize("given", [[1], [], [1, 2, 1]])
def test_seeds_must_be_several_and_differ(given: list[int]) -> None:
    with pytest.raises(TrainingError, match="not at least two different numbers"):
        seeds.train("digits-stq-jr", given)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--seeds", "1,x"), "is not a list of numbers such as 0,1,2"),
        (("--workers", "local:2"), "--workers share the runs of --seeds"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    arguments: tuple[str, ...], said: str, capsys: Any
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["train", "digits-stq-jr", *arguments])
    assert stop.value.code
    assert said in capsys.readouterr().err
