"""Forecasts as they could have been made: refit on a schedule, each on what was known that morning."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.promise.orders import TRAITS as BENCH_TRAITS
from benchmarks.promise.orders import BenchOrders
from routing.distributions.traits import TRAITS
from routing.distributions.waits import LONGEST_DAYS, WaitModel, open_curves, slow_down
from tracking.learning.boosting import BoostingPlan, warm
from tracking.learning.columns import NetworkState, network_state, order_columns
from tracking.learning.hazards import Weighing, fit_waits
from tracking.learning.history import F64, I64
from tracking.learning.pressure import pressure
from tracking.learning.teach import PLAN, WITHOUT

WARM_UP_DAYS = 56  # forecasts before the window, for the calibration to settle
QUOTES_TIMED = 300
NOT_IN_PRODUCT = (*WITHOUT, *(name for name in BENCH_TRAITS if name not in TRAITS))
"""Columns that a shop has not at hand: the product learns without them, and so does the default."""


@dataclass(frozen=True, slots=True)
class WalkPlan:
    """One configuration for every window."""

    refit_days: int = 7
    boosting: BoostingPlan = PLAN
    with_pressure: bool = True
    without: tuple[str, ...] = NOT_IN_PRODUCT
    """Columns left out."""
    network_columns: bool = True
    weighing: Weighing = field(default_factory=Weighing)


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """Curves of the orders purchased from the warm-up to the end of the window."""

    rows: I64  # index into the orders
    curves: F64  # [rows, days], P(still open at the end of day k)
    log_pressure: F64  # [rows], by which `curves` were slowed down
    columns: F64  # [orders, columns], all orders
    names: tuple[str, ...]
    refit_s: float  # the slowest refit, CPU
    features_s: float
    quote_ms: F64  # CPU per single quote, sample


def walk_forward(
    bench: BenchOrders,
    first: int,
    last: int,
    plan: WalkPlan | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Forecasts:
    """Forecast every order purchased on days first..last (day numbers), warm-up included."""
    plan = plan or WalkPlan()
    warm()  # refits are timed: none of them waits for the compiler
    history, calendar = bench.history, bench.calendar
    started = time.process_time()
    days = min(last + 2, calendar.days - 1)
    state = network_state(history, calendar, days)
    names, columns = order_columns(history, calendar, state, history.purchased)
    left_out = set(plan.without) | (set() if plan.network_columns else _network_columns(state))
    kept = [position for position, name in enumerate(names) if name not in left_out]
    names, columns = tuple(names[k] for k in kept), columns[:, kept]
    factor = pressure(history, days) if plan.with_pressure else np.zeros(days)
    features_s = time.process_time() - started
    rows, curves, slowest = [], [], 0.0
    model: WaitModel | None = None
    for today in range(first, last + 1, plan.refit_days):
        started = time.process_time()
        model = fit_waits(
            history, names, columns, calendar,
            today=today, plan=plan.boosting, weighing=plan.weighing,
        )  # fmt: skip
        slowest = max(slowest, time.process_time() - started)
        until = min(today + plan.refit_days, last + 1)
        due = np.flatnonzero((history.purchased >= today) & (history.purchased < until))
        raw = open_curves(model, columns[due], history.purchased[due], calendar)
        rows.append(due)
        curves.append(slow_down(raw, factor[history.purchased[due]]))
        say(f"refit {bench.calendar_day(today)}: {model.orders} orders, {len(due)} quotes")
    found = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    return Forecasts(
        rows=found,
        curves=np.concatenate(curves) if curves else np.zeros((0, LONGEST_DAYS)),
        log_pressure=factor[history.purchased[found]],
        columns=columns,
        names=names,
        refit_s=slowest,
        features_s=features_s,
        quote_ms=_single_quotes(bench, model, columns, found),
    )


def _network_columns(state: NetworkState) -> set[str]:
    return {table.name for table in state.speeds} | {*state.backlog_names, "destination backlog"}


def _single_quotes(bench: BenchOrders, model: WaitModel | None, columns: F64, rows: I64) -> F64:
    """CPU ms of one quote asked alone, for the last orders of the window."""
    if model is None:
        return np.zeros(0)
    took = []
    for row in rows[-QUOTES_TIMED:]:
        one = np.array([row])
        started = time.process_time()
        open_curves(model, columns[one], bench.history.purchased[one], bench.calendar)
        took.append((time.process_time() - started) * 1000)
    return np.array(took)
