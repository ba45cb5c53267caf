"""The best epoch of a run, by accuracy under attack on held-out inputs, and when to stop.

Rice, Wong and Kolter, "Overfitting in adversarially robust deep learning" (2020, arXiv 2002.11569):
robust accuracy on new inputs falls again long before training ends, and stopping in time is worth
as much as most methods. Everything follows from the history, so a resumed run decides alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinyrob.models.recipe import Recipe
from tinyrob.training.guard import UNDONE

Record = Mapping[str, Any]


def last_phase(recipe: Recipe) -> str:
    """The phase that a run ends in: only its epochs are compared."""
    return recipe.training.epochs.phase(recipe.training.epochs.total - 1)


def best(recipe: Recipe, history: Sequence[Record]) -> Record | None:
    """The record of the best epoch of the last phase; of equals the first. None before it."""
    found = [r for r in history if r["phase"] == last_phase(recipe) and UNDONE not in r]
    return max(found, key=lambda r: (r["pgd_accuracy"], r["validation_accuracy"]), default=None)


def spent(recipe: Recipe, history: Sequence[Record]) -> bool:
    """Whether the run's patience is at an end: no epoch behind the best one was better."""
    patience, found = recipe.training.patience, None
    if patience and recipe.training.keep == "best":
        found = best(recipe, history)
    return found is not None and len(history) - found["epoch"] >= patience
