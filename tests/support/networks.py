"""Small networks by hand, for tests of what works on layers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyrob.ir import graph as ir
from tinyrob.network import layers as net

Maker = Callable[[int, int], net.Layer]
SHAPE = (1, 4, 4, 2)
ELEMENTS = 32


def conv(*, name: str = "conv", padded: bool = False, size: int = 4) -> Maker:
    """1x1, or 3x3 with one row and column of padding; two channels, zero point 3."""

    def make(source: int, output: int) -> net.Layer:
        k = 3 if padded else 1
        window = net.Window(size, size, size, size, k, k, 1, 1, 1, 1, k // 2, k // 2)
        weights = (np.arange(2 * k * k * 2, dtype=np.int8) - 3).reshape(2, k, k, 2)
        spec = net.Conv(
            1, 2, weights, np.array([5, -5], np.int32),
            np.array([2**30, 2**30], np.int32), np.array([-2, -3], np.int32), 3, 1, window,
        )  # fmt: skip
        shape = (1, size, size, 2)
        return net.Layer(name, "CONV_2D", spec, (source,), output, (shape, shape))

    return make


def joined(count: int) -> ir.Graph:
    """``count`` tensors (1, 2, 3) joined along the last axis: the input and its ReLU in turn."""
    grid = ir.Quantization((0.125,), (3,))
    tensors = (
        ir.Tensor("x", (1, 2, 3), "int8", grid), ir.Tensor("relu", (1, 2, 3), "int8", grid),
        ir.Tensor("y", (1, 2, 3 * count), "int8", grid),
    )  # fmt: skip
    operands = tuple(i % 2 for i in range(count))
    ops = (ir.Op(ir.Relu(), (0,), (1,)), ir.Op(ir.Concatenation(2), operands, (2,)))
    return ir.Graph(tensors, ops, (0,), (2,), "joined")


def clamp(lo: int, hi: int, *, reads: int | None = None) -> Maker:
    """A bare clamp of the previous value, or of value ``reads``."""

    def make(source: int, output: int) -> net.Layer:
        spec = net.Requantize(ELEMENTS, 1, 1, net.IDENTITY)
        inputs = (source if reads is None else reads,)
        return net.Layer(
            f"clamp{output}", "MINIMUM", spec, inputs, output, (SHAPE, SHAPE), (lo, hi)
        )

    return make


def network(*makers: Maker) -> net.Network:
    """Value 0 is the input, layer i makes value i + 1 from value i."""
    layers = tuple(make(i, i + 1) for i, make in enumerate(makers))
    values = tuple(net.Value(f"v{i}", ELEMENTS) for i in range(len(layers) + 1))
    return net.Network("by hand", values, layers, (0,), (len(layers),))
