"""Layers with weights, and products of activations."""

from __future__ import annotations

from dataclasses import asdict

from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.groups import ByGroups
from tinyrob.kernels.packing import fold_zero_point, interleave
from tinyrob.kernels.portable.describe.common import Layout, output, spec_of
from tinyrob.network import layers as net


def _weighted(spec: net.Weighted, weights: net.Int8, fold: bool) -> dict[str, Field]:
    return {
        "weights": Array("int8_t", weights.reshape(-1)),
        "bias": Array("int32_t", fold_zero_point(spec) if fold else spec.bias),
        "multiplier": Array("int32_t", spec.multiplier),
        "shift": Array("int8_t", spec.shift),
    }


def conv2d(layer: net.Layer, layout: Layout = lambda w: interleave(w, 4)) -> Descriptor:
    """tr_conv2d; the zero point goes into the bias where no window is padded."""
    spec = spec_of(layer, net.Conv)
    fold = not spec.window.padded
    return Descriptor(
        "tr_conv2d",
        {
            "window": asdict(spec.window),
            "batches": spec.batches,
            "in_c": spec.in_c,
            "out_c": spec.out_c,
            "input_offset": 0 if fold else -spec.input_zero_point,
            **_weighted(spec, layout(spec.weights), fold),
            "output": output(layer, spec.output_zero_point),
        },
    )


conv2d_grouped = ByGroups(
    "tr_conv2d_grouped", "weights", "weights", conv2d, lambda layer: True, lambda layer: 0
)


def depthwise_conv2d(layer: net.Layer, layout: Layout = lambda w: w) -> Descriptor:
    """tr_depthwise_conv2d; the zero point goes into the bias where no window is padded."""
    spec = spec_of(layer, net.Depthwise)
    fold = not spec.window.padded
    return Descriptor(
        "tr_depthwise_conv2d",
        {
            "window": asdict(spec.window),
            "batches": spec.batches,
            "in_c": spec.in_c,
            "depth": spec.depth,
            "input_offset": 0 if fold else -spec.input_zero_point,
            **_weighted(spec, layout(spec.weights), fold),
            "output": output(layer, spec.output_zero_point),
        },
    )


def fully_connected(layer: net.Layer, layout: Layout = lambda w: interleave(w, 4)) -> Descriptor:
    """tr_fully_connected."""
    spec = spec_of(layer, net.Dense)
    return Descriptor(
        "tr_fully_connected",
        {
            "batches": spec.batches,
            "in_c": spec.in_c,
            "out_c": spec.out_c,
            **_weighted(spec, layout(spec.weights), fold=True),
            "per_channel": int(spec.multiplier.size > 1),
            "output": output(layer, spec.output_zero_point),
        },
    )


def transpose_conv(layer: net.Layer) -> Descriptor:
    """tr_transpose_conv."""
    spec = spec_of(layer, net.TransposeConv)
    return Descriptor(
        "tr_transpose_conv",
        {
            "spread": asdict(spec.spread),
            "batches": spec.batches,
            "in_c": spec.in_c,
            "out_c": spec.out_c,
            "input_offset": -spec.input_zero_point,
            "weights": Array("int8_t", interleave(spec.weights, 4)),
            "bias": Array("int32_t", spec.bias),
            "multiplier": Array("int32_t", spec.multiplier),
            "shift": Array("int8_t", spec.shift),
            "output": output(layer, spec.output_zero_point),
        },
    )


def batch_matmul(layer: net.Layer) -> Descriptor:
    """tr_batch_matmul."""
    spec = spec_of(layer, net.BatchMatmul)
    return Descriptor(
        "tr_batch_matmul",
        {
            "batches": spec.of.batches,
            "a_strides": spec.of.a_strides,
            "b_strides": spec.of.b_strides,
            "rows": spec.of.rows,
            "depth": spec.of.depth,
            "columns": spec.of.columns,
            "a_steps": spec.of.a_steps,
            "b_steps": spec.of.b_steps,
            "a_offset": -spec.a_zero_point,
            "b_offset": -spec.b_zero_point,
            "multiplier": spec.factor.multiplier,
            "shift": spec.factor.shift,
            "output": output(layer, spec.output_zero_point),
        },
    )


def rows_in_one_piece(layer: net.Layer) -> bool:
    """Whether the values of a row of BATCH_MATMUL's first input are neighbours."""
    return spec_of(layer, net.BatchMatmul).of.a_steps[1] == 1
