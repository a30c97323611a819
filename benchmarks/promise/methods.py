"""The methods that are compared: the product's, the marketplace's, and the usual simple ones."""

import importlib
from collections.abc import Callable

import numpy as np

from benchmarks.promise.orders import BenchOrders
from benchmarks.promise.score import Promised
from benchmarks.promise.walk import Forecasts
from routing.distributions.choice import (
    days_at_cost,
    days_at_level,
    lateness_cost_for,
)
from tracking.learning.calibration import CalibrationPlan, OnlineCalibration
from tracking.learning.history import F64, I64
from tracking.learning.loss import HORIZON, ArrivalOdds, arrival_odds

LOOK_BACK = 365  # days of purchases that simple tables count
SETTLED = 60  # younger purchases are left out of them: their slow ones are still open
COST_WINDOW = 28  # days of quotes that the lateness cost is found on
PAIR_PRIOR = 40  # deliveries of the destination that count in each state pair's sample
LATEST = 150
FEW_QUOTES = 50  # with fewer recent ones the cost is found on the day's own

Rule = Callable[[F64, F64, float], I64]


def later_of_both(curves: F64, known: F64, level: float) -> I64:
    """The later of level rule and cost rule; the cost is that which keeps `level` of `known`.

    The level rule keeps every order's odds; the cost rule waits longer where a day buys much.
    """
    by_cost = days_at_cost(curves, lateness_cost_for(known, level))
    return np.maximum(days_at_level(curves, level), by_cost)


def level_alone(curves: F64, known: F64, level: float) -> I64:
    """The level rule, whatever others are like."""
    del known
    return days_at_level(curves, level)


def cost_alone(curves: F64, known: F64, level: float) -> I64:
    """The cost rule alone."""
    return days_at_cost(curves, lateness_cost_for(known, level))


RULES: dict[str, Rule] = {
    "learned": later_of_both,
    "learned-level": level_alone,
    "learned-cost": cost_alone,
}


def calibrated_days(
    bench: BenchOrders,
    forecasts: Forecasts,
    level: float,
    rule: Rule = later_of_both,
    plan: CalibrationPlan | None = None,
) -> I64:
    """Days promised at `level` for every forecast order, curves bent by outcomes as they came."""
    history = bench.history
    state = OnlineCalibration(level, plan or CalibrationPlan())
    region = history.groups["destination"][forecasts.rows]
    bought = history.purchased[forecasts.rows]
    bent, promised = np.array(forecasts.curves), np.zeros(len(bought), np.int64)
    odds, odds_day = arrival_odds(history, 0), 0
    for day in np.unique(bought):
        today = int(day)
        if today >= odds_day + 14:
            odds, odds_day = arrival_odds(history, today), today
        state.advance(today)
        due = np.flatnonzero(bought == day)
        aimed = np.array([state.miss_rate(int(region[position])) for position in due])
        bent[due] = bent[due] ** (np.log(1 - level) / np.log(aimed))[:, None]
        recent = (bought >= day - COST_WINDOW) & (bought < day)
        known = bent[recent] if recent.sum() >= FEW_QUOTES else bent[due]
        promised[due] = rule(bent[due], known, level)
        for position in due:
            _expect(state, bench, odds, int(forecasts.rows[position]), int(promised[position]))
    return promised


def _expect(
    state: OnlineCalibration, bench: BenchOrders, odds: ArrivalOdds, row: int, days: int
) -> None:
    """Tell the calibration when the promise's outcome is known, and how much it counts."""
    history, region = bench.history, int(bench.history.groups["destination"][row])
    bought, lead = int(history.purchased[row]), int(bench.lead[row])
    if lead <= days:
        state.expect(region, known_day=bought + lead, missed=False)
        return
    handed = int(history.handed[row] <= bought + days)
    believed = float(odds.odds[handed, days]) if days <= HORIZON else 0.0
    state.expect(region, known_day=bought + days, missed=True, weight=believed)


def cost_rule_days(bench: BenchOrders, forecasts: Forecasts, level: float) -> I64:
    """Days by the cost rule; the cost is the one that keeps `level` of the last weeks' quotes.

    That needs no outcome: the share is what their own curves expect.
    """
    bought = bench.history.purchased[forecasts.rows]
    promised = np.zeros(len(bought), np.int64)
    for day in np.unique(bought):
        due = bought == day
        recent = (bought >= day - COST_WINDOW) & (bought < day)
        known = forecasts.curves[recent if recent.sum() >= FEW_QUOTES else due]
        promised[due] = cost_alone(forecasts.curves[due], known, level)
    return promised


def matched(
    bench: BenchOrders, forecasts: Forecasts, scored: I64, share: float
) -> tuple[Promised, ...]:
    """Each rule with the one level that keeps `share` of the promises, chosen afterwards.

    `scored` are positions in the forecasts.
    """
    curves, lead = forecasts.curves[scored], bench.lead[forecasts.rows[scored]]
    found = []
    for name, rule in RULES.items():
        level, days = at_share(curves, lead, share, rule)
        found.append(Promised(f"{name} matched", round(level, 4), days, hindsight=True))
    return tuple(found)


def at_share(curves: F64, lead: I64, share: float, rule: Rule) -> tuple[float, I64]:
    """The lowest level whose days keep `share` of these orders, and the days."""
    low, high = 0.5, 0.9995
    for _ in range(13):
        middle = (low + high) / 2
        if float((lead <= rule(curves, curves, middle)).mean()) >= share:
            high = middle
        else:
            low = middle
    return high, rule(curves, curves, high)


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
