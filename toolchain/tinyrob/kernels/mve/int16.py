"""Layers of int16 for Cortex-M with MVE, their weights as tr_mve_outputs16.h has them."""

from __future__ import annotations

from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.groups import ByGroups
from tinyrob.kernels.mve import describe
from tinyrob.kernels.mve import layout as mve
from tinyrob.kernels.mve.depthwise import dense_columns
from tinyrob.kernels.narrow import narrow
from tinyrob.kernels.phases import ByPhases
from tinyrob.kernels.portable import int16
from tinyrob.kernels.portable.describe import spec_of
from tinyrob.network import layers as net
from tinyrob.network.bounds import rows

_MOST_CHANNELS = 2**14
"""Whose bytes are still an extent."""


def _streamed(plain: Descriptor, spec: net.Conv | net.Dense, weights: net.Int8) -> dict[str, Field]:
    """The portable kernel's fields, with a stream of weights (channel, ...) in place of its own."""
    fields = {name: value for name, value in plain.fields.items() if name != "weights"}
    stream = Array("int32_t", mve.sums16(weights.reshape(spec.out_c, -1)))
    return {**narrow(fields, rows(spec)), "stream": stream}


def conv2d(layer: net.Layer) -> Descriptor:
    """tr_conv2d_mve16."""
    spec = spec_of(layer, net.Conv)
    fields = _streamed(int16.conv2d(layer), spec, spec.weights.transpose(0, 2, 1, 3))
    return Descriptor("tr_conv2d_mve16", {**fields, "direct": int(describe.direct(spec))})


def conv2d_accepts(layer: net.Layer) -> bool:
    """No gaps between a window's columns."""
    spec = spec_of(layer, net.Conv)
    return dense_columns(spec.window) and spec.in_c < _MOST_CHANNELS


def conv2d_scratch(layer: net.Layer) -> int:
    """The strip of one output row."""
    return 2 * describe.conv2d_scratch(layer)


def fully_connected(layer: net.Layer) -> Descriptor:
    """tr_fully_connected_mve16."""
    spec = spec_of(layer, net.Dense)
    fields = _streamed(int16.fully_connected(layer), spec, spec.weights)
    return Descriptor("tr_fully_connected_mve16", fields)


transpose_conv = ByPhases(
    "tr_transpose_conv_mve16", conv2d, conv2d_accepts, conv2d_scratch, width=2
)
conv2d_grouped = ByGroups(
    "tr_conv2d_grouped_mve16", "words", "stream", conv2d, conv2d_accepts, conv2d_scratch, width=2
)
