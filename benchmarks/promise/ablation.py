"""What each part of the learned promise is worth: the default with one part taken away at a time."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from benchmarks.promise.evaluate import Window, window_of
from benchmarks.promise.methods import (
    Rule,
    at_share,
    calibrated_days,
    cost_alone,
    later_of_both,
    level_alone,
)
from benchmarks.promise.orders import BenchOrders
from benchmarks.promise.score import Promised, score
from benchmarks.promise.walk import Forecasts, WalkPlan, walk_forward
from routing.distributions.waits import slow_down
from tracking.learning.calibration import CalibrationPlan
from tracking.learning.hazards import Weighing

UNCALIBRATED = CalibrationPlan(region_step=0.0, network_step=0.0)
SELDOM_DAYS = 28
NEVER_AGAIN = 100_000  # days
HALF_LIFE_DAYS = 180.0
ORDER_COLUMNS = ("freight_minor", "sellers")


@dataclass(frozen=True, slots=True)
class Variant:
    """The default but for one thing."""

    name: str
    rule: Rule = later_of_both
    calibration: CalibrationPlan | None = None
    with_pressure: bool = True


@dataclass(frozen=True, slots=True)
class AblationRow:
    """What one variant did in one window, at the level asked; shares 0..1, days."""

    variant: str
    realised: float
    mean_days: float
    worst_month: float
    worst_half_month: float
    worst_state: str | None
    worst_state_realised: float | None
    pinball: float
    matched_days: float


SAME_CURVES = (
    Variant("default"),
    Variant("level rule alone", rule=level_alone),
    Variant("cost rule alone", rule=cost_alone),
    Variant("calibration off", calibration=UNCALIBRATED),
    Variant("queue pressure off", with_pressure=False),
)
"""Variants that need no other model."""


def ablate(
    bench: BenchOrders,
    first: date,
    last: date,
    level: float = 0.95,
    *,
    plan: WalkPlan | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Rows per variant for the orders purchased from `first` to `last`, both included."""
    window = window_of(bench, first, last)
    plan = plan or WalkPlan()
    forecasts = walk_forward(bench, window.warm, window.end, plan, say)
    rows: list[AblationRow] = []
    for variant in SAME_CURVES:
        rows.append(_row(bench, window, forecasts, variant, level))
        say(_line(asdict(rows[-1])))
    for name, other in _other_models(plan):
        say(f"ablation: {name}")
        walked = walk_forward(bench, window.warm, window.end, other, say)
        rows.append(_row(bench, window, walked, Variant(name), level))
        say(_line(asdict(rows[-1])))
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "orders": int(window.scored.sum()),
        "level": level,
        "variants": [asdict(row) for row in rows],
    }


def _other_models(plan: WalkPlan) -> Iterator[tuple[str, WalkPlan]]:
    yield "network's columns off", replace(plan, network_columns=False)
    yield "freight and sellers off", replace(plan, without=(*plan.without, *ORDER_COLUMNS))
    yield f"refit every {SELDOM_DAYS} days", replace(plan, refit_days=SELDOM_DAYS)
    yield "fitted once", replace(plan, refit_days=NEVER_AGAIN)
    yield "open parcels do not teach", replace(plan, weighing=Weighing(open_teach=False))
    recent = Weighing(half_life_days=HALF_LIFE_DAYS)
    yield f"half-life of {HALF_LIFE_DAYS:g} days", replace(plan, weighing=recent)
    yield "all columns of the sample", replace(plan, without=())


def _row(
    bench: BenchOrders, window: Window, forecasts: Forecasts, variant: Variant, level: float
) -> AblationRow:
    if not variant.with_pressure:
        bare = slow_down(forecasts.curves, -forecasts.log_pressure)
        forecasts = replace(forecasts, curves=bare)
    scored = np.flatnonzero(window.scored[forecasts.rows])
    rows = forecasts.rows[scored]
    days = calibrated_days(bench, forecasts, level, variant.rule, variant.calibration)[scored]
    told = score(bench, rows, Promised(variant.name, level, days))
    lead = bench.lead[rows]
    share = float((lead <= bench.quoted[rows]).mean())
    _, matched = at_share(forecasts.curves[scored], lead, share, variant.rule)
    state = told["worst_state"]
    return AblationRow(
        variant=variant.name,
        realised=told["realised"],
        mean_days=told["mean_days"],
        worst_month=told["worst_month"]["realised"],
        worst_half_month=told["worst_half_month"]["realised"],
        worst_state=None if state is None else state["state"],
        worst_state_realised=None if state is None else state["realised"],
        pinball=told["pinball"],
        matched_days=round(float(matched.mean()), 3),
    )


def as_table(report: dict[str, Any]) -> str:
    """The variants for a terminal."""
    lines = [
        f"{report['from']} to {report['to']}: {report['orders']} delivered orders, "
        f"level {report['level']:g}",
        "variant                      kept   days   month  half-month  worst state  pinball  matched",
    ]
    return "\n".join([*lines, *(_line(row) for row in report["variants"])])


def _line(row: dict[str, Any]) -> str:
    state = row["worst_state"]
    where = "-" if state is None else f"{state} {row['worst_state_realised']:.1%}"
    return (
        f"{row['variant']:26}  {row['realised']:6.1%}  {row['mean_days']:5.2f}"
        f"  {row['worst_month']:6.1%}  {row['worst_half_month']:10.1%}  {where:>11}"
        f"  {row['pinball']:7.3f}  {row['matched_days']:7.2f}"
    )
