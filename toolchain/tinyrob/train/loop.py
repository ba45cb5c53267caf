"""The training loop: every draw follows from the recipe's seed, the epoch and the batch.

So a run that was killed and resumed has the same history as one that was not.
Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob import tf as _tf
from tinyrob.data.dataset import Dataset
from tinyrob.errors import TrainingError
from tinyrob.models import topologies
from tinyrob.models.recipe import Recipe
from tinyrob.train import checkpoints, step
from tinyrob.train.augment import augment
from tinyrob.train.progress import TrainingProgress
from tinyrob.train.schedule import learning_rate

tf = _tf.tensorflow()
EVALUATION_BATCH = 500


@dataclass(frozen=True)
class Trained:
    """A finished run: the quantized model in its deterministic form, and what happened."""

    model: Any
    history: list[dict[str, Any]]
    seconds: float


class _Phase:
    """The network, optimizer and compiled functions that some consecutive epochs share."""

    def __init__(self, recipe: Recipe, dataset: Dataset, name: str) -> None:
        self.name = name
        quantized = name != "warmup"
        self.model = topologies.build(recipe, dataset.shape, len(dataset.classes), quantized)
        self.optimizer = step.optimizer(recipe)
        self.optimizer.build(self.model.trainable_variables)
        self.predict = step.make_predict(self.model)
        self.compile(recipe, name)

    def compile(self, recipe: Recipe, name: str) -> None:
        """Traces the step anew: going on from ``qat`` to ``settle`` keeps the optimizer."""
        self.name = name
        self.step = step.make_step(recipe, self.model, self.optimizer, name)

    def accuracy(self, x: Any, y: Any) -> float:
        """The share of hits of the deterministic network."""
        hits = 0
        for start in range(0, len(x), EVALUATION_BATCH):
            logits = self.predict(tf.constant(x[start : start + EVALUATION_BATCH])).numpy()
            hits += int((logits.argmax(1) == y[start : start + EVALUATION_BATCH]).sum())
        return hits / len(x)


def _enter_phase(
    recipe: Recipe, dataset: Dataset, before: _Phase | None, name: str, weights: list[Any] | None
) -> _Phase:
    """The phase ``name``, with the weights of the one before or of a checkpoint."""
    if before is not None and "warmup" not in (before.name, name):
        before.compile(recipe, name)
        return before
    phase = _Phase(recipe, dataset, name)
    if before is not None:
        weights = before.model.get_weights()
    if weights is not None:
        phase.model.set_weights(weights)
    return phase


def _check_batch(recipe: Recipe, dataset: Dataset) -> int:
    steps = len(dataset.x_train) // recipe.training.batch
    if steps == 0:
        raise TrainingError(
            f"a batch of {recipe.training.batch} is more than {dataset.name}'s "
            f"{len(dataset.x_train)} training inputs",
            "lower training.batch in the recipe",
        )
    return steps


def _epoch(
    recipe: Recipe, dataset: Dataset, phase: _Phase, epoch: int, progress: TrainingProgress
) -> dict[str, Any]:
    """Trains one epoch (from 0) and gives its record."""
    batch, steps = recipe.training.batch, len(dataset.x_train) // recipe.training.batch
    generator = np.random.default_rng([recipe.seed, epoch])
    order = generator.permutation(len(dataset.x_train))
    losses, hits = 0.0, 0
    penalties: dict[str, float] = {}
    for index in range(steps):
        chosen = order[index * batch : (index + 1) * batch]
        pixels = augment(dataset.x_train[chosen], recipe.training.augment, generator)
        rate = learning_rate(recipe.training, epoch, index, steps)
        phase.optimizer.learning_rate.assign(rate)
        seed = tf.constant([recipe.seed, epoch * steps + index], tf.int32)
        labels = tf.constant(dataset.y_train[chosen])
        entropy, hit, penalty = phase.step(tf.constant(pixels), labels, seed)
        loss = float(entropy)
        if not all(math.isfinite(v) for v in (loss, *(float(p) for p in penalty.values()))):
            raise TrainingError(
                f"training diverged: the loss is not a number in epoch {epoch + 1}, "
                f"batch {index + 1}",
                "lower the learning rate or the Jacobian weights in the recipe",
            )
        losses += loss
        hits += int(hit)
        for name, value in penalty.items():
            penalties[name] = penalties.get(name, 0.0) + float(value) / steps
        progress.step(f"epoch {epoch + 1} {phase.name} loss {losses / (index + 1):.3f}")
    return {
        "epoch": epoch + 1,
        "phase": phase.name,
        "loss": losses / steps,
        "penalties": penalties,
        "learning_rate": rate,
        "train_accuracy": hits / (steps * batch),
        "test_accuracy": phase.accuracy(dataset.x_test, dataset.y_test),
    }


def _restore(recipe: Recipe, out: Path, progress_note: list[str]) -> checkpoints.Checkpoint | None:
    found = checkpoints.newest(out)
    if found is None:
        return None
    checkpoint, damaged = found
    progress_note += [f"{path.name} is damaged; an earlier one is used" for path in damaged]
    if checkpoint.recipe != fingerprint(recipe):
        raise TrainingError(
            f"{out} holds a run of another recipe, data or number of epochs",
            "use the run's own recipe.toml and --epochs, or start again without --resume",
        )
    return checkpoint


def fingerprint(recipe: Recipe) -> str:
    """The recipe's values as text (comments and layout of its file do not count)."""
    return repr(recipe)


def run(recipe: Recipe, dataset: Dataset, out: Path, resume: bool) -> Trained:
    """Trains ``recipe`` on ``dataset`` with a checkpoint an epoch in ``out``, which exists.

    Raises TrainingError where the loss is not finite, where ``resume`` finds checkpoints of another
    recipe or only damaged ones.
    """
    started = time.monotonic()
    steps, epochs = _check_batch(recipe, dataset), recipe.training.epochs
    notes: list[str] = []
    checkpoint = _restore(recipe, out, notes) if resume else None
    first = checkpoint.epoch if checkpoint else 0
    history = list(checkpoint.history) if checkpoint else []
    phase: _Phase | None = None
    with TrainingProgress(steps * epochs.total, steps * first) as progress:
        for line in notes:
            progress.note(line)
        if checkpoint:  # begin in the phase that it was written in: its optimizer belongs there
            name = epochs.phase(first - 1)
            phase = _enter_phase(recipe, dataset, None, name, checkpoint.weights)
            for variable, value in zip(
                phase.optimizer.variables, checkpoint.optimizer, strict=True
            ):
                variable.assign(value)
        for epoch in range(first, epochs.total):
            name = epochs.phase(epoch)
            if phase is None or phase.name != name:
                phase = _enter_phase(recipe, dataset, phase, name, None)
            history.append(_epoch(recipe, dataset, phase, epoch, progress))
            progress.epoch(history[-1], epochs.total)
            _save(out, recipe, phase, epoch + 1, history)
    assert phase is not None  # epochs.total >= 1
    return Trained(phase.model, history, time.monotonic() - started)


def _save(out: Path, recipe: Recipe, phase: _Phase, epoch: int, history: list[Any]) -> None:
    optimizer = [np.asarray(variable) for variable in phase.optimizer.variables]
    checkpoints.save(
        out,
        checkpoints.Checkpoint(
            epoch, phase.model.get_weights(), optimizer, history, fingerprint(recipe)
        ),
    )
    text = json.dumps(history, indent=1) + "\n"
    checkpoints.write_atomically(out / "history.json", text.encode())
