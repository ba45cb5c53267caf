"""The best epoch is kept, by robust accuracy on held-out inputs; patience ends a run."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from tinyrob.errors import TrainingError
from tinyrob.models import recipe_file, run_folder
from tinyrob.training import best, checkpoints, session
from tinyrob.training.status import status

RECIPE = """
name = "tiny"
dataset = "digits"
seed = 3
topology = { stem = { filters = 4 }, stages = [{ filters = 4 }] }
quantizers = { kernel = 4 }
probe = { images = 50, eps = 8, steps = 1 }

[training]
epochs = { warmup = 1, qat = 0, settle = 5 }
batch = 300
validation = 200
keep = "best"
patience = 2
"""


def record(epoch, pgd, validation=0.5, phase="settle", **more):
    found = {"epoch": epoch, "pgd_accuracy": pgd, "validation_accuracy": validation}
    return {**found, "phase": phase, **more}


HISTORY = [record(1, 0.9, phase="warmup"), record(2, 0.3), record(3, 0.4), record(4, 0.4, 0.6)]


def test_the_best_epoch_is_the_last_phases_and_by_attack_before_clean():
    recipe = recipe_file.parse(RECIPE)
    assert best.last_phase(recipe) == "settle"
    assert best.best(recipe, HISTORY[:1]) is None
    assert best.best(recipe, HISTORY)["epoch"] == 4
    assert best.best(recipe, [*HISTORY, record(5, 0.4, 0.6)])["epoch"] == 4  # no better
    assert best.best(recipe, [*HISTORY, record(5, 0.8, undone=True)])["epoch"] == 4


def test_patience_counts_epochs_behind_the_best():
    recipe = recipe_file.parse(RECIPE)
    assert not best.spent(recipe, HISTORY)
    assert not best.spent(recipe, [*HISTORY, record(5, 0.1)])
    assert best.spent(recipe, [*HISTORY, record(5, 0.1), record(6, 0.2)])
    endless = dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, patience=0))
    assert not best.spent(endless, [*HISTORY, record(5, 0.1), record(6, 0.2)])


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run whose second settling epoch is the best, by decree; it stops two epochs later."""
    out = tmp_path_factory.mktemp("runs") / "stopped"
    recipe = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    recipe.write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        from tinyrob.training.phase import Phase

        real = Phase.measure

        def measure(phase, recipe, dataset):
            found = real(phase, recipe, dataset)
            phase.calls = getattr(phase, "calls", 0) + 1
            by_decree = {2: 0.9}.get(phase.calls, 0.1) if phase.name == "settle" else 0.5
            deployed.append(phase.deployed(recipe, dataset))
            return {**found, "pgd_accuracy": by_decree}

        deployed = []
        patch.setattr(Phase, "measure", measure)
        done = session.train(str(recipe), None, out)
    return out, recipe, done, deployed


def test_a_run_stops_and_ends_with_its_best_epoch(stopped):
    from tinyrob.frozen.io import load_frozen

    out, _, done, deployed = stopped
    assert (done.epochs, done.kept) == (5, 3)
    history = json.loads((out / run_folder.HISTORY).read_text())
    assert len(history) == 5
    kept = checkpoints.read(out / run_folder.BEST)
    assert kept.epoch == 3
    assert all((a == b).all() for a, b in zip(kept.weights, deployed[2], strict=True))
    assert done.clean_accuracy == pytest.approx(history[2]["test_accuracy"], abs=0.01)
    facts = load_frozen(out / run_folder.FROZEN).metadata
    assert (facts["epochs"], facts["kept"]) == (5, 3)


def test_a_stopped_run_is_finished_and_resumed_to_the_same(stopped):
    out, recipe, done, _ = stopped
    found = status(out)
    assert (found.epoch, found.epochs, found.finished) == (5, 5, True)
    before = (out / run_folder.FROZEN).read_bytes()
    again = session.train(str(recipe), None, out, resume=True)
    assert (again.epochs, again.kept) == (done.epochs, done.kept)
    assert (out / run_folder.FROZEN).read_bytes() == before


def test_the_best_weights_of_another_run_are_refused(stopped):
    out, recipe, *_ = stopped
    path = out / run_folder.BEST
    kept = checkpoints.read(path)
    checkpoints.write(path, dataclasses.replace(kept, identity="another"))
    with pytest.raises(TrainingError, match="is not of this run"):
        session.train(str(recipe), None, out, resume=True)
    checkpoints.write(path, kept)
    assert np.isfinite(checkpoints.read(path).weights[0]).all()
