"""Interval bounds through Keras: sound for what the network computes, equal where nothing moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tinyrob.errors import RecipeError
from tinyrob.models import recipe_file
from tinyrob.tf import keras as load_keras
from tinyrob.tf import tensorflow


@pytest.fixture(scope="module", params=[False, True], ids=["float", "quantized"])
def network(request):
    """Separable and residual, so that every kind of layer is there."""
    from tinyrob.models.topologies import build

    recipe = recipe_file.load("digits-stq-jr")
    topology = replace(recipe.topology, separable=True, head="average")
    return build(replace(recipe, topology=topology), (8, 8, 1), 10, request.param)


def balls(eps: float):
    tf = tensorflow()
    dice = np.random.default_rng(0)
    x = dice.integers(-128, 128, (6, 8, 8, 1)).astype(np.float32) / 128
    return (
        tf.constant(x),
        tf.constant(np.clip(x - eps, -1, 1)),
        tf.constant(np.clip(x + eps, -1, 1)),
    )


@pytest.mark.parametrize("training", [False, True])
def test_a_ball_of_one_point_is_the_network_itself(network, training) -> None:
    """Up to a step of the logits' grid where averages in float32 meet a tie."""
    from tinyrob.training.interval_bounds import propagate

    x, _, _ = balls(0)
    found = propagate(network, x, x, x, training)
    expected = network(x, training=training).numpy()
    for part in (found.clean, found.low, found.high):
        np.testing.assert_allclose(part.numpy(), expected, atol=0.126 if training else 1e-4)


def test_no_point_of_a_ball_leaves_the_bounds(network) -> None:
    from tinyrob.training.interval_bounds import propagate

    x, low, high = balls(3 / 128)
    found = propagate(network, x, low, high, False)
    dice = np.random.default_rng(1)
    for _ in range(20):
        share = dice.random(x.shape).astype(np.float32)
        logits = network(low + (high - low) * share, training=False).numpy()
        assert (logits >= found.low.numpy() - 1e-4).all()
        assert (logits <= found.high.numpy() + 1e-4).all()
    assert (found.high.numpy() > found.low.numpy()).any()


def test_the_worst_logits_are_the_labels_least_and_the_others_greatest() -> None:
    from tinyrob.training.interval_bounds import Bounds, worst_logits

    tf = tensorflow()
    low, high = tf.constant([[1.0, 2.0, 3.0]]), tf.constant([[4.0, 5.0, 6.0]])
    assert worst_logits(tf.constant([1]), Bounds(low, low, high)).numpy().tolist() == [[4, 2, 6]]


def test_a_layer_without_bounds_is_refused() -> None:
    from tinyrob.training.interval_bounds import propagate

    keras = load_keras()
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Softmax(name="end")])
    x = tensorflow().zeros((1, 4))
    with pytest.raises(RecipeError, match=r"knows no bounds of a layer Softmax \(end\)"):
        propagate(model, x, x, x, False)


def test_recipes_say_eps_share_and_ramp() -> None:
    recipe = recipe_file.load("digits-certified")
    how = recipe.adversarial
    assert (how.method, how.eps, how.share, how.ramp) == ("ibp", 10, 0.5, 40)
