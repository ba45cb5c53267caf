"""The Jacobian penalty: how much a network's outputs move when its input does.

``R = 1/2 * mean over the batch of ||dy/dx||_F^2``, estimated with random projections as in Hoffman,
Roberts and Yaida, "Robust Learning with Jacobian Regularization" (2019, arXiv 1908.02729): for v
uniform on the unit sphere in C dimensions, ``E[C * |d(v.y)/dx|^2] = ||dy/dx||_F^2``. Applied to
the outputs of inner layers as well, as in arXiv 2304.12829.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinyrob.tf import tensorflow


def unit_vectors(shape: tuple[int, ...] | Any, seed: Any) -> Any:
    """Directions (N, C), uniform on the unit sphere; they follow from ``seed`` (two integers)."""
    tf = tensorflow()
    return tf.math.l2_normalize(tf.random.stateless_normal(shape, seed), axis=-1)


def penalty(tape: Any, x: Any, projected: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    """``1/2 * mean_n C * ||d(v.y)/dx||^2`` for each of ``projected``, as a dict of scalars.

    ``tape`` is a persistent GradientTape that watched ``x`` (N, ...); ``projected[k]`` (N,) is v.y
    and ``sizes[k]`` is C, the number of outputs. The mean over the unit sphere is exact; with C
    orthonormal directions v, the mean over them is exact too.
    """
    tf = tensorflow()
    result = {}
    for name, values in projected.items():
        slope = tape.gradient(values, x)
        squares = tf.reduce_sum(tf.square(slope), axis=list(range(1, len(x.shape))))
        result[name] = 0.5 * sizes[name] * tf.reduce_mean(squares)
    return result


def jacobian_penalty(function: Any, x: Any, directions: Mapping[str, Any]) -> dict[str, Any]:
    """The penalty of each output of ``function`` on inputs ``x`` (N, ...).

    ``function(x)`` gives a mapping of names to outputs (N, ...); ``directions[name]`` are the
    vectors v, (N, C) or (P, N, C) for P projections whose mean is taken, where C is the number of
    that output's elements. Differentiable. The estimate is of ``||dy/dx||^2`` of each row where
    rows do not depend on each other; where they do (batch normalization by the batch's own
    statistics, in the phase ``qat``) it also holds the squares of what one row does to another.
    """
    tf = tensorflow()
    projected, sizes, counts = {}, {}, {}
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        outputs = function(x)
        for name, vectors in directions.items():
            flat = tf.reshape(outputs[name], (tf.shape(x)[0], vectors.shape[-1]))
            rows = vectors[None] if len(vectors.shape) == 2 else vectors
            counts[name] = rows.shape[0]
            for p in range(rows.shape[0]):
                projected[f"{name}/{p}"] = tf.reduce_sum(flat * rows[p], axis=1)
                sizes[f"{name}/{p}"] = int(vectors.shape[-1])
    parts = penalty(tape, x, projected, sizes)
    return {
        name: tf.add_n([parts[f"{name}/{p}"] for p in range(count)]) / count
        for name, count in counts.items()
    }


def fused_penalty(
    function: Any, x: Any, directions: Mapping[str, Any], weights: Mapping[str, float]
) -> Any:
    """An estimate of the weighted sum of ``jacobian_penalty``'s values, by one backward pass.

    The slope of ``sum_k sqrt(w_k C_k) v_k.y_k`` is the sum of the layers' slopes; the products of
    two layers' have mean 0, as their directions are independent and symmetric. So the expectation
    is that of the separate penalties, with more variance. ``directions`` as there, all of them of
    one number of projections. Differentiable.
    """
    tf = tensorflow()
    stacked = {n: v[None] if len(v.shape) == 2 else v for n, v in directions.items()}
    count = next(iter(stacked.values())).shape[0]
    projected = {}
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        outputs = function(x)
        for p in range(count):
            parts = []
            for name, vectors in stacked.items():
                size = int(vectors.shape[-1])
                flat = tf.reshape(outputs[name], (tf.shape(x)[0], size))
                scale = (weights[name] * size) ** 0.5
                parts.append(scale * tf.reduce_sum(flat * vectors[p], axis=1))
            projected[f"{p}"] = tf.add_n(parts)
    values = penalty(tape, x, projected, dict.fromkeys(projected, 1))
    return tf.add_n(list(values.values())) / count
