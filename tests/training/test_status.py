"""Where a run stands: read from its folder, finished or not."""

from __future__ import annotations

import json
import os

import pytest
from click.testing import CliRunner

from tinyrob.cli.train import command
from tinyrob.errors import TrainingError
from tinyrob.training import checkpoints
from tinyrob.training.status import status

RECIPE = """
name = "tiny"
dataset = "digits"
topology = { stem = { filters = 4 }, stages = [{ filters = 4 }] }
training = { epochs = { warmup = 2, qat = 3 } }
probe = { images = 10, eps = 3 }
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return tmp_path


def epochs(run, count, total=0, **more):
    """A run's checkpoints, written a minute apart."""
    for epoch in range(1, count + 1):
        history = [
            {
                "epoch": e,
                "phase": "warmup",
                "loss": 1 / e,
                "train_accuracy": 0.25,
                "test_accuracy": 0.5,
                **more,
            }
            for e in range(1, epoch + 1)
        ]
        path = checkpoints.save(run, checkpoints.Checkpoint(epoch, [], [], history, "", total))
        os.utime(path, (60 * epoch, 60 * epoch))


def told(run, *arguments):
    done = CliRunner().invoke(command, ["--status", str(run), *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_run_under_way_says_what_is_left(run):
    epochs(run, 3, pgd_accuracy=0.125)
    found = status(run)
    assert (found.epoch, found.epochs, found.finished) == (3, 5, False)
    assert found.seconds_left == 120
    assert (found.pgd_accuracy, found.pgd_eps, found.validation_accuracy) == (0.125, 3, None)
    text = told(run)
    assert "epoch 3 of 5 (warmup), loss 0.3333" in text
    assert "PGD at 3: 12.50 %" in text
    assert "about 2 min 00 s left" in text
    assert json.loads(told(run, "--json"))["seconds_left"] == 120


def test_a_changed_number_of_epochs_is_the_runs(run):
    epochs(run, 1, total=9)
    found = status(run)
    assert (found.epochs, found.seconds_left, found.pgd_eps) == (9, None, None)
    assert "unknown after one epoch" in told(run)


def test_undone_epochs_are_told(run):
    epochs(run, 2, pgd_accuracy=0.1, undone=True)
    assert "2 epochs undone" in told(run)


def test_a_finished_run_is_told_so(run):
    epochs(run, 5)
    assert not status(run).finished  # not frozen yet
    (run / "frozen.npz").write_bytes(b"")
    assert status(run).seconds_left == 0
    assert "finished and frozen" in told(run)


def test_what_is_no_run_is_refused(tmp_path, run):
    with pytest.raises(TrainingError, match="no epoch yet"):
        status(run)
    with pytest.raises(TrainingError, match="is no training run"):
        status(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "arguments", [["digits-stq-jr", "--status", "x"], ["--status", "x", "--resume"], []]
)
def test_status_stands_alone(arguments):
    assert CliRunner().invoke(command, arguments).exit_code == 2
