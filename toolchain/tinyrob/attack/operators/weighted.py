"""Layers with weights, and products of activations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.operators.site import (
    Site,
    Value,
    dequantized,
    images,
    quantization,
)
from tinyrob.ir import graph as ir
from tinyrob.ir.geometry import ungrouped


def batch_matmul(site: Site) -> Value:
    """BATCH_MATMUL."""
    options = site.op.attributes
    assert isinstance(options, ir.BatchMatmul)
    a, b = site.raised()
    return site.tf.matmul(a, b, transpose_a=options.adjoint_a, transpose_b=options.adjoint_b)


def transpose_conv(site: Site) -> Value:
    """TRANSPOSE_CONV."""
    options = site.op.attributes
    assert isinstance(options, ir.TransposeConv)
    tf, kernel = site.tf, _kernel(site)
    x = images(tf, site.operands[-1])
    made = (tf.shape(x)[0], *site.out.shape[1:])
    y = tf.nn.conv2d_transpose(
        x, kernel.transpose(1, 2, 0, 3), made, options.stride, options.padding
    )
    return _with_bias(site, tf.reshape(y, (-1, *site.out.shape[1:])), 2, 3)


def dense(site: Site) -> Value:
    """FULLY_CONNECTED."""
    tf, kernel = site.tf, _kernel(site)
    y = tf.matmul(tf.reshape(site.x, (-1, kernel.shape[1])), tf.constant(kernel.T))
    return _with_bias(site, y)


def convolution(site: Site) -> Value:
    """CONV_2D."""
    options = site.op.attributes
    assert isinstance(options, ir.Conv2D)
    kernel, x = _slid(site, options)
    y = site.tf.nn.conv2d(x, kernel.transpose(1, 2, 3, 0), options.stride, "VALID")
    return _with_bias(site, y)


def depthwise(site: Site) -> Value:
    """DEPTHWISE_CONV_2D."""
    options = site.op.attributes
    assert isinstance(options, ir.DepthwiseConv2D)
    kernel, x = _slid(site, options)
    weights = kernel.reshape(*kernel.shape[1:3], -1, options.multiplier)
    # TensorFlow's depthwise wants equal strides: every output, then the wanted ones.
    y = site.tf.nn.depthwise_conv2d(x, weights, (1, 1, 1, 1), "VALID")
    return _with_bias(site, y[:, :: options.stride[0], :: options.stride[1], :])


def _slid(site: Site, options: ir.Conv2D | ir.DepthwiseConv2D) -> tuple[NDArray[Any], Value]:
    """The kernel with its dilation written out, and the images, padded."""
    x = images(site.tf, site.x)
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
