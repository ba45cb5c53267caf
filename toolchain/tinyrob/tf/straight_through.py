"""Rounding that a gradient passes, for training and for attacks alike."""

from __future__ import annotations

from typing import Any


def on_grid(tf: Any, x: Any, step: float, lo: int, hi: int) -> Any:
    """``x`` rounded to whole steps in ``[lo, hi]``; the gradient is 1 inside that range, 0 outside.

    The straight-through estimator of Bengio et al. 2013, "Estimating or propagating gradients
    through stochastic neurons", with a clamp. Twice differentiable in TensorFlow's sense: the
    gradient is linear in what comes from behind.
    """

    def quantize(x: Any) -> tuple[Any, Any]:
        low, high = lo * step, hi * step
        rounded = tf.round(tf.clip_by_value(x, low, high) * (1.0 / step)) * step

        def gradient(upstream: Any) -> Any:
            inside = tf.logical_and(x >= low, x <= high)
            return tf.where(inside, upstream, tf.zeros_like(upstream))

        return rounded, gradient

    return tf.custom_gradient(quantize)(x)
