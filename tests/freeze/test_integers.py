"""From quantizers to integers: grids, steps, biases off the tie points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.keras_layers import act, bits, conv, dense, model, relu
from tinyrob.errors import FreezeError
from tinyrob.freeze import freeze
from tinyrob.freeze.activations import grid_of
from tinyrob.freeze.kernels import integers, quantized, tie_free
from tinyrob.freeze.values import Accumulator, Settled
from tinyrob.frozen.model import Clamp, Conv2D, Dense, DepthwiseConv2D, Grid
from tinyrob.tf import keras, qkeras


@pytest.mark.parametrize(
    ("make", "grid"),
    [
        (lambda: bits(8, 0), Grid(-7, -128, 127)),
        (lambda: bits(4, 2), Grid(-1, -8, 7)),
        (lambda: bits(3, 1, keep_negative=False), Grid(-2, 0, 7)),
        (lambda: bits(8, 0, alpha=None), Grid(-7, -128, 127)),
        (lambda: relu(8, 3), Grid(-5, 0, 255)),
        (lambda: relu(4, 0), Grid(-4, 0, 15)),
        (lambda: relu(1, 1), Grid(0, 0, 1)),
        (lambda: relu(4, 2, use_stochastic_rounding=True), Grid(-2, 0, 15)),
    ],
)
def test_an_activation_quantizer_is_a_grid(make, grid):
    assert grid_of("a", make()) == grid


def test_own_subclasses_of_quantizers_are_grids_too():
    from tinyrob.models.quantizers import ReluGrid, SignedGrid

    assert grid_of("a", ReluGrid(4, 2)) == Grid(-2, 0, 15)
    assert grid_of("a", SignedGrid(8, 3)) == Grid(-4, -128, 127)


def _kernel_quantizers():
    q = qkeras()
    return [
        q.ternary(alpha="auto_po2"),
        q.ternary(alpha=1.0),
        q.stochastic_ternary(alpha="auto_po2"),
        q.binary(alpha="auto_po2"),
        q.stochastic_binary(alpha="auto_po2"),
        bits(1),
        bits(2),
        q.quantized_bits(4, 0, 1, alpha="auto_po2"),
        q.quantized_bits(6, 0, 1, alpha="auto_po2"),
    ]


@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize("shape", [(3, 3, 4, 2), (16, 5)])
def test_integers_times_steps_are_the_quantized_kernel(number, shape):
    quantizer = _kernel_quantizers()[number]
    weights = np.random.default_rng(number).normal(0, 0.4, shape).astype(np.float32)
    weights[..., 0] = 0
    values = quantized("layer", quantizer, weights).reshape(-1, shape[-1])
    k, log2 = integers("layer", values)
    assert np.abs(k).max() <= 2 ** (quantizer.bits - 1)
    assert np.allclose(k * 2.0**log2, values, rtol=2.0**-18, atol=0)
    odd = np.any(k % 2 != 0, axis=0)
    assert (odd | ~k.any(axis=0)).all(), "the step is the coarsest"


def test_stochastic_kernels_freeze_in_their_deterministic_form():
    weights = np.random.default_rng(0).normal(0, 0.4, (3, 3, 4, 5)).astype(np.float32)
    stochastic = quantized("layer", qkeras().stochastic_ternary(alpha="auto_po2"), weights)
    assert np.array_equal(stochastic, quantized("", qkeras().ternary(alpha="auto_po2"), weights))


def _accumulator(kernel, bias, source):
    kernel = np.asarray(kernel, np.float64)
    return Accumulator(
        "layer", "dense", Settled("x", source, (len(kernel),)), kernel, np.asarray(bias), (1,)
    )


@given(st.integers(-12, 2), st.integers(-6, 2), st.floats(-2, 2), st.integers(1, 31))
def test_no_accumulator_is_ever_half_way_between_two_outputs(log2_in, log2_out, bias, k):
    source, grid = Grid(log2_in, -8, 7), Grid(log2_out, -128, 127)
    numbers = tie_free(_accumulator([[k / 4], [-1 / 4]], [bias], source), grid)
    log2_half = log2_in + int(numbers.log2_kernel[0]) - 1
    x = np.arange(-8, 8)
    halves = 2 * (x[:, None] * numbers.kernel[0] + x * numbers.kernel[1]) + numbers.bias
    s = log2_out - log2_half
    if s >= 1:
        assert not (halves % 2**s == 2 ** (s - 1)).any()
    value = float(numbers.bias[0]) * 2.0**log2_half
    assert abs(value - bias) <= max(2.0**log2_half * 1.05, grid.step / 4)


def test_a_bias_on_the_accumulator_grid_gets_half_a_step():
    numbers = tie_free(_accumulator([[0.25]], [0.5], Grid(-2, -8, 7)), Grid(0, -128, 127))
    assert (numbers.kernel.item(), numbers.log2_kernel.item()) == (1, -2)
    assert numbers.bias.item() == 2 * 8 + 1


def test_a_bias_between_coarse_accumulators_makes_the_kernel_step_finer():
    numbers = tie_free(_accumulator([[1.0]], [0.25], Grid(0, -8, 7)), Grid(-2, -128, 127))
    assert (numbers.kernel.item(), numbers.log2_kernel.item()) == (4, -2)
    assert numbers.bias.item() == 2  # exactly 0.25, in halves of 2**-2


def test_a_collapsed_kernel_leaves_its_bias():
    tiny, grid = 2.0**-23, Grid(-2, 0, 255)
    numbers = tie_free(_accumulator([[tiny, 0.5]], [1.5, 0.0], Grid(-4, 0, 255)), grid)
    assert numbers.kernel.tolist() == [[0, 1]]
    assert numbers.bias[0] * 2.0 ** (numbers.log2_kernel[0] - 4 - 1) == pytest.approx(1.5, abs=0.1)


def test_a_kernel_of_eight_bits_freezes_but_is_not_exact():
    layer = dense(4, kernel_quantizer=bits(8), name="d")
    wide = model(keras().layers.Flatten(), layer, act(bits(8, 4)))
    values = np.random.default_rng(0).uniform(-1, 1, (32, 4)).astype(np.float32)
    layer.set_weights([values, np.zeros(4, np.float32)])
    frozen = freeze(wide, "wide")
    assert not frozen.exact
    assert np.abs(frozen.nodes[-1].kernel).max() > 31


def test_nodes_bear_the_names_of_the_layers_whose_values_they_are():
    q = qkeras()
    network = model(
        conv(name="c", activation=relu(4, 1)),
        q.QDepthwiseConv2D(2, depthwise_quantizer=bits(3), name="d"),
        act(relu(8, 2), "a"),
        keras().layers.Dropout(0.5),
        act(bits(8, 1), "clamp"),
        keras().layers.GlobalAveragePooling2D(keepdims=True, name="mean"),
        act(relu(4, 0), "m"),
        keras().layers.Flatten(name="f"),
        dense(name="e"),
        act(bits(8, 4), "logits"),
        shape=(5, 5, 2),
    )
    frozen = freeze(network, "net", {"seed": 1})
    assert [n.name for n in frozen.nodes] == ["pixels", "c", "a", "clamp", "m", "f", "logits"]
    kinds = {n.name: type(n) for n in frozen.nodes}
    assert kinds["c"] is Conv2D
    assert kinds["a"] is kinds["m"] is DepthwiseConv2D
    assert kinds["clamp"] is DepthwiseConv2D, "another zero point takes a requantization"
    assert kinds["logits"] is Dense
    assert frozen.metadata == {"seed": 1}


def test_an_activation_that_changes_nothing_makes_no_node():
    network = model(act(bits(8, 0), "same"), act(bits(4, 0), "other"), act(bits(8, 0)))
    frozen = freeze(network, "net")
    assert [n.name for n in frozen.nodes][:2] == ["pixels", "other"]


def test_a_narrower_range_on_the_same_step_is_a_clamp():
    frozen = freeze(model(conv(), act(bits(8, 2), "a"), act(relu(5, 0), "b")), "net")
    assert isinstance(frozen.nodes[-1], Clamp)
    assert frozen.nodes[-1].grid == Grid(-5, 0, 31)


def test_freezing_does_not_change_the_model():
    network = model(conv(3, 3), act(relu(4, 1)))
    before = [w.copy() for w in network.get_weights()]
    freeze(network, "net")
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))


def test_folded_batch_normalization_freezes_the_folded_kernel():
    layer = qkeras().QConv2DBatchnorm(
        2, 1, kernel_quantizer=bits(4), bias_quantizer=bits(8, 2), name="c"
    )
    network = model(layer, act(bits(8, 3), "a"), shape=(2, 2, 1))
    layer.kernel.assign(np.array([[[[0.25, -0.125]]]], np.float32))
    layer.batchnorm.gamma.assign([2.0, 4.0])
    layer.batchnorm.beta.assign([1.0, -1.0])
    layer.batchnorm.moving_variance.assign([1.0 - 0.001, 4.0 - 0.001])
    layer.batchnorm.moving_mean.assign([0.0, 0.5])
    node = freeze(network, "net").nodes[-1]
    assert (node.kernel.reshape(-1) * 2.0**node.log2_kernel).tolist() == [0.5, -0.25]
    half = 2.0 ** (node.log2_kernel - 7 - 1)
    assert np.allclose(node.bias * half, [1.0, -2.0], atol=half.max())


def test_a_negative_gain_turns_the_kernel_around():
    from tinyrob.models.layers import PowerOfTwoBatchNormalization

    class Negative(PowerOfTwoBatchNormalization):
        def gain(self):
            return -super().gain()

    Negative.__name__ = "PowerOfTwoBatchNormalization"
    network = model(conv(2, name="c", kernel_quantizer=bits(4)), Negative(), act(bits(8, 2)))
    plain = model(conv(2, name="c2", kernel_quantizer=bits(4)), act(bits(8, 2)))
    weights = np.random.default_rng(0).uniform(-1, 1, (1, 1, 2, 2)).astype(np.float32)
    for net, name in ((network, "c"), (plain, "c2")):
        net.get_layer(name).set_weights([weights, np.zeros(2, np.float32)])
    turned, straight = freeze(network, "n").nodes[-1], freeze(plain, "n").nodes[-1]
    assert np.array_equal(turned.kernel, -straight.kernel)


def test_names_of_taken_tensors_are_refused_when_lowering():
    from tinyrob.frozen.to_graph import to_graph

    network = model(conv(name="c"), act(relu(4, 1), "a"), act(relu(8, 1), "a_wide"))
    with pytest.raises(FreezeError, match="'a_wide'"):
        to_graph(freeze(network, "net"))
