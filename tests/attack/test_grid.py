"""Adversarial inputs are int8, and stay within eps after rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyrob.attack.grid import HIGH, LOW, Norm, distance, inside, project, random_start, to_grid

EPS = st.floats(1.0, 300.0)
IN_STEPS = (Norm.LINF, Norm.L2)


@settings(max_examples=100)
@given(st.sampled_from(IN_STEPS), EPS, st.integers(0, 2**32 - 1), st.floats(0.1, 500.0))
def test_rounded_points_stay_in_the_ball_and_in_range(norm, eps, seed, far):
    random = np.random.default_rng(seed)
    origin = random.integers(LOW, HIGH + 1, (7, 4, 3, 2)).astype(np.int8)
    point = origin + random.normal(0, far, origin.shape)
    q = to_grid(point, origin, norm, eps)
    assert q.dtype == np.int8
    assert inside(q, origin, norm, eps).all()
    assert (distance(q, origin, norm) <= eps + 1e-9).all()


def test_l2_rounding_loses_little_of_the_ball():
    random = np.random.default_rng(0)
    origin = np.zeros((5, 3072), np.int8)
    q = to_grid(random.normal(0, 1, origin.shape) * 1e4, origin, Norm.L2, 128.0)
    assert (distance(q, origin, Norm.L2) > 0.97 * 128).all()


def test_a_point_of_the_grid_inside_the_ball_is_itself():
    random = np.random.default_rng(1)
    origin = random.integers(-100, 100, (9, 16)).astype(np.int8)
    point = origin + random.integers(-3, 4, origin.shape)
    assert np.array_equal(to_grid(point, origin, Norm.LINF, 3), point)
    assert np.array_equal(to_grid(point, origin, Norm.L2, 20), point)


def test_fractional_eps_counts_whole_steps():
    origin = np.zeros((1, 4), np.int8)
    q = to_grid(np.full((1, 4), 9.0), origin, Norm.LINF, 2.7)
    assert np.array_equal(q, np.full((1, 4), 2))


@pytest.mark.parametrize("norm", IN_STEPS)
def test_projection_shortens_and_never_turns(norm):
    origin = np.zeros((3, 8), np.int8)
    point = np.random.default_rng(2).normal(0, 50, origin.shape)
    near = project(point, origin, norm, 5.0)
    assert (distance(near, origin, norm) <= 5.0 + 1e-4).all()
    assert (np.sign(near) == np.sign(point)).all()


@pytest.mark.parametrize("norm", list(Norm))
def test_no_examples_are_no_points_in_every_ball(norm):
    """All may have fallen before an attack's next start."""
    none = np.zeros((0, 3, 4), np.int16)
    start = random_start(none, norm, 20.0, np.random.default_rng(3))
    assert start.shape == none.shape
    assert to_grid(start, none, norm, 20.0).shape == none.shape


@pytest.mark.parametrize("norm", IN_STEPS)
def test_random_starts_fill_the_ball(norm):
    origin = np.zeros((200, 16), np.int8)
    start = random_start(origin, norm, 40.0, np.random.default_rng(3))
    reach = distance(start, origin, norm)
    assert reach.max() <= 40.0 + 1e-4
    assert reach.max() > 30.0
