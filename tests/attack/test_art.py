"""Our compiled attacks against the toolbox's, and what its estimator is told."""

from __future__ import annotations

import numpy as np
import pytest

from support.frozen_models import every_kind
from support.targets import linear
from tinyrob.attack.art_estimator import LEVELS, estimator, from_unit, to_unit
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.frozen.to_graph import to_graph


def test_every_int8_value_survives_arts_unit_range():
    q = np.arange(-128, 128).astype(np.int8)
    assert np.array_equal(from_unit(to_unit(q)), q)


def test_class_gradients_are_per_unit_of_arts_range():
    target, x, _ = linear(classes=3)
    classifier = estimator(target, target.surfaces[0])
    gradient = classifier.class_gradient(to_unit(x[:4]))
    assert gradient.shape == (4, 3, 4, 4, 1)
    assert gradient[2, 1].reshape(-1) == pytest.approx(target.weights[1] * LEVELS, rel=1e-5)
    one = classifier.class_gradient(to_unit(x[:4]), label=np.array([0, 1, 2, 0]))
    assert np.array_equal(one[:, 0], gradient[np.arange(4), [0, 1, 2, 0]])
    assert np.array_equal(classifier.class_gradient(to_unit(x[:4]), label=2)[:, 0], gradient[:, 2])


def test_predictions_are_those_of_the_rounded_input():
    target, x, _ = linear(classes=3)
    classifier = estimator(target)
    near = to_unit(x) + np.float32(0.3 / LEVELS)
    assert np.array_equal(classifier.predict(near), target.logits(x))


def test_a_graph_target_answers_art():
    target = GraphTarget(to_graph(every_kind()), exact=True)
    classifier = estimator(target, target.surfaces[0])
    q = np.zeros((3, *target.shape), np.int8)
    assert classifier.predict(to_unit(q)).shape == (3, target.classes)
    assert classifier.class_gradient(to_unit(q)).shape == (3, target.classes, *target.shape)
    with pytest.raises(TypeError, match="not trained"):
        classifier.fit(None, None)


def test_loss_gradients_are_the_surfaces_at_the_rounded_input():
    target, x, y = linear(classes=3)
    classifier = estimator(target, target.surfaces[0])
    wanted = target.surfaces[0].step(x, y, "ce").gradient * LEVELS
    near = to_unit(x) + np.float32(0.3 / LEVELS)
    assert np.array_equal(classifier.loss_gradient(near, np.eye(3)[y]), wanted)
    assert np.array_equal(classifier.loss_gradient(near, y), wanted)
