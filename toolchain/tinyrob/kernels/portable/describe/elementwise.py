"""One value for each, of one operand or of several."""

from __future__ import annotations

import numpy as np

from tinyrob.ir.qmath import Factor
from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.portable.describe.common import output, spec_of, sums
from tinyrob.network import layers as net


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
            "output": output(layer, spec.output_zero_point),
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
            "output": output(layer, spec.output_zero_point),
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
            "output": output(layer, spec.output_zero_point),
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
            "output": output(layer, spec.output_zero_point),
        },
    )


def lookup(layer: net.Layer) -> Descriptor:
    """tr_lookup; the clamp goes into the table."""
    spec = spec_of(layer, net.Lookup)
    table = np.clip(spec.table, *layer.clamp)
    return Descriptor(
        "tr_lookup", {"elements": spec.elements, "table": Array("int8_t", table.astype(np.int8))}
    )


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
            "output": output(layer, spec.output_zero_point),
        },
    )


def extremum(layer: net.Layer) -> Descriptor:
    """tr_extremum."""
    spec = layer.spec
    assert isinstance(spec, net.Minimum | net.Maximum)
    return Descriptor("tr_extremum", {"shape": broadcast(spec.shape), "output": output(layer)})


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


def add_n(layer: net.Layer) -> Descriptor:
    """tr_add_n."""
    spec = spec_of(layer, net.AddN)
    return Descriptor(
        "tr_add_n",
        {"elements": spec.elements, "count": spec.count, "sum": sums(layer, spec)},
    )
