"""A learned curve as a transit table: the same days at every level, anchored at the usual pickup."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from routing.checkout.learned_times import transit_from_curve
from routing.distributions.waits import LONGEST_DAYS

NOON = np.arange(1, LONGEST_DAYS + 1, dtype=np.int64) * 1440 + 720


def test_each_level_is_reached_on_the_day_of_the_curve() -> None:
    curve = np.exp(-np.arange(1, LONGEST_DAYS + 1) / 9.0)
    transit = transit_from_curve(curve, NOON - 600)
    for level in ("0.5", "0.8", "0.9", "0.95", "0.975", "0.99", "0.999"):
        minutes = transit.quantile(Decimal(level))
        assert minutes is not None
        day = (minutes + 600) // 1440
        assert day == 1 + int((curve > 1 - float(level)).sum())
    assert list(transit.levels) == sorted(set(transit.levels))
    assert len(transit.levels) < 80


def test_what_is_still_open_on_the_last_day_arrives_then() -> None:
    slow = np.full(LONGEST_DAYS, 0.4)
    assert transit_from_curve(slow, NOON).quantile(Decimal("0.95")) == NOON[-1]
    short = transit_from_curve(slow, NOON[:30])  # a horizon that ends before the curve
    assert short.quantile(Decimal("0.95")) is None


def test_days_before_the_pickup_cost_no_negative_time() -> None:
    curve = np.linspace(0.9, 0.0, LONGEST_DAYS)
    transit = transit_from_curve(curve, NOON - 20 * 1440)
    assert min(transit.minutes) == 0
    assert timedelta(minutes=max(transit.minutes)) > timedelta(days=60)
    assert float(transit.levels[-1]) == pytest.approx(0.9999)
