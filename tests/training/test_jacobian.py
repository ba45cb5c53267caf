"""The Jacobian penalty against the exact Jacobian."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob import tf as tinyrob_tf

tf = tinyrob_tf.tensorflow()

from tinyrob.training.jacobian import (  # noqa: E402
    fused_penalty,
    jacobian_penalty,
    unit_vectors,
)

N, D, C = 6, 5, 4


def basis(size, rows=N):
    """The directions (size, rows, size) along each axis in turn."""
    return tf.tile(tf.eye(size)[:, None, :], (1, rows, 1))


@pytest.fixture
def x():
    return tf.constant(np.random.default_rng(0).normal(size=(N, D)).astype(np.float32))


@pytest.fixture
def matrix():
    return tf.constant(np.random.default_rng(1).normal(size=(D, C)).astype(np.float32))


def exact(function, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    jacobian = tape.batch_jacobian(y, x).numpy()
    return 0.5 * (jacobian**2).reshape(len(jacobian), -1).sum(1).mean()


def test_a_full_set_of_directions_is_exact_on_a_linear_map(x, matrix):
    got = jacobian_penalty(lambda z: {"y": z @ matrix}, x, {"y": basis(C)})["y"]
    assert np.isclose(got, 0.5 * (matrix.numpy() ** 2).sum(), rtol=1e-5)


def test_a_full_set_of_directions_is_exact_on_a_network(x, matrix):
    def network(z):
        return tf.nn.softplus(tf.tanh(z @ matrix) @ tf.transpose(matrix))

    got = jacobian_penalty(lambda z: {"y": network(z)}, x, {"y": basis(D)})["y"]
    assert np.isclose(got, exact(network, x), rtol=1e-4)


def test_one_random_direction_is_right_in_expectation(matrix):
    many = tf.zeros((20_000, D))
    vectors = unit_vectors((20_000, C), tf.constant([3, 4]))
    got = jacobian_penalty(lambda z: {"y": z @ matrix}, many, {"y": vectors})["y"]
    assert np.isclose(got, 0.5 * (matrix.numpy() ** 2).sum(), rtol=0.03)


def test_several_projections_are_averaged(x, matrix):
    vectors = unit_vectors((3, N, C), tf.constant([3, 4]))

    def penalty(v):
        return jacobian_penalty(lambda z: {"y": z @ matrix}, x, {"y": v})["y"].numpy()

    assert np.isclose(penalty(vectors), np.mean([penalty(v) for v in vectors]), rtol=1e-5)


def test_an_inner_output_of_any_shape_has_its_own_penalty(matrix):
    image = tf.constant(np.random.default_rng(2).normal(size=(N, 4, 4, 2)).astype(np.float32))
    kernel = tf.constant(np.random.default_rng(3).normal(size=(3, 3, 2, 3)).astype(np.float32))

    def network(z):
        inner = tf.tanh(tf.nn.conv2d(z, kernel, 2, "SAME"))
        return {"inner": inner, "logits": tf.reduce_sum(inner, (1, 2))}

    got = jacobian_penalty(network, image, {"inner": basis(2 * 2 * 3), "logits": basis(3)})
    for name in ("inner", "logits"):
        assert np.isclose(got[name], exact(lambda z, n=name: network(z)[n], image), rtol=1e-4)


def test_the_gradient_is_the_exact_penaltys(x, matrix):
    weights = tf.Variable(matrix)
    with tf.GradientTape() as tape:
        value = jacobian_penalty(lambda z: {"y": tf.tanh(z @ weights)}, x, {"y": basis(C)})["y"]
    got = tape.gradient(value, weights).numpy()
    step = 1e-2
    for index in ((0, 0), (2, 3), (4, 1)):
        bump = np.zeros((D, C), np.float32)
        bump[index] = step
        above, below = (
            exact(lambda z, w=w: tf.tanh(z @ w), x) for w in (matrix + bump, matrix - bump)
        )
        assert np.isclose(got[index], (above - below) / (2 * step), rtol=0.02, atol=1e-3)


def test_directions_have_length_one_and_follow_from_the_seed():
    first, again, other = (unit_vectors((50, 7), tf.constant([1, s])).numpy() for s in (1, 1, 2))
    assert np.allclose(np.linalg.norm(first, axis=-1), 1, atol=1e-5)
    assert (first == again).all()
    assert (first != other).any()
    assert np.abs(unit_vectors((5000, 3), tf.constant([0, 0])).numpy().mean(0)).max() < 0.03


def test_fused_is_the_weighted_sum_in_expectation(matrix):
    count = 20_000
    many, inner = tf.zeros((count, D)), tf.constant([[1.0, 2, 0], [0, 1, 0], [3, 0, 1], [1, 1, 1]])
    weights = {"a": 0.5, "b": 2.0}

    def network(z):
        return {"a": z @ matrix, "b": z @ matrix @ inner}

    directions = {
        "a": unit_vectors((2, count, C), tf.constant([3, 4])),
        "b": unit_vectors((2, count, 3), tf.constant([5, 6])),
    }
    got = float(fused_penalty(network, many, directions, weights))
    separate = jacobian_penalty(network, many, directions)
    product = matrix.numpy() @ inner.numpy()
    want = 0.5 * (0.5 * (matrix.numpy() ** 2).sum() + 2.0 * (product**2).sum())
    assert np.isclose(got, want, rtol=0.03)
    assert np.isclose(sum(weights[n] * float(separate[n]) for n in weights), want, rtol=0.03)


def test_fused_with_one_layer_is_the_penalty_itself(x, matrix):
    vectors = unit_vectors((N, C), tf.constant([3, 4]))

    def network(z):
        return {"y": tf.tanh(z @ matrix)}

    got = fused_penalty(network, x, {"y": vectors}, {"y": 0.3})
    assert np.isclose(got, 0.3 * jacobian_penalty(network, x, {"y": vectors})["y"], rtol=1e-5)
