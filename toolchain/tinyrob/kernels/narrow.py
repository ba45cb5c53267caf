"""Sums of int16 activations and int8 weights that 32 bits hold, and so does their rescaling."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.portable import int16
from tinyrob.kernels.portable.describe import spec_of
from tinyrob.network import layers as net
from tinyrob.network.bounds import Int64, rows

_MOST_TAPS = 256
"""Products of 2^15 and 2^7 that fit an int32."""
_LEAST_SHIFT = 17


def narrow(fields: Mapping[str, Field], weights: Int64) -> dict[str, Field]:
    """The fields, their sums as TR_DSP_NARROW and TR_MVE_NARROW have them where these are enough.

    ``weights`` are (channel, tap). No sum of inputs up to 2^15 passes 2^31 there, and a multiplier
    of 15 bits may be shifted by 16.
    """
    sums = fields["sums"]
    assert isinstance(sums, Mapping)
    bias, multiplier, shift = (sums[name] for name in ("bias", "multiplier", "shift"))
    assert isinstance(bias, Array)
    assert isinstance(multiplier, Array)
    assert isinstance(shift, Array)
    magnitude = np.abs(bias.data.astype(np.int64)) + 2**15 * np.abs(weights).sum(axis=1)
    fits = magnitude.max() < 2**31 and shift.data.min() >= _LEAST_SHIFT
    if sums["wide"] != 1 or not fits or multiplier.data.max() >= 2**15:
        return dict(fields)
    more: dict[str, Field] = {
        "multiplier": Array("int32_t", multiplier.data.astype(np.int64) << 16),
        "shift": Array("int8_t", shift.data - 16),
        "wide": 2,
    }
    return {**fields, "sums": {**sums, **more}}


def depthwise_conv2d(layer: net.Layer) -> Descriptor:
    """tr_depthwise_conv2d16."""
    plain = int16.depthwise_conv2d(layer)
    return Descriptor(plain.struct, narrow(plain.fields, rows(spec_of(layer, net.Depthwise))))


def depthwise_accepts(layer: net.Layer) -> bool:
    """Multiplier 1, sums of 32 bits."""
    spec = spec_of(layer, net.Depthwise)
    return spec.depth == 1 and spec.window.kernel_h * spec.window.kernel_w <= _MOST_TAPS
