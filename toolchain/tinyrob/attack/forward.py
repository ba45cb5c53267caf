"""A graph as differentiable TensorFlow: the quantized forward pass, or its float shadow.

Quantized: every value lies on its int8 grid; rounding passes the gradient straight through, and
clamps pass it inside their range. Shadow: the same weights and clamps, nothing rounded. One builder
makes both, for any graph: also for a .tflite whose training nobody here has seen. QKeras' own
forward pass would quantize its constant kernels anew at each call, and has no shadow.

Where all scales are powers of two, float32 holds every value exactly and the quantized pass equals
the artefact; elsewhere they differ by a unit in the last place now and then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.qmath import activation_range
from tinyrob.tf.straight_through import on_grid

Value = Any  # a tf.Tensor
Forward = Callable[[Value, bool], tuple[Value, Value]]
_MOVES = (ir.Reshape, ir.Pad, ir.Minimum, ir.Maximum, ir.Concatenation)
_TAIL = (ir.Reshape, ir.Minimum, ir.Maximum, ir.Quantize, ir.Softmax)


def build_forward(graph: ir.Graph, tf: Any) -> Forward:
    """``forward(q, rounded) -> (logits, raw)`` for inputs q (N, ...) in int8 steps (float32).

    Inside, a value is (N, *its tensor's shape): one axis more than TFLite's, as in the interpreter.

    ``logits`` (N, C) are real values on the output's grid (of the softmax's input, where the graph
    ends in one); ``raw`` are the same before the output's own rounding and clamp: an attack's loss
    must not flatten out where an int8 logit saturates.
    """
    return _Forward(graph, tf)


class _Forward:
    def __init__(self, graph: ir.Graph, tf: Any) -> None:
        self.graph, self.tf = graph, tf
        self.constants = {
            index: tf.constant(dequantized(tensor)[None])
            for index, tensor in enumerate(graph.tensors)
            if tensor.data is not None and tensor.dtype == "int8"
        }
        first_of_tail = len(graph.ops)
        while first_of_tail > 0 and isinstance(graph.ops[first_of_tail - 1].attributes, _TAIL):
            first_of_tail -= 1
        self.last_compute = first_of_tail - 1

    def __call__(self, q: Value, rounded: bool) -> tuple[Value, Value]:
        graph, tf = self.graph, self.tf
        source = graph.tensors[graph.inputs[0]]
        grid = quantization(source)
        q = tf.reshape(q, (-1, *source.shape))
        values: dict[int, Value] = {graph.inputs[0]: (q - grid.zero_point) * grid.scale}
        logits = raw = values[graph.inputs[0]]
        for position, op in enumerate(graph.ops):
            attributes, out = op.attributes, graph.tensors[op.outputs[0]]
            if isinstance(attributes, ir.Softmax) and position > self.last_compute:
                # Nothing behind it changes which class is the most likely.
                logits, raw = logits * attributes.beta, raw * attributes.beta
                break
            value = self._apply(op, values, out)
            if position == self.last_compute:
                raw = value
            if not isinstance(attributes, _MOVES):
                value = self._quantize(value, attributes, out, rounded)
            values[op.outputs[0]] = logits = value
        classes = graph.tensors[graph.outputs[0]].elements
        return tf.reshape(logits, (-1, classes)), tf.reshape(raw, (-1, classes))

    def _quantize(
        self, value: Value, attributes: ir.Attributes, out: ir.Tensor, rounded: bool
    ) -> Value:
        tf, grid = self.tf, quantization(out)
        fused = getattr(attributes, "activation", ir.Activation.NONE)
        if isinstance(attributes, ir.Relu):
            fused = ir.Activation.RELU
        elif isinstance(attributes, ir.Relu6):
            fused = ir.Activation.RELU6
        low, high = activation_range(fused, grid)
        lo, hi = low - grid.zero_point, high - grid.zero_point
        if rounded:
            return on_grid(tf, value, grid.scale, lo, hi)
        return tf.clip_by_value(value, lo * grid.scale, hi * grid.scale)

    def _apply(self, op: ir.Op, values: dict[int, Value], out: ir.Tensor) -> Value:
        tf, attributes = self.tf, op.attributes
        operands = [
            self.constants[i] if i in self.constants else values[i]
            for i in op.inputs
            if i in self.constants or i in values
        ]
        x = operands[0]
        if isinstance(attributes, (ir.Conv2D, ir.DepthwiseConv2D, ir.FullyConnected)):
            return self._weighted(op, x, out)
        if isinstance(attributes, (ir.Add, ir.Minimum, ir.Maximum)):
            operands = [_raised(tf, operand, len(out.shape)) for operand in operands]
        if isinstance(attributes, ir.Add):
            return operands[0] + operands[1]
        if isinstance(attributes, (ir.AveragePool2D, ir.MaxPool2D)):
            pool = tf.nn.max_pool2d if isinstance(attributes, ir.MaxPool2D) else tf.nn.avg_pool2d
            y = pool(_images(tf, x), attributes.window, attributes.stride, attributes.padding)
            return tf.reshape(y, (-1, *out.shape))
        rank = len(self.graph.tensors[op.inputs[0]].shape)
        if isinstance(attributes, ir.Mean):
            stored = np.ravel(self.graph.constant(op.inputs[1]))
            axes = sorted({int(axis) % rank + 1 for axis in stored})
            return tf.reduce_mean(x, axis=axes, keepdims=attributes.keep_dims)
        if isinstance(attributes, ir.Reshape):
            return tf.reshape(x, (-1, *out.shape))
        if isinstance(attributes, ir.Pad):
            pairs = self.graph.constant(op.inputs[1]).astype(np.int32)
            return tf.pad(x, np.concatenate([np.zeros((1, 2), np.int32), pairs]))
        if isinstance(attributes, (ir.Relu, ir.Relu6, ir.Quantize)):
            return x
        if isinstance(attributes, ir.Minimum):
            return tf.minimum(operands[0], operands[1])
        if isinstance(attributes, ir.Maximum):
            return tf.maximum(operands[0], operands[1])
        if isinstance(attributes, ir.Concatenation):
            samples = tf.reduce_max([tf.shape(o)[0] for o in operands])
            whole = [tf.broadcast_to(o, (samples, *o.shape[1:])) for o in operands]
            return tf.concat(whole, attributes.axis % rank + 1)
        raise UnsupportedModel(
            f"the attack cannot differentiate {op.kind} ({out.name})",
            "give the network's Keras model with --surrogate, or run black-box attacks only",
        )

    def _weighted(self, op: ir.Op, x: Value, out: ir.Tensor) -> Value:
        tf, attributes, graph = self.tf, op.attributes, self.graph
        kernel = dequantized(graph.tensors[op.inputs[1]])
        if isinstance(attributes, ir.FullyConnected):
            y = tf.matmul(tf.reshape(x, (-1, kernel.shape[1])), tf.constant(kernel.T))
        else:
            assert isinstance(attributes, (ir.Conv2D, ir.DepthwiseConv2D))
            kernel = dilated(kernel, attributes.dilation)
            _, height, width, _ = kernel.shape
            x = _images(tf, x)
            if attributes.padding == "SAME":
                x = tf.pad(x, same_padding(x.shape, (height, width), attributes.stride))
            if isinstance(attributes, ir.DepthwiseConv2D):
                weights = kernel.reshape(height, width, -1, attributes.multiplier)
                # TensorFlow's depthwise wants equal strides: every output, then the wanted ones.
                y = tf.nn.depthwise_conv2d(x, weights, (1, 1, 1, 1), "VALID")
                y = y[:, :: attributes.stride[0], :: attributes.stride[1], :]
            else:
                y = tf.nn.conv2d(x, kernel.transpose(1, 2, 3, 0), attributes.stride, "VALID")
        if len(op.inputs) > 2 and op.inputs[2] >= 0:
            y = y + tf.constant(self._bias(op))
        return tf.reshape(y, (-1, *out.shape))

    def _bias(self, op: ir.Op) -> NDArray[np.float32]:
        # A bias is in accumulator steps by definition, whatever its own scales say.
        graph = self.graph
        step = quantization(graph.tensors[op.inputs[0]]).scale
        scales = np.asarray(quantization(graph.tensors[op.inputs[1]]).scales, np.float64)
        return np.asarray(
            graph.constant(op.inputs[2]).astype(np.float64) * (step * scales), np.float32
        )


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
