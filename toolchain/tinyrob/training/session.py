"""A training run as a user sees it: a recipe and a folder in, a folder with a frozen model out."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob import data, tf
from tinyrob.data.about import metadata_of
from tinyrob.data.arrays import NAME
from tinyrob.data.dataset import Dataset, to_int8
from tinyrob.errors import TrainingError
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
    the recipe has float epochs only: ``clean_accuracy`` is then the float network's.
    """

    recipe: Recipe
    epochs: int
    clean_accuracy: float
    seconds: float
    out: Path
    kept: int
    frozen: bool

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
        return {
            "recipe": self.recipe.name,
            "epochs": self.epochs,
            "clean_accuracy": self.clean_accuracy,
            "seconds": round(self.seconds, 1),
            "out": str(self.out),
            "kept": self.kept,
            "frozen": self.frozen,
        }


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
            accuracy = _freeze(trained, recipe, dataset, out)
        else:
            accuracy = trained.history[trained.kept - 1]["test_accuracy"]
    epochs, seconds = len(trained.history), time.monotonic() - started
    return Session(recipe, epochs, accuracy, seconds, out, trained.kept, trained.quantized)


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
        if not resume and out.is_dir() and _files_of_run(out):
            out.rename(next(p for n in itertools.count(1) if not (p := _beside(out, n)).exists()))
        out.mkdir(parents=True, exist_ok=True)
        checkpoints.clear_torn(out)
        if not any(out.glob("checkpoint-*")):  # the recipe that a checkpoint came from stays
            write_atomically(out / RECIPE, recipe.text.encode())
    except OSError as error:
        raise _unwritable(out, error) from error


def _beside(out: Path, number: int) -> Path:
    return out.with_name(f"{out.name}-{number}")


def _freeze(trained: Any, recipe: Recipe, dataset: Dataset, out: Path) -> float:
    """Writes frozen.npz and gives the frozen model's accuracy on the test split."""
    from tinyrob.freeze import freeze
    from tinyrob.frozen.io import save_frozen

    metadata: dict[str, Any] = {
        "recipe": recipe.name,
        "dataset": None if dataset.name == NAME else dataset.name,
        "data_digest": dataset.digest,
        **metadata_of(dataset),
        **({} if recipe.listen is None else {LISTEN: recipe.listen.to_dict()}),
        "seed": recipe.seed,
        "epochs": len(trained.history),
    }
    if trained.kept != len(trained.history):
        metadata["kept"] = trained.kept
    metadata |= trained.origins
    frozen = freeze(trained.model, recipe.name, metadata)
    accuracy = frozen_accuracy(frozen, dataset)
    save_frozen(frozen, out / FROZEN)
    return accuracy


def frozen_accuracy(frozen: FrozenModel, dataset: Dataset) -> float:
    """The share of the test split that the frozen model gets right (first maximum of logits)."""
    from tinyrob.run.keras import KerasRunner

    with KerasRunner(frozen) as runner:
        outputs = runner.run(to_int8(dataset.x_test)).outputs
    logits = outputs.reshape(len(outputs), -1)
    return float((logits.argmax(1) == dataset.y_test).mean())
