"""Layers of int16 activations for Cortex-M with DSP, their weights as tr_dsp_dot16.h has them."""

from __future__ import annotations

import numpy as np

from tinyrob.kernels import narrow
from tinyrob.kernels.descriptor import Array, Descriptor
from tinyrob.kernels.dsp.layout import STEP, steps
from tinyrob.kernels.groups import ByGroups
from tinyrob.kernels.kernel import always
from tinyrob.kernels.phases import ByPhases
from tinyrob.kernels.portable import int16
from tinyrob.kernels.portable.describe import spec_of
from tinyrob.network import layers as net
from tinyrob.network.bounds import rows
from tinyrob.network.layers import Int8


def fours(weights: Int8) -> Int8:
    """(channel, ...) to (four channels, two taps, pair of channels, tap, channel of the pair)."""
    flat = weights.reshape(len(weights), -1)
    taps = flat.shape[1]
    full = np.pad(flat, ((0, -len(flat) % 4), (0, STEP * steps(taps) - taps)))
    order = full.reshape(-1, 2, 2, full.shape[1] // 2, 2).transpose(0, 3, 1, 4, 2)
    return np.ascontiguousarray(order).reshape(-1)


def _dsp(struct: str, plain: Descriptor, spec: net.Conv | net.Dense) -> Descriptor:
    packed = fours(spec.weights).view(np.int32)
    fields = {**plain.fields, "weights": Array("int32_t", packed)}
    return Descriptor(struct, narrow.narrow(fields, rows(spec)))


def conv2d(layer: net.Layer) -> Descriptor:
    """tr_conv2d_dsp16."""
    return _dsp("tr_conv2d_dsp16", int16.conv2d(layer), spec_of(layer, net.Conv))


def conv2d_scratch(layer: net.Layer) -> int:
    """A window in whole fours of int16."""
    spec = spec_of(layer, net.Conv)
    w = spec.window
    return (
        0
        if w.kernel_h == w.kernel_w == 1 and spec.in_c % STEP == 0 and not w.padded
        else (2 * STEP * steps(spec.weights[0].size))
    )


def fully_connected(layer: net.Layer) -> Descriptor:
    """tr_fully_connected_dsp16."""
    plain = int16.fully_connected(layer)
    return _dsp("tr_fully_connected_dsp16", plain, spec_of(layer, net.Dense))


def fully_connected_scratch(layer: net.Layer) -> int:
    """A copy of a row that is not in whole fours."""
    taps = spec_of(layer, net.Dense).in_c
    return 2 * STEP * steps(taps) if taps % STEP else 0


def depthwise_accepts(layer: net.Layer) -> bool:
    """Multiplier 1, whole fours of channels, sums of 32 bits."""
    return narrow.depthwise_accepts(layer) and spec_of(layer, net.Depthwise).in_c % 4 == 0


transpose_conv = ByPhases("tr_transpose_conv_dsp16", conv2d, always, conv2d_scratch, width=2)
conv2d_grouped = ByGroups(
    "tr_conv2d_grouped_dsp16", "words", "weights", conv2d, always, conv2d_scratch, width=2
)
