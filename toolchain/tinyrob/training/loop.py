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
from tinyrob.models.own.families import Family
from tinyrob.models.own.plan import Origin, Plan
from tinyrob.models.recipe import Recipe, Topology, describe
from tinyrob.models.run_folder import BEST, FLOAT, HISTORY
from tinyrob.training import (
    augment,
    best,
    checkpoints,
    guard,
    own_network,
    teacher,
    weights,
)
from tinyrob.training.batches import Logits, batches, held_out
from tinyrob.training.phase import Phase
from tinyrob.training.progress import TrainingProgress
from tinyrob.training.rates import easing, learning_rate, strength

tf = _tf.tensorflow()


@dataclass(frozen=True)
class Trained:
    """A finished run: the model as it is deployed, and one record an epoch.

    ``quantized`` is False where there were float epochs only. ``kept`` is the epoch whose weights
    these are, ``origins`` tells of files that the run began with.
    """

    model: Any
    history: list[dict[str, Any]]
    quantized: bool
    kept: int
    origins: dict[str, Any]


def run(recipe: Recipe, dataset: Dataset, out: Path, resume: bool) -> Trained:
    """Trains ``recipe`` on ``dataset`` with a checkpoint an epoch in ``out``, which exists.

    Raises TrainingError where the loss is not finite, where the batch is larger than the data,
    where ``resume`` finds only damaged checkpoints, or those of another recipe or other data, and
    where the recipe's first weights or teacher are missing or do not fit.
    """
    identity = fingerprint(recipe, dataset)
    checkpoint, damaged = _restore(identity, out) if resume else (None, [])
    origins = dict(checkpoint.origins) if checkpoint else {}
    guide = _teacher(recipe, dataset, out, origins)
    dataset = held_out(dataset, recipe.training.validation)
    steps, epochs = _steps(recipe, dataset), recipe.training.epochs
    first = checkpoint.epoch if checkpoint else 0
    history = list(checkpoint.history) if checkpoint else []
    ask = guide.network if guide else None
    with TrainingProgress(steps * epochs.total, steps * first) as progress:
        for path in damaged:
            progress.note(f"{path.name} is damaged: going on from an earlier checkpoint")
        if checkpoint:  # begin in the phase that it was written in: its optimizer belongs there
            name = epochs.phase(first - 1)
            phase = Phase(recipe, dataset, name, checkpoint.weights, history, ask)
            phase.restore(checkpoint.optimizer)
            _write_history(out, history)  # what stopped the run may have come before this
        else:
            phase = Phase(recipe, dataset, epochs.phase(0), teacher=ask)
            own = recipe.topology.origin if isinstance(recipe.topology, Plan) else None
            for note in own.notes if own else ():
                progress.note(": ".join(note))
            if recipe.training.init or (own and own.weights):
                origins["init"] = _init(recipe, dataset, phase, progress, own)
        for epoch in range(first, epochs.total):
            if best.spent(recipe, history):
                break
            if phase.name != epochs.phase(epoch):
                _end_of_float(recipe, dataset, phase, out)
                phase = phase.next(recipe, dataset, epochs.phase(epoch), history)
            phase.follow(recipe, history)
            soft = guide.logits if guide else None
            record = _guarded_epoch(recipe, dataset, phase, epoch, progress, history, soft)
            history.append(record)
            progress.epoch(record, epochs.total)
            if recipe.training.keep == "best" and best.best(recipe, history) is record:
                weights_now = phase.deployed(recipe, dataset)
                kept = checkpoints.Checkpoint(epoch + 1, weights_now, [], [], identity)
                checkpoints.write(out / BEST, kept)
            _save(out, identity, phase, history, recipe, origins)
        kept_epoch = _deploy(recipe, dataset, phase, history, out, identity, progress)
        _end_of_float(recipe, dataset, phase, out, deployed=True)
    return Trained(phase.model, history, phase.name != "warmup", kept_epoch, origins)


def check(recipe: Recipe, dataset: Dataset, resume: bool) -> None:
    """Raises TrainingError where what a run takes from elsewhere is not there or not sound.

    So it is before anything is written: data too few for a batch, first weights, a teacher.
    """
    _check_inputs(recipe, dataset)
    _steps(recipe, held_out(dataset, recipe.training.validation))
    if recipe.training.init and not resume:
        weights.read(recipe.training.init)
    teacher.load(recipe, dataset)


def _check_inputs(recipe: Recipe, dataset: Dataset) -> None:
    """Raises TrainingError for inputs that the network or its augmentation cannot take."""
    if isinstance(recipe.topology, Family):
        try:
            recipe.topology.plan(dataset.shape, len(dataset.classes))
        except ValueError as error:
            raise TrainingError(
                f"a network of the family {recipe.topology.family} cannot be for inputs of shape "
                f"{dataset.shape}: {error}",
                "choose another family, or fewer strides",
            ) from None
    elif isinstance(recipe.topology, Topology) and not 1 <= len(dataset.shape) <= 3:
        raise TrainingError(
            f"{dataset.name} has inputs of shape {dataset.shape}, and networks of the family stq "
            "take pictures (H, W, C), sequences (T, C) or vectors (C,)",
            "reshape the inputs: axes that kernels need not tell apart can be joined",
        )
    why = augment.check(recipe.training.augment, dataset.shape)
    if why is not None:
        raise TrainingError(f"training.augment: {why}", "leave it out of the recipe")


def _teacher(
    recipe: Recipe, dataset: Dataset, out: Path, origins: dict[str, Any]
) -> teacher.Teacher | None:
    """The recipe's teacher; ``origins`` is to have its digest, and no other."""
    found = teacher.load(recipe, dataset)
    if found is None:
        return None
    told = {"from": recipe.distillation.teacher, "sha256": found.sha256}
    if origins.setdefault("teacher", told) != told:
        raise TrainingError(
            f"the teacher {found.file} is not the one that this run began with",
            "bring that one back, or start again without --resume",
        )
    if recipe.distillation.labels == "once" and found.network is not None:
        return teacher.labelled(found, recipe, dataset, out)
    return found


def _init(
    recipe: Recipe,
    dataset: Dataset,
    phase: Phase,
    progress: TrainingProgress,
    own: Origin | None = None,
) -> dict[str, Any]:
    """Starts ``phase`` from the recipe's weights, says what fitted, and tells of them.

    Where the recipe names none, they are those of the model ``own`` that its network is of.
    """
    name = recipe.training.init
    if name or own is None:
        found = weights.read(name)
    else:
        found, name = own_network.first_weights(own), own.name
    match = phase.start_from(recipe, dataset, found)
    for sentence in match.sentences():
        progress.note(f"init: {sentence}")
    return {"from": name, "sha256": found.sha256, "arrays": match.taken}


def _end_of_float(
    recipe: Recipe, dataset: Dataset, phase: Phase, out: Path, deployed: bool = False
) -> None:
    """Behind the float epochs, their network is written by name: it may start or teach others."""
    if phase.name == "warmup":
        if not deployed:
            phase.deploy(recipe, dataset)
        weights.save(phase.model, out / FLOAT)


def _deploy(
    recipe: Recipe,
    dataset: Dataset,
    phase: Phase,
    history: list[dict[str, Any]],
    out: Path,
    identity: str,
    progress: TrainingProgress,
) -> int:
    """Puts the weights in place that are to be deployed, and gives their epoch."""
    found = best.best(recipe, history) if recipe.training.keep == "best" else None
    if found is None:
        phase.deploy(recipe, dataset)
        return len(history)
    kept = checkpoints.read(out / BEST)
    if (kept.epoch, kept.identity) != (found["epoch"], identity):
        raise TrainingError(f"{out / BEST} is not of this run", "start again without --resume")
    phase.model.set_weights(kept.weights)
    progress.note(f"epoch {kept.epoch} is kept: {found['pgd_accuracy']:.4f} under PGD")
    return kept.epoch


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
    soft: Logits | None = None,
) -> dict[str, Any]:
    """An epoch's record; one of catastrophic overfitting is undone, and its record says so."""
    if recipe.adversarial.method != "fast":
        return _epoch(recipe, dataset, phase, epoch, progress, soft)
    before = phase.model.get_weights(), [np.array(v) for v in phase.variables()]
    record = _epoch(recipe, dataset, phase, epoch, progress, soft)
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
    recipe: Recipe,
    dataset: Dataset,
    phase: Phase,
    epoch: int,
    progress: TrainingProgress,
    soft: Logits | None = None,
) -> dict[str, Any]:
    """Trains one epoch (from 0) and gives its record."""
    batch, steps = recipe.training.batch, _steps(recipe, dataset)
    loss_sum, hits, rate = 0.0, 0, 0.0
    penalties: dict[str, float] = {}
    for index, (pixels, labels, *told) in enumerate(batches(recipe, dataset, epoch, steps, soft)):
        rate = learning_rate(recipe.training, epoch, index, steps)
        phase.optimizer.learning_rate.assign(rate)
        seed = tf.constant([recipe.seed, epoch * steps + index], tf.int32)
        share = tf.constant(strength(recipe.adversarial, epoch, index, steps))
        if recipe.training.ease:
            phase.share.assign(easing(recipe.training, epoch, index, steps))
        inputs = tf.constant(pixels), tf.constant(labels), seed, share, *map(tf.constant, told)
        entropy, hit, penalty = phase.step(*inputs)
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
    out: Path,
    identity: str,
    phase: Phase,
    history: list[dict[str, Any]],
    recipe: Recipe,
    origins: dict[str, Any],
) -> None:
    ended = best.spent(recipe, history)
    total = len(history) if ended else recipe.training.epochs.total
    state = phase.model.get_weights(), phase.variables()
    checkpoints.save(
        out, checkpoints.Checkpoint(len(history), *state, history, identity, total, origins)
    )
    _write_history(out, history)


def _write_history(out: Path, history: list[dict[str, Any]]) -> None:
    text = json.dumps(history, indent=1) + "\n"
    write_atomically(out / HISTORY, text.encode())
