"""Transposed convolutions and products of two activations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.geometry import transposed
from tinyrob.ir.graph import BatchMatmul, TransposeConv
from tinyrob.ir.interp.common import Array, Call, grid, together
from tinyrob.ir.interp.matmul import finish
from tinyrob.ir.qmath import matmul_factor, multiply_by_quantized_multiplier, multiply_wide


def run_transpose_conv(call: Call) -> Array:
    """TRANSPOSE_CONV: every tap's products, added where they belong."""
    attributes = call.attributes(TransposeConv)
    kernel = call.constant(1)
    assert kernel is not None
    outputs, height, width, _ = kernel.shape
    made = call.output.shape[1:3]
    rows, columns = transposed(attributes, (height, width), made)
    centred = call.centred(2).astype(np.float64)
    centred = centred.reshape(-1, *centred.shape[2:])
    spans = [(s.inputs - 1) * s.stride for s in (rows, columns)]
    sums = np.zeros((len(centred), spans[0] + height, spans[1] + width, outputs), np.float64)
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
    finished = finish(call, inside, attributes.activation, source=2, bias=3)
    return finished.reshape(-1, *call.output.shape)


def _inside(
    sums: NDArray[np.float64], before: tuple[int, int], made: tuple[int, ...]
) -> NDArray[np.float64]:
    """What of the sums is output: zeros where none reach it."""
    whole = np.zeros((len(sums), *made, sums.shape[-1]), np.float64)
    part = sums[:, before[0] : before[0] + made[0], before[1] : before[1] + made[1]]
    whole[:, : part.shape[1], : part.shape[2]] = part
    return whole


def run_batch_matmul(call: Call) -> Array:
    """BATCH_MATMUL."""
    attributes = call.attributes(BatchMatmul)
    adjoint = (attributes.adjoint_a, attributes.adjoint_b)
    a, b = (
        np.swapaxes(x, -1, -2) if turned else x
        for x, turned in zip(together(call.centred(0), call.centred(1)), adjoint, strict=True)
    )
    # Exact: products of 16 and 16 bits at most, and fewer than 2**17 of them.
    sums = (a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)
    factor = matmul_factor(call.grid(0).scale, call.grid(1).scale, grid(call.output).scale)
    multiply = multiply_wide if call.wide else multiply_by_quantized_multiplier
    return call.clamped(multiply(sums, factor.multiplier, factor.shift))
