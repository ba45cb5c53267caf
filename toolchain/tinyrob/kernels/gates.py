"""Layers with a state as dense ones: the four gates of an LSTM's unit are four output channels side
by side, and so are an SVDF's filters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyrob.ir.qmath import reduced
from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.portable.describe.common import spec_of
from tinyrob.network import layers as net

GATES = 4
CURVES = ("portable/tr_interpolate16", "portable/tr_sigmoid16", "portable/tr_tanh16")
"""Parts of every LSTM's kernel."""


def lstm(layer: net.Layer, struct: str, layout: Callable[[net.Dense], net.Int32]) -> Descriptor:
    """An int8 LSTM whose ``layout`` holds biases and weights."""
    spec = spec_of(layer, net.Lstm)
    inputs, states = dense_layers(spec)
    return Descriptor(
        struct,
        {
            "rule": rule(spec, plain),
            "inputs": Array("int32_t", layout(inputs)),
            "states": Array("int32_t", layout(states)),
        },
    )


def lstm16(layer: net.Layer, struct: str, weights: Callable[[net.Int8], Array]) -> Descriptor:
    """An int16 LSTM whose ``weights`` are of (channel, tap)."""
    spec = spec_of(layer, net.Lstm)
    inputs, states = dense_layers(spec)
    return Descriptor(
        struct,
        {
            "rule": rule(spec, wide),
            "inputs": weights(inputs.weights),
            "states": weights(states.weights),
            "bias": Array("int64_t", inputs.bias),
        },
    )


def dense_layers(spec: net.Lstm) -> tuple[net.Dense, net.Dense]:
    """The sums over the inputs, and those over the states; channels are (unit, gate).

    They have no factors: a unit's are those of its gates.
    """
    none = np.zeros(1, np.int32)

    def side(weights: list[net.Int8], biases: list[net.Integers]) -> net.Dense:
        rows = np.stack(weights, axis=1).reshape(GATES * spec.units, -1)
        bias = np.stack(biases, axis=1).reshape(-1)
        return net.Dense(1, rows.shape[1], rows, bias, none, none, 0, 0)

    gates = spec.gates
    return (
        side([g.inputs for g in gates], [g.input_bias for g in gates]),
        side([g.states for g in gates], [g.state_bias for g in gates]),
    )


def features(spec: net.Svdf) -> net.Dense:
    """The sums of an SVDF's filters over the inputs."""
    none = np.zeros(1, np.int32)
    in_c = spec.features.shape[1]
    return net.Dense(1, in_c, spec.features, spec.feature_bias, none, none, 0, 0)


def rule(spec: net.Lstm, of_gates: Callable[[int, int], tuple[int, int]]) -> dict[str, Field]:
    """tr_lstm_rule; ``of_gates`` makes of a gate's multiplier and shift what its sums want."""
    sides = (
        ("input", [gate.of_input for gate in spec.gates]),
        ("state", [gate.of_state for gate in spec.gates]),
    )
    cell = (("forget", spec.forget), ("update", spec.update), ("hidden", spec.hidden))
    return {
        "steps": spec.steps,
        "in_c": spec.in_c,
        "units": spec.units,
        **{
            f"{name}_{part}": tuple(of_gates(f.multiplier, f.shift)[i] for f in factors)
            for name, factors in sides
            for i, part in enumerate(("multiplier", "shift"))
        },
        **{f"{name}_multiplier": factor.multiplier for name, factor in cell},
        **{f"{name}_shift": factor.shift for name, factor in cell},
        "tanh_multiplier": spec.tanh_multiplier,
        "tanh_shift": spec.tanh_shift,
        "clip": spec.clip,
        "zero_point": spec.zero_point,
    }


def plain(multiplier: int, shift: int) -> tuple[int, int]:
    """``of_gates`` of sums of 32 bits: the factor as it stands."""
    return multiplier, shift


def wide(multiplier: int, shift: int) -> tuple[int, int]:
    """``of_gates`` of sums of 64 bits."""
    return int(reduced(multiplier)), 15 - shift


def svdf(
    layer: net.Layer, struct: str, portable: Descriptor, layout: Callable[[net.Dense], net.Int32]
) -> Descriptor:
    """tr_svdf, ``portable`` as the layer is there, but for its features, which are in the stream
    that ``layout`` makes, and its biases, which hold an int8 state's zero point."""
    spec = spec_of(layer, net.Svdf)
    offset = spec.state_zero_point * spec.time.astype(np.int64).sum(axis=1)
    bias = spec.bias.astype(np.int64) - offset.reshape(-1, spec.rank).sum(axis=1)
    folded = Array("int32_t", bias.astype(np.int32))
    filters = {**portable.fields, "features": 0, "feature_bias": 0, "bias": folded}
    return Descriptor(struct, {"svdf": filters, "stream": Array("int32_t", layout(features(spec)))})
