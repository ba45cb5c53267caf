"""Attacks and losses of adversarial training, against closed forms; and the guard."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob import tf as tinyrob_tf

tf = tinyrob_tf.tensorflow()

from tinyrob.training import adversarial, guard  # noqa: E402

EPS, SEED = 4 / 128, tf.constant([1, 2])


@pytest.fixture
def x():
    return tf.constant(np.random.default_rng(0).uniform(-0.8, 0.8, (7, 5)).astype(np.float32))


@pytest.fixture
def matrix():
    return tf.constant(np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32))


def away_from_label_0(matrix):
    """The direction that takes a linear network of two classes furthest from class 0."""
    return np.sign(matrix.numpy()[:, 1] - matrix.numpy()[:, 0])


def test_on_a_linear_network_one_step_from_anywhere_reaches_the_corner(x, matrix):
    labels = tf.zeros(7, tf.int64)
    got = adversarial.fast(lambda z: z @ matrix, x, labels, EPS, 2 * EPS, 1, SEED)
    assert np.allclose(got, x.numpy() + EPS * away_from_label_0(matrix), atol=1e-6)


def test_the_papers_step_stays_in_the_ball_and_ends_behind_three_quarters_of_it(x, matrix):
    labels = tf.zeros(7, tf.int64)
    got = adversarial.fast(lambda z: z @ matrix, x, labels, EPS, 1.25 * EPS, 1, SEED).numpy()
    moved = (got - x.numpy()) * away_from_label_0(matrix) / EPS
    assert moved.max() <= 1 + 1e-5
    assert moved.min() >= 0.25 - 1e-5  # from -1 a step of 1.25 leads to 0.25
    assert len(np.unique(moved.round(4))) > 3  # starts differ


def test_no_input_leaves_the_bytes_range(matrix):
    edge = tf.constant(np.tile([-1.0, 127 / 128], (7, 3))[:, :5].astype(np.float32))
    got = adversarial.fast(lambda z: z @ matrix, edge, tf.zeros(7, tf.int64), EPS, EPS, 3, SEED)
    assert float(tf.reduce_min(got)) >= -1
    assert float(tf.reduce_max(got)) <= 127 / 128
    assert np.abs(got.numpy() - edge.numpy()).max() <= EPS + 1e-6


def test_divergence_is_that_of_the_definition():
    a, b = np.random.default_rng(2).normal(size=(2, 6, 4))
    p, q = (np.exp(v) / np.exp(v).sum(1, keepdims=True) for v in (a, b))
    got = adversarial.divergence(tf.constant(a), tf.constant(b)).numpy()
    assert np.allclose(got, (p * np.log(p / q)).sum(1))
    assert np.allclose(adversarial.divergence(tf.constant(a), tf.constant(a)), 0)
    assert (got > 0).all()


def test_trades_diverges_as_far_as_the_ball_lets_it(x, matrix):
    got = adversarial.trades(lambda z: z @ matrix, x, EPS, EPS, 4, SEED).numpy()
    direction = away_from_label_0(matrix)
    along = (got - x.numpy()) * direction / EPS
    # On a line of logits either end is a local maximum: all coordinates go to the same one.
    assert np.allclose(np.abs(along), 1, atol=1e-5)
    assert (np.abs(along.sum(1)) > 4.9).all()


def test_where_nothing_slopes_an_image_goes_on_along_its_start(x):
    start = x + np.where(np.arange(5) % 2, 0.5, -0.5).astype(np.float32) / 128
    got = adversarial.climb(lambda z: tf.reduce_sum(0.0 * z, axis=1), x, start, EPS, EPS / 2, 2)
    assert np.allclose(got - x, EPS * np.where(np.arange(5) % 2, 1, -1), atol=1e-6)


@pytest.mark.parametrize("grid", [{"bits": 8, "integer": 4}, {"bits": 4, "integer": 4}])
def test_trades_moves_every_image_of_a_quantized_network(grid):
    """The first layer rounds its input, the last one its logits: small nudges go unseen."""
    from tinyrob import data
    from tinyrob.models import recipe_file, topologies

    recipe = recipe_file.parse(
        'name = "tiny"\ndataset = "digits"\n[topology]\nstem = { filters = 4 }\n'
        "stages = [{ filters = 4 }]\n[training]\nepochs = { qat = 1 }\n[quantizers.layers]\n"
        f"logits = {{ activation = {{ bits = {grid['bits']}, integer = {grid['integer']} }} }}\n"
    )
    model = topologies.build(recipe, (8, 8, 1), 10, quantized=True)
    pixels = data.load("digits").x_train[:300].astype(np.float32) - 128
    inputs = tf.constant(pixels / 128)

    def network(z):
        return model(z, training=False)

    got = adversarial.trades(network, inputs, 8 / 128, 2 / 128, 3, SEED).numpy() * 128
    moved = np.abs(np.round(got) - pixels).reshape(300, -1).max(1)
    assert (moved >= 1).all(), f"{(moved < 1).sum()} of 300 stayed"
    if grid["bits"] == 8:
        far = adversarial.divergence(network(inputs), network(tf.constant(np.round(got) / 128)))
        assert float(tf.reduce_mean(far)) > 0


def test_trades_starts_where_a_quantized_network_sees_them(x, monkeypatch):
    starts = []
    monkeypatch.setattr(adversarial, "climb", lambda _loss, _x, start, *_: starts.append(start))
    adversarial.trades(lambda z: z, x, EPS, EPS, 1, SEED)
    seen = np.round((starts[0] - x).numpy() * 128)
    assert 0.2 < (seen != 0).mean() < 0.5  # about a third of the values
    assert (np.abs(seen) <= 2).all()


def test_the_attack_is_a_constant(x, matrix):
    with tf.GradientTape() as tape:
        tape.watch(matrix)
        z = adversarial.fast(lambda z: z @ matrix, x, tf.zeros(7, tf.int64), EPS, EPS, 1, SEED)
        total = tf.reduce_sum(z)
    assert tape.gradient(total, matrix) is None


def record(pgd, phase="qat", **more):
    return {"phase": phase, "pgd_accuracy": pgd, **more}


def test_the_guard_sees_a_collapse_and_nothing_else():
    history = [record(0.3), record(0.4)]
    assert guard.collapsed(history, record(0.1), 10)
    assert not guard.collapsed(history, record(0.25), 10)
    assert not guard.collapsed([], record(0.0), 10)
    assert not guard.collapsed([record(0.14)], record(0.0), 10)  # no better than guessing before
    assert not guard.collapsed(history, record(0.1, "settle"), 10)  # a phase of its own
    assert not guard.collapsed([record(0.9, undone=True)], record(0.1), 10)


def test_each_undone_epoch_asks_for_one_step_more():
    assert guard.more_steps([record(0.3), record(0.1)]) == 0
    assert guard.more_steps([record(0.3), record(0.1, undone=True), record(0.1, undone=True)]) == 2
