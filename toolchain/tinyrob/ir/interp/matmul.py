"""Convolutions and dense layers as matrix products of floats.

BLAS multiplies floats far faster than NumPy multiplies integers, and a sum of integers is exact in
a float as long as no partial sum leaves the mantissa: 24 bits of a float32, 53 of a float64.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.geometry import Windows, framed, tap, ungrouped, windows
from tinyrob.ir.graph import Activation, Conv2D, DepthwiseConv2D, FullyConnected
from tinyrob.ir.interp.common import Array, Call, grid
from tinyrob.ir.qmath import multiply_by_quantized_multiplier, multiply_wide, per_channel
from tinyrob.ir.rules.matmul import matmul_factors
from tinyrob.ir.sums import wide_sums

_FLOAT32_EXACT = 2**24
# Elements of the unrolled input that are made at a time: stays within a processor's cache.
_CHUNK = 2**21


def run_convolution(call: Call) -> Array:
    """CONV_2D."""
    attributes = call.attributes(Conv2D)
    kernel = call.constant(1)
    assert kernel is not None
    kernel = ungrouped(kernel, call.tensor(0).shape[3])
    outputs, height, width, _ = kernel.shape
    place, padded = _padded(call, attributes, (height, width))
    matrix = np.moveaxis(kernel.reshape(outputs, -1), 0, 1)
    samples = padded.shape[0]
    kind = np.int16 if call.wide else np.int8
    result: Array = np.empty((samples, *place.outputs, outputs), kind)
    step = max(1, _CHUNK // (place.outputs[0] * place.outputs[1] * matrix.shape[0]))
    for start in range(0, samples, step):
        columns = _unrolled(padded[start : start + step], place)
        sums = _exact_product(columns.reshape(-1, matrix.shape[0]), matrix, call.wide)
        result[start : start + step] = finish(call, sums, attributes.activation).reshape(
            -1, *place.outputs, outputs
        )
    return result.reshape(-1, *call.output.shape)


def run_depthwise(call: Call) -> Array:
    """DEPTHWISE_CONV_2D: few multiplications an output, so one tap at a time in integers."""
    attributes = call.attributes(DepthwiseConv2D)
    kernel = call.constant(1)
    assert kernel is not None
    _, height, width, outputs = kernel.shape
    place, padded = _padded(call, attributes, (height, width))
    kind = np.int64 if call.wide else np.int32
    sums: Array = np.zeros((padded.shape[0], *place.outputs, outputs), kind)
    for row in range(height):
        for column in range(width):
            met = tap(padded, place, row, column)
            weights = kernel[0, row, column].astype(kind)
            sums += np.repeat(met, attributes.multiplier, axis=3) * weights
    return finish(call, sums, attributes.activation).reshape(-1, *call.output.shape)


def run_dense(call: Call) -> Array:
    """FULLY_CONNECTED."""
    attributes = call.attributes(FullyConnected)
    kernel = call.constant(1)
    assert kernel is not None
    value = call.value()
    rows = value.reshape(-1, kernel.shape[1]).astype(np.int16) - np.int16(call.grid(0).zero_point)
    sums = _exact_product(rows, kernel.T, call.wide)
    return finish(call, sums, attributes.activation).reshape(len(value), *call.output.shape)


def _padded(
    call: Call, attributes: Conv2D | DepthwiseConv2D, window: tuple[int, int]
) -> tuple[Windows, NDArray[np.int16]]:
    """The input without its zero point, with zeros around it wherever a window reaches out."""
    value = call.value()
    value = value.reshape(-1, *value.shape[2:])
    _, height, width, _ = value.shape
    place = windows(attributes, window, (height, width))
    centred = value.astype(np.int16) - np.int16(call.grid(0).zero_point)
    return place, framed(centred, place)


def _unrolled(padded: NDArray[np.int16], place: Windows) -> NDArray[np.int16]:
    """Each output's window as a row: (N, OH, OW, KH*KW*C)."""
    height, width = place.window
    taps = [tap(padded, place, row, column) for row in range(height) for column in range(width)]
    return np.concatenate(taps, axis=3)


def _exact_product(rows: NDArray[np.int16], matrix: NDArray[np.generic], wide: bool) -> Array:
    """``rows @ matrix`` of integers, exactly; ``wide``: int16 rows and 64-bit sums."""
    weights = np.abs(matrix.astype(np.int64)).sum(axis=0).max(initial=0)
    small = weights * (2**15 if wide else 255) <= _FLOAT32_EXACT
    kind = np.float32 if small else np.float64
    product: Array = (rows.astype(kind) @ matrix.astype(kind)).astype(
        np.int64 if wide else np.int32
    )
    return product


def finish(
    call: Call, sums: Array, activation: Activation, source: int = 0, bias: int = 2
) -> Array:
    """Bias, rescaling, zero point and clamp: accumulators (..., O) to the output's type.

    ``source`` and ``bias`` are which operands those are; the kernel is the second.
    """
    added, output = call.constant(bias), grid(call.output)
    if added is not None:
        sums = sums + added.astype(sums.dtype)
    factors = matmul_factors(call.grid(source), call.grid(1), output, channels=sums.shape[-1])
    wide = wide_sums(call.op, call.graph.tensors)
    multiply: Callable[..., Array] = multiply_wide if wide else multiply_by_quantized_multiplier
    return call.clamped(multiply(sums, *per_channel(factors)), activation)
