"""Training's quantizers and normalization equal QKeras' and their own inference form."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob import tf as tinyrob_tf

tf = tinyrob_tf.tensorflow()
qkeras = tinyrob_tf.qkeras()

from tinyrob.models import quantizers  # noqa: E402
from tinyrob.models.layers import PowerOfTwoBatchNormalization  # noqa: E402


@pytest.fixture
def values():
    """Values beyond both ends of every grid, some of them half way between two neighbours."""
    generator = np.random.default_rng(0)
    return np.concatenate(
        [generator.normal(0, 5, 4000), np.arange(-40, 40) / 64, np.arange(-3, 20) / 2]
    ).astype(np.float32)


@pytest.mark.parametrize(("bits", "integer"), [(8, 3), (8, 0), (4, 2), (2, 1)])
def test_relu_grid_equals_quantized_relu(values, bits, integer):
    ours = quantizers.ReluGrid(bits, integer)(tf.constant(values)).numpy()
    theirs = qkeras.quantized_relu(bits, integer)(tf.constant(values)).numpy()
    assert np.allclose(ours, theirs, rtol=0, atol=1e-6)  # theirs carries the estimator's noise
    steps = ours / 2.0 ** (integer - bits)
    assert (steps == np.rint(steps)).all()


@pytest.mark.parametrize(("bits", "integer"), [(8, 0), (8, 3), (4, 1)])
def test_signed_grid_equals_quantized_bits(values, bits, integer):
    ours = quantizers.SignedGrid(bits, integer)(tf.constant(values)).numpy()
    theirs = qkeras.quantized_bits(bits, integer, 0, alpha=1)(tf.constant(values)).numpy()
    assert np.allclose(ours, theirs, rtol=0, atol=1e-6)


def test_the_gradient_of_a_grid_is_one_inside_and_zero_outside():
    x = tf.constant([-1.0, 0.3, 7.9, 9.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = quantizers.ReluGrid(8, 3)(x)
    assert tape.gradient(y, x).numpy().tolist() == [0, 1, 1, 0]


def test_a_grid_can_be_differentiated_twice():
    w = tf.Variable(0.5)
    x = tf.constant([1.0, 2.0, 100.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = quantizers.ReluGrid(8, 3)(w * x)
        slope = inner.gradient(y, x)
        total = tf.reduce_sum(slope**2)
    assert total.numpy() == 2 * 0.5**2
    assert outer.gradient(total, w).numpy() == 2 * 2 * 0.5


@pytest.fixture
def kernel():
    return tf.constant(np.random.default_rng(1).normal(0, 0.1, (3, 3, 8, 16)).astype(np.float32))


def test_a_seeded_ternary_at_rest_equals_ternary(kernel):
    ours = quantizers.SeededTernary()(kernel).numpy()
    assert (ours == qkeras.ternary(alpha="auto_po2")(kernel).numpy()).all()


def test_the_same_seed_draws_the_same_kernel_and_another_does_not(kernel):
    quantizer = quantizers.SeededTernary()
    draws = []
    for seed in ([1, 2], [1, 2], [1, 3]):
        quantizer.seed = tf.constant(seed)
        draws.append(quantizer(kernel).numpy())
    assert (draws[0] == draws[1]).all()
    assert (draws[0] != draws[2]).any()


def test_draws_are_ternary_and_as_likely_as_qkeras_has_it(kernel):
    quantizer = quantizers.SeededTernary()
    scale = qkeras.ternary(alpha="auto_po2")
    scale(kernel)
    scale, x = scale.scale.numpy(), kernel.numpy()

    @tf.function
    def drawn(seed):
        quantizer.seed = seed
        return quantizer(kernel) / scale

    total, rounds = np.zeros(kernel.shape), 400
    for index in range(rounds):
        draw = drawn(tf.constant([7, index])).numpy()
        assert np.allclose(draw, np.rint(draw), atol=1e-5)
        assert np.abs(draw).max() < 1.1
        total += np.rint(draw)
    spread = x.std(axis=(0, 1, 2), keepdims=True)

    def sigmoid(value):
        return 1 / (1 + np.exp(-8 * value / spread))

    expected = sigmoid(x - scale / 2) + sigmoid(x + scale / 2) - 1
    assert np.abs(total / rounds - expected).max() < 5 / np.sqrt(rounds)
    assert np.abs(total / rounds - expected).mean() < 0.5 / np.sqrt(rounds)


@pytest.fixture
def norm():
    generator = np.random.default_rng(2)
    layer = PowerOfTwoBatchNormalization()
    layer.build((None, 4, 4, 6))
    layer.gamma.assign(generator.normal(0, 1, 6))
    layer.beta.assign(generator.normal(0, 1, 6))
    layer.moving_mean.assign(generator.normal(0, 1, 6))
    layer.moving_variance.assign(generator.uniform(0.01, 30, 6))
    return layer


def test_the_inference_gain_is_a_power_of_two(norm):
    exponent = np.log2(norm.gain())
    assert (exponent == np.rint(exponent)).all()
    exact = np.abs(norm.gamma.numpy()) / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
    assert (np.abs(exponent - np.log2(np.maximum(exact, 2.0**-6))) <= 0.51).all()


def test_inference_is_gain_and_offset(norm):
    x = np.random.default_rng(3).normal(0, 3, (5, 4, 4, 6)).astype(np.float32)
    y = norm(tf.constant(x), training=False).numpy()
    assert np.allclose(y, x * norm.gain() + norm.offset(), atol=1e-5)


def test_training_normalizes_the_batch_and_moves_the_averages(norm):
    x = np.random.default_rng(4).normal(2, 3, (64, 4, 4, 6)).astype(np.float32)
    before = norm.moving_mean.numpy()
    y = norm(tf.constant(x), training=True).numpy()
    assert np.allclose(y.mean((0, 1, 2)), norm.beta.numpy(), atol=1e-4)
    moved = 0.98 * before + 0.02 * x.mean((0, 1, 2))
    assert np.allclose(norm.moving_mean.numpy(), moved, atol=1e-5)
    norm.updates_moving = False
    norm(tf.constant(x), training=True)
    assert np.allclose(norm.moving_mean.numpy(), moved, atol=1e-5)


def test_a_power_of_two_norm_is_normal_where_gamma_is_already_one():
    layer = PowerOfTwoBatchNormalization()
    layer.build((None, 2, 2, 3))
    layer.moving_variance.assign(np.float32([4.0, 1.0, 0.25]) - layer.epsilon)
    x = np.random.default_rng(5).normal(1, 2, (32, 2, 2, 3)).astype(np.float32)
    y = layer(tf.constant(x), training=True).numpy()
    assert np.allclose(y.std((0, 1, 2)), 1, atol=1e-3)
    assert layer.get_config()["momentum"] == layer.momentum
