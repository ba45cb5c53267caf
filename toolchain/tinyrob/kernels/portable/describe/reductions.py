"""Values of many."""

from __future__ import annotations

from dataclasses import asdict

from tinyrob.kernels.descriptor import Descriptor
from tinyrob.kernels.portable.describe.common import output, spec_of, sums
from tinyrob.network import layers as net


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
            "output": output(layer),
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
            "output": output(layer),
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
            "output": output(layer, spec.output_zero_point),
        },
    )


def softmax(layer: net.Layer) -> Descriptor:
    """tr_softmax."""
    spec = spec_of(layer, net.Softmax)
    return Descriptor("tr_softmax", asdict(spec))


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


def l2_normalization(layer: net.Layer) -> Descriptor:
    """tr_l2_normalization."""
    spec = spec_of(layer, net.L2Normalization)
    return Descriptor(
        "tr_l2_normalization",
        {
            "rows": spec.rows,
            "columns": spec.columns,
            "offset": -spec.input_zero_point,
            "output": output(layer),
        },
    )


def arg(layer: net.Layer) -> Descriptor:
    """tr_arg."""
    spec = spec_of(layer, net.Arg)
    return Descriptor(
        "tr_arg",
        {"outer": spec.outer, "size": spec.size, "inner": spec.inner, "least": int(spec.least)},
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
            "sum": sums(layer, spec),
        },
    )
