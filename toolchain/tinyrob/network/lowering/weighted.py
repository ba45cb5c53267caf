"""Layers with weights, and products of activations."""

from __future__ import annotations

import numpy as np

from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir import qmath
from tinyrob.ir.geometry import transposed, ungrouped
from tinyrob.ir.rules.matmul import matmul_factors
from tinyrob.network import layers as net
from tinyrob.network.axes import LARGEST_EXTENT, matrices, window
from tinyrob.network.lowering.common import Lowered
from tinyrob.network.view import View


def _checked(view: View, weights: net.Int8, axis: int, bias: int = 2) -> net.Int8:
    """Weights and biases whose partial sums fit their type, in any order, for any input.

    One more than a graph guarantees: a kernel may add the input's zero point last.
    """
    rows = np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1)
    values, bits = (256, 31) if view.dtype == "int8" else (2**15, 47 if view.wide else 31)
    largest = values * np.abs(rows.astype(np.int64)).sum(axis=1)
    largest += np.abs(view.bias(weights.shape[axis], bias).astype(np.int64))
    if rows.shape[0] > LARGEST_EXTENT or int(largest.max()) >= 2**bits:
        raise UnsupportedModel(
            f"{view.where}: {rows.shape[0]} channels whose sums can reach {int(largest.max())}",
            f"kernels take up to 32767 channels and sums below 2^{bits}: split the layer",
        )
    return weights


def _per_channel(view: View, channels: int) -> tuple[net.Int32, net.Int32]:
    factors = view.factors()
    return qmath.per_channel(factors * channels if len(factors) == 1 else factors)


def conv(view: View) -> Lowered:
    """CONV_2D, grouped or not."""
    options = view.options(ir.Conv2D)
    shape = view.inputs[0].shape
    weights = _checked(view, ungrouped(view.constant(1).astype(np.int8), shape[3]), 0)
    kernel = (weights.shape[1], weights.shape[2])
    multiplier, shift = _per_channel(view, weights.shape[0])
    spec = net.Conv(
        shape[0], shape[3], weights, view.bias(weights.shape[0]),
        multiplier, shift, view.zero_point(0), view.zero_point_out,
        window(options, kernel, shape, view.where), wide=view.wide,
    )  # fmt: skip
    return spec, view.clamp(options.activation)


def depthwise(view: View) -> Lowered:
    """DEPTHWISE_CONV_2D."""
    options = view.options(ir.DepthwiseConv2D)
    weights = _checked(view, view.constant(1).astype(np.int8)[0], 2)
    shape = view.inputs[0].shape
    kernel = (weights.shape[0], weights.shape[1])
    multiplier, shift = _per_channel(view, weights.shape[2])
    spec = net.Depthwise(
        shape[0], shape[3], weights, view.bias(weights.shape[2]),
        multiplier, shift, view.zero_point(0), view.zero_point_out,
        window(options, kernel, shape, view.where), wide=view.wide,
    )  # fmt: skip
    return spec, view.clamp(options.activation)


def dense(view: View) -> Lowered:
    """FULLY_CONNECTED."""
    weights = _checked(view, view.constant(1).astype(np.int8), 0)
    out_c, in_c = weights.shape
    multiplier, shift = qmath.per_channel(view.factors())
    spec = net.Dense(
        view.inputs[0].elements // in_c, in_c, weights, view.bias(out_c),
        multiplier, shift, view.zero_point(0), view.zero_point_out, wide=view.wide,
    )  # fmt: skip
    return spec, view.clamp(view.options(ir.FullyConnected).activation)


def transpose_conv(view: View) -> Lowered:
    """TRANSPOSE_CONV."""
    options = view.options(ir.TransposeConv)
    weights = _checked(view, view.constant(1).astype(np.int8), 0, bias=3)
    out_c, *kernel, in_c = weights.shape
    batches, *made, _ = view.output.shape
    image = view.inputs[2].shape[1:3]
    rows, columns = transposed(options, (kernel[0], kernel[1]), (made[0], made[1]))
    extents = (*view.inputs[2].shape, *view.output.shape, *kernel, rows.stride, columns.stride)
    if max(extents) > LARGEST_EXTENT:
        raise UnsupportedModel(
            f"{view.where}: an extent of {max(extents)}; kernels take up to {LARGEST_EXTENT}",
            "split the layer",
        )
    x, k, y = view.quantization(2), view.quantization(1), view.output_quantization
    multiplier, shift = qmath.per_channel(matmul_factors(x, k, y, channels=out_c))
    spec = net.TransposeConv(
        net.Spread(
            image[0], image[1], made[0], made[1], kernel[0], kernel[1],
            rows.stride, columns.stride, rows.before, columns.before,
        ),
        batches, in_c, weights, view.bias(out_c, 3), multiplier, shift, x.zero_point, y.zero_point,
        wide=view.wide,
    )  # fmt: skip
    return spec, view.clamp(options.activation)


def batch_matmul(view: View) -> Lowered:
    """BATCH_MATMUL."""
    options = view.options(ir.BatchMatmul)
    a, b, y = view.quantization(0), view.quantization(1), view.output_quantization
    factor = qmath.matmul_factor(a.scale, b.scale, y.scale)
    spec = net.BatchMatmul(
        matrices(
            view.inputs[0].shape, view.inputs[1].shape, options.adjoint_a, options.adjoint_b,
            view.where,
        ),
        a.zero_point, b.zero_point, y.zero_point, factor,
    )  # fmt: skip
    return spec, view.full
