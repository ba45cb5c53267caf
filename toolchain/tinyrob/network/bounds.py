"""What a layer's accumulators can reach: proved from its constants, for any int8 input.

Fast kernels rely on ranges (an accumulator of 24 bits, a multiplier below one); the kernel table
asks here whether a layer keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.network.layers import Depthwise, Weighted

Int64 = NDArray[np.int64]


def rows(spec: Weighted) -> Int64:
    """The weights as (output channel, tap), taps in the layer's own order."""
    if isinstance(spec, Depthwise):
        return spec.weights.reshape(-1, spec.weights.shape[-1]).T.astype(np.int64)
    return spec.weights.reshape(spec.weights.shape[0], -1).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Accumulators:
    """The least and the greatest value of sum(w * (x - z)) + bias, for each output channel."""

    least: Int64
    greatest: Int64

    @property
    def magnitude(self) -> Int64:
        """The larger of the two without their signs."""
        return np.maximum(np.abs(self.least), np.abs(self.greatest))


def accumulators(spec: Weighted) -> Accumulators:
    """For inputs anywhere in [-128, 127]; padding holds the zero point, which is among them."""
    weights = rows(spec)
    positive = np.maximum(weights, 0).sum(axis=1)
    negative = np.minimum(weights, 0).sum(axis=1)
    low, high = -128 - spec.input_zero_point, 127 - spec.input_zero_point
    bias = spec.bias.astype(np.int64)
    return Accumulators(
        positive * low + negative * high + bias, positive * high + negative * low + bias
    )


@dataclass(frozen=True, eq=False)
class Rescaling:
    """Factors m * 2**(-e - 31) for each output channel, with m in [2**30, 2**31) or 0."""

    multiplier: Int64
    exponent: Int64


def rescaling(spec: Weighted) -> Rescaling:
    """A layer's factors; those that turn every accumulator the layer has into 0 become 0 * 1/2.

    Channels whose weights are next to nothing have tiny factors, which would keep a layer from
    kernels with a bounded shift.
    """
    channels = spec.weights.shape[-1] if isinstance(spec, Depthwise) else spec.weights.shape[0]
    multiplier = np.broadcast_to(spec.multiplier, channels).astype(np.int64)
    exponent = -np.broadcast_to(spec.shift, channels).astype(np.int64)
    # |A| m < 2^(e + 30) rounds to 0 or, by the first rounding, to less than half a step.
    reach = accumulators(spec).magnitude.astype(object) * multiplier.astype(object)
    limit = np.array([1 << max(int(e) + 29, 0) for e in exponent], dtype=object)
    dead = (multiplier == 0) | ((exponent >= 1) & (reach < limit))
    return Rescaling(np.where(dead, 0, multiplier), np.where(dead, 1, exponent))
