"""Networks of MLPerf's class with random weights: shapes that no kernel was tuned to.

What a network costs depends on its shapes, not on what it has learned. Weights come from a seed;
scales are such that activations spread over int8 as those of trained networks do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir import graph as ir
from tinyrob.ir.geometry import output_size

_RELU = ir.Quantization((float(np.float32(6 / 255)),), (-128,))
_LOGITS = ir.Quantization((0.125,), (3,))
_SPREAD = 2.5
"""Standard deviation of a layer's real output, where RELU6 ends at 6."""


class _Chain:
    """A graph under construction, one layer after the other."""

    def __init__(self, name: str, shape: tuple[int, ...], seed: int) -> None:
        self.name = name
        self.random = np.random.default_rng(seed)
        self.tensors = [ir.Tensor("input", (1, *shape), "int8", ir.Quantization((1 / 64,), (-4,)))]
        self.ops: list[ir.Op] = []
        self.last = 0

    @property
    def shape(self) -> tuple[int, ...]:
        return self.tensors[self.last].shape

    def _constant(self, name: str, data: NDArray[np.generic], grid: ir.Quantization | None) -> int:
        dtype: ir.DType = "int8" if data.dtype == np.int8 else "int32"
        data.setflags(write=False)
        self.tensors.append(ir.Tensor(name, data.shape, dtype, grid, data))
        return len(self.tensors) - 1

    def apply(
        self, name: str, attributes: ir.Attributes, inputs: list[int], shape: tuple[int, ...],
        grid: ir.Quantization,
    ) -> None:  # fmt: skip
        """Appends an operator that reads the last tensor, then ``inputs``."""
        self.tensors.append(ir.Tensor(name, shape, "int8", grid))
        output = len(self.tensors) - 1
        self.ops.append(ir.Op(attributes, (self.last, *inputs), (output,)))
        self.last = output

    def weights(
        self, name: str, shape: tuple[int, ...], axis: int, *, per_channel: bool = True
    ) -> list[int]:
        """Kernel and bias; the scale brings sums to ``_SPREAD``."""
        channels = shape[axis]
        taps = int(np.prod(shape)) // channels
        data = np.clip(np.rint(self.random.normal(0, 40, shape)), -127, 127).astype(np.int8)
        source = self.tensors[self.last].quantization
        assert source is not None
        scale = float(np.float32(_SPREAD / (source.scale * 64 * 40 * np.sqrt(taps))))
        count = channels if per_channel else 1
        grid = ir.Quantization((scale,) * count, (0,) * count, axis if per_channel else 0)
        bias_grid = ir.Quantization(
            (float(np.float32(scale * source.scale)),) * count, (0,) * count
        )
        bias = self.random.normal(0, 40 * 64 * np.sqrt(taps) / 4, channels)
        return [
            self._constant(f"{name}/kernel", data, grid),
            self._constant(f"{name}/bias", np.rint(bias).astype(np.int32), bias_grid),
        ]

    def conv(self, name: str, channels: int, kernel: tuple[int, int], stride: tuple[int, int]
    ) -> None:  # fmt: skip
        """SAME padding, RELU6."""
        _, height, width, depth = self.shape
        inputs = self.weights(name, (channels, *kernel, depth), 0)
        size = [output_size(n, k, s, 1, "SAME")
                for n, k, s in zip((height, width), kernel, stride, strict=True)]  # fmt: skip
        attributes = ir.Conv2D(stride, "SAME", activation=ir.Activation.RELU6)
        self.apply(name, attributes, inputs, (1, *size, channels), _RELU)

    def depthwise(self, name: str, stride: int) -> None:
        """3x3, SAME padding, RELU6."""
        _, height, width, depth = self.shape
        inputs = self.weights(name, (1, 3, 3, depth), 3)
        size = [output_size(n, 3, stride, 1, "SAME") for n in (height, width)]
        attributes = ir.DepthwiseConv2D((stride, stride), "SAME", activation=ir.Activation.RELU6)
        self.apply(name, attributes, inputs, (1, *size, depth), _RELU)

    def dense(self, name: str, channels: int, *, relu: bool) -> None:
        """From all values of the last tensor, which has two axes."""
        inputs = self.weights(name, (channels, self.shape[-1]), 0, per_channel=False)
        activation = ir.Activation.RELU6 if relu else ir.Activation.NONE
        self.apply(
            name, ir.FullyConnected(activation), inputs, (1, channels), _RELU if relu else _LOGITS
        )

    def average(self, name: str) -> None:
        """Over the whole image, and flat."""
        _, height, width, depth = self.shape
        pool = ir.AveragePool2D((height, width), (1, 1), "VALID")
        self.apply(name, pool, [], (1, 1, 1, depth), _RELU)
        self.apply(f"{name}/flat", ir.Reshape((1, depth)), [], (1, depth), _RELU)

    def graph(self) -> ir.Graph:
        """The finished network."""
        return ir.Graph(tuple(self.tensors), tuple(self.ops), (0,), (self.last,), self.name)


def mobilenet() -> ir.Graph:
    """MobileNet v1 of width 0.25 on 96x96 colour images, two classes: MLPerf Tiny's person
    detection (Howard et al. 2017; Banbury et al. 2021)."""
    chain = _Chain("mobilenet-v1-0.25-96", (96, 96, 3), seed=1)
    chain.conv("conv", 8, (3, 3), (2, 2))
    blocks = [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 2),
              (256, 1)]  # fmt: skip
    for i, (channels, stride) in enumerate(blocks, 1):
        chain.depthwise(f"block{i}/depthwise", stride)
        chain.conv(f"block{i}/pointwise", channels, (1, 1), (1, 1))
    chain.average("pool")
    chain.dense("logits", 2, relu=False)
    return chain.graph()


def autoencoder() -> ir.Graph:
    """Dense layers 640-128-128-128-128-8-128-128-128-128-640: MLPerf Tiny's anomaly detection."""
    chain = _Chain("autoencoder-640", (640,), seed=2)
    for i, channels in enumerate([128] * 4 + [8] + [128] * 4, 1):
        chain.dense(f"dense{i}", channels, relu=True)
    chain.dense("reconstruction", 640, relu=False)
    return chain.graph()


def conv1d() -> ir.Graph:
    """Five 1-D convolutions over 128 samples of 9 sensor channels, six classes, as networks for
    activity recognition are."""
    chain = _Chain("conv1d-128x9", (1, 128, 9), seed=3)
    for i, (channels, width, stride) in enumerate(
        [(32, 7, 1), (32, 5, 2), (64, 5, 2), (64, 3, 1), (96, 3, 2)], 1
    ):
        chain.conv(f"conv{i}", channels, (1, width), (1, stride))
    chain.average("pool")
    chain.dense("logits", 6, relu=False)
    return chain.graph()


NETWORKS: dict[str, Callable[[], ir.Graph]] = {
    "mobilenet-v1-0.25-96": mobilenet,
    "autoencoder-640": autoencoder,
    "conv1d-128x9": conv1d,
}
