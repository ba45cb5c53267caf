"""Training runs: the same history after a kill, the files they leave, what they refuse."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from tinyrob import data
from tinyrob.cli.train import command
from tinyrob.errors import RecipeError, ToolMissing, TrainingError
from tinyrob.models import recipe_file
from tinyrob.models.run_folder import HISTORY
from tinyrob.training import session

RECIPE = """
name = "tiny"
dataset = "digits"
seed = 3

[topology]
stem = { filters = 4 }
stages = [{ filters = 4 }]
head = "flatten"

[quantizers.layers]
stem = { kernel = 4 }
logits = { kernel = 4, activation = { bits = 8, integer = 4 } }

[jacobian]
logits = 0.01
images = 20
layers = { stem = 0.001 }

[training]
epochs = { warmup = 1, qat = 2, settle = 1 }
batch = 100
augment = { shift = 1, flip = true }
average = 0.9
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="module")
def whole(recipe, tmp_path_factory):
    """An uninterrupted run, through the command line."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    done = CliRunner().invoke(command, [str(recipe), "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    return out, json.loads(done.stdout)


def history(out):
    return json.loads((out / HISTORY).read_text())


def test_a_run_leaves_its_files_and_reports_them(whole, recipe):
    out, report = whole
    assert sorted(path.name for path in out.iterdir()) == [
        "checkpoint-00003.npz",
        "checkpoint-00004.npz",
        "float.npz",
        "frozen.npz",
        "history.json",
        "recipe.toml",
    ]
    assert (out / "recipe.toml").read_text() == RECIPE
    keys = ["clean_accuracy", "epochs", "frozen", "kept", "out", "recipe", "seconds"]
    assert sorted(report) == keys
    assert (report["frozen"], report["kept"]) == (True, 4)
    assert (report["recipe"], report["epochs"], report["out"]) == ("tiny", 4, str(out))
    assert [record["phase"] for record in history(out)] == ["warmup", "qat", "qat", "settle"]
    assert sorted(history(out)[-1]["penalties"]) == ["logits", "stem"]


def test_the_reported_accuracy_is_the_frozen_models(whole):
    from tinyrob.frozen.io import load_frozen

    out, report = whole
    frozen = load_frozen(out / session.FROZEN)
    assert session.frozen_accuracy(frozen, data.load("digits")) == report["clean_accuracy"]
    assert frozen.metadata["data_digest"] == data.load("digits").digest
    assert frozen.metadata["epochs"] == 4


KILLED = """
import os, signal, sys
from pathlib import Path
from tinyrob.training import checkpoints, session
real, calls = os.fsync, []
def fsync(handle):
    calls.append(handle)
    if len(calls) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(handle)
os.fsync = fsync
session.train(sys.argv[1], None, Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_a_run_killed_in_the_middle_of_a_checkpoint_resumes_to_the_same_history(
    whole, recipe, tmp_path
):
    # Files are flushed in this order: recipe, then checkpoint and history of each epoch. The sixth
    # is epoch 3's checkpoint: what resumes has an optimizer to restore, and a phase to change.
    out = tmp_path / "killed"
    program = [sys.executable, "-c", KILLED, str(recipe), str(out), "6"]
    killed = subprocess.run(program, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert any(path.name.startswith(".") for path in out.iterdir())
    assert sorted(out.glob("checkpoint-*"))[-1].name == "checkpoint-00002.npz"
    done = session.train(str(recipe), None, out, resume=True)
    assert history(out) == history(whole[0])
    assert done.clean_accuracy == whole[1]["clean_accuracy"]
    assert (out / "frozen.npz").read_bytes() == (whole[0] / "frozen.npz").read_bytes()
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_a_finished_run_resumed_is_the_same(whole, recipe):
    out, report = whole
    before = (out / "frozen.npz").read_bytes()
    done = session.train(str(recipe), None, out, resume=True)
    assert done.clean_accuracy == report["clean_accuracy"]
    assert (out / "frozen.npz").read_bytes() == before


def test_a_run_stopped_between_its_last_checkpoint_and_the_history_has_it_all(
    whole, recipe, tmp_path
):
    out = tmp_path / "stopped"
    shutil.copytree(whole[0], out)
    (out / HISTORY).write_text(json.dumps(history(out)[:-1]))
    (out / session.FROZEN).unlink()
    session.train(str(recipe), None, out, resume=True)
    for name in (HISTORY, session.FROZEN):
        assert (out / name).read_bytes() == (whole[0] / name).read_bytes()


def test_a_run_of_another_recipe_is_not_gone_on_from(whole, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(RECIPE.replace("seed = 3", "seed = 4"))
    before = (whole[0] / "recipe.toml").read_text()
    with pytest.raises(TrainingError, match="another recipe"):
        session.train(str(other), None, whole[0], resume=True)
    assert (whole[0] / "recipe.toml").read_text() == before


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_earlier_run_is_never_lost(whole, recipe):
    out, _ = whole
    before = contents(out)
    with pytest.raises(TrainingError, match="holds an earlier run \\(finished\\)") as error:
        session.train(str(recipe), None, out)
    assert "--resume" in error.value.hint
    assert "--fresh" in error.value.hint
    assert contents(out) == before


def test_a_fresh_run_keeps_the_earlier_one_beside_it(whole, recipe, tmp_path, monkeypatch):
    out = tmp_path / "run"
    shutil.copytree(whole[0], out)
    (tmp_path / "run-1").mkdir()

    def stopped(*_):
        raise KeyboardInterrupt

    from tinyrob.training import loop

    monkeypatch.setattr(loop, "run", stopped)
    with pytest.raises(KeyboardInterrupt):
        session.train(str(recipe), None, out, fresh=True)
    assert contents(tmp_path / "run-2") == contents(whole[0])
    assert [path.name for path in out.iterdir()] == ["recipe.toml"]


def test_tools_are_looked_for_before_anything_is_touched(recipe, tmp_path, monkeypatch):
    from tinyrob import tf

    def missing():
        raise ToolMissing("quantized layers need QKeras: no module", "install it")

    monkeypatch.setattr(tf, "qkeras", missing)
    with pytest.raises(ToolMissing):
        session.train(str(recipe), None, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_going_on_and_beginning_again_exclude_each_other(recipe):
    done = CliRunner().invoke(command, [str(recipe), "--resume", "--fresh"])
    assert done.exit_code == 2
    assert "give one of the two" in done.output


def test_a_folder_of_other_things_is_left_alone(recipe, tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(TrainingError, match=r"no training run's: thesis\.tex"):
        session.train(str(recipe), None, tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_a_place_that_cannot_be_written_is_named(recipe, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrainingError, match="cannot write to"):
        session.train(str(recipe), None, tmp_path / "file")


def test_no_epochs_are_refused(recipe, tmp_path):
    with pytest.raises(TrainingError, match="0 epochs"):
        session.train(str(recipe), None, tmp_path, epochs=0)


def test_an_unknown_recipe_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="no recipe"):
        session.train("nothing", None, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_batch_larger_than_the_data_is_refused(tmp_path):
    big = tmp_path / "big.toml"
    big.write_text(RECIPE.replace("batch = 100", "batch = 1401"))
    with pytest.raises(TrainingError, match="a batch of 1401"):
        session.train(str(big), None, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [big]


def test_two_runs_at_once_in_one_folder_are_told(recipe, tmp_path):
    from tinyrob.errors import DataError
    from tinyrob.files.lock import only_run

    with only_run(tmp_path / "out"), pytest.raises(DataError, match="another run of tinyrob"):
        session.train(str(recipe), None, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_fresh_run_where_one_is_keeps_the_earlier_one_beside(recipe, tmp_path, monkeypatch):
    from tinyrob.training import loop

    def stopped(*_):
        raise KeyboardInterrupt

    out = tmp_path / "run"
    out.mkdir()
    (out / HISTORY).write_text("earlier")
    monkeypatch.chdir(out)
    monkeypatch.setattr(loop, "run", stopped)
    with pytest.raises(KeyboardInterrupt):
        session.train(str(recipe), None, Path(), fresh=True)
    assert (tmp_path / "run-1" / HISTORY).read_text() == "earlier"
    assert [path.name for path in out.iterdir()] == ["recipe.toml"]


def test_a_loss_that_is_not_a_number_stops_the_run():
    from tinyrob.training import loop

    recipe = recipe_file.parse(RECIPE)

    rate = SimpleNamespace(assign=lambda _: None)
    diverging = SimpleNamespace(
        name="qat",
        optimizer=SimpleNamespace(learning_rate=rate),
        step=lambda *_: (math.nan, 0, {}),
    )
    progress = loop.TrainingProgress(1)
    with pytest.raises(TrainingError, match=r"diverged: loss not finite in epoch 2, batch 1"):
        loop._epoch(recipe, data.load("digits"), diverging, 1, progress)


def test_the_runs_folder_is_named_for_the_recipe(recipe, tmp_path, monkeypatch):
    from tinyrob.training import loop

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "run", stopped)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        session.train(str(recipe))
    assert [path.name for path in Path("runs/tiny").iterdir()] == ["recipe.toml"]
