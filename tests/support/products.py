"""Strategies for transposed convolutions, products of activations, and quotients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from tinyrob.ir import graph as ir

if TYPE_CHECKING:
    from support.graphs import Builder


def transpose_conv(b: Builder, source: int) -> int:
    from support.graphs import ACTIVATIONS, kernel_of

    _, height, width, _ = b.tensors[source].shape
    padding, made, window, stride = b.choice(("SAME", "VALID")), [], [], []
    for size in (height, width):
        taps, step = b.integer(1, 5), b.integer(1, 3)
        # Every size from which the convolution of these taps and steps makes `size`.
        if padding == "SAME":
            most = size * step
            made.append(b.integer((size - 1) * step + 1, most))
        else:
            made.append((size - 1) * step + taps + b.integer(0, step - 1))
        window.append(taps)
        stride.append(step)
    channels = b.integer(1, 9)
    data = b.weights((channels, *window, b.tensors[source].shape[3]))
    per_channel = b.integer(0, 1) == 1
    kernel, bias, grid = kernel_of(b, source, data, 0, per_channel=per_channel, narrow="int16")
    shape = (1, *made, channels)
    operands = (b.ints(shape), kernel, source, *((bias,) if bias >= 0 else ()))
    attributes = ir.TransposeConv((stride[0], stride[1]), padding, b.choice(ACTIVATIONS))
    return b.apply(attributes, operands, shape, grid)


def batch_matmul(b: Builder, source: int) -> int:
    """With itself, adjoint, or with a constant, on either side."""
    shape, random = b.tensors[source].shape, b.random
    adjoint_a, adjoint_b = b.integer(0, 1) == 1, b.integer(0, 1) == 1
    rows, depth = shape[-2:][:: -1 if adjoint_a else 1]
    if b.integer(0, 1):
        adjoint_b, other, columns = not adjoint_a, source, rows
    else:
        columns = b.integer(1, 5)
        last = (columns, depth) if adjoint_b else (depth, columns)
        front = b.choice((shape[:-2], (), (1,) * (len(shape) - 2)))
        data = random.integers(b.low, b.high + 1, (*front, *last))
        other = b.tensor((), b.grid(2.0**-6), b.dtype, data)
    about = math.prod(b.tensors[i].quantization.scale for i in (source, other))
    made = (*shape[:-2], rows, columns)
    grid = b.grid(b.typical * math.sqrt(depth) * about)
    pair, flags = (source, other), (adjoint_a, adjoint_b)
    if b.integer(0, 1):  # (A B)^T = B^T A^T
        pair, flags = pair[::-1], (not adjoint_b, not adjoint_a)
        made = (*shape[:-2], columns, rows)
    return b.apply(ir.BatchMatmul(*flags), pair, made, grid)


def l2_normalization(b: Builder, source: int) -> int:
    grid = ir.Quantization((1 / 128,), (0,))
    return b.apply(ir.L2Normalization(), (source,), b.tensors[source].shape, grid)


def log_softmax(b: Builder, source: int) -> int:
    grid = ir.Quantization((1 / 16,), (127,))
    return b.apply(ir.LogSoftmax(), (source,), b.tensors[source].shape, grid)


def div(b: Builder, source: int) -> int:
    """By a constant, or by what the source is on another grid: some of it 0."""
    from support.graphs import ACTIVATIONS

    tensor = b.tensors[source]
    grid = b.grid(2.0**-6)
    if b.integer(0, 1):
        shape = b.choice((tensor.shape, tensor.shape[-1:], ()))
        other = b.tensor((), grid, data=b.random.integers(-128, 128, shape))
    else:
        other = b.apply(ir.Quantize(), (source,), tensor.shape, grid)
    # TFLite Micro's shifts are defined for scales whose ratio has 7 bits and more.
    steps = tensor.quantization.scale / b.tensors[other].quantization.scale
    output = ir.Quantization((b.scale(steps / 1024),), (b.integer(-128, 127),))
    return b.apply(ir.Div(b.choice(ACTIVATIONS)), (source, other), tensor.shape, output)


PRODUCTS: dict[str, Callable[[Builder, int], int]] = {
    "TRANSPOSE_CONV": transpose_conv,
    "BATCH_MATMUL": batch_matmul,
    "L2_NORMALIZATION": l2_normalization,
    "LOG_SOFTMAX": log_softmax,
    "DIV": div,
}


def takes_product(kind: str, shape: tuple[int, ...]) -> bool:
    """Whether TFLite Micro's operator takes a tensor of this shape."""
    if kind == "TRANSPOSE_CONV":
        return len(shape) == 4
    if kind == "BATCH_MATMUL":
        return 2 <= len(shape) <= 5
    if kind in ("L2_NORMALIZATION", "LOG_SOFTMAX"):
        return 1 <= len(shape) <= 4
    return len(shape) <= 4
