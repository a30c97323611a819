"""Late parcels before they are late, and the ETA at hand-over: the same waits, conditioned.

Late means after the marketplace's own date. Scored are delivered orders still open at the moment of
asking: at hand-over, and on the morning 4, 2 and 1 days before the date. Only what was known that
morning is used, by the model of the wait from hand-over, refitted every fortnight.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.promise.orders import BenchOrders
from benchmarks.promise.walk import Forecasts, WalkPlan
from routing.distributions.waits import LONGEST_DAYS, WaitModel, open_curves, slow_down
from tracking.learning.columns import NetworkState, network_state, order_columns
from tracking.learning.hazards import fit_waits
from tracking.learning.history import F64, I64, NEVER
from tracking.learning.pressure import transit_pressure
from tracking.learning.teach import NOT_AFTER_HAND_OVER, hand_over_plan

DAYS_BEFORE = (4, 2, 1)
REFIT_DAYS = 14


def average_precision(late: I64, risk: F64) -> float:
    """Area under precision and recall, ties taken together; 0 when nothing is late."""
    if not late.sum():
        return 0.0
    order = np.argsort(-risk, kind="stable")
    hits, ranked = np.cumsum(late[order]), risk[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    precision, recall = hits[last] / (last + 1), hits[last] / late.sum()
    return float((precision * np.diff(recall, prepend=0.0)).sum())


def late_parcels(
    bench: BenchOrders,
    forecasts: Forecasts,
    first: int,
    last: int,
    plan: WalkPlan,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Base rate and average precision per moment, and the mean errors of the ETA, days."""
    history = bench.history
    rows = np.flatnonzero(
        (history.purchased >= first) & (history.purchased <= last) & bench.delivered
    )
    due = history.purchased + bench.quoted
    moments: dict[str, tuple[I64, I64]] = {
        "hand-over": (rows, history.handed[rows]),
    }
    for before in DAYS_BEFORE:
        morning = due[rows] - before
        still = (history.delivered[rows] >= morning) & (morning > history.purchased[rows])
        moments[f"{before} d before"] = (rows[still], morning[still])
    end = max(int(when.max()) for _, when in moments.values() if len(when)) + 2
    days = min(end, bench.calendar.days - LONGEST_DAYS - 2)
    state = network_state(history, bench.calendar, days)
    factor = transit_pressure(history, days)
    risk = {name: np.full(len(when), np.nan) for name, (_, when) in moments.items()}
    halfway = np.full(history.orders, np.nan)
    for today in range(first, days, REFIT_DAYS):
        model = _fit(bench, state, plan, today)
        say(f"late parcels, refit {bench.calendar_day(today)}")
        for name, (open_rows, when) in moments.items():
            now = np.flatnonzero((when >= today) & (when < today + REFIT_DAYS))
            if len(now):
                asked = open_rows[now]
                curves, start = _curves(
                    bench, state, plan, model, factor[when[now]], asked, when[now]
                )
                risk[name][now] = _late_odds(curves, when[now] - start, due[asked] - start)
                if name == "hand-over":
                    halfway[asked] = start - history.purchased[asked] + _median(curves)
    report: dict[str, Any] = {}
    for name, (open_rows, _) in moments.items():
        late = (history.delivered[open_rows] > due[open_rows]).astype(np.int64)
        known = np.isfinite(risk[name])
        report[name] = {
            "orders": int(known.sum()),
            "base_rate": round(float(late[known].sum() / max(int(known.sum()), 1)), 4),
            "average_precision": round(average_precision(late[known], risk[name][known]), 4),
        }
    report["eta"] = _eta_errors(bench, forecasts, halfway)
    return report


def _fit(bench: BenchOrders, state: NetworkState, plan: WalkPlan, today: int) -> WaitModel:
    names, columns = _columns(bench, state, plan, bench.history.handed)
    return fit_waits(
        bench.history,
        names,
        columns,
        bench.calendar,
        today=today,
        stage="hand-over",
        plan=hand_over_plan(plan.boosting),
    )


def _columns(
    bench: BenchOrders, state: NetworkState, plan: WalkPlan, as_of: I64
) -> tuple[tuple[str, ...], F64]:
    """The order's columns that morning, and how long the hand-over took (or is taking)."""
    history = bench.history
    names, columns = order_columns(history, bench.calendar, state, as_of)
    left_out = (*plan.without, *NOT_AFTER_HAND_OVER)
    kept = [place for place, name in enumerate(names) if name not in left_out]
    names, columns = tuple(names[place] for place in kept), columns[:, kept]
    handled = np.where(
        history.handed <= as_of, history.handed - history.purchased, as_of - history.purchased
    )
    handled = np.where(history.handed < NEVER, handled, 0).astype(np.float64)
    return (*names, "handling days"), np.column_stack([columns, handled])


def _curves(
    bench: BenchOrders,
    state: NetworkState,
    plan: WalkPlan,
    model: WaitModel,
    log_pressure: F64,
    rows: I64,
    when: I64,
) -> tuple[F64, I64]:
    """Waits after hand-over with the network as of `when`; not handed over counts as today."""
    as_of = np.zeros(bench.history.orders, np.int64)
    as_of[rows] = when
    _, columns = _columns(bench, state, plan, as_of)
    start = np.minimum(bench.history.handed[rows], when)
    curves = open_curves(model, columns[rows], start, bench.calendar)
    return slow_down(curves, log_pressure), start


def _late_odds(curves: F64, asked: I64, due: I64) -> F64:
    """P(open after day `due` | open on the morning of day `asked`), days counted from the start."""
    rows, longest = np.arange(len(curves)), curves.shape[1]
    padded = np.column_stack([np.ones(len(curves)), curves])
    still = padded[rows, np.clip(asked - 1, 0, longest)]
    then = padded[rows, np.clip(due, 0, longest)]
    return np.where(due <= 0, 1.0, then / np.maximum(still, 1e-12))


def _median(curves: F64) -> F64:
    return np.asarray(1.0 + (curves > 0.5).sum(axis=1), np.float64)


def _eta_errors(bench: BenchOrders, forecasts: Forecasts, halfway: F64) -> dict[str, float]:
    """Mean absolute error of the median, at purchase and at hand-over, same orders."""
    at_purchase = np.full(bench.history.orders, np.nan)
    at_purchase[forecasts.rows] = _median(forecasts.curves)
    known = np.isfinite(halfway) & np.isfinite(at_purchase)
    if not known.any():
        return {"purchase_mae_days": 0.0, "hand_over_mae_days": 0.0, "better": 0.0}
    lead = bench.lead[known]
    first = float(np.abs(at_purchase[known] - lead).mean())
    second = float(np.abs(halfway[known] - lead).mean())
    return {
        "purchase_mae_days": round(first, 3),
        "hand_over_mae_days": round(second, 3),
        "better": round(1 - second / max(first, 1e-9), 4),
    }
