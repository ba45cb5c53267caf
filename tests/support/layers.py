"""Graphs of one layer, drawn from a seed, for fuzzing kernels: every class of shapes they know.

Outputs are spread over int8: a layer that saturates everywhere, or rounds everything to its zero
point, would hide what it computes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tinyrob.ir import graph as ir
from tinyrob.ir.geometry import output_size

Random = np.random.Generator
Maker = Callable[[Random], ir.Graph]


def _scale(value: float, random: Random) -> float:
    """A float32 near ``value``; every other time a power of two, where ties are common."""
    if random.integers(2):
        return float(2.0 ** round(math.log2(value)))
    return float(np.float32(value * random.uniform(0.7, 1.4)))


def _grid(value: float, random: Random) -> ir.Quantization:
    zero = int(random.choice([-128, 127, 0, int(random.integers(-128, 128))]))
    return ir.Quantization((_scale(value, random),), (zero,))


def _constant(
    name: str, data: np.ndarray, quantization: ir.Quantization | None = None
) -> ir.Tensor:
    data.setflags(write=False)
    return ir.Tensor(name, data.shape, str(data.dtype), quantization, data)  # type: ignore[arg-type]


def _weighted(
    random: Random,
    attributes: ir.Attributes,
    shapes: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]],
    axis: int,
    taps: int,
    x: ir.Quantization | None = None,
) -> ir.Graph:
    """A layer with a kernel: shapes of input, kernel and output; channels along ``axis``."""
    in_shape, kernel_shape, out_shape = shapes
    channels = kernel_shape[axis]
    x = x or _grid(0.05, random)
    steps = [_scale(0.01, random) for _ in range(channels)]
    if random.integers(4) == 0:
        steps[int(random.integers(channels))] = 1e-9  # next to nothing: a dead channel
    if len(kernel_shape) == 2:
        steps = steps[:1]
    spread = 74 * 50 * math.sqrt(taps) * x.scale * 0.01
    y = _grid(spread / random.uniform(20, 60), random)
    weights = np.clip(np.round(random.normal(0, 50, kernel_shape)), -127, 127).astype(np.int8)
    bias = random.integers(-3000, 3000, channels).astype(np.int32)
    tensors = (
        ir.Tensor("x", in_shape, "int8", x),
        _constant("w", weights, ir.Quantization(tuple(steps), (0,) * len(steps), axis)),
        _constant(
            "b",
            bias,
            ir.Quantization(
                tuple(float(np.float32(x.scale * s)) for s in steps), (0,) * len(steps), 0
            ),
        ),
        ir.Tensor("y", out_shape, "int8", y),
    )
    return ir.Graph(tensors, (ir.Op(attributes, (0, 1, 2), (3,)),), (0,), (3,))


def _activation(random: Random) -> ir.Activation:
    """None half of the time: RELU6 and its like leave few values on a coarse grid."""
    return list(ir.Activation)[max(0, int(random.integers(-3, 4)))]


def _window(random: Random) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Kernel, stride, dilation: 1x1, 3x3, 1-D, large; dilation or stride, not both."""
    kernels = [(1, 1), (3, 3), (1, 5), (7, 1), (5, 4), (2, 2), (10, 4), (1, 10), (3, 3)]
    kernel = kernels[int(random.integers(len(kernels)))]
    stride, dilation = (1, 1), (1, 1)
    change = random.integers(4)
    if change == 0:
        stride = (int(random.integers(1, 4)), int(random.integers(1, 4)))
    elif change == 1:
        dilation = (int(random.integers(1, 3)), int(random.integers(1, 4)))
    return kernel, stride, dilation


def _image(random: Random, kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int]:
    return tuple(  # type: ignore[return-value]
        (k - 1) * d + 1 + int(random.integers(0, 8)) for k, d in zip(kernel, dilation, strict=True)
    )


def _places(
    image: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: ir.Padding,
) -> tuple[int, int]:
    return tuple(  # type: ignore[return-value]
        output_size(n, k, s, d, padding)
        for n, k, s, d in zip(image, kernel, stride, dilation, strict=True)
    )


def convolution(random: Random) -> ir.Graph:
    """CONV_2D: 1 to 20 channels, often odd."""
    kernel, stride, dilation = _window(random)
    image = _image(random, kernel, dilation)
    padding: ir.Padding = "SAME" if random.integers(2) else "VALID"
    in_c, out_c = int(random.choice([1, 2, 3, 4, 5, 8, 12])), int(random.integers(1, 21))
    out = _places(image, kernel, stride, dilation, padding)
    attributes = ir.Conv2D(stride, padding, dilation, _activation(random))
    shapes = ((1, *image, in_c), (out_c, *kernel, in_c), (1, *out, out_c))
    return _weighted(random, attributes, shapes, 0, kernel[0] * kernel[1] * in_c)


def windows_of(random: Random, height: int, width: int, out_c: int) -> ir.Graph:
    """CONV_2D: 3x3, padded, of an image of three channels."""
    shapes = ((1, height, width, 3), (out_c, 3, 3, 3), (1, height, width, out_c))
    return _weighted(random, ir.Conv2D((1, 1), "SAME"), shapes, 0, 27)


def convolution_short(random: Random) -> ir.Graph:
    """CONV_2D of one to twelve taps, of pixels beyond a block of theirs, too."""
    kernel, in_c = [
        ((1, 1), int(random.integers(1, 5))), ((1, 2), int(random.integers(1, 3))), ((1, 3), 1),
        ((1, 4), 1), ((2, 1), int(random.integers(1, 3))), ((2, 2), 1), ((3, 1), 1), ((4, 1), 1),
        ((1, 1), int(random.integers(5, 13))), ((1, 1), int(random.integers(5, 13))),
        ((1, int(random.integers(5, 13))), 1), ((1, 3), int(random.integers(2, 5))),
        ((2, int(random.integers(1, 5))), 1), ((2, 1), int(random.integers(3, 5))),
        ((3, int(random.integers(2, 5))), 1), ((3, 1), int(random.integers(2, 5))),
        ((1, int(random.integers(5, 7))), 1), ((1, 3), 2), ((1, 1), int(random.integers(5, 7))),
    ][int(random.integers(19))]  # fmt: skip
    stride = (int(random.integers(1, 4)), int(random.integers(1, 4)))
    dilation = (1, 1)
    if random.integers(3) == 0:
        stride, dilation = (1, 1), (int(random.integers(1, 3)), int(random.integers(1, 4)))
    image = _image(random, kernel, dilation)
    image = (image[0], image[1] + int(random.choice([0, 0, 24, 50])))
    padding: ir.Padding = "SAME" if random.integers(2) else "VALID"
    out_c = int(random.integers(1, 10))
    out = _places(image, kernel, stride, dilation, padding)
    attributes = ir.Conv2D(stride, padding, dilation, _activation(random))
    shapes = ((1, *image, in_c), (out_c, *kernel, in_c), (1, *out, out_c))
    return _weighted(random, attributes, shapes, 0, kernel[0] * kernel[1] * in_c)


def convolution_3x3(random: Random) -> ir.Graph:
    """CONV_2D of 3x3 windows side by side and 16 to 48 channels, of which some kernels make tiles;
    a third of them with an ADD behind."""
    image = (int(random.integers(4, 10)), int(random.integers(8, 12)))
    padding: ir.Padding = "SAME" if random.integers(2) else "VALID"
    in_c, out_c = 16 * int(random.integers(1, 4)), 2 * int(random.integers(1, 6))
    if random.integers(3) == 0:
        return _residual(random, image, in_c)
    out = _places(image, (3, 3), (1, 1), (1, 1), padding)
    attributes = ir.Conv2D((1, 1), padding, (1, 1), _activation(random))
    shapes = ((1, *image, in_c), (out_c, 3, 3, in_c), (1, *out, out_c))
    return _weighted(random, attributes, shapes, 0, 9 * in_c)


def convolution_in_groups(random: Random) -> ir.Graph:
    """CONV_2D in groups: 2 to 4 of them, most of which are worth a call each."""
    kernel = [(3, 3), (3, 2), (1, 5), (4, 1)][int(random.integers(4))]
    stride = (int(random.integers(1, 3)),) * 2
    image = _image(random, kernel, (1, 1))
    padding: ir.Padding = "SAME" if random.integers(2) else "VALID"
    groups = int(random.integers(2, 5))
    in_c, out_c = groups * int(random.integers(2, 8)), groups * int(random.integers(3, 8))
    out = _places(image, kernel, stride, (1, 1), padding)
    attributes = ir.Conv2D(stride, padding, (1, 1), _activation(random))
    shapes = ((1, *image, in_c), (out_c, *kernel, in_c // groups), (1, *out, out_c))
    return _weighted(random, attributes, shapes, 0, kernel[0] * kernel[1] * in_c // groups)


def products(random: Random) -> ir.Graph:
    """BATCH_MATMUL of an input with itself, the other way round or square."""
    across = bool(random.integers(2))
    rows, depth = int(random.integers(1, 12)), int(random.integers(1, 38))
    depth = depth if across else rows
    batches, columns = int(random.integers(1, 3)), rows
    x = _grid(0.05, random)
    y = _grid(74 * 74 * math.sqrt(depth) * x.scale**2 / random.uniform(20, 60), random)
    tensors = (
        ir.Tensor("x", (1, batches, rows, depth), "int8", x),
        ir.Tensor("y", (1, batches, rows, columns), "int8", y),
    )
    op = ir.Op(ir.BatchMatmul(adjoint_b=across), (0, 0), (1,))
    return ir.Graph(tensors, (op,), (0,), (1,))


def fewest_tiles(random: Random, *, added: bool) -> ir.Graph:
    """The smallest CONV_2D of which kernels make tiles; ``added``: to a pointwise one's output."""
    shape, out = (1, 4, 8, 16), (1, 4, 8, 2)
    same = ir.Conv2D((1, 1), "SAME", (1, 1), _activation(random))
    first = _weighted(random, same, (shape, (2, 3, 3, 16), out), 0, 144)
    if not added:
        return first
    grid = first.tensors[0].quantization
    other = _weighted(random, same, (shape, (2, 1, 1, 16), out), 0, 16, grid)
    tensors = (*first.tensors, *(replace(t, name=f"{t.name}2") for t in other.tensors[1:]))
    scales = [t.quantization.scale for t in (tensors[3], tensors[6]) if t.quantization]
    total = ir.Tensor("z", out, "int8", _grid(max(scales) * 1.3, random))
    ops = (ir.Op(same, (0, 4, 5), (6,)), *first.ops, ir.Op(ir.Add(), (3, 6), (7,)))
    return ir.Graph((*tensors, total), ops, (0,), (7,))


def few_values(random: Random) -> ir.Graph:
    """A CONV_2D whose windows have 4 values, in rows of 8, with four channels out."""
    shapes = ((1, 1, 8, 4), (4, 1, 1, 4), (1, 1, 8, 4))
    return _weighted(random, ir.Conv2D((1, 1), "VALID", (1, 1), _activation(random)), shapes, 0, 4)


def depthwise(random: Random) -> ir.Graph:
    """DEPTHWISE_CONV_2D: 1 to 9 channels, multipliers 1 to 3."""
    kernel, stride, dilation = _window(random)
    stride = (max(stride), max(stride))  # TFLite's depthwise convolution has one stride
    image = _image(random, kernel, dilation)
    padding: ir.Padding = "SAME" if random.integers(2) else "VALID"
    in_c, depth = int(random.integers(1, 10)), int(random.choice([1, 1, 2, 3]))
    out = _places(image, kernel, stride, dilation, padding)
    attributes = ir.DepthwiseConv2D(stride, padding, depth, dilation, _activation(random))
    shapes = ((1, *image, in_c), (1, *kernel, in_c * depth), (1, *out, in_c * depth))
    return _weighted(random, attributes, shapes, 3, kernel[0] * kernel[1])


def depthwise_3x3(random: Random) -> ir.Graph:
    """DEPTHWISE_CONV_2D of 2 or 3 rows and columns, stride 1 or 2, on wide and on tall images."""
    kernel = [(2, 2), (2, 3), (3, 2), (3, 3), (3, 3), (3, 3)][int(random.integers(6))]
    image = [int(random.integers(3, 7)), int(random.integers(3, 24))]
    if random.integers(2):
        image.reverse()
    stride = (int(random.integers(1, 3)),) * 2
    padding: ir.Padding = "SAME" if random.integers(2) else "VALID"
    in_c, depth = int(random.integers(2, 10)), int(random.choice([1, 1, 1, 2]))
    size = (image[0], image[1])
    out = _places(size, kernel, stride, (1, 1), padding)
    attributes = ir.DepthwiseConv2D(stride, padding, depth, (1, 1), _activation(random))
    shapes = ((1, *size, in_c), (1, *kernel, in_c * depth), (1, *out, in_c * depth))
    return _weighted(random, attributes, shapes, 3, kernel[0] * kernel[1])


def depthwise_any(random: Random) -> ir.Graph:
    """DEPTHWISE_CONV_2D of any kernel up to 11 each way, multipliers up to 8, dilated rows too."""
    kernel = (int(random.integers(1, 12)), int(random.integers(1, 12)))
    match int(random.integers(4)):
        case 0:
            kernel = (1, kernel[1])
        case 1:
            kernel = (kernel[0], 1)
    dilation = (int(random.integers(1, 4)), int(random.integers(1, 4)))
    stride = (int(random.integers(1, 5)),) * 2
    if random.integers(2):
        stride = (1, 1)
    else:
        dilation = (1, 1)
    image = _image(random, kernel, dilation)
    padding: ir.Padding = "SAME" if random.integers(2) else "VALID"
    in_c, depth = int(random.integers(2, 7)), int(random.choice([1, 1, 2, 3, 4, 8]))
    out = _places(image, kernel, stride, dilation, padding)
    attributes = ir.DepthwiseConv2D(stride, padding, depth, dilation, _activation(random))
    shapes = ((1, *image, in_c), (1, *kernel, in_c * depth), (1, *out, in_c * depth))
    return _weighted(random, attributes, shapes, 3, kernel[0] * kernel[1])


def dense(random: Random) -> ir.Graph:
    """FULLY_CONNECTED: rows of any length, few and many outputs; sums of some pass 2^23."""
    in_c, out_c = int(random.integers(1, 90)), int(random.integers(1, 14))
    change = random.integers(4)
    if change == 0:
        in_c, out_c = int(random.integers(1, 40)), int(random.integers(16, 40))
    elif change == 1:
        in_c = int(random.integers(700, 1400))
    shapes = ((1, in_c), (out_c, in_c), (1, out_c))
    return _weighted(random, ir.FullyConnected(_activation(random)), shapes, 0, in_c)


def addition(random: Random) -> ir.Graph:
    """A 3x3 convolution of the input, added to the input: one layer where kernels can."""
    image = (int(random.integers(3, 8)), int(random.integers(3, 8)))
    return _residual(random, image, int(random.integers(1, 9)))


def _residual(random: Random, image: tuple[int, int], c: int) -> ir.Graph:
    shape = (1, *image, c)
    conv = ir.Conv2D((1, 1), "SAME", (1, 1), _activation(random))
    first = _weighted(random, conv, (shape, (c, 3, 3, c), shape), 0, 9 * c)
    scales = [t.quantization.scale for t in (first.tensors[0], first.tensors[3]) if t.quantization]
    total = ir.Tensor("z", shape, "int8", _grid(max(scales) * 1.3, random))
    inputs = (3, 0) if random.integers(2) else (0, 3)
    ops = (*first.ops, ir.Op(ir.Add(_activation(random)), inputs, (4,)))
    return ir.Graph((*first.tensors, total), ops, (0,), (4,))


def transposed(random: Random) -> ir.Graph:
    """TRANSPOSE_CONV: strides 1 and 2, kernels of 1 to 4, with and without padding."""
    padding: ir.Padding = "SAME" if random.integers(2) else "VALID"
    in_c, out_c = int(random.choice([1, 3, 4, 8])), int(random.integers(1, 10))
    image, made, kernel, stride = [], [], [], []
    for _ in range(2):
        size, taps, step = (int(random.integers(1, n)) for n in (7, 5, 3))
        most = size * step if padding == "SAME" else (size - 1) * step + taps
        image.append(size)
        made.append(most)
        kernel.append(taps)
        stride.append(step)
    shapes = ((1, *image, in_c), (out_c, *kernel, in_c), (1, *made, out_c))
    attributes = ir.TransposeConv((stride[0], stride[1]), padding, _activation(random))
    first = _weighted(random, attributes, shapes, 0, kernel[0] * kernel[1] * in_c)
    wanted = _constant("shape", np.array(shapes[2], np.int32))
    op = ir.Op(attributes, (4, 1, 0, 2), (3,))
    return ir.Graph((*first.tensors, wanted), (op,), (0,), (3,))


def _pool(random: Random, kind: type[ir.AveragePool2D] | type[ir.MaxPool2D]) -> ir.Graph:
    """Padded or not, 1 to 9 channels."""
    window = (int(random.integers(1, 6)), int(random.integers(1, 6)))
    stride = (int(random.integers(1, 4)), int(random.integers(1, 4)))
    image, c = _image(random, window, (1, 1)), int(random.integers(1, 10))
    padding: ir.Padding = "SAME" if random.integers(2) else "VALID"
    out = _places(image, window, stride, (1, 1), padding)
    grid = _grid(0.05, random)
    tensors = (
        ir.Tensor("x", (1, *image, c), "int8", grid),
        ir.Tensor("y", (1, *out, c), "int8", grid),
    )
    attributes = kind(window, stride, padding, _activation(random))
    return ir.Graph(tensors, (ir.Op(attributes, (0,), (1,)),), (0,), (1,))


def average_pool(random: Random) -> ir.Graph:
    """AVERAGE_POOL_2D."""
    return _pool(random, ir.AveragePool2D)


def max_pool(random: Random) -> ir.Graph:
    """MAX_POOL_2D."""
    return _pool(random, ir.MaxPool2D)


MAKERS: dict[str, Maker] = {
    "CONV_2D": convolution,
    "CONV_2D short": convolution_short,
    "CONV_2D 3x3": convolution_3x3,
    "CONV_2D in groups": convolution_in_groups,
    "DEPTHWISE_CONV_2D": depthwise,
    "DEPTHWISE_CONV_2D 3x3": depthwise_3x3,
    "DEPTHWISE_CONV_2D any": depthwise_any,
    "TRANSPOSE_CONV": transposed,
    "FULLY_CONNECTED": dense,
    "BATCH_MATMUL": products,
    "CONV_2D_ADD": addition,
    "AVERAGE_POOL_2D": average_pool,
    "MAX_POOL_2D": max_pool,
}


def drawn(kind: str, seed: int) -> ir.Graph:
    """The graph of a seed; kinds are those of ``MAKERS``."""
    return MAKERS[kind](np.random.default_rng(seed))
