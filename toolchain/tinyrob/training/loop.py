"""The training loop: every draw follows from the recipe's seed, the epoch and the batch.

So a run that was killed and resumed has the same history as one that was not.
Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob import tf as _tf
from tinyrob.data.dataset import Dataset
from tinyrob.errors import TrainingError
from tinyrob.files.whole import write_atomically
from tinyrob.models.recipe import Recipe, describe
from tinyrob.models.run_folder import HISTORY
from tinyrob.training import checkpoints, guard
from tinyrob.training.batches import batches, held_out
from tinyrob.training.phase import Phase
from tinyrob.training.progress import TrainingProgress
from tinyrob.training.rates import learning_rate, strength

tf = _tf.tensorflow()


@dataclass(frozen=True)
class Trained:
    """A finished run: the quantized model in its deterministic form, and one record an epoch."""

    model: Any
    history: list[dict[str, Any]]


def run(recipe: Recipe, dataset: Dataset, out: Path, resume: bool) -> Trained:
    """Trains ``recipe`` on ``dataset`` with a checkpoint an epoch in ``out``, which exists.

    Raises TrainingError where the loss is not finite, where the batch is larger than the data, and
    where ``resume`` finds only damaged checkpoints, or those of another recipe or other data.
    """
    identity = fingerprint(recipe, dataset)
    dataset = held_out(dataset, recipe.training.validation)
    steps, epochs = _steps(recipe, dataset), recipe.training.epochs
    checkpoint, damaged = _restore(identity, out) if resume else (None, [])
    first = checkpoint.epoch if checkpoint else 0
    history = list(checkpoint.history) if checkpoint else []
    with TrainingProgress(steps * epochs.total, steps * first) as progress:
        for path in damaged:
            progress.note(f"{path.name} is damaged: going on from an earlier checkpoint")
        if checkpoint:  # begin in the phase that it was written in: its optimizer belongs there
            name = epochs.phase(first - 1)
            phase = Phase(recipe, dataset, name, checkpoint.weights, history)
            phase.restore(checkpoint.optimizer)
        else:
            phase = Phase(recipe, dataset, epochs.phase(0))
        for epoch in range(first, epochs.total):
            if phase.name != epochs.phase(epoch):
                phase = phase.next(recipe, dataset, epochs.phase(epoch), history)
            record = _guarded_epoch(recipe, dataset, phase, epoch, progress, history)
            history.append(record)
            progress.epoch(record, epochs.total)
            _save(out, identity, phase, history, epochs.total)
        phase.deploy(recipe, dataset)
    return Trained(phase.model, history)


def fingerprint(recipe: Recipe, dataset: Dataset) -> str:
    """What a run depends on, as text (comments and layout of the recipe's file do not count)."""
    return f"{describe(recipe)} on {dataset.digest}"


def _steps(recipe: Recipe, dataset: Dataset) -> int:
    """Whole batches an epoch."""
    steps = len(dataset.x_train) // recipe.training.batch
    if steps == 0:
        raise TrainingError(
            f"a batch of {recipe.training.batch} is more than {dataset.name}'s "
            f"{len(dataset.x_train)} training inputs",
            "lower training.batch in the recipe",
        )
    return steps


def _restore(identity: str, out: Path) -> tuple[checkpoints.Checkpoint | None, list[Path]]:
    found = checkpoints.newest(out)
    if found is None:
        return None, []
    if found[0].identity != identity:
        raise TrainingError(
            f"{out} holds a run of another recipe, other data or another number of epochs",
            "use the run's own recipe.toml and --epochs, or start again without --resume",
        )
    return found


def _guarded_epoch(
    recipe: Recipe,
    dataset: Dataset,
    phase: Phase,
    epoch: int,
    progress: TrainingProgress,
    history: list[dict[str, Any]],
) -> dict[str, Any]:
    """An epoch's record; one of catastrophic overfitting is undone, and its record says so."""
    if recipe.adversarial.method != "fast":
        return _epoch(recipe, dataset, phase, epoch, progress)
    before = phase.model.get_weights(), [np.array(v) for v in phase.variables()]
    record = _epoch(recipe, dataset, phase, epoch, progress)
    if guard.collapsed(history, record, len(dataset.classes)):
        phase.model.set_weights(before[0])
        phase.restore(before[1])
        record[guard.UNDONE] = True
        phase.compile(recipe, [*history, record])
        progress.note(
            f"epoch {epoch + 1} is undone: accuracy under PGD fell to "
            f"{record['pgd_accuracy']:.3f}; attacks now have one step more"
        )
    return record


def _epoch(
    recipe: Recipe, dataset: Dataset, phase: Phase, epoch: int, progress: TrainingProgress
) -> dict[str, Any]:
    """Trains one epoch (from 0) and gives its record."""
    batch, steps = recipe.training.batch, _steps(recipe, dataset)
    loss_sum, hits, rate = 0.0, 0, 0.0
    penalties: dict[str, float] = {}
    for index, (pixels, labels) in enumerate(batches(recipe, dataset, epoch, steps)):
        rate = learning_rate(recipe.training, epoch, index, steps)
        phase.optimizer.learning_rate.assign(rate)
        seed = tf.constant([recipe.seed, epoch * steps + index], tf.int32)
        share = tf.constant(strength(recipe.adversarial, epoch, index, steps))
        entropy, hit, penalty = phase.step(tf.constant(pixels), tf.constant(labels), seed, share)
        values = {name: float(value) for name, value in penalty.items()}
        if not all(math.isfinite(v) for v in (float(entropy), *values.values())):
            raise TrainingError(
                f"training diverged: loss not finite in epoch {epoch + 1}, batch {index + 1}",
                "lower the learning rate or the Jacobian weights in the recipe",
            )
        loss_sum += float(entropy)
        hits += int(hit)
        for name, value in values.items():
            penalties[name] = penalties.get(name, 0.0) + value / steps
        progress.step(f"epoch {epoch + 1} {phase.name} loss {loss_sum / (index + 1):.3f}")
    return {
        "epoch": epoch + 1,
        "phase": phase.name,
        "loss": loss_sum / steps,
        "penalties": penalties,
        "learning_rate": rate,
        "train_accuracy": hits / (steps * batch),
        **phase.measure(recipe, dataset),
    }


def _save(
    out: Path, identity: str, phase: Phase, history: list[dict[str, Any]], total: int
) -> None:
    checkpoints.save(
        out,
        checkpoints.Checkpoint(
            len(history), phase.model.get_weights(), phase.variables(), history, identity, total
        ),
    )
    text = json.dumps(history, indent=1) + "\n"
    write_atomically(out / HISTORY, text.encode())
