"""The differentiable pass computes the artefact's own values; its gradients point uphill."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.frozen_models import every_kind
from support.graphs import graphs, inputs
from support.qnets import network
from support.sixteen import spoken
from support.targets import dense, without_batch_axis
from tinyrob.attack.attacks import Ball
from tinyrob.attack.forward import build_forward
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.grid import Norm
from tinyrob.attack.pgd import PGD
from tinyrob.attack.target import fooled
from tinyrob.errors import UnsupportedModel
from tinyrob.freeze import freeze
from tinyrob.frozen.to_graph import to_graph
from tinyrob.ir.comparisons import COMPARISONS
from tinyrob.ir.graph import (
    Activation,
    Ceil,
    Concatenation,
    Div,
    Floor,
    FullyConnected,
    Graph,
    LogSoftmax,
    MaxPool2D,
    Mean,
    Op,
    Pad,
    Quantization,
    Reshape,
    Round,
    Rsqrt,
    SelectV2,
    Softmax,
    Tensor,
)
from tinyrob.ir.interp import interpret
from tinyrob.ir.moves import looks_up
from tinyrob.ir.rules import check_graph
from tinyrob.ir.tflite_read import read_tflite

JUMPS = (Rsqrt, Div, LogSoftmax, SelectV2, Floor, Ceil, Round, *COMPARISONS)
"""Steep next to 0, cut off, or with steps."""


def as_int8(graph, logits) -> np.ndarray:
    grid = graph.tensors[graph.outputs[0]].quantization
    return np.rint(logits / grid.scale + grid.zero_point)


def artefact(graph, q) -> np.ndarray:
    return interpret(graph, q).reshape(len(q), -1)


def test_every_kind_of_frozen_node_is_exact():
    graph = to_graph(every_kind())
    q = inputs(graph, 64)
    assert np.array_equal(
        as_int8(graph, GraphTarget(graph, exact=True).logits(q)), artefact(graph, q)
    )


@pytest.mark.slow
@settings(max_examples=4)
@given(st.data())
def test_random_frozen_networks_are_exact(data):
    model, q = network(data.draw)
    graph = to_graph(freeze(model, "random"))
    assert np.array_equal(
        as_int8(graph, GraphTarget(graph, exact=True).logits(q)), artefact(graph, q)
    )


@settings(max_examples=60)
@given(graphs(), st.integers(0, 2**31))
def test_any_operator_is_within_a_few_units(graph, seed):
    if any(isinstance(op.attributes, Softmax) for op in graph.ops):
        return  # the attack looks at what comes before it
    if any(isinstance(op.attributes, JUMPS) for op in graph.ops):
        return  # one unit of an input's rounding becomes any number of their own
    if any(looks_up(op, graph.tensors) for op in graph.ops):
        return  # or another row
    q = inputs(graph, 5, seed)
    target = GraphTarget(graph, exact=False)
    difference = np.abs(as_int8(graph, target.logits(q)) - artefact(graph, q))
    assert difference.max() <= 2
    scale = graph.tensors[graph.outputs[0]].quantization.scale
    assert target.slack == pytest.approx(8 * scale)


def test_an_inverse_square_root_is_within_a_unit_at_every_input():
    q = np.arange(-128, 128)[None].astype(np.int8)
    tensors = (
        Tensor("x", q.shape, "int8", Quantization((0.0625,), (-128,))),
        Tensor("y", q.shape, "int8", Quantization((0.03125,), (-128,))),
    )
    graph = Graph(tensors, (Op(Rsqrt(), (0,), (1,)),), (0,), (1,), "roots")
    check_graph(graph)
    logits = GraphTarget(graph, exact=False).logits(q)
    difference = np.abs(as_int8(graph, logits) - artefact(graph, q))
    assert difference[0, 0] == 0  # 1 / sqrt(0)
    assert difference.max() <= 1


def test_a_quotient_is_within_a_unit():
    """By divisors from 64 steps on, where one unit of them is less than one of the quotient."""
    grid, divisors = Quantization((0.25,), (3,)), np.arange(-128, 128, 4).astype(np.int8)
    divisors = divisors[np.abs(divisors.astype(int) + 5) >= 64]
    tensors = (
        Tensor("x", (1, 32), "int8", grid),
        Tensor("b", (32,), "int8", Quantization((2.0**-8,), (-5,)), divisors[:32]),
        Tensor("y", (1, 32), "int8", Quantization((1.0,), (7,))),
    )
    graph = Graph(tensors, (Op(Div(), (0, 1), (2,)),), (0,), (2,))
    check_graph(graph)
    q = inputs(graph, 50)
    difference = as_int8(graph, GraphTarget(graph, exact=False).logits(q)) - artefact(graph, q)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("output", [(1, 4), (4,)])
@pytest.mark.parametrize("source", [(1, 6), (6,)])
def test_a_shape_without_a_batch_axis_is_one_samples(source, output):
    graph = without_batch_axis(source, output)
    check_graph(graph)
    target = GraphTarget(graph, exact=False)
    q = inputs(graph, 20)
    logits = target.logits(q)
    assert (target.shape, target.classes, logits.shape) == ((6,), 4, (20, 4))
    dense = replace(graph, ops=graph.ops[:1], outputs=(2,))
    assert np.abs(np.rint(logits / 8 + 3) - artefact(dense, q)).max() <= 1
    assert target.slack == 8 * 8.0
    broken = PGD()(target, q, logits.argmax(axis=1), Ball(Norm.LINF, 64), 0)
    assert fooled(target.logits(broken), logits.argmax(axis=1)).any()


def test_axes_are_those_of_the_tensor_whether_it_has_a_batch_axis_or_not():
    """Reshaped to (2, 3): reduced, joined and padded along either axis, and a dense layer a row."""
    grid = Quantization((0.25,), (3,))
    weights = np.random.default_rng(3).integers(-9, 10, (4, 3)).astype(np.int8)

    def of(attributes, shape, *constants):
        tensors = [
            Tensor("x", (1, 6), "int8", grid), Tensor("rows", (2, 3), "int8", grid),
            Tensor("y", shape, "int8", grid), *constants,
        ]  # fmt: skip
        again = isinstance(attributes, Concatenation)
        operands = (1, 1) if again else (1, *range(3, len(tensors)))
        ops = (Op(Reshape((2, 3)), (0,), (1,)), Op(attributes, operands, (2,)))
        return Graph(tuple(tensors), ops, (0,), (2,), "rows")

    def ints(values):
        return Tensor("ints", np.shape(values), "int32", None, np.array(values, np.int32))

    kernel = Tensor("weights", weights.shape, "int8", Quantization((0.5,), (0,)), weights)
    for graph in (
        of(Mean(keep_dims=False), (3,), ints([0])),
        of(Mean(keep_dims=True), (2, 1), ints([-1])),
        of(Concatenation(0), (4, 3)),
        of(Concatenation(-1), (2, 6)),
        of(Pad(), (4, 4), ints([[1, 1], [0, 1]])),
        of(FullyConnected(), (2, 4), kernel),
    ):
        check_graph(graph)
        q = inputs(graph, 20)
        logits = GraphTarget(graph, exact=False).logits(q)
        assert np.abs(as_int8(graph, logits) - artefact(graph, q)).max() <= 1


def test_a_softmax_is_left_out(shared_models):
    graph = read_tflite((shared_models / "pretrainedResnet_quant.tflite").read_bytes())
    target = GraphTarget(graph, exact=False)
    q = np.random.default_rng(0).integers(-128, 128, (4, 32, 32, 3)).astype(np.int8)
    logits = target.logits(q)
    assert logits.max() > 1.5
    assert target.classes == 10


@pytest.mark.parametrize("loss", ["ce", "margin", "dlr"])
def test_the_shadows_gradient_is_the_slope(loss):
    """On int8 inputs a finite difference of one step; the shadow is piecewise smooth."""
    graph = to_graph(every_kind())
    target = GraphTarget(graph, exact=True)
    shadow = target.surfaces[1]
    random = np.random.default_rng(5)
    q = random.integers(-90, 91, (40, *target.shape)).astype(np.int8)
    y = random.integers(0, target.classes, 40)
    here = shadow.step(q, y, loss)
    ahead = (q + np.sign(here.gradient)).astype(np.int8)
    gain = shadow.step(ahead, y, loss).loss - here.loss
    promised = np.abs(here.gradient).reshape(40, -1).sum(axis=1)
    moving = promised > 1e-6
    assert moving.sum() > 10
    assert np.median(gain[moving] / promised[moving]) == pytest.approx(1.0, abs=0.2)


def test_a_step_judges_with_the_targets_logits():
    target = GraphTarget(to_graph(every_kind()), exact=True)
    q = np.random.default_rng(6).integers(-128, 128, (9, *target.shape)).astype(np.int8)
    y = np.zeros(9, np.int64)
    for surface in target.surfaces:
        assert np.array_equal(surface.step(q, y, "ce").logits, target.logits(q))


def test_a_saturated_logit_still_has_a_slope():
    """Every logit of this network is at int8's end, whatever comes in."""
    graph = dense([(np.array([[3, -3], [1, 2]]), np.array([9001, 8001]), -5)])
    target = GraphTarget(graph, exact=True)
    q = np.random.default_rng(7).integers(-40, 41, (9, 2)).astype(np.int8)
    assert (as_int8(graph, target.logits(q)) == 127).all()
    for surface in target.surfaces:
        gradient = surface.class_gradient(q, np.zeros(9, np.int64))
        assert np.array_equal(np.sign(gradient), np.ones((9, 2)))


def test_the_jacobian_is_all_class_gradients():
    target = GraphTarget(to_graph(every_kind()), exact=True)
    q = np.random.default_rng(9).integers(-60, 61, (5, *target.shape)).astype(np.int8)
    for surface in target.surfaces:
        whole = surface.jacobian(q)
        for label in range(target.classes):
            assert np.allclose(whole[:, label], surface.class_gradient(q, np.full(5, label)))


def test_targeted_losses_aim():
    target = GraphTarget(to_graph(every_kind()), exact=True)
    q = np.random.default_rng(8).integers(-60, 61, (20, *target.shape)).astype(np.int8)
    y = target.logits(q).argmax(axis=1).astype(np.int64)
    goals = (y + 1) % target.classes
    for surface in target.surfaces:
        for loss in ("ce", "dlr", "margin"):
            aimed = surface.step(q, y, loss, goals)
            free = surface.step(q, y, loss)
            assert aimed.loss.shape == (20,)
            assert (aimed.loss <= free.loss + 1e-5).all() or loss == "ce"


def test_mlperf_resnet_falls_as_measured_before(shared_models, data_dir):
    """The attack baseline: PGD at eps 2 leaves about nothing of the MLPerf Tiny ResNet-8."""
    from tinyrob import data

    graph = read_tflite((shared_models / "pretrainedResnet_quant.tflite").read_bytes())
    target = GraphTarget(graph, exact=False)
    cifar = data.load("cifar10", data_dir)
    x, y = data.to_int8(cifar.x_test[:32]), cifar.y_test[:32].astype(np.int64)
    right = ~fooled(target.logits(x), y)
    assert right.mean() > 0.75
    found = PGD(steps=10)(target, x[right], y[right], Ball(Norm.LINF, 2), seed=0)
    assert fooled(target.logits(found), y[right]).mean() > 0.9


@pytest.mark.parametrize("activation", list(Activation))
def test_max_pooling_with_an_activation_is_that_activation(activation):
    grid = Quantization((0.125,), (-20,))
    tensors = (
        Tensor("x", (1, 6, 6, 2), "int8", grid),
        Tensor("pooled", (1, 3, 3, 2), "int8", grid),
    )
    pool = MaxPool2D((2, 2), (2, 2), "VALID", activation)
    graph = Graph(tensors, (Op(pool, (0,), (1,)),), (0,), (1,))
    q = inputs(graph, 8)
    target = GraphTarget(graph, exact=True)
    assert np.array_equal(as_int8(graph, target.logits(q)), artefact(graph, q))


def test_networks_of_int16_are_refused() -> None:
    with pytest.raises(UnsupportedModel, match="'sound' is int16: attacks work on int8 networks"):
        build_forward(spoken(), None)
