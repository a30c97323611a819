"""The strict walk-forward evaluation of one window of purchases, as a report and as promises."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.promise.late import late_parcels
from benchmarks.promise.methods import (
    calibrated_days,
    cost_rule_days,
    level_alone,
    lightgbm_once_days,
    matched,
    shifted_days,
    state_pair_days,
)
from benchmarks.promise.orders import BenchOrders, bench_orders
from benchmarks.promise.score import Promised, score
from benchmarks.promise.walk import WARM_UP_DAYS, Forecasts, WalkPlan, walk_forward
from core.errors import invalid
from simulations.adapters.olist_files import read_olist
from tracking.learning.history import I64

LEVELS = (0.9, 0.95, 0.97)
LEAST_HISTORY = 200  # orders before the first forecast


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The report of DESIGN.md section 11, and what was promised to whom."""

    report: dict[str, Any]
    order_id: tuple[str, ...]
    promised: tuple[Promised, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Day numbers of the forecasts and of the purchases that are scored."""

    warm: int  # the first forecast, for the calibration to settle
    start: int
    end: int  # included
    scored: NDArray[np.bool_]  # [orders]


def window_of(bench: BenchOrders, first: date, last: date) -> Window:
    """The delivered orders purchased from `first` to `last`, both included."""
    start, end = bench.day(first), bench.day(last)
    if end < start:
        raise invalid("to", "the window ends before it begins")
    purchased = bench.history.purchased
    if len(purchased) <= LEAST_HISTORY or purchased[LEAST_HISTORY] >= start:
        raise invalid("from", f"needs at least {LEAST_HISTORY} orders before the window")
    scored = (purchased >= start) & (purchased <= end) & bench.delivered
    if not scored.any():
        raise invalid("from", "no delivered order was purchased in the window")
    warm = max(start - WARM_UP_DAYS, int(purchased[LEAST_HISTORY]) + 1)
    return Window(warm, start, end, scored)


def evaluate(
    bench: BenchOrders,
    first: date,
    last: date,
    levels: Iterable[float] = LEVELS,
    *,
    plan: WalkPlan | None = None,
    late: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Score every delivered order purchased from `first` to `last`, both included.

    With `late`, the report also has the prediction of late parcels and of the ETA.
    """
    levels = tuple(dict.fromkeys(levels))
    window, plan = window_of(bench, first, last), plan or WalkPlan()
    forecasts = walk_forward(bench, window.warm, window.end, plan, say)
    scored = np.flatnonzero(window.scored[forecasts.rows])
    promised = _promises(bench, forecasts, scored, window.start, levels, say)
    rows = forecasts.rows[scored]
    report = {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "orders": len(scored),
        "levels": list(levels),
        "repaired": bench.history.repaired,
        "refit_s": round(forecasts.refit_s, 2),
        "features_s": round(forecasts.features_s, 2),
        "ms_per_quote_p99": round(float(np.quantile(forecasts.quote_ms, 0.99)), 3),
        "rows": [score(bench, rows, one) for one in promised],
    }
    if late:
        report["late"] = late_parcels(bench, forecasts, window.start, window.end, plan, say)
    return Evaluation(report, tuple(bench.order_id[row] for row in rows), promised)


def _promises(
    bench: BenchOrders,
    forecasts: Forecasts,
    scored: I64,
    start: int,
    levels: tuple[float, ...],
    say: Callable[[str], None],
) -> tuple[Promised, ...]:
    rows = forecasts.rows[scored]
    quoted = bench.quoted[rows]
    quote_ms = round(float(np.mean(forecasts.quote_ms)), 3)
    refit_s = round(forecasts.refit_s, 2)

    def learned(method: str, level: float, days: I64, *, default: bool) -> Promised:
        return Promised(
            method, level, days, default=default, ms_per_quote=quote_ms, refit_s=refit_s
        )

    found = [Promised("marketplace", None, quoted, baseline=True)]
    ordered = sorted(levels)
    floor = np.zeros(len(forecasts.rows), np.int64)
    by_level = np.zeros(len(forecasts.rows), np.int64)
    for level in ordered:
        # A higher level never promises earlier, whatever each level's calibration has learned.
        floor = np.maximum(floor, calibrated_days(bench, forecasts, level))
        found.append(learned("learned", level, floor[scored], default=True))
    for level in ordered:
        alone = calibrated_days(bench, forecasts, level, level_alone)
        by_level = np.maximum(by_level, alone)
        found.append(learned("learned-level", level, by_level[scored], default=False))
    for level in ordered:
        days = cost_rule_days(bench, forecasts, level)[scored]
        found.append(learned("learned-cost", level, days, default=False))
    share = float((bench.lead[rows] <= quoted).mean())
    found += matched(bench, forecasts, scored, share)
    for level in ordered:
        days = shifted_days(bench, rows, level)
        found.append(Promised("marketplace shifted", level, days, baseline=True))
        days = state_pair_days(bench, rows, level)
        found.append(Promised("state pairs", level, days, baseline=True))
        once = lightgbm_once_days(bench, forecasts, rows, start, level, say)
        if once is not None:
            found.append(Promised("lightgbm once", level, once, baseline=True))
    return tuple(found)


def read_orders(folder: Path, say: Callable[[str], None]) -> BenchOrders:
    """The data set as arrays; raises InvalidInput with every fault of the files."""
    return bench_orders(read_olist(folder, say))


def write_promises(path: Path, evaluation: Evaluation) -> None:
    """CSV `order_id,method,level,promised_days`: enough to recompute every figure."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("order_id", "method", "level", "promised_days"))
        for one in evaluation.promised:
            level = "" if one.level is None else f"{one.level:g}"
            for order_id, days in zip(evaluation.order_id, one.days, strict=True):
                writer.writerow((order_id, one.method, level, int(days)))


def as_table(report: dict[str, Any]) -> str:
    """The rows for a terminal."""
    head = f"{report['from']} to {report['to']}: {report['orders']} delivered orders"
    lines = [
        head,
        "method                  level  kept    days   sd    pinball  worst state   worst month",
    ]
    for row in report["rows"]:
        state, month = row["worst_state"], row["worst_month"]
        level = "" if row["level"] is None else format(row["level"], "g")
        loss = "" if row["pinball"] is None else format(row["pinball"], ".3f")
        where = f"{state['state']} {state['realised']:.1%}" if state else "-"
        lines.append(
            f"{row['method']:22}  {level:>5}  {row['realised']:6.1%}  {row['mean_days']:5.2f}"
            f"  {row['sd_days']:4.1f}  {loss:>7}  {where:11}  {month['month']} {month['realised']:.1%}"
        )
    for name, found in report.get("late", {}).items():
        told = ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in found.items())
        lines.append(f"late, {name}: {told}" if name != "eta" else f"ETA: {told}")
    return "\n".join(lines)
