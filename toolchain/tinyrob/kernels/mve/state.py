"""Layers with a state as the descriptors of the kernels for Cortex-M with MVE."""

from __future__ import annotations

from tinyrob.kernels import gates
from tinyrob.kernels.descriptor import Array, Descriptor
from tinyrob.kernels.mve import layout as mve
from tinyrob.kernels.portable import describe
from tinyrob.network import layers as net


def lstm(layer: net.Layer) -> Descriptor:
    """tr_lstm_mve."""
    return gates.lstm(layer, "tr_lstm_mve", mve.sums)


def lstm16(layer: net.Layer) -> Descriptor:
    """tr_lstm_mve16."""
    return gates.lstm16(layer, "tr_lstm_mve16", lambda w: Array("int32_t", mve.sums16(w)))


def svdf(layer: net.Layer) -> Descriptor:
    """tr_svdf_mve."""
    return gates.svdf(layer, "tr_svdf_mve", describe.svdf(layer), mve.sums)
