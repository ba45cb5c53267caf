"""The int8 grid of a sensor's values: it holds the range and is told in its unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyrob.data import units
from tinyrob.data.units import Units

_EDGE = st.floats(-1e6, 1e6, allow_nan=False).map(lambda v: round(v, 6))


@given(_EDGE, _EDGE)
def test_a_grid_holds_its_whole_range_within_half_a_step(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    power, offset = units.grid(low, high)
    step = 2.0**power
    made = Units((power,), (offset,))
    back = made.values(made.quantize(np.array([[low], [high]])))
    # Up to float64's own rounding of an end that lies half a step from two grid points.
    assert np.abs(back[:, 0] - [low, high]).max() <= step / 2 * (1 + 1e-6)
    assert offset == np.round(offset / step) * step


@given(st.floats(1e-3, 1e6), st.floats(-100, 100))
def test_a_grid_is_at_most_one_power_too_coarse(span: float, at: float) -> None:
    power, _ = units.grid(at, at + span)
    assert span / 2.0**power > 255 / 4


def test_zero_stays_zero_where_that_costs_nothing() -> None:
    assert units.grid(-1.0, 1.0) == (-6, 0.0)
    assert units.grid(-1.2, 1.9)[1] == 0.0
    assert units.grid(9.0, 11.0) == (-6, 10.0)
    assert units.grid(5.0, 5.0)[0] <= -4


def test_steps_are_told_in_the_sensors_unit() -> None:
    assert Units((-4,), (0.0,), (), ("g",)).told(4) == "0.25 g"
    assert Units((-4,), (0.0,)).told() == "0.0625"
    several = Units((-4, -4, 1), (0.0, 0.0, 0.0), ("x", "y", "z"), ("g", "g", "deg/s"))
    assert several.told(2) == "0.125 g (x, y), 4 deg/s (z)"
    assert Units((0,), (0.0,), ("x", "y"), ("g", "V")).told() == "1 g (x), 1 V (y)"


def test_what_a_file_says_is_checked() -> None:
    good = Units((-4, 1), (0.0, 3.0), ("x", "y"), ("g",))
    assert units.from_dict(good.to_dict()) == good
    for key, value in (("log2_step", [900, 1]), ("offset", [1.0]), ("unit", []), ("names", 3)):
        assert units.from_dict({**good.to_dict(), key: value}) is None
    assert units.from_dict("x") is None


@pytest.mark.parametrize("value", [0.5, -0.5, 1.5])
def test_halves_round_away_from_zero_as_c_does(value: float) -> None:
    assert Units((0,), (0.0,)).quantize(np.array([[value]]))[0, 0] == np.sign(value) * np.ceil(
        abs(value)
    )
