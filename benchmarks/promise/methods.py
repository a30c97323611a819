"""The methods that are compared: the product's, the marketplace's, and the usual simple ones."""

import importlib
from collections.abc import Callable

import numpy as np

from benchmarks.promise.orders import BenchOrders
from benchmarks.promise.score import Promised, level_for
from benchmarks.promise.walk import Forecasts
from routing.distributions.choice import (
    days_at_cost,
    days_at_level,
    days_at_miss_rate,
    lateness_cost_for,
)
from tracking.learning.calibration import CalibrationPlan, OnlineCalibration
from tracking.learning.history import F64, I64
from tracking.learning.loss import HORIZON, arrival_odds

LOOK_BACK = 365  # days of purchases that simple tables count
SETTLED = 60  # younger purchases are left out of them: their slow ones are still open
COST_WINDOW = 28  # days of quotes that the lateness cost is found on
PAIR_PRIOR = 40  # deliveries of the destination that count in each state pair's sample
LATEST = 150


def calibrated_days(
    bench: BenchOrders, forecasts: Forecasts, level: float, plan: CalibrationPlan | None = None
) -> I64:
    """Days promised at `level` for every forecast order, levels moved by outcomes as they came."""
    history = bench.history
    state = OnlineCalibration(level, plan or CalibrationPlan())
    region = history.groups["destination"]
    promised = np.zeros(len(forecasts.rows), np.int64)
    odds, odds_day = arrival_odds(history, 0), 0
    order = np.argsort(history.purchased[forecasts.rows], kind="stable")
    for position in order:
        row = forecasts.rows[position]
        today = int(history.purchased[row])
        if today >= odds_day + 14:
            odds, odds_day = arrival_odds(history, today), today
        state.advance(today)
        miss = state.miss_rate(int(region[row]))
        days = int(days_at_miss_rate(forecasts.curves[position][None, :], miss)[0])
        promised[position] = days
        lead = int(bench.lead[row])
        if lead <= days:
            state.expect(int(region[row]), known_day=today + lead, missed=False)
            continue
        handed = int(history.handed[row] <= today + days)
        believed = float(odds.odds[handed, min(days, HORIZON)]) if days <= HORIZON else 0.0
        state.expect(int(region[row]), known_day=today + days, missed=True, weight=believed)
    return promised


def cost_rule_days(bench: BenchOrders, forecasts: Forecasts, level: float) -> I64:
    """Days by the cost rule; the cost is the one that keeps `level` of the last weeks' quotes.

    That needs no outcome: the share is what their own curves expect.
    """
    bought = bench.history.purchased[forecasts.rows]
    promised = np.zeros(len(bought), np.int64)
    for day in np.unique(bought):
        due = bought == day
        recent = (bought >= day - COST_WINDOW) & (bought < day)
        known = forecasts.curves[recent if recent.sum() >= 50 else due]
        promised[due] = days_at_cost(forecasts.curves[due], lateness_cost_for(known, level))
    return promised


def matched(
    bench: BenchOrders, forecasts: Forecasts, scored: I64, share: float
) -> tuple[Promised, Promised]:
    """Level rule and cost rule with the one number that keeps `share` of the promises, afterwards.

    `scored` are positions in the forecasts.
    """
    curves, lead = forecasts.curves[scored], bench.lead[forecasts.rows[scored]]
    level = level_for(lead, curves, share)
    low, high = 0.0, 14.0
    for _ in range(40):
        middle = (low + high) / 2
        if float((lead <= days_at_cost(curves, float(np.exp(middle)))).mean()) >= share:
            high = middle
        else:
            low = middle
    by_cost = days_at_cost(curves, float(np.exp(high)))
    expected = float(1 - curves[np.arange(len(curves)), by_cost - 1].mean())
    return (
        Promised("learned matched", level, days_at_level(curves, level), hindsight=True),
        Promised("learned-cost matched", round(expected, 4), by_cost, hindsight=True),
    )


def shifted_days(bench: BenchOrders, rows: I64, level: float, step_days: int = 14) -> I64:
    """The marketplace's promise moved by the constant that kept `level` in the last year."""
    history = bench.history
    promised = np.zeros(len(rows), np.int64)
    bought = history.purchased[rows]
    for today in range(int(bought.min()), int(bought.max()) + 1, step_days):
        due = (bought >= today) & (bought < today + step_days)
        past = _settled(bench, today)
        gap = (bench.lead - bench.quoted)[past]
        shift = int(np.ceil(np.quantile(gap, level))) if len(gap) else 0
        promised[due] = np.maximum(bench.quoted[rows[due]] + shift, 1)
    return promised


def state_pair_days(bench: BenchOrders, rows: I64, level: float, step_days: int = 14) -> I64:
    """Quantiles of the last year's lead times per state pair, drawn towards the destination's."""
    history = bench.history
    lane, destination = history.groups["lane"], history.groups["destination"]
    promised = np.zeros(len(rows), np.int64)
    bought = history.purchased[rows]
    for today in range(int(bought.min()), int(bought.max()) + 1, step_days):
        due = np.flatnonzero((bought >= today) & (bought < today + step_days))
        past = _settled(bench, today)
        lead = bench.lead[past]
        cells: dict[int, int] = {}
        for position in due:
            row = rows[position]
            if int(lane[row]) not in cells:
                weight = (lane[past] == lane[row]).astype(np.float64)
                there = destination[past] == destination[row]
                weight += there * (PAIR_PRIOR / max(int(there.sum()), 1))
                weight += 10.0 / max(len(past), 1)
                cells[int(lane[row])] = _weighted_quantile(lead, weight, level)
            promised[position] = cells[int(lane[row])]
    return promised


def _settled(bench: BenchOrders, today: int) -> I64:
    """Delivered and known, of purchases old enough that slow ones are in."""
    history = bench.history
    return np.flatnonzero(
        (history.purchased >= today - LOOK_BACK - SETTLED)
        & (history.purchased < today - SETTLED)
        & (history.delivered < today)
    )


def _weighted_quantile(values: I64, weight: F64, level: float) -> int:
    if not len(values):
        return 30
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    return int(values[order][min(int(np.searchsorted(share, level)), len(values) - 1)])


def lightgbm_once_days(
    bench: BenchOrders,
    forecasts: Forecasts,
    rows: I64,
    first: int,
    level: float,
    say: Callable[[str], None],
) -> I64 | None:
    """LightGBM quantile regression on the same columns, trained once on what was delivered then.

    None where the extra `learn` is not installed.
    """
    try:
        lightgbm = importlib.import_module("lightgbm")
    except ImportError:
        say("LightGBM is not installed (extra `learn`): that baseline is left out")
        return None
    past = np.flatnonzero((bench.history.delivered < first) & (bench.lead <= LATEST))
    settings = {
        "objective": "quantile", "alpha": level, "learning_rate": 0.05, "num_leaves": 31,
        "min_data_in_leaf": 40, "feature_fraction": 0.7, "verbose": -1, "num_threads": 1,
        "seed": 1, "deterministic": True, "force_row_wise": True,
    }  # fmt: skip
    data = lightgbm.Dataset(forecasts.columns[past], bench.lead[past].astype(np.float64))
    model = lightgbm.train(settings, data, 200)
    days = np.ceil(model.predict(forecasts.columns[rows], num_threads=1))
    return np.asarray(np.clip(days, 1, LATEST), np.int64)
