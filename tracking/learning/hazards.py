"""The learned model: the odds of arriving on each day after a stage began, from open parcels too.

Rows are order-days. An order that still waits teaches that it did not arrive so far (right-censoring),
with the weight of the loss rule; a delivered one ends on its day. What is predicted is the wait of a
parcel that does arrive.
"""

from dataclasses import dataclass

import numpy as np

from core.errors import invalid
from routing.distributions.waits import LONGEST_DAYS, DayCalendar, WaitModel, day_cells
from tracking.learning.boosting import BoostingPlan, OrderDays, fit_forest
from tracking.learning.history import F64, OrderHistory
from tracking.learning.loss import HORIZON, ArrivalOdds, arrival_odds

WINDOW_DAYS = 450  # older purchases no longer teach


@dataclass(frozen=True, slots=True)
class Weighing:
    """Which orders teach and how much; other than the default only to see what it is worth."""

    open_teach: bool = True  # those that still wait, too
    half_life_days: float | None = None  # since the purchase; None: all alike


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
    weighing: Weighing | None = None,
) -> WaitModel:
    """Fit on everything known at the start of `today`; `stage` says what the wait counts from."""
    plan, weighing = plan or BoostingPlan(), weighing or Weighing()
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
        & (known | (weighing.open_teach & (since_purchase < HORIZON)))
    )
    if not use.any():
        raise invalid("history", "no order has been waiting for a day yet")
    chosen = np.flatnonzero(use)
    handed_over = (history.handed[chosen] < today).astype(np.int64)
    weight = np.where(known[chosen], 1.0, odds.of(since_purchase[chosen], handed_over))
    if weighing.half_life_days is not None:
        weight = weight * 0.5 ** (since_purchase[chosen] / weighing.half_life_days)
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
    return WaitModel(fit_forest(data, plan), names, today, len(chosen), plan.seed, stage)
