"""The Adversarial Robustness Toolbox's view of a target: inputs in [0, 1], compiled gradients.

ART's own TensorFlow classifier runs each call eagerly; this one answers from the target's compiled
functions. Every input is rounded to the int8 grid before it is answered, as the device would see
it, so ART's attacks judge what they find where it counts.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import new_class
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.grid import HIGH, LOW, Int8Array
from tinyrob.attack.target import Surface, Target
from tinyrob.errors import ToolMissing
from tinyrob.files.installed import install_command

LEVELS = HIGH - LOW  # int8 steps in ART's unit range


@cache
def art() -> Any:
    """The ``art`` package, quiet. Raises ToolMissing where it is not installed."""
    try:
        from tinyrob.tf import tensorflow

        tensorflow()  # before ART imports TensorFlow with another Keras behind it
    except ToolMissing:
        pass  # black-box attacks on an artefact need none
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import art.attacks.evasion
            import art.estimators
            import art.estimators.classification
        except ImportError as error:
            raise ToolMissing(
                f"this attack needs the Adversarial Robustness Toolbox: {error}",
                install_command("attack"),
            ) from error
    logging.getLogger("art").setLevel(logging.ERROR)
    return art


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """ART draws from NumPy's global generator: seeded inside, as it was outside."""
    state = np.random.get_state()
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        np.random.set_state(state)


def to_unit(q: NDArray[Any]) -> NDArray[np.float32]:
    """Int8 steps to ART's [0, 1]."""
    return np.asarray((np.asarray(q, np.float32) - LOW) / LEVELS, np.float32)


def from_unit(unit: NDArray[Any]) -> Int8Array:
    """ART's [0, 1] to the nearest int8 inputs."""
    return np.asarray(np.clip(np.rint(unit * LEVELS + LOW), LOW, HIGH), np.int8)


class _Oracle:
    """Answers with logits."""

    def __init__(self, target: Target, surface: Surface | None) -> None:
        super().__init__(model=None, clip_values=(0.0, 1.0), channels_first=False)  # type: ignore[call-arg]
        self.target, self.surface = target, surface
        self.nb_classes = target.classes
        self._input_shape = target.shape

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(self._input_shape)

    def predict(self, x: NDArray[Any], **_: Any) -> NDArray[np.float32]:
        return self.target.logits(from_unit(np.asarray(x)))

    def fit(self, *_: Any, **__: Any) -> None:
        raise TypeError("a target under attack is not trained")

    def get_activations(self, *_: Any, **__: Any) -> None:
        raise TypeError("a target under attack shows its logits only")


class _Differentiable(_Oracle):
    """Answers with gradients of classes and of the cross entropy too, per unit of [0, 1]."""

    def loss_gradient(self, x: NDArray[Any], y: NDArray[Any], **_: Any) -> NDArray[np.float32]:
        assert self.surface is not None
        labels = np.asarray(y).argmax(axis=1) if np.ndim(y) == 2 else np.asarray(y)
        found = self.surface.step(from_unit(x), labels.astype(np.int64), "ce")
        return np.asarray(found.gradient * np.float32(LEVELS))

    def class_gradient(self, x: NDArray[Any], label: Any = None, **_: Any) -> NDArray[np.float32]:
        assert self.surface is not None
        q = from_unit(x)
        if label is None:
            return np.asarray(self.surface.jacobian(q) * np.float32(LEVELS))
        wanted = np.broadcast_to(np.asarray(label, np.int64).reshape(-1), (len(q),))
        return np.asarray(self.surface.class_gradient(q, wanted)[:, None] * np.float32(LEVELS))


def estimator(target: Target, surface: Surface | None = None) -> Any:
    """An ART classifier for ``target``; with gradients where a surface is given."""
    return _classes()[surface is not None](target, surface)


@cache
def _classes() -> tuple[Any, Any]:
    # ART asks for its own base classes; they exist once ART is imported.
    estimators, mixin = art().estimators, art().estimators.classification.classifier
    bases = (mixin.ClassifierMixin, estimators.NeuralNetworkMixin, estimators.BaseEstimator)
    gradients = mixin.ClassGradientsMixin, estimators.LossGradientsMixin
    return (
        new_class("Oracle", (_Oracle, *bases)),
        new_class("Differentiable", (_Differentiable, *gradients, *bases)),
    )
