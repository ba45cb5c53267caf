"""Layers of every shape that converters make, with weights as training leaves them.

Weights are Laplacian, scaled so that outputs spread over int8; one channel in ten is dead: zero
weights, a bias far outside 24 bits, a scale of next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir import graph as ir
from tinyrob.ir.geometry import output_size

_DEAD = 0.1
_STEP = 0.0625
_TINY = float(np.float32(1e-9))


@dataclass(frozen=True)
class Shape:
    """One layer. ``out`` is the output's channels, or a depthwise layer's multiplier."""

    kind: str
    size: tuple[int, int]
    channels: int
    out: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    dilation: int = 1
    padding: ir.Padding = "SAME"

    def __str__(self) -> str:
        if self.kind.startswith("dense"):
            return f"{self.channels} to {self.out}"
        image = "x".join(str(n) for n in (*self.size, self.channels))
        extra = f" stride {self.stride}" * (self.stride > 1)
        extra += f" dilation {self.dilation}" * (self.dilation > 1)
        times = f" x{self.out}" if self.kind.startswith("depthwise") else f" to {self.out}"
        return f"{image}{times}, {self.kernel[0]}x{self.kernel[1]}{extra} {self.padding}"

    @property
    def made(self) -> tuple[int, ...]:
        """The output's shape."""
        if self.kind.startswith("dense"):
            return (1, self.out)
        height, width = (
            output_size(n, k, self.stride, self.dilation, self.padding)
            for n, k in zip(self.size, self.kernel, strict=True)
        )
        channels = self.out * (self.channels if self.kind.startswith("depthwise") else 1)
        return (1, height, width, channels)

    @property
    def macs(self) -> int:
        """As MLPerf counts: padding in full."""
        taps = self.kernel[0] * self.kernel[1]
        inputs = 1 if self.kind.startswith("depthwise") else self.channels
        return int(np.prod(self.made)) * taps * inputs


def graph(shape: Shape, seed: int) -> ir.Graph:
    """The layer as a network of its own."""
    random = np.random.default_rng(seed)
    dense = shape.kind.startswith("dense")
    depthwise = shape.kind.startswith("depthwise")
    made, taps = shape.made[-1], shape.kernel[0] * shape.kernel[1]
    kernel: tuple[int, ...]
    source: tuple[int, ...]
    if dense:
        kernel, axis, source = (made, shape.channels), 0, (1, shape.channels)
    elif depthwise:
        kernel, axis, source = (1, *shape.kernel, made), 3, (1, *shape.size, shape.channels)
    else:
        kernel = (made, *shape.kernel, shape.channels)
        axis, source = 0, (1, *shape.size, shape.channels)
    inputs = taps * (1 if depthwise else shape.channels)
    weights = np.clip(np.rint(random.laplace(0, 25, kernel)), -127, 127).astype(np.int8)
    dead = (random.random(made) < _DEAD) & (np.arange(made) > 0)
    np.moveaxis(weights, axis, 0)[dead] = 0
    x = ir.Quantization((_STEP,), (int(random.integers(-128, 128)),))
    y = ir.Quantization((_STEP,), (int(random.choice([-128, int(random.integers(-60, 60))])),))
    scale = 40 / (60 * 35 * np.sqrt(inputs))
    scales = tuple(
        _TINY if gone else float(np.float32(s))
        for gone, s in zip(dead, scale * random.uniform(0.5, 1.5, made), strict=True)
    )
    bias = np.rint(random.normal(0, 500, made)).astype(np.int32)
    bias[dead] = random.integers(2**26, 2**28, int(dead.sum()))
    if dense:  # one scale for all, and no dead channels
        scales, axis, bias = scales[:1], 0, np.where(dead, 0, bias).astype(np.int32)
    zeros = (0,) * len(scales)
    steps = tuple(float(np.float32(_STEP * s)) for s in scales)
    tensors = (
        ir.Tensor("x", source, "int8", x),
        _constant("w", weights, ir.Quantization(scales, zeros, axis)),
        _constant("b", bias, ir.Quantization(steps, zeros)),
        ir.Tensor("y", shape.made, "int8", y),
    )
    return ir.Graph(tensors, (ir.Op(_attributes(shape), (0, 1, 2), (3,)),), (0,), (3,), "shape")


def _constant(name: str, data: NDArray[np.generic], grid: ir.Quantization) -> ir.Tensor:
    data.setflags(write=False)
    dtype: ir.DType = "int8" if data.dtype == np.int8 else "int32"
    return ir.Tensor(name, data.shape, dtype, grid, data)


def _attributes(shape: Shape) -> ir.Attributes:
    stride, dilation = (shape.stride,) * 2, (shape.dilation,) * 2
    if shape.kind.startswith("dense"):
        return ir.FullyConnected()
    if shape.kind.startswith("depthwise"):
        return ir.DepthwiseConv2D(stride, shape.padding, shape.out, dilation, ir.Activation.RELU)
    return ir.Conv2D(stride, shape.padding, dilation, ir.Activation.RELU)


KINDS = (
    "conv", "conv, 1 to 3 inputs", "pointwise", "depthwise 3x3", "depthwise", "dense",
    "dense, below 64 inputs",
)  # fmt: skip
_LEAST, _MOST = 5_000, 400_000


def shapes(count: int, seed: int = 0) -> list[Shape]:
    """So many shapes of each kind, each drawn anew until it has 5,000 to 400,000 MACs."""
    random = np.random.default_rng(seed)
    found: list[Shape] = []
    for kind in KINDS:
        mine: list[Shape] = []
        while len(mine) < count:
            shape = _drawn(kind, random)
            fits = min(shape.made) > 0 and _LEAST <= shape.macs <= _MOST
            if fits and shape.made[-1] >= 4 and shape not in mine:
                mine.append(shape)
        found += mine
    return found


def _drawn(kind: str, random: np.random.Generator) -> Shape:
    def one(low: int, high: int) -> int:
        return int(np.exp(random.uniform(np.log(low), np.log(high + 1))))

    if kind == "dense":
        return Shape(kind, (1, 1), one(64, 4000), one(4, 256))
    if kind == "dense, below 64 inputs":
        return Shape(kind, (1, 1), one(8, 63), one(4, 512))
    size = (one(1, 64), one(1, 64))
    match int(random.integers(6)):
        case 0:
            size = (size[0], 1)
        case 1:
            size = (1, size[1])
    padding: ir.Padding = "SAME" if random.integers(2) else "VALID"
    stride = int(random.choice([1, 1, 1, 2, 2, 3, 4]))
    if kind == "pointwise":
        return Shape(kind, size, one(4, 256), one(4, 256), (1, 1), int(random.choice([1, 1, 2])))
    if kind == "depthwise 3x3":
        return Shape(kind, size, one(2, 256), 1, (3, 3), min(stride, 2), 1, padding)
    kernel = (one(1, 15), one(1, 15)) if random.integers(2) else (3, 3)
    kernel = (min(kernel[0], size[0]), min(kernel[1], size[1]))
    if kernel == (1, 1):
        kernel = (1, min(3, size[1]))
    dilation = 2 if stride == 1 and random.integers(6) == 0 else 1
    if kind == "depthwise":
        kernel = (5, 5) if kernel == (3, 3) else kernel
        multiplier = int(random.choice([1, 1, 1, 2, 4]))
        return Shape(kind, size, one(2, 128), multiplier, kernel, stride, dilation, padding)
    inputs = one(1, 3) if kind != "conv" else one(4, 128)
    return Shape(kind, size, inputs, one(4, 128), kernel, stride, dilation, padding)
