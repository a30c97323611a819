"""Learning from event histories: what is known when, what is learned, and what is never guessed."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from routing.distributions.forest import BINS, daily_odds, to_cells
from routing.distributions.waits import LONGEST_DAYS, open_curves, slow_down
from tests.tracking.learning.synthetic import calendar, history, with_future
from tracking.learning.boosting import BoostingPlan, OrderDays, cell_cuts, fit_forest
from tracking.learning.calibration import CalibrationPlan, OnlineCalibration
from tracking.learning.columns import network_state, order_columns
from tracking.learning.hazards import fit_waits
from tracking.learning.history import NEVER, OrderHistory, repair_days
from tracking.learning.loss import HORIZON, arrival_odds
from tracking.learning.pressure import pressure, transit_pressure
from tracking.learning.signals import events_before, open_at_start, speed_tables

SMALL = BoostingPlan(trees=25, leaves=6, minimum_hessian=5.0)


def test_events_that_run_backwards_are_moved_to_the_nearest_possible_day() -> None:
    purchased = np.array([10, 10, 10, 10], np.int64)
    handed = np.array([8, NEVER, 30, 12], np.int64)
    delivered = np.array([15, 15, 15, 9], np.int64)
    handover, delivery, moved = repair_days(purchased, handed, delivered)
    assert handover.tolist() == [10, 15, 15, 12]
    assert delivery.tolist() == [15, 15, 15, NEVER]  # a delivery before the purchase is none
    assert moved == 3


def test_a_history_out_of_order_is_refused() -> None:
    orders = history(20, 2)
    with pytest.raises(InvalidInput, match="order of purchase"):
        replace(orders, purchased_s=orders.purchased_s[::-1].copy())


def test_waiting_is_counted_at_the_start_of_each_day() -> None:
    start = np.array([0, 0, 2, NEVER], np.int64)
    end = np.array([1, NEVER, 3, NEVER], np.int64)
    waiting = open_at_start(start, end, 3, 6)
    assert waiting.tolist() == [0, 2, 1, 2, 0, 0]  # the second one is given up after 3 days
    assert events_before(end, 6).tolist() == [0, 0, 1, 1, 2, 2, 2]


def test_nothing_that_happens_later_changes_what_is_known_today() -> None:
    orders, days = history(), 200
    today = 120
    other = with_future(orders, today)
    for table, changed in zip(
        speed_tables(orders, calendar(700), days),
        speed_tables(other, calendar(700), days),
        strict=True,
    ):
        np.testing.assert_array_equal(
            table.log_speed[: today + 1], changed.log_speed[: today + 1], err_msg=table.name
        )
    for queues in (pressure, transit_pressure):
        np.testing.assert_array_equal(
            queues(orders, days)[: today + 1], queues(other, days)[: today + 1]
        )
    past = orders.purchased <= today
    columns = [
        order_columns(h, calendar(700), network_state(h, calendar(700), days), h.purchased)[1]
        for h in (orders, other)
    ]
    np.testing.assert_array_equal(columns[0][past], columns[1][past])
    odds = [arrival_odds(h, today).odds for h in (orders, other)]
    np.testing.assert_array_equal(odds[0], odds[1])


def test_a_slow_region_shows_a_low_speed() -> None:
    orders = history()
    tables = {table.name: table for table in speed_tables(orders, calendar(700), 200)}
    speeds = tables["transit speed destination 21 d"].log_speed[150]
    assert speeds[1] < 0 < speeds[0]


def test_a_queue_that_doubles_halves_the_daily_odds() -> None:
    days, per_day, wait = 120, 20, 10
    burst = np.repeat(100, per_day * wait)  # ten days' worth of orders on one day
    purchased = np.sort(np.concatenate([np.repeat(np.arange(days), per_day), burst]))
    n = len(purchased)
    handed = purchased.copy()
    delivered = purchased + wait
    groups = {"destination": np.zeros(n, np.int64)}
    orders = OrderHistory(
        purchased.astype(np.int64), (purchased * 86_400).astype(np.int64),
        handed.astype(np.int64), delivered.astype(np.int64), groups, np.zeros((n, 0)), (),
    )  # fmt: skip
    found = pressure(orders, days)
    assert found[99] == pytest.approx(0.0, abs=0.01)
    assert 0.5 < found[101] < np.log(2) + 0.05
    assert (found >= 0).all()
    assert (transit_pressure(orders, days) >= found).all()  # they queue at the carriers
    at_sellers = replace(orders, handed=orders.delivered)
    assert pressure(at_sellers, days)[101] > 0.5
    assert transit_pressure(at_sellers, days)[101] == 0.0


def test_open_parcels_count_with_the_odds_that_they_arrive() -> None:
    orders = history(400, 10)
    odds = arrival_odds(orders, 380)
    assert odds.of(np.array([0, 60]), np.array([0, 1]))[0] > 0.9
    assert odds.odds[1, 60] < 0.6  # after two months most of what is open is lost
    assert odds.of(np.array([HORIZON + 1]), np.array([1])).tolist() == [0.0]
    assert arrival_odds(orders, 10).odds.min() > 0.7  # nothing to count yet: believed


def test_cells_follow_the_cut_points() -> None:
    columns = np.array([[1.0, np.nan], [2.0, 5.0], [3.0, 5.0]])
    cuts = cell_cuts(columns)
    assert to_cells(columns, cuts).tolist() == [[0, 0], [1, 0], [2, 0]]
    wide = np.linspace(0, 1, 1000)[:, None]
    assert to_cells(wide, cell_cuts(wide)).max() == BINS - 1
    one_by_one = np.vstack([to_cells(row[None, :], cell_cuts(wide)) for row in wide])
    np.testing.assert_array_equal(one_by_one, to_cells(wide, cell_cuts(wide)))


def _rows(seed: int = 1, orders: int = 800) -> OrderDays:
    draw = np.random.default_rng(seed)
    columns = draw.random((orders, 3))
    length = draw.integers(1, 9, orders)
    row_order = np.repeat(np.arange(orders), length)
    waited = np.arange(len(row_order)) - np.repeat(np.cumsum(length) - length, length)
    chance = np.where(columns[row_order, 1] > 0.5, 0.3, 0.05) * np.where(waited > 3, 2.0, 1.0)
    return OrderDays(
        columns, row_order.astype(np.int64), waited[:, None].astype(np.uint8),
        (draw.random(len(row_order)) < chance).astype(np.uint8),
        np.ones(len(row_order)), np.zeros(len(row_order)),
    )  # fmt: skip


def test_trees_find_what_matters_and_repeat_by_seed() -> None:
    data = _rows()
    forest = fit_forest(data, replace(SMALL, trees=60, learning_rate=0.1))
    columns = np.array([[0.5, 0.9, 0.5], [0.5, 0.1, 0.5]])
    days = np.arange(8, dtype=np.uint8)[:, None]
    day_of = np.tile(np.arange(8, dtype=np.int64), (2, 1))
    odds = daily_odds(forest, to_cells(columns, forest.cuts), days, day_of, np.zeros(2))
    assert 0.2 < odds[0, 1] < 0.4
    assert odds[1, 1] < 0.12
    assert odds[0, 6] > odds[0, 1] + 0.1
    again = fit_forest(data, replace(SMALL, trees=60, learning_rate=0.1))
    np.testing.assert_array_equal(forest.value, again.value)
    other = fit_forest(data, replace(SMALL, trees=60, learning_rate=0.1, seed=2))
    assert not np.array_equal(forest.value, other.value)


def test_trees_are_the_same_without_the_compiler() -> None:
    code = (
        "from tests.tracking.learning.test_learning import _rows, SMALL, fit_forest\n"
        "from dataclasses import replace\n"
        "f = fit_forest(_rows(4, 60), replace(SMALL, trees=3, minimum_hessian=1.0))\n"
        "print(f.column.tolist(), f.threshold.tolist(), f.value.round(9).tolist())"
    )
    seen = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env=os.environ | {"NUMBA_DISABLE_JIT": flag, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for flag in ("0", "1")
    ]  # fmt: skip
    assert seen[0] == seen[1] != ""


def test_no_rows_are_refused() -> None:
    empty = OrderDays(
        np.zeros((0, 1)), np.zeros(0, np.int64), np.zeros((0, 1), np.uint8),
        np.zeros(0, np.uint8), np.zeros(0), np.zeros(0),
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="nothing to learn"):
        fit_forest(empty, SMALL)


def test_learned_waits_tell_the_slow_region_from_the_fast_one() -> None:
    orders, days, today = history(), calendar(700), 180
    state = network_state(orders, days, 200)
    names, columns = order_columns(orders, days, state, orders.purchased)
    model = fit_waits(orders, names, columns, days, today=today, plan=SMALL)
    fresh = orders.purchased >= today
    curves = open_curves(model, columns[fresh], orders.purchased[fresh], days)
    assert curves.shape == (int(fresh.sum()), LONGEST_DAYS)
    assert (np.diff(curves, axis=1) <= 0).all()
    region = orders.groups["destination"][fresh]
    assert curves[region == 1, 9].mean() > curves[region == 0, 9].mean() + 0.1
    # Close to the truth: P(geometric(.4) + geometric(.24) > 10 days).
    draw = np.random.default_rng(1)
    truth = (draw.geometric(0.4, 100_000) + draw.geometric(0.24, 100_000) > 10).mean()
    assert curves[region == 0, 9].mean() == pytest.approx(truth, abs=0.06)
    slowed = slow_down(curves, np.full(len(curves), np.log(2)))
    np.testing.assert_allclose(slowed, np.sqrt(curves))


def test_learning_sees_nothing_of_the_day_it_stands_on() -> None:
    orders, days, today = history(), calendar(700), 150
    models = []
    for known in (orders, with_future(orders, today)):
        state = network_state(known, days, 200)
        names, columns = order_columns(known, days, state, known.purchased)
        models.append(fit_waits(known, names, columns, days, today=today, plan=SMALL))
    np.testing.assert_array_equal(models[0].forest.value, models[1].forest.value)


def test_waits_after_hand_over_are_learned_the_same_way() -> None:
    orders, days = history(), calendar(700)
    state = network_state(orders, days, 200)
    names, columns = order_columns(orders, days, state, np.minimum(orders.handed, 199))
    model = fit_waits(orders, names, columns, days, today=180, stage="hand-over", plan=SMALL)
    on_the_way = (orders.handed < 180) & (orders.purchased > 100)
    curves = open_curves(model, columns[on_the_way], orders.handed[on_the_way], days)
    region = orders.groups["destination"][on_the_way]
    assert curves[region == 1, 4].mean() > curves[region == 0, 4].mean()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=200), st.sampled_from([0.9, 0.95, 0.99]))
def test_calibration_stays_within_its_bounds(outcomes: list[bool], level: float) -> None:
    plan = CalibrationPlan(region_step=0.2, loosest=1.2)
    state = OnlineCalibration(level, plan)
    for day, missed in enumerate(outcomes):
        state.expect(0, known_day=day, missed=missed)
    state.advance(len(outcomes))
    low, high = (1 - level) * plan.tightest, (1 - level) * plan.loosest
    assert low - 1e-12 <= state.miss_rate(0) <= high + 1e-12
    assert state.miss_rate(1) == pytest.approx(1 - level)  # another region is not touched


def test_misses_tighten_only_once_they_are_known() -> None:
    state = OnlineCalibration(0.95, CalibrationPlan(region_step=0.1))
    for _ in range(20):
        state.expect(3, known_day=30, missed=True)
    state.advance(30)
    assert state.miss_rate(3) == pytest.approx(0.05)
    assert state.shift(3) == 0.0
    state.advance(31)
    assert state.miss_rate(3) < 0.02
    assert state.shift(3) > state.plan.alarm


def test_a_coverage_floor_is_never_loosened() -> None:
    state = OnlineCalibration(0.9, CalibrationPlan(region_step=0.5))
    for day in range(300):
        state.expect(0, known_day=day, missed=False)
    state.advance(400)
    assert state.miss_rate(0) == pytest.approx(0.1)
