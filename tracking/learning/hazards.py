"""The learned model: the odds of arriving on each day after a stage began, from open parcels too.

Rows are order-days. An order that still waits teaches that it did not arrive so far (right-censoring),
with the weight of the loss rule; a delivered one ends on its day. What is predicted is the wait of a
parcel that does arrive.
"""

from dataclasses import dataclass

import numpy as np

from core.errors import invalid
from tracking.learning.boosting import BoostingPlan, Forest, OrderDays, daily_odds, fit_forest
from tracking.learning.history import F64, I64, NEVER, DayCalendar, OrderHistory
from tracking.learning.loss import HORIZON, ArrivalOdds, arrival_odds

LONGEST_DAYS = 90  # days after the start that a curve covers
WINDOW_DAYS = 450  # older purchases no longer teach
FINE_DAYS = 30  # beyond it two days share a cell


@dataclass(frozen=True, slots=True, eq=False)
class WaitModel:
    """A forest and what it was fitted on; its curves start on the day after `start`."""

    forest: Forest
    columns: tuple[str, ...]
    fitted_day: int  # only events before this day were seen
    orders: int
    seed: int


def day_cells(start: I64, waited: I64, calendar: DayCalendar) -> np.ndarray:
    """Cells of the day itself, uint8 [rows, 5]: days, working days, weekday, open, neighbours."""
    day = np.minimum(start + waited, calendar.days - 2)
    before = calendar.working_before()
    first = np.minimum(start + 1, calendar.days - 1)
    neighbours = ~calendar.working[day + 1] + 2 * (~calendar.working[np.maximum(day - 1, 0)])
    cells = (
        np.where(waited <= FINE_DAYS, waited, FINE_DAYS + (waited - FINE_DAYS + 1) // 2),
        before[day + 1] - before[first],
        calendar.weekday[day],
        calendar.working[day],
        neighbours,
    )
    return np.stack([np.clip(cell, 0, 63) for cell in cells], axis=1).astype(np.uint8)


def fit_waits(
    history: OrderHistory,
    names: tuple[str, ...],
    columns: F64,
    calendar: DayCalendar,
    *,
    today: int,
    stage: str = "purchase",
    plan: BoostingPlan | None = None,
    odds: ArrivalOdds | None = None,
) -> WaitModel:
    """Fit on everything known at the start of `today`; `stage` says what the wait counts from."""
    plan = plan or BoostingPlan()
    start = history.purchased if stage == "purchase" else history.handed
    odds = odds or arrival_odds(history, today)
    known = history.delivered < today
    age = today - 1 - start  # whole days of waiting seen so far
    since_purchase = today - 1 - history.purchased
    seen = np.where(known, history.delivered - start, age)
    use = (
        (start < today)
        & (history.purchased >= today - WINDOW_DAYS)
        & (seen >= 1)
        & (known | (since_purchase < HORIZON))
    )
    if not use.any():
        raise invalid("history", "no order has been waiting for a day yet")
    chosen = np.flatnonzero(use)
    handed_over = (history.handed[chosen] < today).astype(np.int64)
    weight = np.where(known[chosen], 1.0, odds.of(since_purchase[chosen], handed_over))
    last = np.minimum(seen[chosen], LONGEST_DAYS).astype(np.int64)
    row_order = np.repeat(np.arange(len(chosen)), last)
    waited = np.arange(len(row_order)) - np.repeat(np.cumsum(last) - last, last) + 1
    day = start[chosen][row_order] + waited
    happened = known[chosen][row_order] & (day == history.delivered[chosen][row_order])
    data = OrderDays(
        columns=columns[chosen],
        row_order=row_order,
        day_cells=day_cells(start[chosen][row_order], waited, calendar),
        happened=happened.astype(np.uint8),
        weight=weight[row_order],
        offset=np.zeros(len(row_order)),
    )
    return WaitModel(fit_forest(data, plan), names, today, len(chosen), plan.seed)


def open_curves(model: WaitModel, columns: F64, start: I64, calendar: DayCalendar) -> F64:
    """P(still open at the end of day k after start), k = 1..LONGEST_DAYS: [orders, days]."""
    if not len(start):
        return np.zeros((0, LONGEST_DAYS))
    starts, position = np.unique(start, return_inverse=True)
    waited = np.tile(np.arange(1, LONGEST_DAYS + 1), len(starts))
    cells = day_cells(np.repeat(starts, LONGEST_DAYS), waited, calendar)
    day_of = position[:, None] * LONGEST_DAYS + np.arange(LONGEST_DAYS)
    hazard = daily_odds(model.forest, columns, cells, day_of.astype(np.int64), np.zeros(len(start)))
    return np.asarray(np.cumprod(1.0 - hazard, axis=1), dtype=np.float64)


def slow_down(curves: F64, log_factor: F64) -> F64:
    """Divide the daily odds of each curve by exp(`log_factor`) (proportional hazards)."""
    return np.asarray(curves ** np.exp(-log_factor)[:, None], dtype=np.float64)


__all__ = ["LONGEST_DAYS", "NEVER", "WaitModel", "fit_waits", "open_curves", "slow_down"]
