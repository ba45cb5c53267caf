"""The attack space: integer inputs, balls around them, and rounding that never leaves a ball.

Inputs are a network's own, int8, or where the attacker stands in front of what makes these (see
``fronts``): a recording's int16 samples, a camera's bytes. Their type says their range.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int8Array = NDArray[np.int8]
"""Inputs: int8 unless something lies in front of the network."""
FloatArray = NDArray[np.float32]

LOW, HIGH = -128, 127
"""What a network's own input may be."""


class Norm(str, Enum):
    """How the size of a perturbation is measured, in steps of the input; ``snr``: in decibels that
    the recording lies above it, so that a larger figure is a smaller perturbation."""

    LINF = "linf"
    L2 = "l2"
    SNR = "snr"


def radius(origin: NDArray[Any], norm: Norm, eps: float) -> NDArray[np.float32]:
    """The ball's size around each of ``origin`` (N, ...), in steps: (N,)."""
    if norm is not Norm.SNR:
        return np.full(len(origin), eps, np.float32)
    return np.asarray(length(origin, Norm.L2) * 10.0 ** (-eps / 20.0), np.float32)


def weaker(norm: Norm, one: float, other: float) -> bool:
    """Whether a ball of ``one`` lies in a ball of ``other``, or is the same."""
    return one >= other if norm is Norm.SNR else one <= other


def per_example(values: NDArray[Any], like: NDArray[Any]) -> NDArray[Any]:
    """``values`` (N,) shaped to broadcast against ``like`` (N, ...)."""
    return values.reshape((-1,) + (1,) * (like.ndim - 1))


def length(delta: NDArray[Any], norm: Norm) -> NDArray[np.float64]:
    """The norm of each perturbation: (N, ...) to (N,), in int8 steps."""
    flat = delta.reshape(len(delta), math.prod(delta.shape[1:])).astype(np.float64)
    if norm is Norm.LINF:
        return np.asarray(np.abs(flat).max(axis=1, initial=0.0))
    return np.asarray(np.sqrt((flat * flat).sum(axis=1)))


def distance(one: NDArray[Any], other: NDArray[Any], norm: Norm) -> NDArray[np.float64]:
    """How far inputs (N, ...) are apart, example by example, in int8 steps."""
    return length(one.astype(np.float64) - other, norm)


def project(point: NDArray[Any], origin: NDArray[Any], norm: Norm, eps: float) -> FloatArray:
    """Points (float, N, ...) moved into the eps-ball around ``origin`` and its type's range."""
    start, range_ = origin.astype(np.float32), np.iinfo(origin.dtype)
    delta = np.asarray(point, np.float32) - start
    if norm is Norm.LINF:
        delta = np.clip(delta, -eps, eps)
    else:
        size = length(delta, norm)
        most = radius(origin, norm, eps)
        shrink = np.minimum(1.0, most / np.maximum(size, 1e-12)).astype(np.float32)
        delta = delta * per_example(shrink, delta)
    return np.asarray(np.clip(start + delta, range_.min, range_.max), np.float32)


def to_grid(point: NDArray[Any], origin: Int8Array, norm: Norm, eps: float) -> Int8Array:
    """Inputs near ``point`` (float, N, ...), inside the eps-ball around ``origin``.

    Rounding to nearest can leave an L2 ball. Then fewer and fewer coordinates are rounded away
    from the origin, until the perturbation fits; rounding all of them towards it always does.
    """
    delta = project(point, origin, norm, eps) - origin.astype(np.float32)
    if norm is Norm.LINF:
        whole = np.clip(np.round(delta), -np.floor(eps), np.floor(eps))
    else:
        sign, size = np.sign(delta), np.abs(delta)
        most = radius(origin, norm, eps)
        whole = sign * np.floor(size)
        fits = np.zeros(len(delta), bool)
        for threshold in np.linspace(0.5, 0.95, 10):
            nearer = sign * np.floor(size + np.float32(1 - threshold))
            take = ~fits & (length(nearer, norm) <= most)
            whole[take] = nearer[take]
            fits |= take
            if fits.all():
                break
    range_ = np.iinfo(origin.dtype)
    return np.asarray(np.clip(origin + whole, range_.min, range_.max), origin.dtype)


def inside(point: Int8Array, origin: Int8Array, norm: Norm, eps: float) -> NDArray[np.bool_]:
    """Which inputs (N, ...) are within eps of ``origin``."""
    most = np.where(norm is Norm.SNR, radius(origin, norm, eps) * (1 + 1e-6), eps)
    return np.asarray(distance(point, origin, norm) <= most + 1e-9)


def random_start(
    origin: Int8Array, norm: Norm, eps: float, random: np.random.Generator
) -> FloatArray:
    """Uniform in the L-inf ball; in the L2 ball a uniform direction with a uniform radius."""
    if norm is Norm.LINF:
        delta = random.uniform(-eps, eps, origin.shape).astype(np.float32)
    else:
        delta = random.standard_normal(origin.shape).astype(np.float32)
        size = np.maximum(length(delta, norm), 1e-12)
        far = random.uniform(0, radius(origin, norm, eps))
        delta *= per_example((far / size).astype(np.float32), delta)
    return project(origin + delta, origin, norm, eps)
