"""Arithmetic that an interval shows to be idle is replaced by one that every kernel takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyrob.network import layers as net
from tinyrob.network.intervals import (
    ANYTHING,
    Interval,
    accumulators,
    intervals,
    rescaled,
    unclamped,
)


def settle_constants(network: net.Network) -> net.Network:
    """Channels that are one number, and have to stay, become a bias with a factor of 1/4.

    Their weights, biases far outside 24 bits and factors of 2^-31 would keep a whole layer from
    fast kernels.
    """
    known = intervals(network)
    layers = [
        replace(layer, spec=_settled(layer, layer.spec, known.get(layer.inputs[0], ANYTHING)))
        if isinstance(layer.spec, net.Weighted) and layer.dtype == "int8"
        else layer
        for layer in network.layers
    ]
    return replace(network, layers=tuple(layers))


def _settled(layer: net.Layer, spec: net.Weighted, source: Interval) -> net.Weighted:
    sums = accumulators(spec, source)
    least, greatest = (
        np.clip(rescaled(spec, end), *layer.clamp) for end in (sums.least, sums.greatest)
    )
    constant = least == greatest
    if not constant.any():
        return spec
    weights = np.where(_by_channel(spec, constant), 0, spec.weights).astype(np.int8)
    if spec.multiplier.size == 1 < constant.size:
        # One factor for all: only weights can go, where the output does not depend on them.
        alone = accumulators(replace(spec, weights=weights), source).least
        same = constant & (np.clip(rescaled(spec, alone), *layer.clamp) == least)
        weights = np.where(_by_channel(spec, same), 0, spec.weights).astype(np.int8)
        return replace(spec, weights=weights)
    return replace(
        spec,
        weights=weights,
        bias=np.where(constant, 4 * (least - spec.output_zero_point), spec.bias).astype(np.int32),
        multiplier=np.where(constant, 2**30, spec.multiplier).astype(np.int32),
        shift=np.where(constant, -1, spec.shift).astype(np.int32),
    )


def _by_channel(spec: net.Weighted, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Flags of output channels, to broadcast with the weights."""
    if isinstance(spec, net.Depthwise):
        return flags
    return flags.reshape(-1, *(1,) * (spec.weights.ndim - 1))


def drop_clamps(network: net.Network) -> net.Network:
    """Clamps that no value reaches are gone; one that only binds from below loses its upper end."""
    known = intervals(network)
    layers = []
    for layer in network.layers:
        lo, hi = layer.clamp
        made = unclamped(layer, [known.get(i, ANYTHING) for i in layer.inputs])
        if made is not None and int(made.greatest.max()) <= hi:
            hi = 127
            if int(made.least.min()) >= lo:
                lo = -128
        layers.append(replace(layer, clamp=(lo, hi)))
    return replace(network, layers=tuple(layers))
