"""Network to network: fewer layers, the same bits from the compiled C."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.graphs import Builder, graphs, inputs
from support.native import Native
from support.networks import SHAPE, clamp, conv, network
from tinyrob import passes
from tinyrob.emit.c import emit_network
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.network import layers as specs
from tinyrob.network.to_network import to_network
from tinyrob.passes.fold_clamps import fold_clamps
from tinyrob.passes.fold_pads import fold_pads

DIGEST = bytes(16)


def pad(before: tuple[int, ...] = (0, 1, 1, 0), value: int = 3) -> specs.Layer:
    spec = specs.Pad((1, 2, 2, 2), before, (0, 1, 1, 0), value)
    return specs.Layer("pad", "PAD", spec, (0,), 1, ((1, 2, 2, 2), SHAPE))


def padded(layer: specs.Layer, convolution: specs.Layer) -> specs.Network:
    values = (specs.Value("x", 8), specs.Value("p", 32), specs.Value("y", 32))
    return specs.Network("by hand", values, (layer, convolution), (0,), (2,))


@st.composite
def folded_often(draw: st.DrawFn) -> ir.Graph:
    """PAD, convolution and clamps in a row, as converters and freeze make them."""
    b = Builder(draw, pot=draw(st.booleans()), seed=draw(st.integers(0, 2**32 - 1)))
    from support import graphs as strategies

    current = b.activation((1, b.integer(3, 8), b.integer(3, 8), b.integer(1, 3)), b.grid(2.0**-4))
    if draw(st.booleans()):
        current = strategies.pad(b, current)
    current = draw(
        st.sampled_from([strategies.convolution, strategies.depthwise, strategies.add(ir.Add)])
    )(b, current)
    for kind in draw(st.lists(st.sampled_from([ir.Minimum, ir.Maximum]), max_size=3)):
        grid = b.tensors[current].quantization
        bound = b.tensor((), grid, data=np.asarray(b.integer(-128, 127)))
        current = b.apply(kind(), (current, bound), b.tensors[current].shape, grid)
    if draw(st.booleans()):
        current = strategies.unary(ir.Relu6, rescales=False)(b, current)
    return b.graph(current)


@pytest.mark.parametrize("rewrite", passes.NETWORK_PASSES, ids=lambda p: p.__name__)
@settings(max_examples=4)
@given(data=st.data())
def test_a_pass_changes_no_output(rewrite, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(folded_often() | graphs(max_ops=5), min_size=8, max_size=8))
    native = Native(
        [emit_network(rewrite(to_network(graph)), "portable", DIGEST) for graph in drawn]
    )
    for index, graph in enumerate(drawn):
        samples = inputs(graph, 5)
        expected = interpret(graph, samples).reshape(5, -1)
        np.testing.assert_array_equal(native.run(index, samples), expected)


def test_clamps_fold_into_one_layer_that_bears_the_last_name() -> None:
    folded = fold_clamps(network(conv(), clamp(-20, 127), clamp(-128, 40)))
    (layer,) = folded.layers
    assert (layer.name, layer.op) == ("clamp3", "CONV_2D + MINIMUM + MINIMUM")
    assert layer.clamp == (-20, 40)
    assert (layer.output,) == folded.outputs


def test_clamps_that_do_not_meet_make_a_constant() -> None:
    (layer,) = fold_clamps(network(conv(), clamp(50, 60), clamp(-10, 0))).layers
    assert layer.clamp == (0, 0)


def test_a_clamp_stays_where_its_source_is_read_again() -> None:
    net = network(conv(), clamp(0, 5), clamp(-3, 3, reads=1))
    assert fold_clamps(net).layers == net.layers


def test_a_clamp_of_the_input_stays() -> None:
    net = network(clamp(0, 5))
    assert fold_clamps(net).layers == net.layers


def test_a_clamp_behind_a_layer_without_one_stays() -> None:
    net = padded(pad(), clamp(0, 5)(1, 2))
    assert fold_clamps(net).layers == net.layers


def test_a_clamp_of_the_output_stays() -> None:
    net = replace(network(conv(), clamp(0, 5)), outputs=(1,))
    assert len(fold_clamps(net).layers) == 2


def test_a_pad_folds_into_an_unpadded_convolution() -> None:
    (layer,) = fold_pads(padded(pad(), conv()(1, 2))).layers
    assert isinstance(layer.spec, specs.Conv)
    window = layer.spec.window
    assert (window.in_h, window.in_w, window.pad_top, window.pad_left) == (2, 2, 1, 1)
    assert (layer.inputs, layer.op) == ((0,), "PAD + CONV_2D")


@pytest.mark.parametrize(
    ("layer", "convolution"),
    [
        (pad(value=4), conv()(1, 2)),  # not the zero point: a convolution would take it for 0
        (pad(before=(0, 1, 1, 1)), conv()(1, 2)),  # channels
        (pad(), conv(padded=True)(1, 2)),
        (pad(), clamp(0, 5)(1, 2)),
    ],
)
def test_other_pads_stay(layer: specs.Layer, convolution: specs.Layer) -> None:
    net = padded(layer, convolution)
    assert fold_pads(net).layers == net.layers
