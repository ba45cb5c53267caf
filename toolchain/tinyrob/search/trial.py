"""One trial: a recipe trained, attacked on held-out inputs, built and counted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from tinyrob.boards.read import find_board
from tinyrob.deployable import Deployable, from_frozen
from tinyrob.errors import DoesNotFit, FreezeError, RecipeError, TrainingError, UnsupportedModel
from tinyrob.files.json_text import check, number, read_json, whole
from tinyrob.files.limits import Damaged
from tinyrob.files.lock import waiting_lock
from tinyrob.files.whole import write_atomically
from tinyrob.models.recipe import Recipe
from tinyrob.models.run_folder import FROZEN
from tinyrob.search.space import Choice, Space

RESULT = "trial.json"
UNFIT = (DoesNotFit, FreezeError, RecipeError, TrainingError, UnsupportedModel)
"""What says that a choice is no good, where other errors say that the search cannot go on."""


@dataclass(frozen=True)
class Outcome:
    """Accuracies (0..1) on the held-out inputs; flash and RAM in bytes and the instructions of an
    inference, of the app ``bench`` on the target."""

    robust_accuracy: float
    clean_accuracy: float
    flash_bytes: int
    ram_bytes: int
    instructions: int


def run(
    space: Space, chosen: Mapping[str, Choice], runs: Path, target: str, data_dir: Path | None
) -> Outcome:
    """Trains and measures a choice in a folder of its own below ``runs``.

    A choice that was measured there already is not measured again, and a training that was killed
    goes on from its last epoch. Raises one of ``UNFIT`` where the choice is no good.
    """
    recipe = space.recipe(chosen, f"{space.base.name}-trial", space.validation)
    key = hashlib.sha256(f"{space.digest} {target} {recipe.text}".encode()).hexdigest()[:16]
    folder = runs / key
    folder.mkdir(parents=True, exist_ok=True)
    with waiting_lock(folder / ".lock"):  # another worker may have drawn the same choice
        if (folder / RESULT).is_file():
            with suppress(OSError, Damaged):  # a damaged one is measured anew
                return _outcome(read_json(folder / RESULT))
        outcome = _measure(space, recipe, folder, target, data_dir)
        write_atomically(folder / RESULT, (json.dumps(asdict(outcome)) + "\n").encode())
    return outcome


def _outcome(raw: Any) -> Outcome:
    number_of = {int: whole(0, 1 << 53), float: number(0.0, 1e18)}
    kinds = get_type_hints(Outcome)
    check(raw, {name: number_of[kind] for name, kind in kinds.items()})
    return Outcome(**{name: raw[name] for name in kinds})


def _measure(
    space: Space, recipe: Recipe, folder: Path, target: str, data_dir: Path | None
) -> Outcome:
    from tinyrob.build.measure import measure
    from tinyrob.frozen.io import load_frozen
    from tinyrob.tf import keras
    from tinyrob.training import session

    source = folder / "recipe.toml"
    source.write_text(recipe.text, encoding="utf-8")
    done = session.train(str(source), data_dir, folder / "run", space.epochs, resume=True)
    model = from_frozen(load_frozen(done.out / FROZEN))
    cost = measure(recipe.name, model, find_board(target))
    clean, robust = under_pgd(space, model, recipe, data_dir)
    keras().backend.clear_session()  # a long search would keep every trial's graph
    return Outcome(robust, clean, cost.flash_bytes, cost.ram_bytes, cost.instructions or 0)


def under_pgd(
    space: Space, model: Deployable, recipe: Recipe, data_dir: Path | None
) -> tuple[float, float]:
    """Accuracy (0..1) on the held-out inputs, clean and under the space's PGD."""
    from tinyrob import data
    from tinyrob.attack.attacks import Ball
    from tinyrob.attack.gradient_target import GraphTarget
    from tinyrob.attack.grid import Norm
    from tinyrob.attack.pgd import PGD
    from tinyrob.attack.target import fooled
    from tinyrob.training.batches import held_out

    dataset = held_out(data.load(recipe.dataset, data_dir, recipe.features), space.validation)
    assert dataset.x_validation is not None
    assert dataset.y_validation is not None
    x = data.to_int8(dataset.x_validation[: space.images])
    y = dataset.y_validation[: space.images].astype(np.int64)
    exact = model.frozen is not None and model.frozen.exact
    target = GraphTarget(model.graph, exact)
    right = ~fooled(target.logits(x), y)
    ball = Ball(Norm.LINF, space.eps)
    found = PGD(steps=space.steps)(target, x[right], y[right], ball, recipe.seed)
    standing = ~fooled(target.logits(found), y[right])
    return float(right.mean()), float(standing.sum() / len(x))
