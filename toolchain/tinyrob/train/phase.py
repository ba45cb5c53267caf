"""A phase of a run: the network, optimizer and compiled functions that its epochs share.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyrob import tf as _tf
from tinyrob.data.dataset import Dataset
from tinyrob.models import topologies
from tinyrob.models.recipe import Recipe
from tinyrob.train import step
from tinyrob.train.augment import augment

tf = _tf.tensorflow()
EVALUATION_BATCH = 500
CALIBRATION_BATCHES = 40


class Phase:
    """``warmup`` has a float network; ``qat`` and ``settle`` share a quantized one."""

    def __init__(
        self, recipe: Recipe, dataset: Dataset, name: str, weights: list[Any] | None = None
    ) -> None:
        self.name = name
        self.model = topologies.build(
            recipe, dataset.shape, len(dataset.classes), quantized=name != "warmup"
        )
        if weights is not None:
            self.model.set_weights(weights)
        self.optimizer = step.optimizer(recipe)
        self.optimizer.build(self.model.trainable_variables)
        self.predict = step.make_predict(self.model)
        self.calibrate = step.make_calibrate(self.model)
        self.step = step.make_step(recipe, self.model, self.optimizer, name)

    def next(self, recipe: Recipe, dataset: Dataset, name: str) -> Phase:
        """The phase behind this one, with its weights.

        From ``qat`` to ``settle`` the optimizer goes on; into ``qat`` it starts afresh.
        """
        if self.name == "warmup":
            return Phase(recipe, dataset, name, self.model.get_weights())
        self.name = name
        self.step = step.make_step(recipe, self.model, self.optimizer, name)
        self._calibrate(recipe, dataset)
        return self

    def _calibrate(self, recipe: Recipe, dataset: Dataset) -> None:
        """Replaces the averages, which belong to noisy kernels, by those of the kernels at rest."""
        generator = np.random.default_rng([recipe.seed, CALIBRATION_BATCHES])
        for index in range(CALIBRATION_BATCHES):
            chosen = generator.integers(0, len(dataset.x_train), recipe.training.batch)
            pixels = augment(dataset.x_train[chosen], recipe.training.augment, generator)
            self.calibrate(tf.constant(pixels), tf.constant(1.0 / (index + 1)))

    def variables(self) -> list[Any]:
        """The optimizer's state, as arrays."""
        return [np.asarray(variable) for variable in self.optimizer.variables]

    def restore(self, values: list[Any]) -> None:
        """Puts ``variables()`` back."""
        for variable, value in zip(self.optimizer.variables, values, strict=True):
            variable.assign(value)

    def test_accuracy(self, recipe: Recipe, dataset: Dataset) -> float:
        """The accuracy on the test split of the network as it would be deployed now.

        Among noisy epochs it is measured with the averages of the kernels at rest; those of
        training are put back.
        """
        if self.name != "qat":
            return self._accuracy(dataset.x_test, dataset.y_test)
        kept = self.model.get_weights()
        self._calibrate(recipe, dataset)
        result = self._accuracy(dataset.x_test, dataset.y_test)
        self.model.set_weights(kept)
        return result

    def _accuracy(self, x: Any, y: Any) -> float:
        """The share of hits of the deterministic network."""
        hits = 0
        for start in range(0, len(x), EVALUATION_BATCH):
            logits = self.predict(tf.constant(x[start : start + EVALUATION_BATCH])).numpy()
            hits += int((logits.argmax(1) == y[start : start + EVALUATION_BATCH]).sum())
        return hits / len(x)
