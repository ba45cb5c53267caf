"""Small frozen networks with random weights, made by hand: nothing is trained here."""

from __future__ import annotations

import numpy as np

from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Grid

PIXELS = Grid(-7, -128, 127)
RELU = Grid(-5, 0, 255)
LOGITS = Grid(-5, -128, 127)


class Maker:
    """Adds layers with random kernels; each returns its name."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[fr.Node] = []
        self.channels: dict[str, int] = {}

    def _kernel(self, shape: tuple[int, ...], bits: int) -> np.ndarray:
        if bits == 2:
            return self.rng.choice([-1, 0, 1], shape, p=[0.3, 0.4, 0.3]).astype(np.int8)
        top = 2 ** (bits - 1) - 1
        return self.rng.integers(-top, top + 1, shape).astype(np.int8)

    def grid(self, name: str) -> Grid:
        return next(node.grid for node in self.nodes if node.name == name)

    def _bias(self, source: str, log2: np.ndarray, grid: Grid) -> np.ndarray:
        units = self.grid(source).log2_step + log2
        span = np.maximum(1, 2.0 ** (-1 - units)).astype(np.int64)
        bias = 2 * self.rng.integers(-span, span + 1)
        return (bias + (units < grid.log2_step)).astype(np.int64)

    def add(self, node: fr.Node, channels: int) -> str:
        self.nodes.append(node)
        self.channels[node.name] = channels
        return node.name

    def input(self, shape: tuple[int, ...], grid: Grid = PIXELS) -> str:
        return self.add(fr.Input("in", (), grid, shape), shape[-1])

    def conv(self, name, source, filters, window=(3, 3), grid=RELU, bits=2, **options) -> str:
        """A convolution; its channels are on two different steps."""
        kernel = self._kernel((*window, self.channels[source], filters), bits)
        log2 = -1 - self.rng.integers(0, 2, filters)
        bias = self._bias(source, log2, grid)
        node = fr.Conv2D(name, (source,), grid, kernel, log2, bias, **options)
        return self.add(node, filters)

    def depthwise(self, name, source, window=(3, 3), grid=RELU, bits=2, multiplier=1, **options):
        channels = self.channels[source]
        kernel = self._kernel((*window, channels, multiplier), bits)
        log2 = -2 - self.rng.integers(0, 2, channels * multiplier)
        bias = self._bias(source, log2, grid)
        node = fr.DepthwiseConv2D(name, (source,), grid, kernel, log2, bias, **options)
        return self.add(node, channels * multiplier)

    def average(self, name, source, window) -> str:
        """Average pooling as freeze leaves it: a unit kernel."""
        channels = self.channels[source]
        kernel = np.ones((*window, channels, 1), np.int8)
        log2 = np.full(channels, -int(np.log2(np.prod(window))))
        grid = self.grid(source)
        bias = np.ones(channels, np.int64)
        node = fr.DepthwiseConv2D(
            name, (source,), grid, kernel, log2, bias, strides=window, padding="valid"
        )
        return self.add(node, channels)

    def flatten(self, name, source, count) -> str:
        return self.add(fr.Reshape(name, (source,), self.grid(source), (count,)), count)

    def dense(self, name, source, units, grid=LOGITS, bits=4) -> str:
        kernel = self._kernel((self.channels[source], units), bits)
        log2 = np.full(units, -4)
        node = fr.Dense(name, (source,), grid, kernel, log2, self._bias(source, log2, grid))
        return self.add(node, units)

    def model(self, name: str) -> FrozenModel:
        return FrozenModel(name, tuple(self.nodes))


def plain(size: int = 6, filters: int = 4) -> FrozenModel:
    """Two convolutions and a dense layer, as the digits network has."""
    m = Maker()
    x = m.input((size, size, 1))
    x = m.conv("conv1", x, filters)
    x = m.conv("conv2", x, filters, strides=(2, 2))
    half = -(-size // 2)
    x = m.flatten("flat", x, half * half * filters)
    m.dense("logits", x, 5)
    return m.model("plain-net")


def mixed(size: int = 7) -> FrozenModel:
    """Every kind of layer once: residual add, depthwise, pools, concatenation, padding, clamp."""
    m = Maker(1)
    signed = Grid(-4, -128, 127)
    x = m.input((size, size, 2))
    x = m.conv("stem", x, 4)
    y = m.conv("branch", x, 4, grid=RELU, bits=3)
    total = Grid(-5, 0, 255)
    s = m.add(fr.Add("sum", (x, y), total), 4)
    d = m.depthwise("dw", s, grid=Grid(-4, 0, 15), strides=(2, 2))
    p = m.add(fr.MaxPool2D("pool", (s,), total, (2, 2), (2, 2), "same"), 4)
    q = m.conv("point", p, 4, (1, 1), Grid(-4, 0, 15))
    c = m.add(fr.Concatenate("join", (d, q), Grid(-4, 0, 15)), 8)
    z = m.add(fr.ZeroPad2D("border", (c,), Grid(-4, 0, 15), ((1, 0), (0, 1))), 8)
    w = m.conv("wide", z, 6, (2, 2), signed, padding="valid", dilation=(1, 2))
    k = m.add(fr.Clamp("narrow", (w,), Grid(-4, 0, 31)), 6)
    pool = m.add(fr.MaxPool2D("down", (k,), Grid(-4, 0, 31), (2, 1), (2, 1), "valid"), 6)
    a = m.average("mean", pool, (2, 1))
    f = m.flatten("flat", a, (-(-size // 2) - 1) * 6)
    m.dense("logits", f, 3)
    return m.model("mixed")


def residual(size: int = 32, width: int = 16) -> FrozenModel:
    """A CIFAR-10 sized ResNet-8: three stages, folded batch norm, average pooling."""
    m = Maker(2)
    x = m.conv("stem", m.input((size, size, 3)), width)
    for stage, filters in enumerate((width, 2 * width, 4 * width)):
        stride = (1, 1) if stage == 0 else (2, 2)
        y = m.conv(f"s{stage}a", x, filters, strides=stride)
        y = m.conv(f"s{stage}b", y, filters)
        if stage:
            x = m.conv(f"s{stage}p", x, filters, (1, 1), strides=stride)
        x = m.add(fr.Add(f"s{stage}", (x, y), RELU), filters)
    x = m.average("mean", x, (size // 4, size // 4))
    x = m.flatten("flat", x, 4 * width)
    m.dense("logits", x, 10)
    return m.model("residual")


def images(model: FrozenModel, count: int, seed: int = 0) -> np.ndarray:
    """Random int8 inputs over the whole range."""
    rng = np.random.default_rng(seed)
    return rng.integers(-128, 128, (count, *model.input.shape)).astype(np.int8)
