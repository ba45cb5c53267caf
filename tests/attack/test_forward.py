"""The differentiable pass computes the artefact's own values; its gradients point uphill."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.frozen_models import every_kind
from support.graphs import graphs, inputs
from support.qnets import network
from support.targets import dense
from tinyrob.attack.attacks import Ball
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.grid import Norm
from tinyrob.attack.pgd import PGD
from tinyrob.attack.target import fooled
from tinyrob.freeze import freeze
from tinyrob.frozen.to_graph import to_graph
from tinyrob.ir.graph import Activation, Graph, MaxPool2D, Op, Quantization, Softmax, Tensor
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite


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
    q = inputs(graph, 5, seed)
    target = GraphTarget(graph, exact=False)
    difference = np.abs(as_int8(graph, target.logits(q)) - artefact(graph, q))
    assert difference.max() <= 2
    scale = graph.tensors[graph.outputs[0]].quantization.scale
    assert target.slack == pytest.approx(8 * scale)


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
