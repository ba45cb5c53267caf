"""tinyrob search: spaces, trials, a study that survives a kill, and every refusal."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from tinyrob.cli.search import command
from tinyrob.errors import BoardError, RecipeError, TinyrobError, TrainingError
from tinyrob.files.toml_text import dump_toml
from tinyrob.models import recipe_file
from tinyrob.search import space as spaces
from tinyrob.search import study, trial
from tinyrob.search.sampler import seeded

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXT = """
recipe = "digits-stq-jr"
epochs = 1
validation = 200
width = [0.5, 1]
[pgd]
eps = 8
images = 50
steps = 3
[kernel]
stem = [2, 4]
stage1_block1_conv1 = ["stochastic_ternary", 4]
[jacobian]
logits = [0, 0.01]
stage1_block1 = [0.0, 0.001]
"""


@pytest.fixture
def space(tmp_path) -> spaces.Space:
    return spaces.read(written(tmp_path))


def written(folder: Path, text: str = TEXT) -> Path:
    path = folder / "space.toml"
    path.write_text(text)
    return path


def fake(space, chosen, runs, target, data_dir):
    """Robustness costs flash; 2 bits with the wide network cannot be trained."""
    if chosen["kernel.stem"] == 2 and chosen["width"] == 1:
        raise TrainingError("training diverged")
    size = 1000 * chosen["kernel.stem"] + int(4000 * chosen["width"])
    robust = size / 10000 + (0.05 if chosen["jacobian.logits"] else 0.0)
    return trial.Outcome(robust, 0.9, size, 100, 10 * size)


@pytest.mark.parametrize("name", recipe_file.names())
def test_a_dumped_recipe_is_the_same_recipe(name):
    text = recipe_file.load(name).text
    assert tomllib.loads(dump_toml(tomllib.loads(text))) == tomllib.loads(text)
    assert recipe_file.parse(dump_toml(tomllib.loads(text))) == recipe_file.load(name)


def test_choices_become_a_recipe(space):
    chosen = {
        "width": 0.5, "kernel.stem": 2, "kernel.stage1_block1_conv1": 4,
        "jacobian.logits": 0, "jacobian.stage1_block1": 0.001,
    }  # fmt: skip
    made = space.recipe(chosen, "mine", 200)
    assert made.name == "mine"
    assert made.topology.stem.filters == 8
    assert made.topology.stages[0].filters == 16
    assert made.quantizers.kernel_of("stem") == 2
    assert made.quantizers.kernel_of("stage1_block1_conv1") == 4
    assert made.quantizers.kernel_of("stage1_block1_conv2") == "stochastic_ternary"
    assert made.quantizers.activation_of("logits") == space.base.quantizers.activation_of("logits")
    assert made.jacobian.weights == {"stage1_block1": 0.001}
    assert made.training.validation == 200


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("stem =", "stam =", r"kernel\.stam: the topology of digits-stq-jr has no such layer"),
        ("stage1_block1 =", "stage9 =", r"jacobian\.stage9: the topology .* has no such layer"),
        ("[2, 4]", "[2, 9]", r"kernel\.stem: 9 is none of .* 2 to 8 bits"),
        ("[2, 4]", '[2, "binary"]', "'binary' is none of"),
        ("[2, 4]", "[4, 4]", "must be a list of different values"),
        ("[2, 4]", "[[2]]", "must be a list of strings and numbers"),
        ("[0, 0.01]", "[-1, 0]", r"jacobian\.logits: -1 is none of weights"),
        ("[0.5, 1]", "[0, 1]", "width: 0 is none of factors"),
        ("validation = 200", "", "validation: is missing"),
        ("eps = 8", "", "pgd.eps: is missing"),
        ("steps = 3", "stops = 3", "stops: unknown key"),
        ("digits-stq-jr", "no-such", "no recipe 'no-such'"),
    ],
)
def test_a_wrong_space_is_refused(tmp_path, old, new, message):
    with pytest.raises(RecipeError, match=message):
        spaces.read(written(tmp_path, TEXT.replace(old, new, 1)))


def test_a_space_without_choices_is_refused(tmp_path):
    text = 'recipe = "digits-stq-jr"\nvalidation = 9\n[pgd]\neps = 8\n[kernel]\nstem = [4]\n'
    with pytest.raises(RecipeError, match="nothing to choose between"):
        spaces.read(written(tmp_path, text))


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_the_front_is_what_nothing_dominates_and_trains_as_it_is(
    space, tmp_path, monkeypatch, sampler
):
    monkeypatch.setattr(trial, "run", fake)
    settings = study.Settings(16, tmp_path / "out", sampler=sampler)
    found = study.search(space, settings)
    assert found["trials"]["complete"] + found["trials"]["pruned"] == 16
    assert found["trials"]["pruned"] > 0
    keys = [(-r["robust_accuracy"], r["flash_bytes"], r["instructions"]) for r in found["front"]]
    assert keys
    for one in keys:
        others = [k for k in keys if k != one]
        assert not any(all(a <= b for a, b in zip(k, one, strict=True)) for k in others)
    paths = {Path(row["recipe"]) for row in found["front"]}
    assert set((tmp_path / "out" / "pareto").glob("*.toml")) == paths
    for row in found["front"]:
        made = recipe_file.load(row["recipe"])
        assert made.quantizers.kernel_of("stem") == row["chosen"]["kernel.stem"]
        assert made.training == space.base.training

    again = study.search(space, settings)  # the budget is the study's: nothing more is run
    assert again == found
    more = study.search(space, study.Settings(17, tmp_path / "out", sampler=sampler))
    assert more["trials"]["complete"] + more["trials"]["pruned"] == 17


def test_a_killed_trial_is_run_again(space, tmp_path, monkeypatch):
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from tinyrob.search import space, study, trial
        def hang(*_):
            print("training", flush=True)
            time.sleep(600)
        trial.run = hang
        study.search(space.read(Path(sys.argv[1])), study.Settings(3, Path(sys.argv[2])))
        """
    )
    out = tmp_path / "out"
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "space.toml"), str(out)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "training"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    ran = []

    def note(space, chosen, *rest):
        ran.append(chosen)
        return fake(space, {**chosen, "width": 0.5}, *rest)

    monkeypatch.setattr(trial, "run", note)
    found = study.search(space, study.Settings(3, out))
    assert found["trials"] == {"complete": 3, "pruned": 0, "fail": 0, "running": 0}
    import optuna

    trials = optuna.load_study(
        study_name="digits-stq-jr", storage=f"sqlite:///{out / 'study.db'}"
    ).trials
    assert ran[0] == trials[0].params
    assert [t.number for t in trials] == [0, 1, 2]
    assert study.search(space, study.Settings(3, out)) == found


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_a_search_stopped_at_any_write_of_its_study_ends_as_an_undisturbed_one(
    space, tmp_path, monkeypatch, sampler
):
    import optuna

    monkeypatch.setattr(study, "NAMELESS", 0.0)
    monkeypatch.setattr(
        trial, "run", lambda space, chosen, *rest: fake(space, {**chosen, "width": 0.5}, *rest)
    )
    storage, wrote = optuna.storages.RDBStorage, itertools.count(1)
    last = -1

    def stopped(write):
        def call(*arguments, **options):
            if next(wrote) == last:
                raise OSError("the disk is broken")
            return write(*arguments, **options)

        return call

    for name in ("_create_new_trial", "_set_trial_param", "set_trial_user_attr",
                 "set_trial_state_values"):  # fmt: skip
        monkeypatch.setattr(storage, name, stopped(getattr(storage, name)))
    whole = study.search(space, study.Settings(3, tmp_path / "whole", sampler=sampler))
    writes = next(wrote) - 1
    assert writes == 3 * (1 + 1 + 5 + 5 + 1)  # made, its worker, choices, figures, told
    for n in range(1, writes + 1, 6):
        wrote, last = itertools.count(1), n
        settings = study.Settings(3, tmp_path / str(n), sampler=sampler)
        with pytest.raises(OSError, match="broken"):
            study.search(space, settings)
        last = -1
        found = study.search(space, settings)
        for row in (*found["front"], *whole["front"]):
            row["recipe"] = Path(row["recipe"]).name
        assert {**found, "out": ""} == {**whole, "out": ""}, n


def test_a_study_of_another_space_is_refused(space, tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "run", fake)
    study.search(space, study.Settings(1, tmp_path / "out"))
    other = spaces.read(written(tmp_path, TEXT.replace("epochs = 1", "epochs = 2")))
    with pytest.raises(TinyrobError, match="of another space or target"):
        study.search(other, study.Settings(1, tmp_path / "out"))
    with pytest.raises(TinyrobError, match="of another space or target"):
        study.search(space, study.Settings(1, tmp_path / "out", target="mps3_an547"))
    study.search(other, study.Settings(1, tmp_path / "out", study="mine"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--trials", "0"], "error: the budget is 0"),
        (["--minutes", "0"], "error: the budget is 0"),
        (["--storage", "sqlite:////nowhere/at/all/study.db"], "cannot be used"),
        (["--storage", "postgresql://me:secret@nowhere.invalid/x"], "cannot be used"),
        (["--storage", "rubbish"], "the storage rubbish cannot be used"),
    ],
)
def test_refusals_of_the_command(tmp_path, options, message):
    arguments = [str(written(tmp_path)), "--out", str(tmp_path / "out"), *options]
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, TinyrobError)
    assert message.removeprefix("error: ") in result.exception.message
    assert "secret" not in result.exception.message


def test_a_target_that_counts_nothing_is_refused(space, tmp_path):
    with pytest.raises(BoardError, match="no emulator to count"):
        study.search(space, study.Settings(1, tmp_path, target="nucleo_l4r5zi"))


def test_the_command_trains_attacks_and_builds(tmp_path):
    """One real trial; a second study finds its result and trains nothing."""
    arguments = [str(written(tmp_path)), "--out", str(tmp_path / "out"), "--trials", "1", "--json"]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found) == {"study", "recipe", "target", "eps", "trials", "front", "out"}
    (row,) = found["front"]
    assert 0 <= row["robust_accuracy"] <= row["clean_accuracy"] <= 1
    assert row["flash_bytes"] > 5000
    assert row["instructions"] > 10000
    (kept,) = (tmp_path / "out" / "runs").glob(f"*/{trial.RESULT}")
    assert json.loads(kept.read_text())["flash_bytes"] == row["flash_bytes"]
    again = trial.run(
        spaces.read(tmp_path / "space.toml"), row["chosen"], tmp_path / "out" / "runs",
        "stm32f405", None,
    )  # fmt: skip
    assert again.instructions == row["instructions"]
    assert "Pareto front (1 complete)" in CliRunner().invoke(command, arguments[:-1]).stdout


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_workers_that_start_together_draw_different_trials(space, tmp_path, monkeypatch, sampler):
    """Two have opened the study before either has drawn: their trials are one worker's trials."""
    import optuna

    monkeypatch.setattr(trial, "run", fake)
    drawn = []
    for workers in (1, 2):
        url = f"sqlite:///{tmp_path / f'{workers}.db'}"
        optuna.create_study(study_name="s", storage=url, directions=["maximize"] * 3)
        studies = [optuna.load_study(study_name="s", storage=url) for _ in range(workers)]
        for one in studies:
            one.sampler = seeded(sampler, 1)
        for number in range(8):
            asked = studies[number % workers].ask()
            for key, values in sorted(space.choices.items()):
                asked.suggest_categorical(key, values)
            studies[number % workers].tell(asked, [1.0, 2.0, 3.0])
        drawn.append([t.params for t in studies[0].get_trials()])
    assert drawn[0] == drawn[1]
    assert len({repr(params) for params in drawn[0]}) > 4


class Two:
    """Workers without a cluster: both are here, one after the other."""

    count = 2

    def each(self, task, items, watch=None):
        return ((number, task(item, None)) for number, item in enumerate(items))


def test_workers_share_one_budget(space, tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "run", fake)
    monkeypatch.setattr(study, "workers", lambda _where: contextlib.nullcontext(Two()))
    said: list[tuple[int, str]] = []
    settings = study.Settings(trials=6, out=tmp_path / "out", workers="local:2")
    found = study.search(space, settings, lambda done, text: said.append((done, text)))
    assert found["trials"]["complete"] + found["trials"]["pruned"] == 6
    assert said == [(6, "a worker found the budget used up")] * 2
    alone = study.search(space, dataclasses.replace(settings, out=tmp_path / "2", workers=None))
    assert [row["chosen"] for row in alone["front"]] == [row["chosen"] for row in found["front"]]


def test_a_stopped_trial_is_taken_over_before_there_are_workers(space, tmp_path, monkeypatch):
    """Two that start together would both take it."""
    import optuna

    def stopped(*_):
        raise OSError("the disk is broken")

    def states():
        url = f"sqlite:///{tmp_path / 'out' / 'study.db'}"
        trials = optuna.load_study(study_name="digits-stq-jr", storage=url).trials
        return [one.state.name for one in trials]

    class Starting(Two):
        def each(self, task, items, watch=None):
            assert states() == ["WAITING"]
            return super().each(task, items, watch)

    settings = study.Settings(trials=2, out=tmp_path / "out")
    monkeypatch.setattr(trial, "run", stopped)
    with pytest.raises(OSError, match="broken"):
        study.search(space, settings)
    assert states() == ["RUNNING"]
    monkeypatch.setattr(trial, "run", fake)
    monkeypatch.setattr(study, "workers", lambda _where: contextlib.nullcontext(Starting()))
    study.search(space, dataclasses.replace(settings, workers="local:2"))
    assert len(states()) == 2
