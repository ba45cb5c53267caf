"""Attacked inputs to train on, and the losses that go with them.

- Fast adversarial training: Wong, Rice and Kolter, "Fast is better than free: Revisiting
  adversarial training" (2020, arXiv 2001.03994): one step of ``1.25 eps`` from a random start.
- TRADES: Zhang et al., "Theoretically Principled Trade-off between Robustness and Accuracy" (2019,
  arXiv 1901.08573): the cross entropy on clean inputs plus ``beta`` times the Kullback-Leibler
  divergence of the attacked inputs' classes from the clean ones'.

Inputs are real values in [-1, 127/128]; radii and steps are in the same unit here: an int8 step of
the input is 1/128.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinyrob.tf import tensorflow

LOW, HIGH = -1.0, 127.0 / 128.0
STEP = 1.0 / 128.0
NUDGE = STEP / 2
"""The spread of TRADES' starts. At the clean input itself the divergence has no slope, and a
quantized network rounds its input to ``STEP``: it would not see the paper's 1e-3."""


def cross_entropy(labels: Any, logits: Any, smoothing: float = 0.0) -> Any:
    """The cross entropy of each row (N,), with a share of each label spread over all classes."""
    tf = tensorflow()
    hard = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    if not smoothing:
        return hard
    spread = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
    return (1.0 - smoothing) * hard + smoothing * spread


def divergence(clean: Any, attacked: Any) -> Any:
    """``KL(softmax(clean) || softmax(attacked))`` of each row (N,), from logits (N, C)."""
    tf = tensorflow()
    log_p, log_q = tf.nn.log_softmax(clean), tf.nn.log_softmax(attacked)
    return tf.reduce_sum(tf.exp(log_p) * (log_p - log_q), axis=-1)


def project(z: Any, x: Any, eps: Any) -> Any:
    """``z`` moved into the L-inf ball of ``eps`` around ``x`` and into the input's range."""
    tf = tensorflow()
    return tf.clip_by_value(tf.clip_by_value(z, x - eps, x + eps), LOW, HIGH)


def climb(loss: Callable[[Any], Any], x: Any, start: Any, eps: Any, step: Any, n: int) -> Any:
    """``n`` projected steps of ``step`` along the sign of ``loss``'s slope, from ``start``.

    ``loss(z)`` gives a number for each row, which depends on that row (up to batch normalization).
    A row without any slope, as where a quantized network's logits have not changed yet, goes on
    away from ``x``. The result is a constant: no gradient flows through it.
    """
    tf = tensorflow()
    inner = list(range(1, len(x.shape)))

    def one(z: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(z)
            total = tf.reduce_sum(loss(z))
        slope = tape.gradient(total, z)
        flat = tf.reduce_all(tf.equal(slope, 0.0), axis=inner, keepdims=True)
        return project(z + step * tf.sign(tf.where(flat, z - x, slope)), x, eps)

    z = tf.stop_gradient(project(start, x, eps))
    if n == 1:
        return tf.stop_gradient(one(z))
    # A loop in the graph: unrolled, ten steps of PGD take minutes to compile.
    _, z = tf.while_loop(lambda i, _: i < n, lambda i, z: (i + 1, one(z)), (tf.constant(0), z))
    return tf.stop_gradient(z)


def fast(
    network: Callable[[Any], Any], x: Any, labels: Any, eps: Any, step: Any, n: int, seed: Any
) -> Any:
    """Inputs attacked from uniform random starts in the ball; ``n=1`` is the paper's single step.

    ``seed`` is a tensor of two integers.
    """
    tf = tensorflow()
    start = x + tf.random.stateless_uniform(tf.shape(x), seed, -eps, eps)
    return climb(lambda z: cross_entropy(labels, network(z)), x, start, eps, step, n)


def trades(network: Callable[[Any], Any], x: Any, eps: Any, step: Any, n: int, seed: Any) -> Any:
    """Inputs attacked to diverge from the clean ones' classes, from a small normal nudge."""
    tf = tensorflow()
    clean = tf.stop_gradient(network(x))
    return climb(lambda z: divergence(clean, network(z)), x, nudged(x, seed), eps, step, n)


def nudged(x: Any, seed: Any) -> Any:
    """``x`` with normal noise of ``NUDGE``, where a divergence from ``x`` itself has a slope."""
    tf = tensorflow()
    return x + NUDGE * tf.random.stateless_normal(tf.shape(x), seed)
