"""Layers with a state."""

from __future__ import annotations

import numpy as np

from tinyrob.kernels import gates
from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.packing import interleave
from tinyrob.kernels.portable.describe.common import output, spec_of
from tinyrob.network import layers as net


def lstm(layer: net.Layer) -> Descriptor:
    """tr_lstm."""
    spec = spec_of(layer, net.Lstm)
    inputs, states = gates.dense_layers(spec)
    return Descriptor(
        "tr_lstm",
        {
            "rule": gates.rule(spec, gates.plain),
            "inputs": Array("int8_t", interleave(inputs.weights, gates.GATES)),
            "states": Array("int8_t", interleave(states.weights, gates.GATES)),
            "input_bias": Array("int32_t", inputs.bias),
            "state_bias": Array("int32_t", states.bias),
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
