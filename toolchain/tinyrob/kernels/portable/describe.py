"""Layers as the descriptors of the portable kernels (firmware/include/tinyrob).

Kernels of another instruction set that read the same struct use these too, with their own weight
layout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

import numpy as np

from tinyrob.ir.geometry import Between
from tinyrob.ir.lstm import GATES
from tinyrob.ir.qmath import Factor
from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.packing import fold_zero_point, interleave
from tinyrob.network import layers as net
from tinyrob.network.moves import AXES

S = TypeVar("S", bound=net.Spec)
Layout = Callable[[net.Int8], net.Int8]


def spec_of(layer: net.Layer, kind: type[S]) -> S:
    """What the layer computes, which is known to be of this kind."""
    assert isinstance(layer.spec, kind)
    return layer.spec


def _output(layer: net.Layer, zero_point: int = 0) -> dict[str, Field]:
    return {"zero_point": zero_point, "lo": layer.clamp[0], "hi": layer.clamp[1]}


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
            "output": _output(layer, spec.output_zero_point),
        },
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
            "output": _output(layer, spec.output_zero_point),
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
            "output": _output(layer, spec.output_zero_point),
        },
    )


def broadcast(shape: net.Broadcast) -> dict[str, Field]:
    """tr_broadcast."""
    return {"size": shape.size, "a_repeats": shape.a_repeats, "b_repeats": shape.b_repeats}


def add(layer: net.Layer) -> Descriptor:
    """tr_add: of ADD, SUB and SQUARED_DIFFERENCE."""
    spec = spec_of(layer, net.Scaled)

    def operand(factor: Factor, zero_point: int) -> dict[str, Field]:
        return {"multiplier": factor.multiplier, "offset": -zero_point, "shift": factor.shift}

    return Descriptor(
        "tr_add",
        {
            "shape": broadcast(spec.shape),
            "a": operand(spec.a, spec.a_zero_point),
            "b": operand(spec.b, spec.b_zero_point),
            "multiplier": spec.output.multiplier,
            "shift": spec.output.shift,
            "output": _output(layer, spec.output_zero_point),
        },
    )


def mul(layer: net.Layer) -> Descriptor:
    """tr_mul."""
    spec = spec_of(layer, net.Mul)
    return Descriptor(
        "tr_mul",
        {
            "shape": broadcast(spec.shape),
            "a_offset": -spec.a_zero_point,
            "b_offset": -spec.b_zero_point,
            "multiplier": spec.factor.multiplier,
            "shift": spec.factor.shift,
            "output": _output(layer, spec.output_zero_point),
        },
    )


def prelu(layer: net.Layer) -> Descriptor:
    """tr_prelu."""
    spec = spec_of(layer, net.Prelu)
    return Descriptor(
        "tr_prelu",
        {
            "shape": broadcast(spec.shape),
            "a_offset": -spec.a_zero_point,
            "b_offset": -spec.b_zero_point,
            "above_multiplier": spec.above.multiplier,
            "below_multiplier": spec.below.multiplier,
            "above_shift": spec.above.shift,
            "below_shift": spec.below.shift,
            "output": _output(layer, spec.output_zero_point),
        },
    )


def lookup(layer: net.Layer) -> Descriptor:
    """tr_lookup; the clamp goes into the table."""
    spec = spec_of(layer, net.Lookup)
    table = np.clip(spec.table, *layer.clamp)
    return Descriptor(
        "tr_lookup", {"elements": spec.elements, "table": Array("int8_t", table.astype(np.int8))}
    )


def move(layer: net.Layer) -> Descriptor:
    """tr_move_loops: everything in bytes, loops of one step in front of those that there are."""
    spec = spec_of(layer, net.Move)
    loops, each = spec.loops, spec.bytes_each
    missing = AXES - len(loops.sizes)
    tables = [t for t in loops.tables if t is not None]
    offsets = np.array([each * x for t in tables for x in t], np.int64)
    tabled = sum(1 << (missing + i) for i, t in enumerate(loops.tables) if t is not None)
    return Descriptor(
        "tr_move_loops",
        {
            "run": loops.run * each,
            "start": loops.start * each,
            "size": (1,) * missing + loops.sizes,
            "stride": (0,) * missing + tuple(s * each for s in loops.strides),
            "tabled": tabled,
            "offsets": Array("int32_t", offsets) if tables else 0,
        },
    )


def slide(layer: net.Layer) -> Descriptor:
    """tr_slide_rows, in bytes."""
    spec = spec_of(layer, net.Slide)
    each = spec.bytes_each
    return Descriptor(
        "tr_slide_rows",
        {"rows": spec.rows, "kept": spec.kept * each, "fresh": spec.fresh * each},
    )


def bilinear(layer: net.Layer) -> Descriptor:
    """tr_resize_bilinear."""
    spec = spec_of(layer, net.Bilinear)

    def axis(places: tuple[Between, ...]) -> dict[str, Field]:
        parts = [[p.lower, p.upper, p.fraction] for p in places]
        return {"count": len(places), "places": Array("int32_t", np.array(parts))}

    return Descriptor(
        "tr_resize_bilinear",
        {
            "batches": spec.batches,
            "in_h": spec.in_h,
            "in_w": spec.in_w,
            "channels": spec.channels,
            "rows": axis(spec.rows),
            "columns": axis(spec.columns),
        },
    )


def lstm(layer: net.Layer) -> Descriptor:
    """tr_lstm."""
    spec = spec_of(layer, net.Lstm)

    def factor(name: str, of: Factor) -> dict[str, Field]:
        return {f"{name}_multiplier": of.multiplier, f"{name}_shift": of.shift}

    gates: dict[str, Field] = {
        f"{name}_gate": {
            "inputs": Array("int8_t", gate.inputs.reshape(-1)),
            "states": Array("int8_t", gate.states.reshape(-1)),
            "input_bias": Array("int32_t", gate.input_bias),
            "state_bias": Array("int32_t", gate.state_bias),
            **factor("input", gate.of_input),
            **factor("state", gate.of_state),
        }
        for name, gate in zip(GATES, spec.gates, strict=True)
    }
    return Descriptor(
        "tr_lstm",
        {
            "steps": spec.steps,
            "in_c": spec.in_c,
            "units": spec.units,
            **gates,
            **factor("forget", spec.forget),
            **factor("update", spec.update),
            **factor("hidden", spec.hidden),
            "tanh_multiplier": spec.tanh_multiplier,
            "tanh_shift": spec.tanh_shift,
            "clip": spec.clip,
            "zero_point": spec.zero_point,
        },
    )


def reduce(layer: net.Layer) -> Descriptor:
    """tr_reduce."""
    spec = spec_of(layer, net.ReduceMax)
    return Descriptor(
        "tr_reduce",
        {
            "outer": spec.outer,
            "middle": spec.middle,
            "inner": spec.inner,
            "reduced": spec.reduced,
            "output": _output(layer),
        },
    )


def pool(layer: net.Layer) -> Descriptor:
    """tr_pool."""
    spec = spec_of(layer, net.Pool)
    return Descriptor(
        "tr_pool",
        {
            "window": asdict(spec.window),
            "batches": spec.batches,
            "channels": spec.channels,
            "output": _output(layer),
        },
    )


def mean(layer: net.Layer) -> Descriptor:
    """tr_mean."""
    spec = spec_of(layer, net.Mean)
    return Descriptor(
        "tr_mean",
        {
            "outer": spec.outer,
            "middle": spec.middle,
            "inner": spec.inner,
            "reduced": spec.reduced,
            "bias": spec.bias,
            "multiplier": spec.factor.multiplier,
            "shift": spec.factor.shift,
            "output": _output(layer, spec.output_zero_point),
        },
    )


def pad(layer: net.Layer) -> Descriptor:
    """tr_pad."""
    spec = spec_of(layer, net.Pad)
    return Descriptor(
        "tr_pad",
        {"size": spec.size, "before": spec.before, "after": spec.after, "value": spec.value},
    )


def softmax(layer: net.Layer) -> Descriptor:
    """tr_softmax."""
    spec = spec_of(layer, net.Softmax)
    return Descriptor("tr_softmax", asdict(spec))


def requantize(layer: net.Layer) -> Descriptor:
    """tr_requantizer."""
    spec = spec_of(layer, net.Requantize)
    return Descriptor(
        "tr_requantizer",
        {
            "elements": spec.elements,
            "multiplier": spec.factor.multiplier,
            "offset": -spec.input_zero_point,
            "shift": spec.factor.shift,
            "output": _output(layer, spec.output_zero_point),
        },
    )


def extremum(layer: net.Layer) -> Descriptor:
    """tr_extremum."""
    spec = layer.spec
    assert isinstance(spec, net.Minimum | net.Maximum)
    return Descriptor("tr_extremum", {"shape": broadcast(spec.shape), "output": _output(layer)})


def concatenation(layer: net.Layer) -> Descriptor:
    """tr_concatenation."""
    spec = spec_of(layer, net.Concat)
    return Descriptor(
        "tr_concatenation",
        {
            "rows": spec.rows,
            "count": len(spec.lengths),
            "lengths": Array("uint32_t", np.array(spec.lengths, np.int64)),
            "output": _output(layer),
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
            "output": _output(layer, spec.output_zero_point),
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
            "output": _output(layer, spec.output_zero_point),
        },
    )


def l2_normalization(layer: net.Layer) -> Descriptor:
    """tr_l2_normalization."""
    spec = spec_of(layer, net.L2Normalization)
    return Descriptor(
        "tr_l2_normalization",
        {
            "rows": spec.rows,
            "columns": spec.columns,
            "offset": -spec.input_zero_point,
            "output": _output(layer),
        },
    )


def div(layer: net.Layer) -> Descriptor:
    """tr_div."""
    spec = spec_of(layer, net.Div)
    return Descriptor(
        "tr_div",
        {
            "shape": broadcast(spec.shape),
            "a_offset": -spec.a_zero_point,
            "b_offset": -spec.b_zero_point,
            "multiplier": spec.factor.multiplier,
            "shift": spec.factor.shift,
            "output": _output(layer, spec.output_zero_point),
        },
    )


def compare(layer: net.Layer) -> Descriptor:
    """tr_compare."""
    spec = spec_of(layer, net.Compare)
    return Descriptor(
        "tr_compare",
        {
            "shape": broadcast(spec.shape),
            "a_offset": -spec.a_zero_point,
            "b_offset": -spec.b_zero_point,
            "a_multiplier": spec.a.multiplier,
            "b_multiplier": spec.b.multiplier,
            "a_shift": spec.a.shift,
            "b_shift": spec.b.shift,
            "taken": spec.taken,
        },
    )


def select(layer: net.Layer) -> Descriptor:
    """tr_select."""
    spec = spec_of(layer, net.Select)
    return Descriptor("tr_select", {"size": spec.size, "repeats": spec.repeats})


def log_softmax(layer: net.Layer) -> Descriptor:
    """tr_log_softmax."""
    spec = spec_of(layer, net.LogSoftmax)
    return Descriptor(
        "tr_log_softmax",
        {
            "rows": spec.rows,
            "columns": spec.columns,
            "multiplier": spec.multiplier,
            "left_shift": spec.left_shift,
            "diff_min": spec.diff_min,
            "back_multiplier": spec.back.multiplier,
            "back_shift": spec.back.shift,
        },
    )


def svdf(layer: net.Layer) -> Descriptor:
    """tr_svdf."""
    spec = spec_of(layer, net.Svdf)
    wide = spec.time.dtype == np.int16
    weights: dict[str, Field] = {
        "time": 0 if wide else Array("int8_t", spec.time.reshape(-1)),
        "wide_time": Array("int16_t", spec.time.reshape(-1)) if wide else 0,
    }
    return Descriptor(
        "tr_svdf",
        {
            "in_c": spec.features.shape[1],
            "units": spec.bias.size,
            "rank": spec.rank,
            "memory": spec.time.shape[1],
            "features": Array("int8_t", spec.features.reshape(-1)),
            "feature_bias": Array("int32_t", spec.feature_bias),
            **weights,
            "bias": Array("int32_t", spec.bias),
            "feature_multiplier": spec.feature.multiplier,
            "multiplier": spec.output.multiplier,
            "feature_shift": spec.feature.shift,
            "shift": spec.output.shift,
            "state_zero_point": spec.state_zero_point,
            "output": _output(layer, spec.output_zero_point),
        },
    )


def _sum(layer: net.Layer, spec: net.AddN | net.Cumsum) -> dict[str, Field]:
    """tr_sum."""
    return {
        "offset": -spec.input_zero_point,
        "multiplier": spec.factor.multiplier,
        "shift": spec.factor.shift,
        "output": _output(layer, spec.output_zero_point),
    }


def add_n(layer: net.Layer) -> Descriptor:
    """tr_add_n."""
    spec = spec_of(layer, net.AddN)
    return Descriptor(
        "tr_add_n",
        {"elements": spec.elements, "count": spec.count, "sum": _sum(layer, spec)},
    )


def cumsum(layer: net.Layer) -> Descriptor:
    """tr_cumsum."""
    spec = spec_of(layer, net.Cumsum)
    return Descriptor(
        "tr_cumsum",
        {
            "outer": spec.outer,
            "size": spec.size,
            "inner": spec.inner,
            "exclusive": int(spec.exclusive),
            "reverse": int(spec.reverse),
            "sum": _sum(layer, spec),
        },
    )


def arg(layer: net.Layer) -> Descriptor:
    """tr_arg."""
    spec = spec_of(layer, net.Arg)
    return Descriptor(
        "tr_arg",
        {"outer": spec.outer, "size": spec.size, "inner": spec.inner, "least": int(spec.least)},
    )
