"""A training run as a user sees it: a recipe and a folder in, a folder with a frozen model out."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from tinyrob import data, tf
from tinyrob.data.about import metadata_of
from tinyrob.data.anomaly import (
    KEY,
    MOST_VALUES,
    Anomaly,
    Scores,
    as_detection,
    auc,
    scores,
    threshold,
)
from tinyrob.data.arrays import NAME
from tinyrob.data.dataset import Dataset, UInt8Array, to_int8
from tinyrob.errors import DataError, TrainingError
from tinyrob.features.decisions import KEY as LISTEN
from tinyrob.files.html import table
from tinyrob.files.lock import only_run
from tinyrob.files.whole import write_atomically
from tinyrob.frozen.model import FrozenModel
from tinyrob.models import recipe_file
from tinyrob.models.recipe import Recipe
from tinyrob.models.run_folder import BEST, FLOAT, FROZEN, HISTORY, LABELS, RECIPE
from tinyrob.training import checkpoints


@dataclass(frozen=True, repr=False)
class Session:
    """What a run came to; ``seconds`` are of this process, without what it resumed from.

    ``epochs`` were trained, ``kept`` is the one whose weights these are. ``frozen`` is False where
    the recipe has float epochs only: ``clean_accuracy`` is then the float network's. Of a detector
    of anomalies ``clean_accuracy`` is the share of right verdicts, and ``auc`` (None: the test
    split lacks one of both kinds) does not depend on its threshold.
    """

    recipe: Recipe
    epochs: int
    clean_accuracy: float
    seconds: float
    out: Path
    kept: int
    frozen: bool
    auc: float | None = None

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} of {self.recipe.name}: {self.clean_accuracy:.2%} of the test "
            f"split after {self.epochs} epochs, in {self.out}>"
        )

    def _repr_html_(self) -> str:
        return table(
            self.recipe.name,
            ("epochs", "clean accuracy", "seconds", "folder"),
            [(self.epochs, f"{self.clean_accuracy:.2%}", f"{self.seconds:.0f}", self.out)],
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        found = {
            "recipe": self.recipe.name,
            "epochs": self.epochs,
            "clean_accuracy": self.clean_accuracy,
            "seconds": round(self.seconds, 1),
            "out": str(self.out),
            "kept": self.kept,
            "frozen": self.frozen,
        }
        return found if self.recipe.anomaly is None else {**found, "auc": self.auc}


def train(
    recipe_name: str | Recipe,
    data_dir: Path | None = None,
    out: Path | None = None,
    epochs: int | None = None,
    resume: bool = False,
    fresh: bool = False,
    given: Dataset | None = None,
) -> Session:
    """Trains a shipped recipe or a recipe file in ``out`` (default ``runs/<recipe>``).

    ``out`` then holds the newest checkpoints, recipe.toml, history.json and frozen.npz; it may hold
    an earlier run only with ``resume``, to go on with it, or with ``fresh``, which keeps that one
    beside as ``OUT-N``. ``epochs`` replaces the recipe's number, in the same proportions;
    ``given`` its dataset. Another process that trains in ``out`` is told of by DataError.
    ``clean_accuracy`` is the frozen model's on the whole test split. A recipe of float epochs only
    leaves float.npz instead, for others to start from or to learn from. Raises RecipeError,
    DataError, TrainingError, FreezeError, ToolMissing, with ``out`` as it was.
    """
    started = time.monotonic()
    recipe = recipe_name if isinstance(recipe_name, Recipe) else recipe_file.load(recipe_name)
    if epochs is not None:
        if epochs < 1:
            raise TrainingError(f"a run of {epochs} epochs is none", "ask for at least one")
        scaled = recipe.training.epochs.scaled(epochs)
        recipe = dataclasses.replace(
            recipe, training=dataclasses.replace(recipe.training, epochs=scaled)
        )
    out = out if out is not None else Path("runs") / recipe.name
    if out.name in ("", ".."):
        out = out.resolve()  # what is set aside stands beside it, and needs its name
    if not resume:
        check_unused(out, fresh)
    if given is None:
        dataset = data.load(recipe.dataset, data_dir, recipe.features)
    else:
        dataset = dataclasses.replace(given, features=recipe.features)
    digest = dataset.digest
    if recipe.anomaly is not None:
        dataset = _detection(recipe, dataset, recipe.anomaly.normal)
    elif len(dataset.classes) < 2:
        raise DataError(
            f"{dataset.name} has one class only, {dataset.classes[0]!r}: there is nothing to tell "
            "apart",
            "give examples of another one; or tell what is unlike this one, by an autoencoder "
            f'(topology.family) and a table [anomaly] with normal = "{dataset.classes[0]}"',
        )
    tf.qkeras()  # is all there that training needs? only then is anything touched
    from tinyrob.training import loop, own_network

    recipe = own_network.fit(recipe, dataset)
    loop.check(recipe, dataset, resume)
    with _alone(out):
        if not resume:
            check_unused(out, fresh)  # another run may have begun since
        recipe = own_network.begun(recipe, dataset, out, resume)
        _prepare(out, recipe, resume)
        trained = loop.run(recipe, dataset, out, resume)
        if trained.quantized:
            accuracy, area = _freeze(trained, recipe, dataset, digest, out)
        else:
            last = trained.history[trained.kept - 1]
            accuracy, area = last["test_accuracy"], last.get("test_auc")
    epochs, seconds = len(trained.history), time.monotonic() - started
    return Session(recipe, epochs, accuracy, seconds, out, trained.kept, trained.quantized, area)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Holds the right to train in ``out``. Raises DataError where another process does so."""
    with ExitStack() as held:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(only_run(out))
        except OSError as error:
            raise _unwritable(out, error) from error
        yield


def _unwritable(out: Path, error: OSError) -> TrainingError:
    return TrainingError(
        f"cannot write to {out}: {error.strerror}", "name another folder with --out"
    )


def check_unused(out: Path, fresh: bool) -> None:
    """Raises TrainingError where ``out`` holds what a new run would lose.

    That is an earlier run, unless a ``fresh`` one is asked for: it is then set aside; and files
    that no run writes, in any case.
    """
    if not out.is_dir():
        return
    known = _files_of_run(out)
    strangers = [p.name for p in out.iterdir() if p not in known and not p.name.startswith(".")]
    if strangers:
        raise TrainingError(
            f"{out} holds files that are no training run's: {', '.join(sorted(strangers)[:3])}",
            "name an empty or new folder with --out",
        )
    if known and not fresh:
        done = (out / FROZEN).is_file()
        raise TrainingError(
            f"{out} holds an earlier run ({'finished' if done else 'not finished'}), which a new "
            "one would replace",
            "go on with it (--resume), begin again and keep it beside (--fresh), or name another "
            "folder with --out",
        )


def _files_of_run(out: Path) -> list[Path]:
    names = RECIPE, HISTORY, FROZEN, FLOAT, BEST, LABELS
    known = [*(out / name for name in names), *out.glob("checkpoint-*.npz")]
    return [path for path in known if path.is_file()]


def _prepare(out: Path, recipe: Recipe, resume: bool) -> None:
    """Makes the folder; without ``resume``, an earlier run steps aside to ``OUT-N``."""
    try:
        if not resume:
            set_aside(out)
        out.mkdir(parents=True, exist_ok=True)
        checkpoints.clear_torn(out)
        if not any(out.glob("checkpoint-*")):  # the recipe that a checkpoint came from stays
            write_atomically(out / RECIPE, recipe.text.encode())
    except OSError as error:
        raise _unwritable(out, error) from error


def set_aside(out: Path) -> None:
    """An earlier run in ``out`` becomes ``OUT-N``. Raises OSError."""
    if out.is_dir() and _files_of_run(out):
        out.rename(next(p for n in itertools.count(1) if not (p := _beside(out, n)).exists()))


def _beside(out: Path, number: int) -> Path:
    return out.with_name(f"{out.name}-{number}")


def _detection(recipe: Recipe, dataset: Dataset, normal: str) -> Dataset:
    """The data of a detector. Raises DataError where they are too few to train or to choose by."""
    if prod(dataset.shape) > MOST_VALUES:
        raise DataError(
            f"{dataset.name} has inputs of {prod(dataset.shape):,} values, and a score is of at "
            f"most {MOST_VALUES:,}",
            "make them smaller",
        )
    found = as_detection(dataset, normal)
    held = recipe.training.validation or len(() if (v := found.x_validation) is None else v)
    if not held:
        raise DataError(
            f"{dataset.name} has no validation inputs of the class {normal!r}, by which the "
            "threshold is chosen",
            "hold some out: dataset.split.validation = 0.15 of data of your own, else "
            "training.validation = 200",
        )
    return found


def _freeze(
    trained: Any, recipe: Recipe, dataset: Dataset, digest: str, out: Path
) -> tuple[float, float | None]:
    """Writes frozen.npz and gives the frozen model's accuracy on the test split, and a detector's
    AUC; ``digest`` is of all the data."""
    from tinyrob.freeze import freeze
    from tinyrob.frozen.io import save_frozen
    from tinyrob.training.batches import held_out

    metadata: dict[str, Any] = {
        "recipe": recipe.name,
        "dataset": None if dataset.name == NAME else dataset.name,
        "data_digest": digest,
        **metadata_of(dataset),
        **({} if recipe.listen is None else {LISTEN: recipe.listen.to_dict()}),
        "seed": recipe.seed,
        "epochs": len(trained.history),
    }
    if trained.kept != len(trained.history):
        metadata["kept"] = trained.kept
    metadata |= trained.origins
    frozen = freeze(trained.model, recipe.name, metadata)
    area = None
    if recipe.anomaly is None:
        accuracy = frozen_accuracy(frozen, dataset)
    else:
        validation = held_out(dataset, recipe.training.validation).x_validation
        assert validation is not None
        limit = threshold(_frozen_scores(frozen, validation), recipe.anomaly.false_alarms)
        known = Anomaly(recipe.anomaly.normal, limit, recipe.anomaly.false_alarms)
        frozen = dataclasses.replace(frozen, metadata={**frozen.metadata, KEY: known.to_dict()})
        found = _frozen_scores(frozen, dataset.x_test)
        accuracy = float((known.verdicts(found) == dataset.y_test).mean())
        area = auc(found, dataset.y_test)
    save_frozen(frozen, out / FROZEN)
    return accuracy, area


def _frozen_scores(frozen: FrozenModel, x: UInt8Array) -> Scores:
    from tinyrob.run.keras import KerasRunner

    inputs = to_int8(x)
    with KerasRunner(frozen) as runner:
        return scores(inputs, runner.run(inputs).outputs)


def frozen_accuracy(frozen: FrozenModel, dataset: Dataset) -> float:
    """The share of the test split that the frozen model gets right (first maximum of logits)."""
    from tinyrob.run.keras import KerasRunner

    with KerasRunner(frozen) as runner:
        outputs = runner.run(to_int8(dataset.x_test)).outputs
    logits = outputs.reshape(len(outputs), -1)
    return float((logits.argmax(1) == dataset.y_test).mean())
