"""Layers with a state."""

from __future__ import annotations

import numpy as np

from tinyrob.ir.lstm import GATES
from tinyrob.ir.qmath import Factor
from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.portable.describe.common import output, spec_of
from tinyrob.network import layers as net


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
            "output": output(layer, spec.output_zero_point),
        },
    )
