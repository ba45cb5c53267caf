"""A phase of a run: the network, optimizer and compiled functions that its epochs share.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinyrob import tf as _tf
from tinyrob.data import anomaly
from tinyrob.data.dataset import Dataset, to_int8
from tinyrob.models import topologies
from tinyrob.models.recipe import Recipe
from tinyrob.training import guard, rates, step
from tinyrob.training.augment import augment
from tinyrob.training.objective import Network
from tinyrob.training.weights import Match, Weights, start_from

tf = _tf.tensorflow()
EVALUATION_BATCH = 500
ATTACK_BATCH = 250
CALIBRATION_BATCHES = 40
DETECTION_INPUTS = 2_000


class Phase:
    """``warmup`` has a float network; ``qat`` and ``settle`` share a quantized one.

    ``history`` are the records of the epochs before: they say how many steps attacks have.
    ``teacher`` is asked for logits in a distillation, unless they are known.
    """

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        name: str,
        weights: list[Any] | None = None,
        history: Sequence[Mapping[str, Any]] = (),
        teacher: Network | None = None,
    ) -> None:
        self.name, self.teacher = name, teacher
        self.class_weights = dataset.weights
        self.share = tf.Variable(1.0, trainable=False)
        self.model = topologies.build(
            recipe, dataset.shape, len(dataset.classes), quantized=name != "warmup"
        )
        if weights is not None:
            self.model.set_weights(weights)
        self.optimizer = step.optimizer(recipe, self.model)
        averaged = recipe.training.average > 0 and (
            name != "warmup" or recipe.training.average_from == "warmup"
        )
        variables = self.model.trainable_variables if averaged else ()
        self.average = [tf.Variable(v, trainable=False) for v in variables]
        self.predict = step.make_predict(self.model)
        self.calibrate = step.make_calibrate(self.model)
        self.attack = step.make_attack(self.model, recipe.probe.eps, recipe.probe.steps)
        self.compile(recipe, history)

    def compile(self, recipe: Recipe, history: Sequence[Mapping[str, Any]]) -> None:
        """Makes the step anew, with as many steps in its attacks as the history asks for."""
        self.attack_now = rates.attack(
            recipe.adversarial, len(history), recipe.training.epochs.total
        )
        self.step = step.make_step(
            dataclasses.replace(recipe, adversarial=self.attack_now),
            self.model,
            self.optimizer,
            self.name,
            self.average,
            guard.more_steps(history),
            self.teacher,
            self.share if recipe.training.ease else None,
            self.class_weights,
        )

    def follow(self, recipe: Recipe, history: Sequence[Mapping[str, Any]]) -> None:
        """Makes the step anew where the coming epoch's attack is another one."""
        epochs = recipe.training.epochs.total
        if rates.attack(recipe.adversarial, len(history), epochs) != self.attack_now:
            self.compile(recipe, history)

    def start_from(self, recipe: Recipe, dataset: Dataset, found: Weights) -> Match:
        """Takes the first weights from elsewhere."""
        match = start_from(self.model, found)
        if self.name == "settle":  # its statistics stay: they have to be this network's
            self._calibrate(recipe, dataset)
        for mean, variable in zip(self.average, self._averaged_variables(), strict=True):
            mean.assign(variable)
        return match

    def next(
        self, recipe: Recipe, dataset: Dataset, name: str, history: Sequence[Mapping[str, Any]]
    ) -> Phase:
        """The phase behind this one, with its weights.

        From ``qat`` to ``settle`` the optimizer goes on; behind ``warmup`` it starts afresh.
        """
        if self.name == "warmup":
            self.deploy(recipe, dataset)
            weights = self.model.get_weights()
            made = Phase(recipe, dataset, name, weights, history, self.teacher)
            if name == "settle":
                made._calibrate(recipe, dataset)
            return made
        self.name = name
        self.compile(recipe, history)
        self._calibrate(recipe, dataset)
        for mean, variable in zip(self.average, self._averaged_variables(), strict=True):
            mean.assign(variable)
        return self

    def _averaged_variables(self) -> Sequence[Any]:
        return self.model.trainable_variables if self.average else ()

    def _calibrate(self, recipe: Recipe, dataset: Dataset) -> None:
        """Replaces the averages, which belong to noisy kernels, by those of the kernels at rest."""
        generator = np.random.default_rng([recipe.seed, CALIBRATION_BATCHES])
        for index in range(CALIBRATION_BATCHES):
            chosen = generator.integers(0, len(dataset.x_train), recipe.training.batch)
            pixels = augment(dataset.x_train[chosen], recipe.training.augment, generator)
            self.calibrate(tf.constant(pixels), tf.constant(1.0 / (index + 1)))

    def variables(self) -> list[Any]:
        """The optimizer's state and the averaged weights, as arrays."""
        return [np.asarray(variable) for variable in (*self.optimizer.variables, *self.average)]

    def restore(self, values: list[Any]) -> None:
        """Puts ``variables()`` back."""
        for variable, value in zip((*self.optimizer.variables, *self.average), values, strict=True):
            variable.assign(value)

    def deploy(self, recipe: Recipe, dataset: Dataset) -> None:
        """Turns the network into the one that is deployed: averaged weights, kernels at rest."""
        for mean, variable in zip(self.average, self._averaged_variables(), strict=True):
            variable.assign(mean)
        if self.name == "qat" or (self.name == "warmup" and self.average):
            self._calibrate(recipe, dataset)

    @contextmanager
    def _deployed(self, recipe: Recipe, dataset: Dataset) -> Iterator[None]:
        kept = self.model.get_weights()
        self.deploy(recipe, dataset)
        yield
        self.model.set_weights(kept)

    def deployed(self, recipe: Recipe, dataset: Dataset) -> list[Any]:
        """The weights of the network as it would be deployed now."""
        with self._deployed(recipe, dataset):
            return list(self.model.get_weights())

    def measure(self, recipe: Recipe, dataset: Dataset) -> dict[str, float]:
        """``test_accuracy`` of the network as it would be deployed now.

        With a validation split ``validation_accuracy``, and with a probe ``pgd_accuracy``, on the
        first of the validation split, else of the training inputs. Training goes on as if nothing
        had been measured. Of a detector of anomalies: the share of right verdicts with the
        threshold that validation gives, and ``test_auc`` where the test split has both kinds.
        """
        if recipe.anomaly is not None:
            with self._deployed(recipe, dataset):
                return self._detection(dataset, recipe.anomaly.false_alarms)
        with self._deployed(recipe, dataset):
            found = {"test_accuracy": self._accuracy(dataset.x_test, dataset.y_test)}
            x, y = dataset.x_validation, dataset.y_validation
            if x is not None:
                found["validation_accuracy"] = self._accuracy(x, y)
            else:
                x, y = dataset.x_train, dataset.y_train
            if recipe.probe.images:
                found["pgd_accuracy"] = self._under_attack(recipe, x, y)
        return found

    def _detection(self, dataset: Dataset, false_alarms: float) -> dict[str, float]:
        assert dataset.x_validation is not None, "training.session looks for it"
        limit = anomaly.threshold(self._scores(dataset.x_validation), false_alarms)
        train = self._scores(dataset.x_train[:DETECTION_INPUTS])
        test = self._scores(dataset.x_test)
        found = {
            "train_accuracy": float((train <= limit).mean()),
            "test_accuracy": float(((test > limit) == dataset.y_test).mean()),
        }
        area = anomaly.auc(test, dataset.y_test)
        return found if area is None else {**found, "test_auc": area}

    def _scores(self, x: Any) -> anomaly.Scores:
        """The scores of the reconstructions, rounded to the input's grid."""
        found = []
        for start in range(0, len(x), EVALUATION_BATCH):
            part = x[start : start + EVALUATION_BATCH]
            steps = np.clip(np.rint(128.0 * self.predict(tf.constant(part)).numpy()), -128, 127)
            found.append(anomaly.scores(to_int8(part), steps.astype(np.int8)))
        return np.concatenate(found)

    def _under_attack(self, recipe: Recipe, x: Any, y: Any) -> float:
        """The share of hits under the probe's PGD."""
        x, y, hits = x[: recipe.probe.images], y[: recipe.probe.images], 0
        for start in range(0, len(x), ATTACK_BATCH):
            part = slice(start, start + ATTACK_BATCH)
            seed = tf.constant([recipe.seed, start], tf.int32)
            hits += int(self.attack(tf.constant(x[part]), tf.constant(y[part]), seed))
        return hits / len(x)

    def _accuracy(self, x: Any, y: Any) -> float:
        """The share of hits of the deterministic network."""
        hits = 0
        for start in range(0, len(x), EVALUATION_BATCH):
            logits = self.predict(tf.constant(x[start : start + EVALUATION_BATCH])).numpy()
            hits += int((logits.argmax(1) == y[start : start + EVALUATION_BATCH]).sum())
        return hits / len(x)
