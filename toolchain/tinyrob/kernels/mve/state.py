"""Layers with a state as the descriptors of the kernels for Cortex-M with MVE."""

from __future__ import annotations

from tinyrob.kernels import gates
from tinyrob.kernels.descriptor import Array, Descriptor
from tinyrob.kernels.mve import layout as mve
from tinyrob.kernels.portable import describe, int16
from tinyrob.network import layers as net


def lstm(layer: net.Layer) -> Descriptor:
    """tr_lstm_mve."""
    spec = describe.spec_of(layer, net.Lstm)
    inputs, states = gates.dense_layers(spec)
    return Descriptor(
        "tr_lstm_mve",
        {
            "rule": gates.rule(spec, gates.plain),
            "inputs": Array("int32_t", mve.sums(inputs)),
            "states": Array("int32_t", mve.sums(states)),
        },
    )


def lstm16(layer: net.Layer) -> Descriptor:
    """tr_lstm_mve16."""
    spec = describe.spec_of(layer, net.Lstm)
    inputs, states = gates.dense_layers(spec)
    return Descriptor(
        "tr_lstm_mve16",
        {
            "rule": gates.rule(spec, int16.of_gates),
            "inputs": Array("int32_t", mve.sums16(inputs.weights)),
            "states": Array("int32_t", mve.sums16(states.weights)),
            "bias": Array("int64_t", inputs.bias),
        },
    )


def svdf(layer: net.Layer) -> Descriptor:
    """tr_svdf_mve."""
    stream = mve.sums(gates.features(describe.spec_of(layer, net.Svdf)))
    filters = gates.svdf(describe.svdf(layer), layer)
    return Descriptor("tr_svdf_mve", {"svdf": filters, "stream": Array("int32_t", stream)})
