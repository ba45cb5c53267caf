"""What intervals prove idle goes, and the bits stay: outputs and every layer's trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from support.dead import planted
from support.graphs import graphs, inputs
from support.native import Native
from tinyrob import passes
from tinyrob.emit.c import emit_model, emit_network
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret, trace
from tinyrob.ir.qmath import Factor
from tinyrob.network import layers as net_layers
from tinyrob.network.to_network import to_network
from tinyrob.passes.settle import drop_clamps, settle_constants
from tinyrob.passes.slim import slim

# Every example is compiled: the first one that fails says enough.
NO_SHRINKING = (Phase.explicit, Phase.generate)
DIGEST = bytes(16)
KINDS = (
    "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "CONCATENATION", "PAD", "RELU",
    "RESHAPE", "AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN", "QUANTIZE", "MINIMUM", "SOFTMAX",
)  # fmt: skip
NETWORKS = st.builds(
    planted, graphs(KINDS[:3], 1, 2) | graphs(KINDS, min_ops=2, max_ops=9), st.integers(0, 10**9)
)


def assert_same(native: Native, index: int, graph: ir.Graph) -> None:
    """Outputs, and of each layer what is computed and what is said to be constant."""
    samples = inputs(graph, 4)
    expected = interpret(graph, samples).reshape(4, -1)
    np.testing.assert_array_equal(native.run(index, samples), expected)
    right = trace(graph, samples[2])
    for name, values in native.layers(index, samples[2], right).items():
        np.testing.assert_array_equal(values, right[name].reshape(-1), err_msg=name)


@pytest.mark.parametrize("rewrite", passes.SLIM_PASSES, ids=lambda p: p.__name__)
@settings(max_examples=4, phases=NO_SHRINKING)
@given(drawn=st.lists(NETWORKS, min_size=8, max_size=8))
def test_a_pass_changes_no_bit(rewrite: Callable, drawn: list[ir.Graph]) -> None:
    plain = [passes.lowered(to_network(graph), slimmer=False) for graph in drawn]
    native = Native([emit_network(rewrite(net), "portable", DIGEST) for net in plain])
    for index, graph in enumerate(drawn):
        assert_same(native, index, graph)


@pytest.mark.parametrize("isa", ["portable", "dsp", "mve"])
@settings(max_examples=4, phases=NO_SHRINKING)
@given(drawn=st.lists(NETWORKS, min_size=5, max_size=5))
def test_with_and_without_slimming_the_bits_are_equal(isa: str, drawn: list[ir.Graph]) -> None:
    both = [emit_model(x, isa, DIGEST, slim=slimmer) for x in drawn for slimmer in (True, False)]
    native = Native(both)
    for index in range(len(both)):
        assert_same(native, index, drawn[index // 2])


WINDOW = net_layers.Window(4, 4, 4, 4, 1, 1, 1, 1, 1, 1, 0, 0)
PADDED = replace(WINDOW, kernel_h=3, kernel_w=3, pad_top=1, pad_left=1)
GAIN = (2**30, -4)


def conv(
    weights: NDArray, bias: list[int], window: net_layers.Window = WINDOW, zero: int = 0
) -> net_layers.Conv:
    """(O, K, K, I) weights; input's zero point ``zero``, output's 0, and a factor of 1/32."""
    o, _, _, i = weights.shape
    return net_layers.Conv(
        1, i, weights.astype(np.int8), np.array(bias, np.int32),
        np.full(o, GAIN[0], np.int32), np.full(o, GAIN[1], np.int32), zero, 0, window,
    )  # fmt: skip


def chain(*specs: tuple[net_layers.Spec, int]) -> net_layers.Network:
    """Each layer reads the one before; with each spec the channels that it makes."""
    values = [net_layers.Value("x", 16 * 3)]
    layers = []
    channels = 3
    for i, (spec, made) in enumerate(specs, 1):
        shapes = ((1, 4, 4, channels), (1, 4, 4, made))
        layers.append(net_layers.Layer(f"l{i}", spec.kind, spec, (i - 1,), i, shapes))
        values.append(net_layers.Value(f"l{i}", 16 * made))
        channels = made
    return net_layers.Network("by hand", tuple(values), tuple(layers), (0,), (len(specs),))


def dead(channels: int = 4, *gone: int) -> NDArray:
    weights = np.arange(1, channels * 3 + 1).reshape(channels, 1, 1, 3)
    weights[list(gone)] = 0
    return weights


def test_a_constant_goes_into_the_bias_of_its_reader() -> None:
    last = conv(np.full((2, 1, 1, 4), 5), [10, 20], zero=-1)
    first, second = slim(chain((conv(dead(4, 2), [0, 0, 64, 0]), 4), (last, 2))).layers
    assert isinstance(first.spec, net_layers.Conv)
    assert isinstance(second.spec, net_layers.Conv)
    assert first.spec.out_c == second.spec.in_c == 3
    assert second.spec.bias.tolist() == [10 + 5 * (2 + 1), 20 + 5 * (2 + 1)]
    assert second.shapes[0] == (1, 4, 4, 3)


def test_what_is_gone_is_said_to_be_constant() -> None:
    last = conv(np.full((2, 1, 1, 4), 5), [10, 20])
    network = slim(chain((conv(dead(4, 2), [0, 0, 64, 0]), 4), (last, 2)))
    assert network.values[1].trim == net_layers.Trim(4, (0, 1, 3), {2: 2})
    assert network.values[1].bytes == 48


def test_a_channel_that_nothing_reads_goes_too() -> None:
    weights = np.full((2, 1, 1, 4), 5)
    weights[..., 1] = 0
    network = slim(chain((conv(dead(), [0] * 4), 4), (conv(weights, [0, 0]), 2)))
    assert network.values[1].trim == net_layers.Trim(4, (0, 2, 3), {})


def test_behind_a_border_only_the_zero_point_goes() -> None:
    weights = np.full((2, 3, 3, 4), 1)
    for zero, left in ((2, 3), (1, 4)):
        last = conv(weights, [0, 0], PADDED, zero)
        network = slim(chain((conv(dead(4, 2), [0, 0, 64, 0]), 4), (last, 2)))
        assert network.values[1].bytes == 16 * left


def test_a_depthwise_channel_goes_with_its_source() -> None:
    middle = net_layers.Depthwise(
        1, 4, np.full((1, 1, 4), 3, np.int8), np.zeros(4, np.int32),
        np.full(4, GAIN[0], np.int32), np.full(4, GAIN[1], np.int32), 0, 0, WINDOW,
    )  # fmt: skip
    last = conv(np.full((2, 1, 1, 4), 5), [10, 20])
    network = slim(chain((conv(dead(4, 0, 2), [0] * 4), 4), (middle, 4), (last, 2)))
    spec = network.layers[1].spec
    assert isinstance(spec, net_layers.Depthwise)
    assert (spec.in_c, spec.weights.shape, spec.bias.shape) == (2, (1, 1, 2), (2,))


def test_a_sum_drops_a_channel_only_if_both_operands_can() -> None:
    whole, small = Factor(2**30, 0), Factor(2**30, -18)
    add = net_layers.Add(
        net_layers.Broadcast((1, 1, 1, 64)), 0, 0, 0, whole, whole, small
    )  # fmt: skip
    shape = (1, 4, 4, 4)

    def residual(second: NDArray) -> net_layers.Network:
        specs = [conv(dead(4, 1), [0] * 4), conv(second, [0] * 4), add,
                 conv(np.ones((1, 1, 1, 4)), [0])]  # fmt: skip
        layers = (
            net_layers.Layer("a", "CONV_2D", specs[0], (0,), 1, ((1, 4, 4, 3), shape)),
            net_layers.Layer("b", "CONV_2D", specs[1], (0,), 2, ((1, 4, 4, 3), shape)),
            net_layers.Layer("sum", "ADD", specs[2], (1, 2), 3, (shape, shape, shape)),
            net_layers.Layer("y", "CONV_2D", specs[3], (3,), 4, (shape, (1, 4, 4, 1))),
        )
        values = [net_layers.Value("v", size) for size in (48, 64, 64, 64, 16)]
        return net_layers.Network("residual", tuple(values), layers, (0,), (4,))

    assert slim(residual(dead(4, 1))).layers[2].spec.shape.size == (1, 1, 1, 48)  # type: ignore[attr-defined]
    assert slim(residual(dead(4, 3))).layers[2].spec.shape.size == (1, 1, 1, 64)  # type: ignore[attr-defined]


def test_the_output_keeps_its_channels() -> None:
    network = chain((conv(dead(4, 2), [0] * 4), 4))
    assert slim(network).layers == network.layers


def test_a_tensor_that_is_all_constant_keeps_one_channel() -> None:
    last = conv(np.full((2, 1, 1, 4), 5), [10, 20])
    network = slim(chain((conv(dead(4, 0, 1, 2, 3), [0] * 4), 4), (last, 2)))
    assert network.values[1].bytes == 16


def test_a_constant_that_stays_fits_every_kernel() -> None:
    far = conv(dead(4, 2), [0, 0, 2**29, 0])
    far = replace(far, shift=np.array([-4, -4, -31, -4], np.int32))
    (layer,) = settle_constants(chain((far, 4))).layers
    assert isinstance(layer.spec, net_layers.Conv)
    assert (layer.spec.bias[2], layer.spec.multiplier[2], layer.spec.shift[2]) == (0, 2**30, -1)


def test_clamps_that_cannot_bind_vanish() -> None:
    network = chain((conv(dead(), [0] * 4), 4))

    def clamped(lo: int, hi: int) -> tuple[int, int]:
        layer = replace(network.layers[0], clamp=(lo, hi))
        return drop_clamps(replace(network, layers=(layer,))).layers[0].clamp

    # The last channel: |10 + 11 + 12| * 128 / 32 = 132; its sums reach -132 and 131.
    assert clamped(-128, 126) == (-128, 126)
    assert clamped(0, 127) == (0, 127)
    small = replace(network.layers[0].spec, shift=np.full(4, -6, np.int32))
    network = replace(network, layers=(replace(network.layers[0], spec=small),))
    assert clamped(-40, 40) == (-128, 127)
    assert clamped(0, 40) == (0, 127)
    assert clamped(0, 20) == (0, 20)
