"""Convolutions in groups: what becomes of them, and that products of zeros are all that goes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from support.layers import drawn
from tinyrob.network import layers as net
from tinyrob.network.to_network import to_network
from tinyrob.passes.split_groups import split_groups


def conv(groups: int, out_c: int, in_c: int) -> net.Layer:
    """A 3x3 convolution over 4x4, in groups."""
    own = (out_c // groups, 3, 3, in_c // groups)
    weights = np.zeros((out_c, 3, 3, in_c), np.int8)
    for g in range(groups):
        rows, columns = (slice(g * n, (g + 1) * n) for n in (own[0], own[3]))
        weights[rows, ..., columns] = np.random.default_rng(g).integers(1, 9, own)
    window = net.Window(4, 4, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1)
    numbers = np.arange(out_c, dtype=np.int32)
    spec = net.Conv(1, in_c, weights, numbers, numbers + 2**30, -1 - numbers, 3, -5, window)
    shapes = ((1, 4, 4, in_c), (1, 4, 4, out_c))
    return net.Layer("y", "CONV_2D", spec, (0,), 1, shapes)


def split(layer: net.Layer, takes: bool = True) -> net.Spec:
    values = (net.Value("x", 1), net.Value("y", 1))
    network = net.Network("net", values, (layer,), (0,), (1,))
    return split_groups(network, lambda layer: takes).layers[0].spec


def test_groups_have_their_channels_of_all_constants() -> None:
    layer = conv(3, 12, 24)
    found = split(layer)
    assert isinstance(found, net.ConvGroups)
    whole = layer.spec
    assert isinstance(whole, net.Conv)
    assert found.macs == whole.macs // 3
    assert [group.weights.shape for group in found.groups] == [(4, 3, 3, 8)] * 3
    for g, group in enumerate(found.groups):
        mine = slice(4 * g, 4 * g + 4)
        assert group.weights.tolist() == whole.weights[mine, ..., 8 * g : 8 * g + 8].tolist()
        for name in ("bias", "multiplier", "shift"):
            assert getattr(group, name).tolist() == getattr(whole, name)[mine].tolist()


def test_groups_of_one_input_are_a_depthwise_convolution() -> None:
    layer = conv(4, 8, 4)
    found = split(layer)
    assert isinstance(found, net.Depthwise)
    assert isinstance(layer.spec, net.Conv)
    assert (found.in_c, found.depth) == (4, 2)
    for o in range(8):
        assert found.weights[..., o].tolist() == layer.spec.weights[o, ..., o // 2].tolist()


def test_what_would_not_save_enough_or_no_kernel_takes_stays() -> None:
    assert isinstance(split(conv(2, 2, 4)), net.Conv)
    assert isinstance(split(conv(1, 12, 24)), net.Conv)
    assert isinstance(split(conv(3, 12, 24), takes=False), net.Conv)


def test_most_of_the_drawn_layers_are_split() -> None:
    networks = [to_network(drawn("CONV_2D in groups", seed)) for seed in range(20)]
    specs = [split_groups(one, lambda layer: True).layers[0].spec for one in networks]
    assert sum(isinstance(spec, net.ConvGroups) for spec in specs) >= 8


def test_those_of_int16_are_split_too() -> None:
    assert isinstance(split(replace(conv(3, 12, 24), dtype="int16")), net.ConvGroups)
