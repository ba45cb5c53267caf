"""Kernels whose channels hold few levels: ternary ones, and ones that fit 4 bits.

Frozen models hold an integer t as the int8 weight 4 * t, or 2**k * 4 * t where a channel's step is
finer; so levels are found up to a factor of each channel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinyrob.network.bounds import Int64, rows
from tinyrob.network.layers import Conv, Dense

LARGEST_FACTOR = 127
OFFSET = {2: 1, 4: 8}
"""By bits: what is added to a level so that it has no sign."""


@dataclass(frozen=True, eq=False)
class Levels:
    """Weights (channel, tap) as ``factor`` (channel,) times ``level``: with ``bits`` 2 in
    [-1, 1], with 4 in [-8, 7]."""

    bits: int
    factor: Int64
    level: Int64


def find_levels(spec: Conv | Dense) -> Levels | None:
    """The fewest bits that hold every channel's weights; None where 4 do not."""
    weights = rows(spec)
    factor = np.maximum(np.gcd.reduce(weights, axis=1), 1)
    level = weights // factor[:, None]
    if factor.max() > LARGEST_FACTOR or level.min() < -8 or level.max() > 7:
        return None
    bits = 2 if level.min() >= -1 and level.max() <= 1 else 4
    return Levels(bits, factor, level)
