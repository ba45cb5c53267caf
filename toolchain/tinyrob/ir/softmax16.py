"""Softmax of int16, as TFLite Micro computes it from two tables that it interpolates."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.qmath import Factor, multiply_by_quantized_multiplier, quantize_multiplier

Int64Array = NDArray[np.int64]
STEPS = 512
_RANGE = 65535
_F = np.float32


def softmax_factor16(input_scale: float, beta: float) -> Factor:
    """Brings differences to steps of 10 / 65535, in which the exponential is tabulated."""
    return Factor(*quantize_multiplier(input_scale * float(_F(beta)) / (10.0 / 65535.0)))


@functools.cache
def exponentials() -> Int64Array:
    """(513,): exp from -10 to 0, times 2**15."""
    return _tabulated(_F(10) / _F(_RANGE), 32767, math.exp)


@functools.cache
def reciprocals() -> Int64Array:
    """(513,): 1 / (1 + x) from 0 to 1, times 2**15."""
    return _tabulated(_F(1) / _F(_RANGE), -32768, lambda x: float(_F(1) / (_F(1) + _F(x))))


def _tabulated(scale: np.float32, zero: int, function: Callable[[float], float]) -> Int64Array:
    """TFLite's table of 512 steps and an end, in float32: each entry is moved by half of what the
    interpolation is off between it and the next."""
    low, high = scale * _F(-32768 - zero), scale * _F(32767 - zero)
    step = (high - low) / _F(STEPS)
    unit = _F(2) / _F(_RANGE)
    inverse = _F(_RANGE + 1) / (unit * _F(32767) - unit * _F(-32768))

    def at(x: np.float32) -> np.float32:
        return _F(function(float(x))) * inverse

    made = []
    for i in range(STEPS):
        here = low + _F(i) * step
        sample = _round(at(here))
        between = _round((at(low + _F(i + 1) * step) + sample) / _F(2))
        error = between - _round(at(here + step / _F(2)))
        made.append(sample - _round(error / _F(2)))
    made.append(_round(at(high)))
    return np.clip(np.array(made, np.float64), -32768, 32767).astype(np.int64)


def _round(x: np.float32) -> np.float32:
    """Halves away from zero."""
    return _F(math.copysign(math.floor(abs(float(x)) + 0.5), float(x)))


def looked_up(x: Int64Array, table: Int64Array) -> Int64Array:
    """A table at int16 numbers: 9 bits say which entry, 7 where between it and the next."""
    index, rest = 256 + (x >> 7), x & 127
    base = table[index]
    made: Int64Array = base + (((table[index + 1] - base) * rest + 64) >> 7)
    return made


def softmax16(logits: NDArray[np.int16], factor: Factor) -> NDArray[np.int16]:
    """Softmax along the last axis, to scale 2**-15."""
    x = logits.astype(np.int64)
    differences = x - x.max(axis=-1, keepdims=True)
    scaled = multiply_by_quantized_multiplier(differences, factor.multiplier, factor.shift)
    place = np.clip(scaled.astype(np.int64) + 32767, -32768, 32767)
    exps = looked_up(place, exponentials())
    sums = exps.sum(axis=-1, keepdims=True)
    headroom = 32 - np.frexp(sums.astype(np.float64))[1].astype(np.int64)
    mantissa = ((sums << (headroom - 1)) + (1 << 13)) >> 14
    place = np.clip(mantissa - (2**15 + 2**16), -32768, 32767)
    shift = 31 - headroom
    made = (exps * looked_up(place, reciprocals()) + (np.int64(1) << (shift - 1))) >> shift
    probabilities: NDArray[np.int16] = np.clip(made, 0, 32767).astype(np.int16)
    return probabilities
