"""What each operator computes in real numbers, differentiable, before its output is rounded.

One function an operator, in one table, which a test compares with the operators of ``ir``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.comparisons import COMPARISONS
from tinyrob.ir.geometry import between, ungrouped
from tinyrob.ir.islands import UNARY
from tinyrob.ir.moves import MOVES, moved, sources

Value = Any  # a tf.Tensor


@dataclass(frozen=True, eq=False)
class Site:
    """An operator where it stands: ``operands`` are its inputs' real values, constants too.

    A value is (N, *its tensor's shape); a constant has N = 1.
    """

    tf: Any
    graph: ir.Graph
    op: ir.Op
    operands: tuple[Value, ...]
    out: ir.Tensor

    @property
    def x(self) -> Value:
        """The first operand."""
        return self.operands[0]

    @property
    def rank(self) -> int:
        """Of the first input's tensor."""
        return len(self.graph.tensors[self.op.inputs[0]].shape)

    def raised(self) -> tuple[Value, ...]:
        """The operands with axes of size 1 behind N, so that they broadcast as TFLite's do."""
        return tuple(_raised(self.tf, one, len(self.out.shape)) for one in self.operands)


@dataclass(frozen=True)
class Differentiable:
    """``value`` of an operator (a list where it has several outputs); ``rounds``: its output is put
    on its grid behind it.

    ``clamp`` is an activation that the operator is, rather than has.
    """

    value: Callable[[Site], Value]
    rounds: bool = True
    clamp: ir.Activation | None = None

    def fused(self, attributes: ir.Attributes) -> ir.Activation:
        """The activation at the operator's end."""
        if self.clamp is not None:
            return self.clamp
        fused: ir.Activation = getattr(attributes, "activation", ir.Activation.NONE)
        return fused


def differentiable(op: ir.Op, output: str) -> Differentiable:
    """The operator's row. Raises UnsupportedModel where it has none."""
    row = OPERATORS.get(type(op.attributes))
    if row is None:
        raise UnsupportedModel(
            f"the attack cannot differentiate {op.kind} ({output})",
            "give the network's Keras model with --surrogate, or run black-box attacks only",
        )
    return row


def _identity(site: Site) -> Value:
    return site.x


def _add(site: Site) -> Value:
    a, b = site.raised()
    return a + b


def _sub(site: Site) -> Value:
    a, b = site.raised()
    return a - b


def _mul(site: Site) -> Value:
    a, b = site.raised()
    return a * b


def _squared_difference(site: Site) -> Value:
    a, b = site.raised()
    return site.tf.square(a - b)


def _div(site: Site) -> Value:
    # Within half a step of 0, TFLite's quotient is what its fixed point makes of it.
    tf = site.tf
    a, b = site.raised()
    step = quantization(site.graph.tensors[site.op.inputs[1]]).scale
    return a / tf.where(tf.abs(b) < step / 2, tf.where(b < 0, -step, step), b)


def _l2_normalization(site: Site) -> Value:
    step = quantization(site.graph.tensors[site.op.inputs[0]]).scale
    squares = site.tf.reduce_sum(site.tf.square(site.x), axis=-1, keepdims=True)
    return site.x * site.tf.math.rsqrt(site.tf.maximum(squares, step * step))


def _batch_matmul(site: Site) -> Value:
    options = site.op.attributes
    assert isinstance(options, ir.BatchMatmul)
    a, b = site.raised()
    return site.tf.matmul(a, b, transpose_a=options.adjoint_a, transpose_b=options.adjoint_b)


def _transpose_conv(site: Site) -> Value:
    options = site.op.attributes
    assert isinstance(options, ir.TransposeConv)
    tf, kernel = site.tf, _kernel(site)
    x = _images(tf, site.operands[-1])
    made = (tf.shape(x)[0], *site.out.shape[1:])
    y = tf.nn.conv2d_transpose(
        x, kernel.transpose(1, 2, 0, 3), made, options.stride, options.padding
    )
    return _with_bias(site, tf.reshape(y, (-1, *site.out.shape[1:])), 2, 3)


def _log_softmax(site: Site) -> Value:
    return site.tf.nn.log_softmax(site.x)


def _compared(site: Site) -> Value:
    """1 and 0, which have no gradient."""
    a, b = site.raised()
    return site.tf.cast(COMPARISONS[type(site.op.attributes)](a, b), "float32")


def _select(site: Site) -> Value:
    condition, a, b = site.raised()
    return site.tf.where(condition > 0.5, a, b)


def _function(site: Site) -> Value:
    tf = site.tf
    functions = {
        ir.Neg: tf.negative, ir.Square: tf.square, ir.Sin: tf.sin, ir.Cos: tf.cos,
        ir.Floor: tf.floor, ir.Ceil: tf.math.ceil, ir.Round: tf.round,
    }  # fmt: skip
    return functions[type(site.op.attributes)](site.x)


def _prelu(site: Site) -> Value:
    x, slope = site.raised()
    return site.tf.where(x >= 0, x, x * slope)


def _leaky_relu(site: Site) -> Value:
    assert isinstance(site.op.attributes, ir.LeakyRelu)
    return site.tf.where(site.x >= 0, site.x, site.x * site.op.attributes.alpha)


def _logistic(site: Site) -> Value:
    return site.tf.sigmoid(site.x)


def _tanh(site: Site) -> Value:
    return site.tf.tanh(site.x)


def _hard_swish(site: Site) -> Value:
    return site.x * site.tf.clip_by_value(site.x + 3.0, 0.0, 6.0) / 6.0


def _elu(site: Site) -> Value:
    return site.tf.nn.elu(site.x)


def _abs(site: Site) -> Value:
    return site.tf.abs(site.x)


def _rsqrt(site: Site) -> Value:
    # TFLite's largest value stands for 1 / sqrt(0): half a step keeps the gradient finite.
    tf, grid = site.tf, quantization(site.out)
    step = quantization(site.graph.tensors[site.op.inputs[0]]).scale
    near = tf.math.rsqrt(tf.maximum(site.x, step / 2))
    largest = (127 - grid.zero_point) * grid.scale
    return tf.where(site.x > 0, near, near + tf.stop_gradient(largest - near))


def _move(site: Site) -> list[Value]:
    """Values where they come from; a moved value keeps its gradient."""
    tf = site.tf
    source = site.graph.tensors[site.op.inputs[moved(site.op)]]
    flat = tf.reshape(site.operands[0], (-1, source.elements))
    found = sources(site.op, site.graph.tensors)
    values = [tf.gather(flat, tf.constant(index), axis=1) for index in found]
    made = [site.graph.tensors[i] for i in site.op.outputs]
    return [_regridded(value, source, to) for value, to in zip(values, made, strict=True)]


def _regridded(value: Value, source: ir.Tensor, made: ir.Tensor) -> Value:
    """The real values of integers that another grid then reads (REVERSE_V2)."""
    if source.dtype == "float32":
        return value
    a, b = quantization(source), quantization(made)
    if a == b:
        return value
    return value * (b.scale / a.scale) + (a.zero_point - b.zero_point) * b.scale


def _not(site: Site) -> Value:
    return 1.0 - site.x


def _place(site: Site) -> Value:
    """A place, which has no gradient."""
    least = isinstance(site.op.attributes, ir.ArgMin)
    axis = _axis(site)
    found = site.tf.argmin(site.x, axis) if least else site.tf.argmax(site.x, axis)
    return site.tf.cast(found, "float32")


def _cumsum(site: Site) -> Value:
    options = site.op.attributes
    assert isinstance(options, ir.Cumsum)
    summed = site.tf.cumsum(site.x, _axis(site), options.exclusive, options.reverse)
    return summed + _zero(site)


def _add_n(site: Site) -> Value:
    return site.tf.add_n(_together(site)) + _zero(site)


def _zero(site: Site) -> float:
    """What the integer 0 stands for, with which TFLite Micro begins to sum."""
    grid = quantization(site.graph.tensors[site.op.inputs[0]])
    return -grid.zero_point * grid.scale


def _axis(site: Site) -> int:
    return int(np.ravel(site.graph.constant(site.op.inputs[1]))[0]) % site.rank + 1


def _bilinear(site: Site) -> Value:
    tf, options = site.tf, site.op.attributes
    assert isinstance(options, ir.ResizeBilinear)
    value = site.x
    shape = site.graph.tensors[site.op.inputs[0]].shape
    how = {"corners": options.align_corners, "centers": options.half_pixel_centers}
    for axis in (1, 2):
        places = between(shape[axis], site.out.shape[axis], **how)
        fraction = np.array([p.fraction / 1024 for p in places], np.float32)
        fraction = fraction.reshape([-1 if i == axis + 1 else 1 for i in range(5)])
        low = tf.gather(value, [p.lower for p in places], axis=axis + 1)
        high = tf.gather(value, [p.upper for p in places], axis=axis + 1)
        value = low * (1 - fraction) + high * fraction
    return value


def _pack(site: Site) -> Value:
    assert isinstance(site.op.attributes, ir.Pack)
    axis = site.op.attributes.axis % len(site.out.shape)
    return site.tf.stack(_together(site), axis + 1)


def _minimum(site: Site) -> Value:
    return site.tf.minimum(*site.raised())


def _maximum(site: Site) -> Value:
    return site.tf.maximum(*site.raised())


def _max_pool(site: Site) -> Value:
    return _pool(site, site.tf.nn.max_pool2d)


def _average_pool(site: Site) -> Value:
    return _pool(site, site.tf.nn.avg_pool2d)


def _pool(site: Site, pool: Callable[..., Value]) -> Value:
    options = site.op.attributes
    assert isinstance(options, ir.AveragePool2D | ir.MaxPool2D)
    y = pool(_images(site.tf, site.x), options.window, options.stride, options.padding)
    return site.tf.reshape(y, (-1, *site.out.shape))


def _mean(site: Site) -> Value:
    return _reduced(site, site.tf.reduce_mean)


def _sum(site: Site) -> Value:
    return _reduced(site, site.tf.reduce_sum)


def _greatest(site: Site) -> Value:
    return _reduced(site, site.tf.reduce_max)


def _least(site: Site) -> Value:
    return _reduced(site, site.tf.reduce_min)


def _reduced(site: Site, reduce: Callable[..., Value]) -> Value:
    options = site.op.attributes
    assert isinstance(options, ir.Mean | ir.Sum | ir.ReduceMax | ir.ReduceMin | ir.ReduceAll)
    stored = np.ravel(site.graph.constant(site.op.inputs[1]))
    axes = sorted({int(axis) % site.rank + 1 for axis in stored})
    return reduce(site.x, axis=axes, keepdims=options.keep_dims)


def _pad(site: Site) -> Value:
    pairs = site.graph.constant(site.op.inputs[1]).astype(np.int32)
    value = 0.0
    if isinstance(site.op.attributes, ir.PadV2):
        grid = quantization(site.out)
        stored = int(np.ravel(site.graph.constant(site.op.inputs[2]))[0])
        value = (stored - grid.zero_point) * grid.scale
    all_pairs = np.concatenate([np.zeros((1, 2), np.int32), pairs])
    return site.tf.pad(site.x, all_pairs, constant_values=value)


def _concatenation(site: Site) -> Value:
    options = site.op.attributes
    assert isinstance(options, ir.Concatenation)
    return site.tf.concat(_together(site), options.axis % site.rank + 1)


def _together(site: Site) -> list[Value]:
    """All operands, constants as often as there are samples."""
    tf = site.tf
    samples = tf.reduce_max([tf.shape(o)[0] for o in site.operands])
    return [tf.broadcast_to(o, (samples, *o.shape[1:])) for o in site.operands]


def _softmax(site: Site) -> Value:
    assert isinstance(site.op.attributes, ir.Softmax)
    return site.tf.nn.softmax(site.x * site.op.attributes.beta)


def _dense(site: Site) -> Value:
    tf, kernel = site.tf, _kernel(site)
    y = tf.matmul(tf.reshape(site.x, (-1, kernel.shape[1])), tf.constant(kernel.T))
    return _with_bias(site, y)


def _convolution(site: Site) -> Value:
    options = site.op.attributes
    assert isinstance(options, ir.Conv2D)
    kernel, x = _slid(site, options)
    y = site.tf.nn.conv2d(x, kernel.transpose(1, 2, 3, 0), options.stride, "VALID")
    return _with_bias(site, y)


def _depthwise(site: Site) -> Value:
    options = site.op.attributes
    assert isinstance(options, ir.DepthwiseConv2D)
    kernel, x = _slid(site, options)
    weights = kernel.reshape(*kernel.shape[1:3], -1, options.multiplier)
    # TensorFlow's depthwise wants equal strides: every output, then the wanted ones.
    y = site.tf.nn.depthwise_conv2d(x, weights, (1, 1, 1, 1), "VALID")
    return _with_bias(site, y[:, :: options.stride[0], :: options.stride[1], :])


def _slid(site: Site, options: ir.Conv2D | ir.DepthwiseConv2D) -> tuple[NDArray[Any], Value]:
    """The kernel with its dilation written out, and the images, padded."""
    x = _images(site.tf, site.x)
    kernel = _kernel(site)
    if isinstance(options, ir.Conv2D):
        kernel = ungrouped(kernel, x.shape[3])
    kernel = dilated(kernel, options.dilation)
    if options.padding == "SAME":
        x = site.tf.pad(x, same_padding(x.shape, kernel.shape[1:3], options.stride))
    return kernel, x


def _kernel(site: Site) -> NDArray[np.float32]:
    return dequantized(site.graph.tensors[site.op.inputs[1]])


def _with_bias(site: Site, y: Value, data: int = 0, position: int = 2) -> Value:
    inputs, graph = site.op.inputs, site.graph
    if len(inputs) > position and inputs[position] >= 0:
        # A bias is in accumulator steps by definition, whatever its own scales say.
        step = quantization(graph.tensors[inputs[data]]).scale
        scales = np.asarray(quantization(graph.tensors[inputs[1]]).scales, np.float64)
        bias = graph.constant(inputs[position]).astype(np.float64) * (step * scales)
        y = y + site.tf.constant(np.asarray(bias, np.float32))
    return site.tf.reshape(y, (-1, *site.out.shape))


OPERATORS: Mapping[type[ir.Attributes], Differentiable] = {
    ir.Conv2D: Differentiable(_convolution),
    ir.DepthwiseConv2D: Differentiable(_depthwise),
    ir.FullyConnected: Differentiable(_dense),
    ir.TransposeConv: Differentiable(_transpose_conv),
    ir.BatchMatmul: Differentiable(_batch_matmul),
    ir.L2Normalization: Differentiable(_l2_normalization),
    ir.LogSoftmax: Differentiable(_log_softmax),
    ir.Div: Differentiable(_div),
    ir.Dequantize: Differentiable(_identity, rounds=False),
    ir.Cast: Differentiable(_identity, rounds=False),
    ir.SelectV2: Differentiable(_select, rounds=False),
    ir.LogicalAnd: Differentiable(_minimum, rounds=False),
    ir.LogicalOr: Differentiable(_maximum, rounds=False),
    ir.LogicalNot: Differentiable(_not, rounds=False),
    ir.ReduceAll: Differentiable(_least, rounds=False),
    ir.ArgMax: Differentiable(_place, rounds=False),
    ir.ArgMin: Differentiable(_place, rounds=False),
    ir.Cumsum: Differentiable(_cumsum),
    ir.AddN: Differentiable(_add_n),
    **dict.fromkeys(COMPARISONS, Differentiable(_compared, rounds=False)),
    **dict.fromkeys(UNARY, Differentiable(_function, rounds=False)),
    ir.Add: Differentiable(_add),
    ir.Sub: Differentiable(_sub),
    ir.Mul: Differentiable(_mul),
    ir.SquaredDifference: Differentiable(_squared_difference),
    ir.Prelu: Differentiable(_prelu),
    ir.LeakyRelu: Differentiable(_leaky_relu),
    ir.Logistic: Differentiable(_logistic),
    ir.Tanh: Differentiable(_tanh),
    ir.HardSwish: Differentiable(_hard_swish),
    ir.Elu: Differentiable(_elu),
    ir.Abs: Differentiable(_abs),
    ir.Rsqrt: Differentiable(_rsqrt),
    **dict.fromkeys(MOVES, Differentiable(_move, rounds=False)),
    ir.Pack: Differentiable(_pack, rounds=False),
    ir.ResizeBilinear: Differentiable(_bilinear),
    ir.PadV2: Differentiable(_pad, rounds=False),
    ir.Sum: Differentiable(_sum),
    ir.ReduceMax: Differentiable(_greatest, rounds=False),
    ir.ReduceMin: Differentiable(_least, rounds=False),
    ir.AveragePool2D: Differentiable(_average_pool),
    ir.MaxPool2D: Differentiable(_max_pool),
    ir.Mean: Differentiable(_mean),
    ir.Pad: Differentiable(_pad, rounds=False),
    ir.Softmax: Differentiable(_softmax),
    ir.Relu: Differentiable(_identity, clamp=ir.Activation.RELU),
    ir.Relu6: Differentiable(_identity, clamp=ir.Activation.RELU6),
    ir.Quantize: Differentiable(_identity),
    ir.Minimum: Differentiable(_minimum, rounds=False),
    ir.Maximum: Differentiable(_maximum, rounds=False),
    ir.Concatenation: Differentiable(_concatenation, rounds=False),
}
"""By operator; what has no row cannot be differentiated, and is refused by name."""


def _images(tf: Any, value: Value) -> Value:
    """The images (N * B, H, W, C) of a value (N, B, H, W, C)."""
    return tf.reshape(value, (-1, *value.shape[2:]))


def _raised(tf: Any, value: Value, rank: int) -> Value:
    """A value (N, ...) with axes of size 1 behind N, so that it broadcasts as TFLite's do."""
    missing = rank - (len(value.shape) - 1)
    return tf.reshape(value, (-1, *(1,) * missing, *value.shape[1:]))


def quantization(tensor: ir.Tensor) -> ir.Quantization:
    """The tensor's quantization. Raises UnsupportedModel where it has none."""
    if tensor.quantization is None:
        raise UnsupportedModel(
            f"tensor {tensor.name!r} has no quantization", "give a fully quantized int8 .tflite"
        )
    return tensor.quantization


def dequantized(tensor: ir.Tensor) -> NDArray[np.float32]:
    """A constant's real values, in its own layout."""
    assert tensor.data is not None
    grid = quantization(tensor)
    shape = [1] * len(tensor.shape)
    if len(grid.scales) > 1:
        shape[grid.axis] = -1
    scales = np.asarray(grid.scales, np.float64).reshape(shape)
    zeros = np.asarray(grid.zero_points, np.float64).reshape(shape)
    return np.asarray((tensor.data.astype(np.float64) - zeros) * scales, np.float32)


def dilated(kernel: NDArray[np.float32], dilation: tuple[int, int]) -> NDArray[np.float32]:
    """The kernel (O, KH, KW, I) spread out with zeros: TensorFlow cannot stride and dilate."""
    if dilation == (1, 1):
        return kernel
    outer, height, width, inner = kernel.shape
    size = ((height - 1) * dilation[0] + 1, (width - 1) * dilation[1] + 1)
    wide = np.zeros((outer, *size, inner), np.float32)
    wide[:, :: dilation[0], :: dilation[1], :] = kernel
    return wide


def same_padding(
    shape: tuple[int, ...], kernel: tuple[int, int], stride: tuple[int, int]
) -> list[tuple[int, int]]:
    """TFLite's SAME padding of (N, H, W, C): the odd one goes behind."""
    pads = []
    for size, window, step in zip(shape[1:3], kernel, stride, strict=True):
        total = max((-(-size // step) - 1) * step + window - size, 0)
        pads.append((total // 2, total - total // 2))
    return [(0, 0), *pads, (0, 0)]
