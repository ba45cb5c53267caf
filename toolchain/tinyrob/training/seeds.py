"""One recipe under several seeds: how far chance alone moves a figure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.cluster.choose import workers
from tinyrob.cluster.workers import Tell
from tinyrob.errors import TrainingError
from tinyrob.files.toml_text import dump_toml, load_toml
from tinyrob.models import recipe_file
from tinyrob.models.recipe import Recipe
from tinyrob.training import session


@dataclass(frozen=True)
class Seeds:
    """Runs in the order of their seeds."""

    runs: tuple[session.Session, ...]

    @property
    def mean(self) -> float:
        """Of clean accuracies, 0 to 1."""
        return statistics.fmean(run.clean_accuracy for run in self.runs)

    @property
    def spread(self) -> float:
        """The standard deviation of clean accuracies (n - 1)."""
        return statistics.stdev(run.clean_accuracy for run in self.runs)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "clean_accuracy": {"mean": self.mean, "standard_deviation": self.spread},
            "runs": [{"seed": run.recipe.seed, **run.to_dict()} for run in self.runs],
        }


@dataclass(frozen=True)
class _Run:
    recipe: Recipe
    data_dir: Path | None
    out: Path
    epochs: int | None


def train(
    recipe_name: str,
    seeds: Sequence[int],
    data_dir: Path | None = None,
    out: Path | None = None,
    epochs: int | None = None,
    resume: bool = False,
    fresh: bool = False,
    where: str | None = None,
) -> Seeds:
    """Trains a recipe once for each seed, in ``OUT/seed-N``, by the workers ``where`` says.

    Options are ``session.train``'s; relative paths are this process's, so ``out`` and the data must
    be where every worker sees them. Raises what ``session.train`` does, and TrainingError for fewer
    than two different seeds.
    """
    if len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise TrainingError(
            f"--seeds {','.join(map(str, seeds))}: not at least two different numbers",
            "give several: --seeds 0,1,2,3,4",
        )
    recipe = recipe_file.load(recipe_name)
    folder = (out if out is not None else Path("runs") / recipe.name).absolute()
    data_dir = None if data_dir is None else data_dir.absolute()
    runs = [
        _Run(_seeded(recipe, seed), data_dir, folder / f"seed-{seed}", epochs) for seed in seeds
    ]
    for run in runs if not resume else ():
        session.check_unused(run.out, fresh)
    if fresh:
        for run in runs:
            session.set_aside(run.out)
    with workers(where) as spread:
        done = dict(spread.each(_train, runs))
    return Seeds(tuple(done[number] for number in range(len(runs))))


def _train(run: _Run, _tell: Tell) -> session.Session:
    # A worker that takes over from a dead one goes on from its checkpoint.
    return session.train(run.recipe, run.data_dir, run.out, run.epochs, resume=True)


def _seeded(recipe: Recipe, seed: int) -> Recipe:
    text = dump_toml({**load_toml(recipe.text), "seed": seed})
    return recipe_file.parse(text, f"{recipe.name}.toml")
