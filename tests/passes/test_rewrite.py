"""Shapes that kernels are made for: the same bytes, the same sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from support.dead import planted
from support.graphs import Builder, convolution, depthwise, inputs, pool
from support.native import Native
from tinyrob.emit.c import emit_model
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.network import layers as net
from tinyrob.passes.rewrite import crop_kernels, single_channels, turn_columns

# Every example is compiled: the first one that fails says enough.
NO_SHRINKING = (Phase.explicit, Phase.generate)
COLUMN = net.Window(9, 1, 5, 1, 5, 1, 2, 1, 1, 1, 2, 0)


def depthwise_of(window: net.Window, channels: int = 3, depth: int = 1) -> net.Network:
    made = channels * depth
    taps = window.kernel_h * window.kernel_w
    weights = np.arange(taps * made, dtype=np.int8).reshape(window.kernel_h, window.kernel_w, made)
    spec = net.Depthwise(
        1, channels, weights, np.zeros(made, np.int32),
        np.full(made, 2**30, np.int32), np.full(made, -3, np.int32), 0, 0, window,
    )  # fmt: skip
    shapes = ((1, window.in_h, window.in_w, channels), (1, window.out_h, window.out_w, made))
    layer = net.Layer("y", spec.kind, spec, (0,), 1, shapes)
    values = tuple(net.Value("v", int(np.prod(shape))) for shape in shapes)
    return net.Network("by hand", values, (layer,), (0,), (1,))


def test_a_column_becomes_a_row() -> None:
    network = depthwise_of(COLUMN)
    spec, before = turn_columns(network).layers[0].spec, network.layers[0].spec
    assert isinstance(spec, net.Depthwise)
    assert isinstance(before, net.Depthwise)
    assert spec.window == net.Window(1, 9, 1, 5, 1, 5, 1, 2, 1, 1, 0, 2)
    assert spec.weights.shape == (1, 5, 3)
    assert spec.weights.tobytes() == before.weights.tobytes()


def test_an_image_of_two_columns_stays() -> None:
    window = net.Window(9, 2, 5, 2, 5, 1, 2, 1, 1, 1, 2, 0)
    (layer,) = turn_columns(depthwise_of(window)).layers
    assert isinstance(layer.spec, net.Depthwise)
    assert layer.spec.window == window


def test_rows_of_a_kernel_in_the_padding_go() -> None:
    window = net.Window(1, 8, 1, 8, 3, 3, 1, 1, 1, 1, 1, 1)
    (layer,) = crop_kernels(depthwise_of(window)).layers
    assert isinstance(layer.spec, net.Depthwise)
    assert layer.spec.window == net.Window(1, 8, 1, 8, 1, 3, 1, 1, 1, 1, 0, 1)
    assert layer.spec.weights[0, :, 0].tolist() == [9, 12, 15]


@pytest.mark.parametrize("channels", [1, 2])
def test_depthwise_of_one_channel_is_a_convolution(channels: int) -> None:
    window = net.Window(8, 8, 6, 6, 3, 3, 1, 1, 1, 1, 0, 0)
    (layer,) = single_channels(depthwise_of(window, channels, 4)).layers
    assert layer.spec.kind == ("CONV_2D" if channels == 1 else "DEPTHWISE_CONV_2D")
    if isinstance(layer.spec, net.Conv):
        assert layer.spec.weights.shape == (4, 3, 3, 1)
        assert layer.spec.weights[1].reshape(-1).tolist() == list(range(1, 36, 4))


@st.composite
def thin(draw: st.DrawFn) -> ir.Graph:
    """Windows over images of one row, one column or one channel."""
    b = Builder(draw, pot=draw(st.booleans()), seed=draw(st.integers(0, 2**32 - 1)))
    size = b.choice(((1, b.integer(1, 30)), (b.integer(1, 30), 1), (b.integer(1, 9), 4)))
    current = b.activation((1, *size, b.choice((1, 1, 4, 6))), b.grid(2.0**-4))
    for _ in range(b.integer(1, 3)):
        make = b.choice((convolution, depthwise, depthwise, pool(ir.MaxPool2D)))
        current = make(b, current)
    return planted(b.graph(current), b.integer(0, 99), 0.2)


@pytest.mark.parametrize("isa", ["portable", "dsp", "mve"])
@settings(max_examples=5, phases=NO_SHRINKING)
@given(drawn=st.lists(thin(), min_size=10, max_size=10))
def test_thin_networks_equal_the_interpreter(isa: str, drawn: list[ir.Graph]) -> None:
    native = Native([emit_model(graph, isa, bytes(16)) for graph in drawn])
    for index, graph in enumerate(drawn):
        samples = inputs(graph, 4)
        expected = interpret(graph, samples).reshape(4, -1)
        np.testing.assert_array_equal(native.run(index, samples), expected)
