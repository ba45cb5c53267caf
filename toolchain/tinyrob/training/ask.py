"""A training run as a user of the Python API asks for it: data in memory, a recipe of any kind."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, TypedDict

from numpy.typing import ArrayLike

from tinyrob.data import load
from tinyrob.data.arrays import from_arrays
from tinyrob.data.dataset import Dataset
from tinyrob.models import recipe_file
from tinyrob.models.recipe import Recipe
from tinyrob.training import session

Arrays: TypeAlias = str | Dataset | Mapping[str, ArrayLike] | Sequence[ArrayLike]
"""A dataset, its name, or ``x_train, y_train, x_test, y_test``: a sequence, or by name."""


class TrainOptions(TypedDict, total=False):
    """``classes`` name those of arrays; ``out``: the run's folder (runs/<recipe>); ``epochs``, in
    place of the recipe's number; ``resume`` goes on from its newest checkpoint, ``fresh`` begins
    again and keeps the earlier run beside; ``data_dir``: the folder of datasets."""

    classes: Sequence[str] | None
    out: Path | str | None
    epochs: int | None
    resume: bool
    fresh: bool
    data_dir: Path | None


def train(
    recipe: str | os.PathLike[str] | Recipe,
    data: Arrays | None = None,
    *,
    classes: Sequence[str] | None = None,
    out: Path | str | None = None,
    epochs: int | None = None,
    resume: bool = False,
    fresh: bool = False,
    data_dir: Path | None = None,
) -> session.Session:
    """``session.train`` for a recipe (a shipped one's name, a file, its TOML text) and ``data``.

    Raises what ``session.train`` raises.
    """
    given = None
    if isinstance(data, str):
        given = load(data, data_dir)
    elif data is not None:
        given = from_arrays(data, classes)
    if isinstance(recipe, str) and "\n" in recipe:
        recipe = recipe_file.parse(recipe)
    chosen = recipe if isinstance(recipe, Recipe) else os.fspath(recipe)
    folder = None if out is None else Path(out)
    return session.train(chosen, data_dir, folder, epochs, resume, fresh, given)
