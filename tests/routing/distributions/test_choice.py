"""Choosing the promised day from the odds of still waiting."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.errors import InvalidInput
from routing.distributions.choice import (
    days_at_cost,
    days_at_level,
    days_at_miss_rate,
    joint_day,
    lateness_cost_for,
)

CURVES = arrays(np.float64, (3, 20), elements=st.floats(0.0, 1.0, allow_nan=False)).map(
    lambda hazards: np.cumprod(1 - hazards, axis=1)
)


def test_the_promised_day_is_the_first_one_safe_enough() -> None:
    curve = np.array([[0.5, 0.2, 0.05, 0.01]])
    assert days_at_level(curve, 0.79).tolist() == [2]
    assert days_at_level(curve, 0.9).tolist() == [3]
    assert days_at_miss_rate(curve, np.array([0.05])).tolist() == [3]
    assert days_at_level(curve, 0.999).tolist() == [4]  # the last day that is known


def test_the_cost_rule_weighs_days_against_lateness() -> None:
    curve = np.array([[0.5, 0.2, 0.05, 0.01]])
    assert days_at_cost(curve, 1.0).tolist() == [1]
    assert days_at_cost(curve, 10.0).tolist() == [3]
    assert days_at_cost(curve, 1000.0).tolist() == [4]


@given(CURVES)
def test_a_higher_level_never_promises_earlier(curves: np.ndarray) -> None:
    days = [days_at_level(curves, level) for level in (0.5, 0.8, 0.9, 0.95, 0.99)]
    for lower, higher in pairwise(days):
        assert (higher >= lower).all()


@given(CURVES)
def test_a_joint_promise_is_never_earlier_than_its_parcels(curves: np.ndarray) -> None:
    assert joint_day(curves, 0.9) >= days_at_level(curves, 0.9).max()
    assert joint_day(curves[:1], 0.9) == pytest.approx(days_at_level(curves[:1], 0.9)[0], abs=1)


def test_the_lateness_cost_keeps_the_share_it_is_asked_for() -> None:
    draw = np.random.default_rng(2)
    curves = np.cumprod(1 - draw.uniform(0.05, 0.3, (200, 60)), axis=1)
    cost = lateness_cost_for(curves, 0.95)
    days = days_at_cost(curves, cost)
    kept = 1 - curves[np.arange(200), days - 1]
    assert kept.mean() == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize("level", [0.0, 1.0, 1.5])
def test_a_level_outside_the_open_interval_is_refused(level: float) -> None:
    curve = np.array([[0.5, 0.1]])
    for ask in (days_at_level, joint_day, lateness_cost_for):
        with pytest.raises(InvalidInput, match="level"):
            ask(curve, level)
