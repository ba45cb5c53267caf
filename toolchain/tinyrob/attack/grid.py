"""The attack space: int8 inputs, balls around them, and rounding that never leaves a ball."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int8Array = NDArray[np.int8]
FloatArray = NDArray[np.float32]

LOW, HIGH = -128, 127


class Norm(str, Enum):
    """How the size of a perturbation is measured, in int8 steps."""

    LINF = "linf"
    L2 = "l2"


def per_example(values: NDArray[Any], like: NDArray[Any]) -> NDArray[Any]:
    """``values`` (N,) shaped to broadcast against ``like`` (N, ...)."""
    return values.reshape((-1,) + (1,) * (like.ndim - 1))


def length(delta: NDArray[Any], norm: Norm) -> NDArray[np.float64]:
    """The norm of each perturbation: (N, ...) to (N,), in int8 steps."""
    flat = delta.reshape(len(delta), -1).astype(np.float64)
    if norm is Norm.LINF:
        return np.asarray(np.abs(flat).max(axis=1, initial=0.0))
    return np.asarray(np.sqrt((flat * flat).sum(axis=1)))


def distance(one: NDArray[Any], other: NDArray[Any], norm: Norm) -> NDArray[np.float64]:
    """How far inputs (N, ...) are apart, example by example, in int8 steps."""
    return length(one.astype(np.float64) - other, norm)


def project(point: NDArray[Any], origin: NDArray[Any], norm: Norm, eps: float) -> FloatArray:
    """Points (float, N, ...) moved into the eps-ball around ``origin`` and into int8's range."""
    start = origin.astype(np.float32)
    delta = np.asarray(point, np.float32) - start
    if norm is Norm.LINF:
        delta = np.clip(delta, -eps, eps)
    else:
        size = length(delta, norm)
        shrink = np.minimum(1.0, eps / np.maximum(size, 1e-12)).astype(np.float32)
        delta = delta * per_example(shrink, delta)
    return np.asarray(np.clip(start + delta, LOW, HIGH), np.float32)


def to_grid(point: NDArray[Any], origin: Int8Array, norm: Norm, eps: float) -> Int8Array:
    """Int8 inputs near ``point`` (float, N, ...), inside the eps-ball around ``origin``.

    Rounding to nearest can leave an L2 ball. Then fewer and fewer coordinates are rounded away
    from the origin, until the perturbation fits; rounding all of them towards it always does.
    """
    delta = project(point, origin, norm, eps) - origin.astype(np.float32)
    if norm is Norm.LINF:
        whole = np.clip(np.round(delta), -np.floor(eps), np.floor(eps))
    else:
        sign, size = np.sign(delta), np.abs(delta)
        whole = sign * np.floor(size)
        fits = np.zeros(len(delta), bool)
        for threshold in np.linspace(0.5, 0.95, 10):
            nearer = sign * np.floor(size + np.float32(1 - threshold))
            take = ~fits & (length(nearer, norm) <= eps)
            whole[take] = nearer[take]
            fits |= take
            if fits.all():
                break
    return np.asarray(np.clip(origin + whole, LOW, HIGH), np.int8)


def inside(point: Int8Array, origin: Int8Array, norm: Norm, eps: float) -> NDArray[np.bool_]:
    """Which inputs (N, ...) are within eps of ``origin``."""
    return np.asarray(distance(point, origin, norm) <= eps + 1e-9)


def random_start(
    origin: Int8Array, norm: Norm, eps: float, random: np.random.Generator
) -> FloatArray:
    """Uniform in the L-inf ball; in the L2 ball a uniform direction with a uniform radius."""
    if norm is Norm.LINF:
        delta = random.uniform(-eps, eps, origin.shape).astype(np.float32)
    else:
        delta = random.standard_normal(origin.shape).astype(np.float32)
        size = np.maximum(length(delta, norm), 1e-12)
        radius = random.uniform(0, eps, len(origin))
        delta *= per_example((radius / size).astype(np.float32), delta)
    return project(origin + delta, origin, norm, eps)
