"""Stages that add up, quantiles for a cold start, and what is left once days have passed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.errors import InvalidInput
from routing.distributions.composition import (
    after_wait,
    after_working_days,
    arrival_curve,
    daily_mass,
    on_open_days,
    open_curve,
)
from routing.distributions.quantiles import curve_from_quantiles, quantile_points, shrunk_curve

WEEK = np.array([True] * 5 + [False] * 2)
HAZARDS = arrays(np.float64, 15, elements=st.floats(0.0, 0.9))


def test_work_rests_at_the_weekend() -> None:
    friday = np.concatenate([WEEK[4:], WEEK])  # the calendar starts on a Friday
    odds = after_working_days(np.array([0.5, 0.5]), friday)
    assert odds.tolist()[:4] == [0.5, 0.0, 0.0, 0.5]


def test_a_parcel_waits_for_the_next_day_of_delivery() -> None:
    odds = on_open_days(np.array([0.2, 0.3, 0.5, 0.0]), np.array([True, False, False, True]))
    assert odds.tolist() == [0.2, 0.0, 0.0, 0.8]
    closed = on_open_days(np.array([0.5, 0.5]), np.array([True, False]))
    assert closed.sum() == 0.5  # no open day left: it has not arrived


def test_a_whole_chain_of_stages() -> None:
    calendar = np.tile(WEEK, 3)
    curve = arrival_curve(
        np.array([0.0, 1.0]), (np.array([0.0, 0.5, 0.5]),),
        working=calendar, pickups=calendar, deliveries=calendar,
    )  # fmt: skip
    # Ready on Tuesday (day 1), there on Wednesday or Thursday.
    assert curve[:4].tolist() == [1.0, 1.0, 0.5, 0.0]


@given(HAZARDS)
def test_mass_and_curve_are_two_views_of_one_thing(hazards: np.ndarray) -> None:
    curve = np.cumprod(1 - hazards)
    mass = daily_mass(curve)
    np.testing.assert_allclose(open_curve(mass)[1:], curve, atol=1e-12)
    later = open_curve(after_wait(mass, np.array([0.0, 1.0])))
    assert (later[1:] >= curve - 1e-12).all()  # one more day never arrives earlier


def test_odds_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidInput, match="probabilities"):
        open_curve(np.array([0.7, 0.7]))


def test_published_quantiles_are_met_at_their_days() -> None:
    curve = curve_from_quantiles((0.5, 0.9, 0.99), (2, 4, 7), 30)
    assert quantile_points(curve, (0.5, 0.9, 0.99)) == (2, 4, 7)
    assert (np.diff(curve) <= 0).all()
    assert curve[-1] > 0  # beyond the table some still wait
    with pytest.raises(InvalidInput, match="rise"):
        curve_from_quantiles((0.9, 0.5), (2, 4), 30)
    with pytest.raises(InvalidInput, match="never fall"):
        curve_from_quantiles((0.5, 0.9), (4, 2), 30)


def test_few_observations_stay_near_their_group_many_speak_for_themselves() -> None:
    prior = curve_from_quantiles((0.5, 0.95), (5, 12), 20)
    everybody = np.zeros(20, np.int64)
    everybody[9] = 1000  # all take ten days
    one, many = np.zeros(20, np.int64), np.zeros(20, np.int64)
    one[1], many[1] = 1, 500  # this seller: two days
    seldom = shrunk_curve((everybody, one), (20.0, 10.0), prior)
    often = shrunk_curve((everybody, many), (20.0, 10.0), prior)
    assert quantile_points(seldom, (0.5,)) == (10,)
    assert quantile_points(often, (0.5,)) == (2,)
    none = shrunk_curve((np.zeros(20, np.int64),), (5.0,), prior)
    np.testing.assert_allclose(none, prior)
