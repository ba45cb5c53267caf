"""Convolutions whose channels fall into groups, each with its inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import gcd

import numpy as np
from numpy.typing import NDArray

from tinyrob.network.layers import Conv, ConvGroups, Depthwise, Layer, Network

_COPIED = 8
"""MACs that must be saved for each value that is copied, so that no kernel loses by it."""


def split_groups(network: Network, runs: Callable[[Layer], bool]) -> Network:
    """Without products of zeros between a group's inputs and another's outputs.

    A graph's grouped CONV_2D is a convolution of all channels until here, with zeros between the
    groups; so is what was trained to be one. Groups of one input channel are a depthwise
    convolution. ``runs`` says whether there is a kernel for a layer.
    """
    return replace(network, layers=tuple(_split(layer, runs) for layer in network.layers))


def _split(layer: Layer, runs: Callable[[Layer], bool]) -> Layer:
    spec = layer.spec
    if not isinstance(spec, Conv) or spec.weights.size == 0:
        return layer
    met = np.any(spec.weights != 0, axis=(1, 2))
    common = gcd(spec.out_c, spec.in_c)
    count = next(n for n in range(common, 0, -1) if common % n == 0 and _apart(met, n))
    if count == spec.in_c > 1:
        return replace(layer, spec=_depthwise(spec))
    saved = spec.macs - spec.macs // count
    if count == 1 or saved < _COPIED * _values(spec):
        return layer
    split = replace(layer, spec=ConvGroups(_groups(spec, count)))
    return split if runs(split) else layer


def _apart(met: NDArray[np.bool_], count: int) -> bool:
    """Whether no output meets an input of another group, of so many."""
    of_output, of_input = (np.arange(n) // (n // count) for n in met.shape)
    return not met[of_output[:, None] != of_input].any()


def _values(spec: Conv) -> int:
    w = spec.window
    return spec.batches * (w.in_h * w.in_w * spec.in_c + w.out_h * w.out_w * spec.out_c)


def _depthwise(spec: Conv) -> Depthwise:
    each = np.arange(spec.out_c) // (spec.out_c // spec.in_c)
    own = np.take_along_axis(spec.weights, each[:, None, None, None], axis=3)[..., 0]
    return Depthwise(
        spec.batches, spec.in_c, np.ascontiguousarray(np.moveaxis(own, 0, 2)), spec.bias,
        spec.multiplier, spec.shift, spec.input_zero_point, spec.output_zero_point, spec.window,
        wide=spec.wide,
    )  # fmt: skip


def _groups(spec: Conv, count: int) -> tuple[Conv, ...]:
    out_c, in_c = spec.out_c // count, spec.in_c // count
    multiplier, shift = (np.broadcast_to(x, spec.out_c) for x in (spec.multiplier, spec.shift))
    made = []
    for group in range(count):
        mine = slice(group * out_c, (group + 1) * out_c)
        weights = spec.weights[mine, ..., group * in_c : (group + 1) * in_c]
        made.append(
            replace(
                spec, in_c=in_c, weights=np.ascontiguousarray(weights), bias=spec.bias[mine],
                multiplier=multiplier[mine], shift=shift[mine],
            )
        )  # fmt: skip
    return tuple(made)
