"""Where a training run stands, read from its folder; no TensorFlow, and nothing is touched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinyrob.errors import TrainingError
from tinyrob.models import recipe_file
from tinyrob.models.run_folder import FLOAT, FROZEN, RECIPE
from tinyrob.training import best, checkpoints


@dataclass(frozen=True)
class Status:
    """A run after its last whole epoch.

    ``seconds_left`` takes each epoch to come for as long as the last one; None where only one is
    known, 0 where the run is finished. Accuracies are shares (0..1), None where not measured:
    ``validation_accuracy`` without such a split, ``pgd_accuracy`` (within ``pgd_eps`` int8 steps)
    without a probe. ``undone`` counts epochs that the guard against overfitting undid.
    """

    recipe: str
    epoch: int
    epochs: int
    phase: str
    finished: bool
    loss: float
    train_accuracy: float
    test_accuracy: float
    validation_accuracy: float | None
    pgd_accuracy: float | None
    pgd_eps: float | None
    undone: int
    seconds_left: float | None


def status(folder: Path) -> Status:
    """The run in ``folder``. Raises TrainingError where there is none, or no whole epoch yet."""
    if not (folder / RECIPE).is_file():
        raise TrainingError(
            f"{folder} is no training run: it has no {RECIPE}", "name the folder given to --out"
        )
    recipe = recipe_file.parse((folder / RECIPE).read_text(encoding="utf-8"), RECIPE)
    found = checkpoints.newest(folder)
    if found is None:
        raise TrainingError(f"the run in {folder} has finished no epoch yet", "ask again later")
    newest = found[0]
    epochs = newest.total or recipe.training.epochs.total
    record = newest.history[-1]
    last = FLOAT if best.last_phase(recipe) == "warmup" else FROZEN
    finished = newest.epoch == epochs and (folder / last).is_file()
    probed = "pgd_accuracy" in record
    return Status(
        recipe=recipe.name,
        epoch=newest.epoch,
        epochs=epochs,
        phase=record["phase"],
        finished=finished,
        loss=record["loss"],
        train_accuracy=record["train_accuracy"],
        test_accuracy=record["test_accuracy"],
        validation_accuracy=record.get("validation_accuracy"),
        pgd_accuracy=record.get("pgd_accuracy"),
        pgd_eps=recipe.probe.eps if probed else None,
        undone=sum("undone" in r for r in newest.history),
        seconds_left=0.0 if finished else _seconds_left(folder, epochs - newest.epoch),
    )


def _seconds_left(folder: Path, epochs: int) -> float | None:
    """By the time between the newest two checkpoints."""
    times = sorted(path.stat().st_mtime for path in folder.glob("checkpoint-*.npz"))
    return round(epochs * (times[-1] - times[-2]), 1) if len(times) > 1 else None
