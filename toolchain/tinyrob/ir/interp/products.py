"""Transposed convolutions and products of two activations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.geometry import transposed
from tinyrob.ir.graph import BatchMatmul, TransposeConv
from tinyrob.ir.interp.common import Array, Call, Int8Array, grid
from tinyrob.ir.qmath import (
    INT8_MAX,
    INT8_MIN,
    clamp,
    matmul_factor,
    multiply_by_quantized_multiplier,
    multiply_wide,
    per_channel,
)
from tinyrob.ir.rules.matmul import matmul_factors
from tinyrob.ir.sums import wide_sums


def run_transpose_conv(call: Call) -> Array:
    """TRANSPOSE_CONV: every tap's products, added where they belong."""
    attributes = call.attributes(TransposeConv)
    kernel, bias = call.constant(1), call.constant(3)
    assert kernel is not None
    outputs, height, width, _ = kernel.shape
    made = call.output.shape[1:3]
    rows, columns = transposed(attributes, (height, width), made)
    value = call.value(2)
    value = value.reshape(-1, *value.shape[2:])
    centred = value.astype(np.float64) - call.grid(2).zero_point
    spans = [(s.inputs - 1) * s.stride for s in (rows, columns)]
    sums = np.zeros((len(value), spans[0] + height, spans[1] + width, outputs), np.float64)
    for y in range(height):
        for x in range(width):
            # Exact: products of 16 and 8 bits at most, and far fewer than 2**29 of them.
            part = centred @ kernel[:, y, x].T.astype(np.float64)
            down, across = (
                slice(first, first + span + 1, s.stride)
                for first, span, s in zip((y, x), spans, (rows, columns), strict=True)
            )
            sums[:, down, across] += part
    kind = np.int64 if call.wide else np.int32
    inside: Array = _inside(sums, (rows.before, columns.before), made).astype(kind)
    if bias is not None:
        inside = inside + bias.astype(kind)
    factors = matmul_factors(call.grid(2), call.grid(1), grid(call.output), channels=outputs)
    multiply: Callable[..., Array] = multiply_by_quantized_multiplier
    if wide_sums(call.op, call.graph.tensors):
        multiply = multiply_wide
    scaled = multiply(inside, *per_channel(factors))
    return call.clamped(scaled, attributes.activation).reshape(-1, *call.output.shape)


def _inside(
    sums: NDArray[np.float64], before: tuple[int, int], made: tuple[int, ...]
) -> NDArray[np.float64]:
    """What of the sums is output: zeros where none reach it."""
    whole = np.zeros((len(sums), *made, sums.shape[-1]), np.float64)
    part = sums[:, before[0] : before[0] + made[0], before[1] : before[1] + made[1]]
    whole[:, : part.shape[1], : part.shape[2]] = part
    return whole


def run_batch_matmul(call: Call) -> Int8Array:
    """BATCH_MATMUL."""
    attributes = call.attributes(BatchMatmul)
    operands = []
    rank = max(call.value(0).ndim, call.value(1).ndim)
    for position, adjoint in enumerate((attributes.adjoint_a, attributes.adjoint_b)):
        value = call.value(position)
        value = value.reshape(len(value), *(1,) * (rank - value.ndim), *value.shape[1:])
        centred = value.astype(np.float64) - call.grid(position).zero_point
        operands.append(np.swapaxes(centred, -1, -2) if adjoint else centred)
    sums = (operands[0] @ operands[1]).astype(np.int32)
    output = grid(call.output)
    factor = matmul_factor(call.grid(0).scale, call.grid(1).scale, output.scale)
    scaled = multiply_by_quantized_multiplier(sums, factor.multiplier, factor.shift)
    return clamp(scaled + output.zero_point, INT8_MIN, INT8_MAX)
