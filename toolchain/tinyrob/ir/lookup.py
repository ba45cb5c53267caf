"""Operators of one int8 value at a time: what TFLite Micro computes for each of the 256.

Whatever its arithmetic is (gemmlowp's fixed point, float32), it is done here once and for all: a
kernel looks the results up.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir import fixedpoint
from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Quantization
from tinyrob.ir.inverse_sqrt import inverse_sqrt
from tinyrob.ir.qmath import (
    INT32_MAX,
    Int32Array,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    round_half_away,
    rounding_divide_by_pot,
)

Int8Array = NDArray[np.int8]
Tabulate = Callable[[kinds.Attributes, Quantization, Quantization], Int8Array]
_EVERY = np.arange(-128, 128, dtype=np.int32)
_INTEGER_BITS = 4


def table_of(attributes: kinds.Attributes, source: Quantization, output: Quantization) -> Int8Array:
    """(256,): what ``attributes``' operator makes of -128, -127, ..., 127."""
    return _TABLES[type(attributes)](attributes, source, output)


def _int8(values: NDArray[np.generic]) -> Int8Array:
    clamped: Int8Array = np.clip(np.asarray(values).astype(np.int64), -128, 127).astype(np.int8)
    return clamped


def _scaled(x: Int32Array, real: float) -> Int32Array:
    return multiply_by_quantized_multiplier(x, *quantize_multiplier(real))


def _saturating(
    source: Quantization, function: Callable[[Int32Array, int], Int32Array], shift: int, zero: int
) -> Int8Array:
    """gemmlowp's ``function`` of the input as a number with 4 integer bits; flat beyond +-15. Where
    steps are of 8 and more that is everywhere, and 0 counts as below."""
    multiplier, left = quantize_multiplier(source.scale * 2.0 ** (31 - _INTEGER_BITS))
    radius = math.floor((2**_INTEGER_BITS - 1) * 2.0 ** (31 - _INTEGER_BITS) / 2.0**left)
    x = _EVERY - source.zero_point
    if not radius:
        return _int8(np.where(x <= 0, -128, 127))
    inside = np.abs(x) < radius
    fixed = multiply_by_quantized_multiplier(np.where(inside, x, 0), multiplier, left)
    made = rounding_divide_by_pot(function(fixed, _INTEGER_BITS), shift).astype(np.int64) + zero
    return _int8(np.where(inside, made, np.where(x < 0, -128, 127)))


def _logistic(a: kinds.Attributes, source: Quantization, output: Quantization) -> Int8Array:
    return _saturating(source, fixedpoint.logistic, 31 - 8, -128)


def _tanh(a: kinds.Attributes, source: Quantization, output: Quantization) -> Int8Array:
    return _saturating(source, fixedpoint.tanh, 31 - 7, 0)


def hard_swish_exponent(source: Quantization, output: Quantization) -> int:
    """The shift of its output's factor, which TFLite Micro wants to be 0 or less."""
    return quantize_multiplier(source.scale / 128 / output.scale)[1]


def _hard_swish(a: kinds.Attributes, source: Quantization, output: Quantization) -> Int8Array:
    """In 16 bits: x on a fine grid, times a ramp from 0 to 1."""
    hires, ramp_scale = source.scale / 128, 3 / 32768
    out_multiplier, out_exponent = quantize_multiplier(hires / output.scale)
    ramp_multiplier, exponent = quantize_multiplier(hires / ramp_scale)
    fine = ((_EVERY - source.zero_point) * 128).astype(np.int64)
    before_shift = _high_mul16(fine, _short(out_multiplier))
    ramp = fine
    if exponent > 0:
        ramp = _clip16(ramp << (exponent - 1))
    ramp = _high_mul16(ramp, _short(ramp_multiplier))
    if exponent > 0:
        ramp = _clip16(ramp << 1)
    elif exponent < 0:
        ramp = rounding_divide_by_pot(ramp, -exponent).astype(np.int64)
    ramp = (ramp + 2**15) >> 1
    # Towards zero, not to nearest: this cancels the bias of the products above.
    product = ramp * before_shift
    truncated = np.sign(product) * (np.abs(product) >> 15)
    return _int8(rounding_divide_by_pot(truncated, -out_exponent) + output.zero_point)


def _short(multiplier: int) -> int:
    """A 32-bit factor in 16 bits."""
    return 2**15 - 1 if multiplier >= INT32_MAX - 2**15 else (multiplier + 2**15) >> 16


def _clip16(x: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.clip(x, -(2**15), 2**15 - 1)


def _high_mul16(x: NDArray[np.int64], multiplier: int) -> NDArray[np.int64]:
    """x * multiplier / 2**15 to nearest, ties upwards."""
    return _clip16((x * multiplier + 2**14) >> 15)


def leaky_factors(
    a: kinds.LeakyRelu, source: Quantization, output: Quantization
) -> tuple[float, float]:
    """The factors of values from 0 on and of those below, in double."""
    return source.scale / output.scale, source.scale * float(np.float32(a.alpha)) / output.scale


def _leaky_relu(a: kinds.Attributes, source: Quantization, output: Quantization) -> Int8Array:
    assert isinstance(a, kinds.LeakyRelu)
    identity, alpha = leaky_factors(a, source, output)
    x = _EVERY - source.zero_point
    below = _scaled(np.minimum(x, 0), abs(alpha)).astype(np.int64) * (-1 if alpha < 0 else 1)
    above = _scaled(np.maximum(x, 0), identity).astype(np.int64)
    return _int8(np.where(x >= 0, above, below) + output.zero_point)


def _elu(a: kinds.Attributes, source: Quantization, output: Quantization) -> Int8Array:
    """In float32."""
    inverse = np.float32(1) / np.float32(output.scale)
    made = []
    for x in _EVERY - source.zero_point:
        real = np.float32(source.scale) * np.float32(x)
        if real < 0:
            real = np.float32(math.exp(float(real))) - np.float32(1)
        rounded = np.float32(round_half_away(float(real * inverse)))
        made.append(int(rounded + np.float32(output.zero_point)))
    return _int8(np.array(made))


def abs_factor(source: Quantization, output: Quantization) -> float:
    """The ratio of the scales in double."""
    return source.scale / output.scale


def _abs(a: kinds.Attributes, source: Quantization, output: Quantization) -> Int8Array:
    magnitude = np.abs(_EVERY - source.zero_point)
    if source.scale != output.scale:
        magnitude = _scaled(magnitude, abs_factor(source, output))
    return _int8(magnitude.astype(np.int64) + output.zero_point)


def rsqrt_factor(source: Quantization, output: Quantization) -> float:
    """1 / (sqrt(input scale) * output scale), in double."""
    return 1.0 / (math.sqrt(source.scale) * output.scale)


def _rsqrt(a: kinds.Attributes, source: Quantization, output: Quantization) -> Int8Array:
    """Fixed-point Newton and Raphson; 0 gives the largest value."""
    multiplier, shift = quantize_multiplier(rsqrt_factor(source, output))
    made = []
    for x in _EVERY - source.zero_point:
        if x <= 0:
            made.append(127)
            continue
        root, root_shift = inverse_sqrt(int(x))
        data = multiply_by_quantized_multiplier(1, root, root_shift + 20)
        scaled = multiply_by_quantized_multiplier(data, multiplier, shift - 20)
        made.append(int(scaled) + output.zero_point)
    return _int8(np.array(made))


_TABLES: dict[type[kinds.Attributes], Tabulate] = {
    kinds.Logistic: _logistic,
    kinds.Tanh: _tanh,
    kinds.HardSwish: _hard_swish,
    kinds.LeakyRelu: _leaky_relu,
    kinds.Elu: _elu,
    kinds.Abs: _abs,
    kinds.Rsqrt: _rsqrt,
}
LOOKUPS = frozenset(_TABLES)
