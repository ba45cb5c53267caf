"""Small networks of int16 activations, and of several types behind each other."""

from __future__ import annotations

import numpy as np

from tinyrob.ir import graph as ir
from tinyrob.ir.geometry import output_size

EVERY = np.arange(-(2**15), 2**15).astype(np.int16)
"""All that an int16 can be."""
UNIT = 2.0**-15


def plain(scale: float) -> ir.Quantization:
    """Symmetric, of the nearest float32."""
    return ir.Quantization((float(np.float32(scale)),), (0,))


def unary(
    attributes: ir.Attributes,
    source: float,
    output: float,
    shape: tuple[int, ...] = (1, EVERY.size),
    *constants: ir.Tensor,
) -> ir.Graph:
    """One operator on int16."""
    tensors = (
        ir.Tensor("x", shape, "int16", plain(source)),
        ir.Tensor("y", shape, "int16", plain(output)),
        *constants,
    )
    inputs = (0, *range(2, len(tensors)))
    return ir.Graph(tensors, (ir.Op(attributes, inputs, (1,)),), (0,), (1,), "one")


def types(*dtypes: ir.DType) -> ir.Graph:
    """QUANTIZE from each type to the next one, each on a grid of its own."""
    grids = {
        "int8": ir.Quantization((0.5,), (-7,)),
        "int16": plain(0.00123),
        "int32": plain(2.0**-20),
    }
    steps = {"int8": 1.0, "int16": 1.7, "int32": 1.9}
    tensors = []
    for i, dtype in enumerate(dtypes):
        grid = grids[dtype]
        scale = float(np.float32(grid.scale * steps[dtype] ** i))
        tensors.append(
            ir.Tensor(f"t{i}", (1, 3, 40), dtype, ir.Quantization((scale,), grid.zero_points))
        )
    ops = [ir.Op(ir.Quantize(), (i,), (i + 1,)) for i in range(len(dtypes) - 1)]
    return ir.Graph(tuple(tensors), tuple(ops), (0,), (len(dtypes) - 1,), "types")


def spoken() -> ir.Graph:
    """A convolution, a leaky ramp, a transposed convolution, a dense layer and a softmax of 16x8,
    as streaming speech networks have them."""
    dice = np.random.default_rng(4)
    kernel = dice.integers(-127, 128, (5, 3, 2, 3)).astype(np.int8)
    back = dice.integers(-127, 128, (4, 2, 2, 5)).astype(np.int8)
    dense = dice.integers(-127, 128, (6, 168)).astype(np.int8)
    tensors = (
        ir.Tensor("sound", (1, 7, 4, 3), "int16", plain(2.0**-12)),
        ir.Tensor("conv/kernel", kernel.shape, "int8", plain(0.01), kernel),
        ir.Tensor(
            "conv/bias", (5,), "int64", plain(0.01 * 2.0**-12),
            np.array([2**40, -(2**33), 5, 0, -7], np.int64) // 2**20,
        ),
        ir.Tensor("conv", (1, 7, 2, 5), "int16", plain(0.0013)),
        ir.Tensor("leaky", (1, 7, 2, 5), "int16", plain(0.0011)),
        ir.Tensor("shape", (4,), "int32", None, np.array([1, 7, 4, 4], np.int32)),
        ir.Tensor("back/kernel", back.shape, "int8", plain(0.02), back),
        ir.Tensor("back", (1, 7, 4, 4), "int16", plain(0.0021)),
        ir.Tensor("both", (1, 7, 4, 7), "int16", plain(0.0021)),
        ir.Tensor("finer", (1, 7, 4, 3), "int16", plain(0.0021)),
        ir.Tensor("dense/kernel", dense.shape, "int8", plain(0.03), dense),
        ir.Tensor("flat", (1, 168), "int16", plain(0.0021)),
        ir.Tensor("logits", (1, 6), "int16", plain(0.004)),
        ir.Tensor("odds", (1, 6), "int16", plain(UNIT)),
        ir.Tensor("start", (4,), "int32", None, np.array([0, 0, 0, 1], np.int32)),
        ir.Tensor("size", (4,), "int32", None, np.array([1, 7, 4, 6], np.int32)),
        ir.Tensor("part", (1, 7, 4, 6), "int16", plain(0.0021)),
    )  # fmt: skip
    ops = (
        ir.Op(ir.Conv2D((1, 2), "SAME"), (0, 1, 2), (3,)),
        ir.Op(ir.LeakyRelu(float(np.float32(0.3))), (3,), (4,)),
        ir.Op(ir.TransposeConv((1, 2), "SAME"), (5, 6, 4), (7,)),
        ir.Op(ir.Quantize(), (0,), (9,)),
        ir.Op(ir.Concatenation(3), (7, 9), (8,)),
        ir.Op(ir.Slice(), (8, 14, 15), (16,)),
        ir.Op(ir.Reshape((1, 168)), (16,), (11,)),
        ir.Op(ir.FullyConnected(), (11, 10), (12,)),
        ir.Op(ir.Softmax(), (12,), (13,)),
    )
    for tensor in tensors:
        if tensor.data is not None:
            tensor.data.setflags(write=False)
    return ir.Graph(tensors, ops, (0,), (13,), "spoken")


def _weights(dice: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.clip(np.rint(dice.normal(0, 40, shape)), -127, 127).astype(np.int8)


def weighted(seed: int) -> ir.Graph:
    """A convolution, a depthwise one or a dense layer of 16x8, drawn: sums of 32 bits and of 64,
    small ones and some that need all 64."""
    dice = np.random.default_rng(seed)
    kind, wide = seed % 3, bool(dice.integers(4))
    channels = int(dice.choice([1, 3, 4, 8, 12, 40]))
    out_c = int(dice.integers(1, 14))
    kernel = (int(dice.integers(1, 5)), int(dice.integers(1, 5)))
    dilation = (int(dice.integers(1, 3)),) * 2
    size = [(k - 1) * dilation[0] + 1 + int(dice.integers(0, 5)) for k in kernel]
    padding: ir.Padding = "SAME" if dice.integers(2) else "VALID"
    made = [output_size(n, k, 1, dilation[0], padding) for n, k in zip(size, kernel, strict=True)]
    if kind == 0:
        shape, axis, taps = (out_c, *kernel, channels), 0, kernel[0] * kernel[1] * channels
        attributes: ir.Attributes = ir.Conv2D((1, 1), padding, dilation)
    elif kind == 1:
        depth = int(dice.choice([1, 1, 1, 2]))
        out_c = channels * depth
        shape, axis, taps = (1, *kernel, out_c), 3, kernel[0] * kernel[1]
        attributes = ir.DepthwiseConv2D((1, 1), padding, depth, dilation)
    else:
        channels = int(dice.choice([7, 64, 300, 1000]))
        shape, axis, taps = (out_c, channels), 0, channels
        attributes = ir.FullyConnected()
    source = (1, channels) if kind == 2 else (1, *size, channels)
    output = (1, out_c) if kind == 2 else (1, *made, out_c)
    weights = _weights(dice, shape)
    scales = tuple(float(np.float32(0.01 * s)) for s in dice.uniform(0.5, 1.5, out_c))
    scales = scales[:1] if kind == 2 else scales
    reach = 2**18 if dice.integers(3) or not wide else 2**34
    bias = dice.integers(-reach, reach, out_c).astype(np.int64 if wide else np.int32)
    steps = tuple(float(np.float32(2.0**-12 * s)) for s in scales)
    zeros = (0,) * len(scales)
    spread = max(40 * 19000 * taps**0.5, reach)
    for array in (weights, bias):
        array.setflags(write=False)
    tensors = (
        ir.Tensor("x", source, "int16", plain(2.0**-12)),
        ir.Tensor("w", shape, "int8", ir.Quantization(scales, zeros, axis), weights),
        ir.Tensor("b", bias.shape, "int64" if wide else "int32",
                  ir.Quantization(steps, zeros), bias),
        ir.Tensor("y", output, "int16", plain(2.0**-12 * 0.01 * spread / 9000)),
    )  # fmt: skip
    return ir.Graph(tensors, (ir.Op(attributes, (0, 1, 2), (3,)),), (0,), (3,), "weighted")


def grouped(seed: int) -> ir.Graph:
    """A convolution of 16x8 in two to four groups, drawn."""
    dice = np.random.default_rng(seed)
    groups, kernel = 2 + seed % 3, 3
    in_c, out_c = (groups * int(n) for n in dice.integers(3, 7, 2))
    weights = _weights(dice, (out_c, kernel, kernel, in_c // groups))
    bias = dice.integers(-(2**18), 2**18, out_c).astype(np.int64)
    for array in (weights, bias):
        array.setflags(write=False)
    scale, zeros = float(np.float32(0.01)), (0,) * out_c
    step = float(np.float32(2.0**-12 * scale))
    tensors = (
        ir.Tensor("x", (1, 2, 2, in_c), "int16", plain(2.0**-12)),
        ir.Tensor("w", weights.shape, "int8", ir.Quantization((scale,) * out_c, zeros, 0), weights),
        ir.Tensor("b", (out_c,), "int64", ir.Quantization((step,) * out_c, zeros), bias),
        ir.Tensor("y", (1, 2, 2, out_c), "int16", plain(0.01)),
    )
    op = ir.Op(ir.Conv2D((1, 1), "SAME"), (0, 1, 2), (3,))
    return ir.Graph(tensors, (op,), (0,), (3,), "grouped")


def transposed(seed: int) -> ir.Graph:
    """A transposed convolution of 16x8, drawn: each stride that kernels have phases for."""
    dice = np.random.default_rng(seed)
    stride = (1 + seed % 2, 1 + seed // 2 % 2)
    kernel = (int(dice.integers(2, 6)), int(dice.integers(2, 6)))
    size = (int(dice.integers(1, 6)), int(dice.integers(1, 6)))
    channels, out_c = (int(n) for n in dice.integers(1, 10, 2))
    padding: ir.Padding = "SAME" if dice.integers(2) else "VALID"
    slack = (
        (0, 0)
        if padding == "SAME"
        else (max(k - s, 0) for k, s in zip(kernel, stride, strict=True))
    )
    made = [n * s + more for n, s, more in zip(size, stride, slack, strict=True)]
    weights = _weights(dice, (out_c, *kernel, channels))
    scales = tuple(float(np.float32(0.01 * s)) for s in dice.uniform(0.5, 1.5, out_c))
    reach = int(dice.choice([2**18, 2**34]))
    bias = dice.integers(-reach, reach, out_c).astype(np.int64)
    shape = np.array([1, *made, out_c], np.int32)
    for array in (weights, bias, shape):
        array.setflags(write=False)
    zeros = (0,) * out_c
    steps = tuple(float(np.float32(2.0**-12 * s)) for s in scales)
    spread = max(40 * 19000 * (kernel[0] * kernel[1] * channels) ** 0.5, reach)
    tensors = (
        ir.Tensor("x", (1, *size, channels), "int16", plain(2.0**-12)),
        ir.Tensor("w", weights.shape, "int8", ir.Quantization(scales, zeros, 0), weights),
        ir.Tensor("b", bias.shape, "int64", ir.Quantization(steps, zeros), bias),
        ir.Tensor("shape", (4,), "int32", None, shape),
        ir.Tensor("y", tuple(shape.tolist()), "int16", plain(2.0**-12 * 0.01 * spread / 9000)),
    )
    op = ir.Op(ir.TransposeConv(stride, padding), (3, 1, 0, 2), (4,))
    return ir.Graph(tensors, (op,), (0,), (4,), "transposed")


def drawn() -> list[ir.Graph]:
    """What the kernels of each instruction set are tried on."""
    return [
        *(weighted(seed) for seed in range(36)),
        *(transposed(seed) for seed in range(12)),
        *(grouped(seed) for seed in range(6)),
    ]


def noise(graph: ir.Graph) -> np.ndarray:
    """Three inputs of a network of int16: extremes, then any values."""
    made = np.random.default_rng(0).integers(-(2**15), 2**15, (3, *graph.tensors[0].shape[1:]))
    made[0] = np.where(made[0] < 0, -(2**15), 2**15 - 1)
    return made.astype(np.int16)
