"""How loud what is said in a recording is, as signal-to-noise ratios are counted here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def level(samples: NDArray[np.float64], rate: int) -> float:
    """The root mean square of the loudest quarter of a second of ``samples`` (n,)."""
    long = max(1, min(len(samples), rate // 4))
    sums = np.cumsum(np.pad(samples**2, (1, 0)))
    return float(np.sqrt(max(0.0, float((sums[long:] - sums[:-long]).max())) / long))


def below(
    noise: NDArray[np.float64], samples: NDArray[np.float64], rate: int, decibels: float
) -> NDArray[np.float64]:
    """``noise`` (n,) as loud as makes its power so many ``decibels`` less than that of the loudest
    quarter of a second of ``samples``; zeros where either is silent."""
    power = float(np.sqrt(np.mean(noise**2)))
    if power == 0.0:
        return np.zeros_like(noise)
    return np.asarray(noise * (level(samples, rate) * 10.0 ** (-decibels / 20.0) / power))
