"""Layers of int16 activations as the descriptors of the portable kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from tinyrob.ir.graph import DType
from tinyrob.ir.qmath import Factor, reduced
from tinyrob.ir.softmax16 import exponentials, reciprocals
from tinyrob.kernels import gates
from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.packing import interleave
from tinyrob.kernels.portable import describe
from tinyrob.kernels.portable.describe import Layout, spec_of
from tinyrob.network import curves
from tinyrob.network import layers as net


def _output(layer: net.Layer) -> dict[str, Field]:
    return {"lo": layer.clamp[0], "hi": layer.clamp[1]}


def _sums(layer: net.Layer, spec: net.Weighted | net.TransposeConv) -> dict[str, Field]:
    """tr_sums16."""
    channels = spec.out_c
    multiplier = np.broadcast_to(spec.multiplier, channels).astype(np.int64)
    shift = np.broadcast_to(spec.shift, channels).astype(np.int64)
    if spec.wide:
        multiplier, shift = reduced(multiplier), 15 - shift
    return {
        "bias": Array("int64_t", spec.bias),
        "multiplier": Array("int32_t", multiplier),
        "shift": Array("int8_t", shift),
        "wide": int(spec.wide),
        "output": _output(layer),
    }


def conv2d(layer: net.Layer, layout: Layout = lambda w: interleave(w, 4)) -> Descriptor:
    """tr_conv2d16."""
    spec = spec_of(layer, net.Conv)
    return Descriptor(
        "tr_conv2d16",
        {
            "window": asdict(spec.window),
            "batches": spec.batches,
            "in_c": spec.in_c,
            "out_c": spec.out_c,
            "weights": Array("int8_t", layout(spec.weights).reshape(-1)),
            "sums": _sums(layer, spec),
        },
    )


def depthwise_conv2d(layer: net.Layer, layout: Layout = lambda w: w) -> Descriptor:
    """tr_depthwise_conv2d16."""
    spec = spec_of(layer, net.Depthwise)
    return Descriptor(
        "tr_depthwise_conv2d16",
        {
            "window": asdict(spec.window),
            "batches": spec.batches,
            "in_c": spec.in_c,
            "depth": spec.depth,
            "weights": Array("int8_t", layout(spec.weights).reshape(-1)),
            "sums": _sums(layer, spec),
        },
    )


def transpose_conv(layer: net.Layer) -> Descriptor:
    """tr_transpose_conv16."""
    spec = spec_of(layer, net.TransposeConv)
    return Descriptor(
        "tr_transpose_conv16",
        {
            "spread": asdict(spec.spread),
            "batches": spec.batches,
            "in_c": spec.in_c,
            "out_c": spec.out_c,
            "weights": Array("int8_t", interleave(spec.weights, 4)),
            "sums": _sums(layer, spec),
        },
    )


def fully_connected(layer: net.Layer, layout: Layout = lambda w: interleave(w, 4)) -> Descriptor:
    """tr_fully_connected16."""
    spec = spec_of(layer, net.Dense)
    return Descriptor(
        "tr_fully_connected16",
        {
            "batches": spec.batches,
            "in_c": spec.in_c,
            "out_c": spec.out_c,
            "weights": Array("int8_t", layout(spec.weights).reshape(-1)),
            "sums": _sums(layer, spec),
        },
    )


def add(layer: net.Layer) -> Descriptor:
    """tr_add16: of ADD and SUB."""
    spec = spec_of(layer, net.Scaled)

    def factor(of: Factor) -> dict[str, Field]:
        return {"multiplier": of.multiplier, "shift": of.shift}

    return Descriptor(
        "tr_add16",
        {
            "shape": describe.broadcast(spec.shape),
            "a": factor(spec.a),
            "b": factor(spec.b),
            **factor(spec.output),
            "output": _output(layer),
        },
    )


def mul(layer: net.Layer) -> Descriptor:
    """tr_mul16."""
    spec = spec_of(layer, net.Mul)
    return Descriptor(
        "tr_mul16",
        {
            "shape": describe.broadcast(spec.shape),
            "multiplier": spec.factor.multiplier,
            "shift": spec.factor.shift,
            "output": _output(layer),
        },
    )


def extremum(layer: net.Layer) -> Descriptor:
    """tr_extremum16."""
    spec = spec_of(layer, net.Pair)
    return Descriptor(
        "tr_extremum16", {"shape": describe.broadcast(spec.shape), "output": _output(layer)}
    )


def pool(layer: net.Layer) -> Descriptor:
    """tr_pool16."""
    spec = spec_of(layer, net.Pool)
    return Descriptor(
        "tr_pool16",
        {
            "window": asdict(spec.window),
            "batches": spec.batches,
            "channels": spec.channels,
            "output": _output(layer),
        },
    )


def pad(layer: net.Layer) -> Descriptor:
    """tr_pad16."""
    return Descriptor("tr_pad16", describe.pad(layer).fields)


def concatenation(layer: net.Layer) -> Descriptor:
    """tr_concatenation16."""
    fields = describe.concatenation(layer).fields
    return Descriptor("tr_concatenation16", {**fields, "output": _output(layer)})


def requantizes(source: DType) -> Callable[[net.Layer], bool]:
    """Values of this type."""

    def accepts(layer: net.Layer) -> bool:
        return spec_of(layer, net.Requantize).source == source

    return accepts


def requantize(layer: net.Layer) -> Descriptor:
    """tr_requantizer16."""
    spec = spec_of(layer, net.Requantize)
    return Descriptor(
        "tr_requantizer16",
        {
            "elements": spec.elements,
            "multiplier": spec.factor.multiplier,
            "offset": -spec.input_zero_point,
            "shift": spec.factor.shift,
            "zero_point": spec.output_zero_point,
            **_output(layer),
        },
    )


def curve(layer: net.Layer) -> Descriptor:
    """tr_curve16: of LOGISTIC and TANH."""
    spec = spec_of(layer, curves.Curve)
    return Descriptor(
        "tr_curve16",
        {
            "elements": spec.elements,
            "multiplier": spec.argument.multiplier,
            "shift": spec.argument.shift,
            "output": _output(layer),
        },
    )


def leaky_relu(layer: net.Layer) -> Descriptor:
    """tr_leaky_relu16."""
    spec = spec_of(layer, curves.Slopes)
    slopes = spec.slopes
    return Descriptor(
        "tr_leaky_relu16",
        {
            "elements": spec.elements,
            "above_multiplier": slopes.above.multiplier,
            "below_multiplier": slopes.below.multiplier,
            "above_shift": slopes.above.shift,
            "below_shift": slopes.below.shift,
            "negative": int(slopes.negative),
            "output": _output(layer),
        },
    )


def interpolates(layer: net.Layer) -> bool:
    """Softmax of int16."""
    return isinstance(layer.spec, curves.SoftmaxTables)


def in_fixed_point(layer: net.Layer) -> bool:
    """Softmax of int8, to int16."""
    return isinstance(layer.spec, net.Softmax)


def softmax(layer: net.Layer) -> Descriptor:
    """tr_softmax16."""
    spec = spec_of(layer, curves.SoftmaxTables)
    return Descriptor(
        "tr_softmax16",
        {
            "rows": spec.rows,
            "columns": spec.columns,
            "multiplier": spec.factor.multiplier,
            "shift": spec.factor.shift,
            "exponentials": Array("int16_t", exponentials()),
            "reciprocals": Array("int16_t", reciprocals()),
        },
    )


def mean(layer: net.Layer) -> Descriptor:
    """tr_mean16."""
    spec = spec_of(layer, net.Mean)
    return Descriptor(
        "tr_mean16",
        {
            "outer": spec.outer,
            "middle": spec.middle,
            "inner": spec.inner,
            "reduced": spec.reduced,
            "multiplier": spec.factor.multiplier,
            "shift": spec.factor.shift,
            "output": _output(layer),
        },
    )


def magnitude(layer: net.Layer) -> Descriptor:
    """tr_abs16."""
    spec = spec_of(layer, curves.Magnitude)
    return Descriptor(
        "tr_abs16",
        {
            "elements": spec.elements,
            "multiplier": spec.factor.multiplier,
            "shift": spec.factor.shift,
            "output": _output(layer),
        },
    )


def batch_matmul(layer: net.Layer) -> Descriptor:
    """tr_batch_matmul16."""
    spec = spec_of(layer, net.BatchMatmul)
    of = asdict(spec.of)
    return Descriptor(
        "tr_batch_matmul16",
        {
            **{name: of[name] for name in (
                "batches", "a_strides", "b_strides", "rows", "depth", "columns", "a_steps",
                "b_steps",
            )},
            "multiplier": int(reduced(spec.factor.multiplier)),
            "shift": 15 - spec.factor.shift,
            "output": _output(layer),
        },
    )  # fmt: skip


def prelu(layer: net.Layer) -> Descriptor:
    """tr_prelu16."""
    spec = spec_of(layer, net.Prelu)
    return Descriptor(
        "tr_prelu16",
        {
            "shape": describe.broadcast(spec.shape),
            "b_offset": -spec.b_zero_point,
            "above_multiplier": spec.above.multiplier,
            "below_multiplier": spec.below.multiplier,
            "above_shift": spec.above.shift,
            "below_shift": spec.below.shift,
            "output": _output(layer),
        },
    )


def first_not_repeated(layer: net.Layer) -> tuple[int, ...]:
    """``in_place`` of values and their slopes, which are of another type."""
    return () if spec_of(layer, net.Pair).shape.a_repeats else (0,)


def lstm(layer: net.Layer) -> Descriptor:
    """tr_lstm16."""
    return gates.lstm16(layer, "tr_lstm16", lambda w: Array("int8_t", interleave(w, gates.GATES)))
