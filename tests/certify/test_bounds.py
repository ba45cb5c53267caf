"""No input of a ball leaves the bounds: for networks that hypothesis draws, tensor by tensor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.graphs import KINDS, graphs, inputs
from tinyrob.certify import affine, intervals
from tinyrob.certify.intervals import ball
from tinyrob.ir.interp import trace

POINTS = 6


def points(x: np.ndarray, eps: int, seed: int) -> np.ndarray:
    """Inputs of the ball: its middle, its corners at random, and what is between."""
    dice = np.random.default_rng(seed)
    far = dice.integers(-eps, eps + 1, (POINTS, *x.shape))
    far[POINTS // 2 :] = np.sign(far[POINTS // 2 :]) * eps
    far[0] = 0
    return np.clip(x.astype(int) + far, -128, 127).astype(np.int8)


def assert_inside(graph, x, eps) -> None:
    """By intervals, and by the forms that they are met with."""
    names = {tensor.name: index for index, tensor in enumerate(graph.tensors)}
    wide = intervals.propagate(graph, ball(x[None], eps))
    narrow = affine.propagate(graph, ball(x[None], eps))[0]
    for one in points(x, eps, 1):
        for name, values in trace(graph, one).items():
            for found in (wide, narrow):
                box = found[names[name]]
                assert (box.low.reshape(values.shape) <= values).all(), name
                assert (values <= box.high.reshape(values.shape)).all(), name


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=2)
@given(data=st.data())
def test_each_operators_bounds_hold(kind, data) -> None:
    graph, eps = data.draw(graphs((kind,))), data.draw(st.integers(0, 20))
    x = inputs(graph, 3)[2]
    assert_inside(graph, x, eps)


@settings(max_examples=12)
@given(graph=graphs(min_ops=2, max_ops=8), eps=st.integers(0, 12))
def test_networks_bounds_hold(graph, eps) -> None:
    x = inputs(graph, 3)[2]
    assert_inside(graph, x, eps)


@settings(max_examples=12)
@given(graph=graphs(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "RESHAPE"), 1, 5))
def test_a_ball_of_one_input_has_bounds_of_one_value(graph) -> None:
    x = inputs(graph, 4)
    values = [trace(graph, one) for one in x]
    found = intervals.propagate(graph, ball(x, 0))
    for index, tensor in enumerate(graph.tensors):
        if index not in found or tensor.name not in values[0]:
            continue
        expected = np.stack([one[tensor.name] for one in values]).reshape(found[index].low.shape)
        np.testing.assert_array_equal(found[index].low, expected)
        np.testing.assert_array_equal(found[index].high, expected)


def test_forms_know_what_intervals_forget() -> None:
    """x - x is 0: two channels that are equal, and a layer that subtracts them."""
    from support.certified import difference

    graph = difference()
    x = np.zeros((1, 1, 1, 1), np.int8)
    out = graph.outputs[0]
    wide = intervals.propagate(graph, ball(x, 20))[out]
    narrow = affine.propagate(graph, ball(x, 20))[0][out]
    assert int(wide.high.max()) - int(wide.low.min()) > 30
    assert int(narrow.high.max()) - int(narrow.low.min()) <= 4
