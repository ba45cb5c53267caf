"""Training batches: shuffled, augmented, and made one ahead of the step that trains on them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import Change, Dataset, Labels, UInt8Array
from tinyrob.errors import TrainingError
from tinyrob.models.recipe import Augment, Recipe
from tinyrob.training.augment import apply, draw

Logits = NDArray[np.floating[Any]]
Batch = tuple[UInt8Array, Labels] | tuple[UInt8Array, Labels, Logits]


def held_out(dataset: Dataset, count: int) -> Dataset:
    """``dataset`` with the last ``count`` training inputs as its validation split.

    With 0 it is left as it is. Raises TrainingError where too few would stay.
    """
    if count == 0:
        return dataset
    if count >= len(dataset.x_train):
        raise TrainingError(
            f"{count} inputs cannot be held out of {dataset.name}'s {len(dataset.x_train)}",
            "lower training.validation in the recipe",
        )
    return dataclasses.replace(
        dataset,
        x_train=dataset.x_train[:-count],
        y_train=dataset.y_train[:-count],
        x_validation=dataset.x_train[-count:],
        y_validation=dataset.y_train[-count:],
    )


def batches(
    recipe: Recipe, dataset: Dataset, epoch: int, steps: int, soft: Logits | None = None
) -> Iterator[Batch]:
    """The ``steps`` batches of an epoch; they follow from the recipe's seed and the epoch.

    ``soft`` (inputs, V, C) are a teacher's logits, for each input alone (V = 1) or for each of its
    augmentations (``augment.variants``); each batch's are then a third part of it.
    """
    generator = np.random.default_rng([recipe.seed, epoch])
    order = generator.permutation(len(dataset.x_train))
    size = recipe.training.batch

    def make(index: int) -> Batch:
        chosen = order[index * size : (index + 1) * size]
        how, labels = recipe.training.augment, dataset.y_train[chosen]
        inputs = _inputs(dataset, chosen, how, generator)
        draws = draw(len(chosen), how, generator)
        inputs = apply(inputs, how, draws)
        if soft is None:
            return inputs, labels
        variant = draws.numbers(how) if soft.shape[1] > 1 else 0
        return inputs, labels, soft[chosen, variant].astype(np.float32)

    with ThreadPoolExecutor(1) as worker:  # one worker: draws keep their order
        coming = worker.submit(make, 0)
        for index in range(1, steps + 1):
            ready = coming.result()
            if index < steps:
                coming = worker.submit(make, index)
            yield ready


def _inputs(
    dataset: Dataset, chosen: Labels, how: Augment, generator: np.random.Generator
) -> UInt8Array:
    inputs = dataset.x_train[chosen]
    if dataset.remake is not None and how.of_recordings:
        change = Change(how.time, how.noise, how.speed, how.gain, how.equalizer, how.snr)
        inputs = dataset.remake(chosen, change, generator)
    return inputs
