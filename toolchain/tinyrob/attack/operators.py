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
    """``value`` of an operator; ``rounds``: its output is put on its grid behind it.

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
    assert isinstance(site.op.attributes, ir.Mean)
    stored = np.ravel(site.graph.constant(site.op.inputs[1]))
    axes = sorted({int(axis) % site.rank + 1 for axis in stored})
    return site.tf.reduce_mean(site.x, axis=axes, keepdims=site.op.attributes.keep_dims)


def _reshape(site: Site) -> Value:
    return site.tf.reshape(site.x, (-1, *site.out.shape))


def _pad(site: Site) -> Value:
    pairs = site.graph.constant(site.op.inputs[1]).astype(np.int32)
    return site.tf.pad(site.x, np.concatenate([np.zeros((1, 2), np.int32), pairs]))


def _concatenation(site: Site) -> Value:
    tf, options = site.tf, site.op.attributes
    assert isinstance(options, ir.Concatenation)
    samples = tf.reduce_max([tf.shape(o)[0] for o in site.operands])
    whole = [tf.broadcast_to(o, (samples, *o.shape[1:])) for o in site.operands]
    return tf.concat(whole, options.axis % site.rank + 1)


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
    kernel = dilated(_kernel(site), options.dilation)
    x = _images(site.tf, site.x)
    if options.padding == "SAME":
        x = site.tf.pad(x, same_padding(x.shape, kernel.shape[1:3], options.stride))
    return kernel, x


def _kernel(site: Site) -> NDArray[np.float32]:
    return dequantized(site.graph.tensors[site.op.inputs[1]])


def _with_bias(site: Site, y: Value) -> Value:
    inputs, graph = site.op.inputs, site.graph
    if len(inputs) > 2 and inputs[2] >= 0:
        # A bias is in accumulator steps by definition, whatever its own scales say.
        step = quantization(graph.tensors[inputs[0]]).scale
        scales = np.asarray(quantization(graph.tensors[inputs[1]]).scales, np.float64)
        bias = graph.constant(inputs[2]).astype(np.float64) * (step * scales)
        y = y + site.tf.constant(np.asarray(bias, np.float32))
    return site.tf.reshape(y, (-1, *site.out.shape))


OPERATORS: Mapping[type[ir.Attributes], Differentiable] = {
    ir.Conv2D: Differentiable(_convolution),
    ir.DepthwiseConv2D: Differentiable(_depthwise),
    ir.FullyConnected: Differentiable(_dense),
    ir.Add: Differentiable(_add),
    ir.AveragePool2D: Differentiable(_average_pool),
    ir.MaxPool2D: Differentiable(_max_pool),
    ir.Mean: Differentiable(_mean),
    ir.Reshape: Differentiable(_reshape, rounds=False),
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
