"""Hypothesis strategies for valid int8 graphs: shapes and quantizations are consistent.

``graphs()`` draws networks of one or more operators, ``inputs(graph, n)`` makes int8 inputs for
one. Weights come from a drawn seed, so that examples stay small. Half of the networks have
power-of-two scales, where ties are common and rounding shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

from support.islands import ISLANDS
from support.movers import MOVERS, takes
from support.places import PLACES
from support.products import PRODUCTS, takes_product
from tinyrob.ir import graph as ir
from tinyrob.ir.geometry import output_size

INT16: tuple[str, ...] = (
    "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "AVERAGE_POOL_2D",
    "MAX_POOL_2D", "RESHAPE", "PAD", "PADV2", "RELU", "RELU6", "QUANTIZE", "MINIMUM", "MAXIMUM",
    "CONCATENATION", "PACK", "EXPAND_DIMS", "SQUEEZE", "TRANSPOSE", "STRIDED_SLICE", "SLICE",
    "SPLIT", "SPLIT_V", "UNPACK", "RESIZE_NEAREST_NEIGHBOR", "LEAKY_RELU", "LOGISTIC", "TANH",
    "SOFTMAX", "TRANSPOSE_CONV", "BATCH_MATMUL", "MEAN", "SUM", "PRELU", "SQUARED_DIFFERENCE",
    "ABS", "SELECT_V2", "REVERSE_V2", "BROADCAST_TO",
)  # fmt: skip
"""Operators that take int16 activations too."""
STATEFUL = ("READ_VARIABLE", "ASSIGN_VARIABLE", "UNIDIRECTIONAL_SEQUENCE_LSTM", "SVDF")
"""Are drawn by ``support.recurrent``: they need sequences."""
KINDS: tuple[str, ...] = tuple(k.kind for k in ir.KINDS if k.kind not in STATEFUL)
ACTIVATIONS = tuple(ir.Activation)
Draw = Callable[[st.SearchStrategy], object]


def float32(value: float) -> float:
    """The nearest float32, as a Python float."""
    return float(np.float32(value))


class Builder:
    """A graph under construction; operators are appended to it."""

    def __init__(self, draw, *, pot: bool, seed: int, dtype: ir.DType = "int8") -> None:
        self.draw, self.pot, self.dtype = draw, pot, dtype
        self.low, self.high = ir.limits(dtype)
        self.typical = 64 if dtype == "int8" else 2**13
        self.step = 4 / self.typical
        self.random = np.random.default_rng(seed)
        self.tensors: list[ir.Tensor] = []
        self.ops: list[ir.Op] = []
        self.activations: list[int] = []

    def integer(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def choice(self, items: Sequence):
        return self.draw(st.sampled_from(items))

    def scale(self, about: float) -> float:
        """A float32 within a factor of four of ``about``."""
        exponent = round(math.log2(about)) + self.integer(-2, 2)
        mantissa = 1.0 if self.pot else self.draw(st.floats(0.75, 1.5, width=32))
        return float32(2.0**exponent * mantissa)

    def grid(self, about: float) -> ir.Quantization:
        if self.dtype == "int16":
            return ir.Quantization((self.scale(about),), (0,))
        zero = self.choice((0, -128, 127)) if self.integer(0, 1) else self.integer(-128, 127)
        return ir.Quantization((self.scale(about),), (zero,))

    def unit(self) -> ir.Quantization | None:
        """Of what lies between -1 and 1 in int16."""
        return ir.Quantization((2.0**-15,), (0,)) if self.dtype == "int16" else None

    def tensor(self, shape, quantization, dtype="int8", data=None) -> int:
        if data is not None:
            data = np.asarray(data).astype(dtype)
            data.setflags(write=False)
            shape = data.shape
        index = len(self.tensors)
        self.tensors.append(
            ir.Tensor(f"t{index}", tuple(int(d) for d in shape), dtype, quantization, data)
        )
        return index

    def activation(self, shape, quantization) -> int:
        index = self.tensor(shape, quantization, self.dtype)
        self.activations.append(index)
        return index

    def apply(self, attributes, inputs, shape, quantization) -> int:
        output = self.activation(shape, quantization)
        self.ops.append(ir.Op(attributes, tuple(inputs), (output,)))
        return output

    def ints(self, values) -> int:
        return self.tensor((), None, "int32", np.asarray(values))

    def scalar(self, value: int) -> int:
        return self.ints(np.array(value))

    def weights(self, shape) -> NDArray[np.int8]:
        limit = self.choice((1, 4, 31, 127))
        return self.random.integers(-limit, limit + 1, shape).astype(np.int8)

    def graph(self, output: int) -> ir.Graph:
        return ir.Graph(tuple(self.tensors), tuple(self.ops), (0,), (output,), "drawn")


def kernel_of(
    b: Builder, source: int, data, axis: int, *, per_channel: bool, narrow: str = "int32"
):
    """Kernel and bias tensors, and an output grid on which results spread. ``narrow``: what a bias
    may be with int16 activations, besides int64."""
    grid, output = b.tensors[source].quantization, b.grid(b.step)
    channels = data.shape[axis]
    count = channels if per_channel and channels > 1 else 1
    # So that a typical accumulator, for typical inputs, comes to about as much again.
    spread = b.typical * math.sqrt(np.square(data.astype(float)).sum() / channels) + 1
    about = output.scale * b.typical / (grid.scale * spread)
    if b.dtype == "int16":  # whose factors are under 2**7, also those of weights that are zero
        about = min(about, 8 * output.scale / grid.scale)
    scales = tuple(b.scale(about) for _ in range(count))
    kernel = b.tensor((), ir.Quantization(scales, (0,) * count, axis), data=data)
    bias = -1
    if b.integer(0, 3):
        values = b.random.integers(-2 * int(spread), 2 * int(spread) + 1, channels)
        bias_scales = tuple(float32(grid.scale * s) for s in scales)
        kind = "int32"
        if b.dtype == "int16":
            kind = narrow if b.integer(0, 2) == 0 else "int64"
        if kind == "int16":
            values = values.clip(*ir.limits(kind))
        bias = b.tensor((), ir.Quantization(bias_scales, (0,) * count), kind, values)
    return kernel, bias, output


def _window(b: Builder, size: int, *, dilated: bool) -> tuple[int, int, int, str]:
    """A window, stride, dilation and padding along one axis that give at least one output."""
    window = b.integer(1, min(size + 2, 10))
    dilation = b.integer(1, 3) if dilated else 1
    fits = output_size(size, window, 1, dilation, "VALID") >= 1
    return window, b.integer(1, 3), dilation, "VALID" if fits else "SAME"


def _spatial(b: Builder, source: int, *, dilated: bool):
    _, height, width, _ = b.tensors[source].shape
    rows, columns = (_window(b, size, dilated=dilated) for size in (height, width))
    both = rows[3] == columns[3] == "VALID"
    padding = b.choice(("SAME", "VALID")) if both else "SAME"
    outputs = tuple(
        output_size(size, w, s, d, padding)
        for size, (w, s, d, _) in ((height, rows), (width, columns))
    )
    pairs = tuple((rows[i], columns[i]) for i in range(3))
    return padding, outputs, *pairs


def convolution(b: Builder, source: int) -> int:
    padding, outputs, window, stride, dilation = _spatial(b, source, dilated=True)
    channels, depth = b.integer(1, 9), b.tensors[source].shape[3]
    if b.integer(0, 4) == 0:  # in groups, of which each has its inputs and outputs
        groups = b.choice([n for n in range(1, depth + 1) if depth % n == 0])
        channels, depth = b.integer(1, 3) * groups, depth // groups
    data = b.weights((channels, *window, depth))
    kernel, bias, grid = kernel_of(b, source, data, 0, per_channel=b.integer(0, 1) == 1)
    attributes = ir.Conv2D(stride, padding, dilation, b.choice(ACTIVATIONS))
    return b.apply(attributes, _operands(b, source, kernel, bias), (1, *outputs, channels), grid)


def depthwise(b: Builder, source: int) -> int:
    padding, outputs, window, stride, dilation = _spatial(b, source, dilated=True)
    depth, multiplier = b.tensors[source].shape[3], b.integer(1, 3)
    data = b.weights((1, *window, depth * multiplier))
    per_channel = b.integer(0, 1) == 1
    kernel, bias, grid = kernel_of(b, source, data, 3, per_channel=per_channel, narrow="int64")
    attributes = ir.DepthwiseConv2D(stride, padding, multiplier, dilation, b.choice(ACTIVATIONS))
    shape = (1, *outputs, depth * multiplier)
    # TFLite Micro crashes on a depthwise convolution whose bias is -1.
    operands = (source, kernel) if bias < 0 else (source, kernel, bias)
    return b.apply(attributes, operands, shape, grid)


def dense(b: Builder, source: int) -> int:
    tensor, channels, keep = b.tensors[source], b.integer(1, 12), b.integer(0, 1) == 1
    depth = tensor.shape[-1] if keep else tensor.elements
    data = b.weights((channels, depth))
    kernel, bias, grid = kernel_of(b, source, data, 0, per_channel=b.integer(0, 1) == 1)
    shape = (*tensor.shape[:-1], channels) if keep else (1, channels)
    attributes = ir.FullyConnected(b.choice(ACTIVATIONS), keep)
    return b.apply(attributes, _operands(b, source, kernel, bias), shape, grid)


def _operands(b: Builder, source: int, kernel: int, bias: int) -> tuple[int, ...]:
    """An absent bias is a missing operand or -1."""
    if bias < 0 and b.integer(0, 1):
        return source, kernel
    return source, kernel, bias


def _second(b: Builder, source: int, quantization: ir.Quantization | None) -> int:
    """Another operand that broadcasts with ``source``: an activation, or a constant."""
    shape = b.tensors[source].shape
    others = [
        i
        for i in b.activations
        if len(b.tensors[i].shape) == len(shape)
        and all(a == d or 1 in (a, d) for a, d in zip(b.tensors[i].shape, shape, strict=True))
        and (quantization is None or b.tensors[i].quantization == quantization)
    ]
    if b.integer(0, 3):
        return b.choice(others)
    wanted = b.choice((shape, shape[-1:], (), (1,) * (len(shape) - 1) + shape[-1:]))
    grid = quantization or b.grid(b.tensors[source].quantization.scale)
    return b.tensor((), grid, b.dtype, b.random.integers(b.low, b.high + 1, wanted))


def _broadcast_shape(b: Builder, first: int, second: int) -> tuple[int, ...]:
    return np.broadcast_shapes(b.tensors[first].shape, b.tensors[second].shape)


def add(kind) -> Callable[[Builder, int], int]:
    def build(b: Builder, source: int) -> int:
        pair = (source, _second(b, source, None))
        pair = pair[::-1] if b.integer(0, 1) else pair
        about = max(b.tensors[i].quantization.scale for i in pair)
        shape = _broadcast_shape(b, *pair)
        return b.apply(kind(b.choice(ACTIVATIONS)), pair, shape, b.grid(about))

    return build


def mul(b: Builder, source: int) -> int:
    pair = (source, _second(b, source, None))
    pair = pair[::-1] if b.integer(0, 1) else pair
    about = b.typical * math.prod(b.tensors[i].quantization.scale for i in pair)
    return b.apply(ir.Mul(b.choice(ACTIVATIONS)), pair, _broadcast_shape(b, *pair), b.grid(about))


def squared_difference(b: Builder, source: int) -> int:
    pair = (source, _second(b, source, None))
    about = b.typical * max(b.tensors[i].quantization.scale for i in pair) ** 2
    return b.apply(ir.SquaredDifference(), pair, _broadcast_shape(b, *pair), b.grid(about))


def prelu(b: Builder, source: int) -> int:
    tensor = b.tensors[source]
    shape = b.choice((tensor.shape[1:], (1, *tensor.shape[1:]), tensor.shape[-1:]))
    slopes = b.tensor((), b.grid(2.0**-7), data=b.random.integers(-128, 128, shape))
    return b.apply(ir.Prelu(), (source, slopes), tensor.shape, b.grid(tensor.quantization.scale))


def _fine(b: Builder, source: int) -> int:
    """Behind a QUANTIZE where steps are so coarse that a curve is not computed of them."""
    tensor = b.tensors[source]
    if tensor.quantization.scale < 2.0:
        return source
    return b.apply(ir.Quantize(), (source,), tensor.shape, b.grid(1.0))


def sigmoid(b: Builder, source: int) -> int:
    grid = b.unit() or ir.Quantization((1 / 256,), (-128,))
    return b.apply(ir.Logistic(), (_fine(b, source),), b.tensors[source].shape, grid)


def tanh(b: Builder, source: int) -> int:
    grid = b.unit() or ir.Quantization((1 / 128,), (0,))
    return b.apply(ir.Tanh(), (_fine(b, source),), b.tensors[source].shape, grid)


def leaky_relu(b: Builder, source: int) -> int:
    tensor = b.tensors[source]
    alpha = b.choice((float32(0.1), float32(0.3), 0.0, 1.5, -0.25))
    grid = b.grid(tensor.quantization.scale)
    return b.apply(ir.LeakyRelu(alpha), (source,), tensor.shape, grid)


def rsqrt(b: Builder, source: int) -> int:
    """Behind a QUANTIZE to a grid from 0 on: TFLite Micro stops at what is below."""
    tensor = b.tensors[source]
    grid = ir.Quantization((b.scale(tensor.quantization.scale),), (-128,))
    positive = b.apply(ir.Quantize(), (source,), tensor.shape, grid)
    about = 1 / (16 * math.sqrt(grid.scale))
    return b.apply(ir.Rsqrt(), (positive,), tensor.shape, b.grid(about))


def extremum(kind: type[ir.Attributes]) -> Callable[[Builder, int], int]:
    def build(b: Builder, source: int) -> int:
        grid = b.tensors[source].quantization
        pair = (source, _second(b, source, grid))
        return b.apply(kind(), pair, _broadcast_shape(b, *pair), grid)

    return build


def pool(kind) -> Callable[[Builder, int], int]:
    def build(b: Builder, source: int) -> int:
        padding, outputs, window, stride, _ = _spatial(b, source, dilated=False)
        tensor = b.tensors[source]
        attributes = kind(window, stride, padding, b.choice(ACTIVATIONS))
        return b.apply(attributes, (source,), (1, *outputs, tensor.shape[3]), tensor.quantization)

    return build


def mean(kind, *, rescales: bool = True) -> Callable[[Builder, int], int]:
    return lambda b, source: _reduced(b, source, kind, rescales)


def _reduced(b: Builder, source: int, kind, rescales: bool) -> int:
    tensor, keep = b.tensors[source], b.integer(0, 1) == 1
    rank = len(tensor.shape)
    axes = sorted(b.draw(st.sets(st.integers(1, rank - 1), min_size=1))) if rank > 1 else [0]
    if not keep and len(axes) == rank:
        keep = True
    shape = [1 if i in axes else d for i, d in enumerate(tensor.shape) if keep or i not in axes]
    stored = [a - rank if b.integer(0, 1) else a for a in axes]
    grid = b.grid(tensor.quantization.scale) if rescales else tensor.quantization
    return b.apply(kind(keep), (source, b.ints(stored)), shape, grid)


def reshape(b: Builder, source: int) -> int:
    tensor = b.tensors[source]
    shapes = [(1, tensor.elements), tensor.shape, (1, 1, 1, tensor.elements)]
    if len(tensor.shape) == 4 and tensor.shape[0] == 1:
        shapes.append((1, tensor.shape[1] * tensor.shape[2], tensor.shape[3]))
    shape = b.choice(shapes)
    stored = (-1, *shape[1:]) if b.integer(0, 1) else shape
    if b.integer(0, 1):
        operands = (source, b.ints(stored))
        return b.apply(ir.Reshape(), operands, shape, tensor.quantization)
    return b.apply(ir.Reshape(shape), (source,), shape, tensor.quantization)


def pad(b: Builder, source: int) -> int:
    tensor = b.tensors[source]
    first = (0, 0)
    pairs = [first] + [(b.integer(0, 2), b.integer(0, 2)) for _ in tensor.shape[1:]]
    shape = [d + x + y for d, (x, y) in zip(tensor.shape, pairs, strict=True)]
    return b.apply(ir.Pad(), (source, b.ints(pairs)), shape, tensor.quantization)


def softmax(b: Builder, source: int) -> int:
    beta = b.choice((1.0, 0.5, float32(1.7)))
    shape = b.tensors[source].shape
    if b.dtype == "int8" and b.integer(0, 3) == 0:  # to int16, and back
        odds = b.tensor(shape, ir.Quantization((2.0**-16,), (-(2**15),)), "int16")
        b.ops.append(ir.Op(ir.Softmax(beta), (source,), (odds,)))
        return b.apply(ir.Quantize(), (odds,), shape, b.grid(2.0**-8))
    grid = b.unit() or ir.Quantization((1 / 256,), (-128,))
    return b.apply(ir.Softmax(beta), (source,), shape, grid)


def unary(kind: type[ir.Attributes], *, rescales: bool) -> Callable[[Builder, int], int]:
    def build(b: Builder, source: int) -> int:
        tensor = b.tensors[source]
        grid = b.grid(tensor.quantization.scale) if rescales else tensor.quantization
        return b.apply(kind(), (source,), tensor.shape, grid)

    return build


def concatenation(b: Builder, source: int) -> int:
    tensor = b.tensors[source]
    rank = len(tensor.shape)
    axis = b.integer(1, rank - 1) if rank > 1 else 0
    fitting = [
        i
        for i in b.activations
        if b.tensors[i].quantization == tensor.quantization
        and len(b.tensors[i].shape) == rank
        and all(
            a == axis or x == y
            for a, (x, y) in enumerate(zip(b.tensors[i].shape, tensor.shape, strict=True))
        )
    ]
    inputs = [source, *(b.choice(fitting) for _ in range(b.integer(1, 3)))]
    shape = list(tensor.shape)
    shape[axis] = sum(b.tensors[i].shape[axis] for i in inputs)
    stored = axis - rank if b.integer(0, 1) else axis
    return b.apply(ir.Concatenation(stored), inputs, shape, tensor.quantization)


_BUILDERS: dict[str, Callable[[Builder, int], int]] = {
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "FULLY_CONNECTED": dense,
    "ADD": add(ir.Add),
    "SUB": add(ir.Sub),
    "MUL": mul,
    "SQUARED_DIFFERENCE": squared_difference,
    "PRELU": prelu,
    "LOGISTIC": sigmoid,
    "TANH": tanh,
    "LEAKY_RELU": leaky_relu,
    "RSQRT": rsqrt,
    "AVERAGE_POOL_2D": pool(ir.AveragePool2D),
    "MAX_POOL_2D": pool(ir.MaxPool2D),
    "MEAN": mean(ir.Mean),
    "SUM": mean(ir.Sum),
    "REDUCE_MAX": mean(ir.ReduceMax, rescales=False),
    "REDUCE_MIN": mean(ir.ReduceMin, rescales=False),
    "RESHAPE": reshape,
    "PAD": pad,
    "SOFTMAX": softmax,
    "RELU": unary(ir.Relu, rescales=True),
    "RELU6": unary(ir.Relu6, rescales=False),
    "QUANTIZE": unary(ir.Quantize, rescales=True),
    "MINIMUM": extremum(ir.Minimum),
    "MAXIMUM": extremum(ir.Maximum),
    "CONCATENATION": concatenation,
    "HARD_SWISH": unary(ir.HardSwish, rescales=True),
    "ELU": unary(ir.Elu, rescales=True),
    "ABS": unary(ir.Abs, rescales=True),
    **MOVERS,
    **PRODUCTS,
    **ISLANDS,
    **PLACES,
}
_NEED_FOUR_AXES = {"CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"}
_MAX_ELEMENTS = 1500


def _takes(kind: str, tensor: ir.Tensor) -> bool:
    if kind in _NEED_FOUR_AXES:
        return len(tensor.shape) == 4
    if kind == "PAD":
        return len(tensor.shape) <= 4
    if kind == "SOFTMAX":
        return 1 <= tensor.shape[-1:][0] <= 511 if tensor.shape else False
    if kind in MOVERS:
        return takes(kind, tensor.shape)
    if kind in ISLANDS or kind in PLACES:
        return 2 <= len(tensor.shape) <= 4
    if kind in PRODUCTS:
        return takes_product(kind, tensor.shape)
    if kind in ("SUB", "MUL", "SQUARED_DIFFERENCE", "PRELU"):
        return len(tensor.shape) <= 4
    return True


@st.composite
def graphs(
    draw,
    kinds: Sequence[str] = KINDS,
    min_ops: int = 1,
    max_ops: int = 1,
    dtype: ir.DType = "int8",
) -> ir.Graph:
    """A graph of ``min_ops`` to ``max_ops`` operators of ``kinds`` on activations of ``dtype``."""
    seed = draw(st.integers(0, 2**32 - 1))
    b = Builder(draw, pot=draw(st.booleans()), seed=seed, dtype=dtype)
    height = 1 if draw(st.integers(0, 5)) == 0 else b.integer(1, 12)  # H = 1: a 1-D network
    current = b.activation((1, height, b.integer(1, 8), b.integer(1, 6)), b.grid(b.step))
    for i in range(b.integer(min_ops, max_ops)):
        possible = [k for k in kinds if _takes(k, b.tensors[current])]
        if not possible or (i >= min_ops and b.tensors[current].elements > _MAX_ELEMENTS):
            break
        current = _BUILDERS[b.choice(possible)](b, current)
    assume(b.ops)  # a first tensor of ones, say, has nothing to squeeze
    return b.graph(current)


def inputs(graph: ir.Graph, count: int, seed: int = 0) -> NDArray[np.integer]:
    """Random inputs (count, *sample shape); the first two are all least and all greatest."""
    tensor = graph.tensors[graph.inputs[0]]
    low, high = ir.limits(tensor.dtype)
    kind = ir.numpy_type(tensor.dtype)
    drawn = np.random.default_rng(seed).integers(low, high + 1, (count, *tensor.sample_shape))
    drawn = drawn.astype(kind)
    drawn[:1], drawn[1:2] = low, high
    return drawn
