"""How long parcels wait: the odds of arriving on each day after a start, as curves of still waiting."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import invalid
from routing.distributions.arrays import F64, I64, U8
from routing.distributions.forest import Forest, daily_odds, to_cells

Bools = NDArray[np.bool_]

LONGEST_DAYS = 90  # days after the start that a curve covers
DAY_COLUMNS = 5  # what is asked of each day, beside the order
FINE_DAYS = 30  # beyond it two days share a cell


@dataclass(frozen=True, slots=True, eq=False)
class DayCalendar:
    """Days from the first one on: is it a working day, which weekday (Monday 0)."""

    working: Bools
    weekday: I64

    def __post_init__(self) -> None:
        if len(self.working) != len(self.weekday):
            raise invalid("working", "one entry per day in both columns")

    @property
    def days(self) -> int:
        return len(self.working)

    def working_before(self) -> I64:
        """Working days before each day, one entry more than days."""
        return np.concatenate([[0], np.cumsum(self.working)]).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class WaitModel:
    """A forest and what it was fitted on; its curves start on the day after `start`."""

    forest: Forest
    columns: tuple[str, ...]
    fitted_day: int  # only events before this day were seen
    orders: int
    seed: int
    stage: str = "purchase"  # what its waits count from


def day_cells(start: I64, waited: I64, calendar: DayCalendar) -> U8:
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


def open_curves(model: WaitModel, columns: F64, start: I64, calendar: DayCalendar) -> F64:
    """P(still open at the end of day k after start), k = 1..LONGEST_DAYS: [orders, days]."""
    if not len(start):
        return np.zeros((0, LONGEST_DAYS))
    starts, position = np.unique(start, return_inverse=True)
    waited = np.tile(np.arange(1, LONGEST_DAYS + 1), len(starts))
    days = day_cells(np.repeat(starts, LONGEST_DAYS), waited, calendar)
    day_of = position[:, None] * LONGEST_DAYS + np.arange(LONGEST_DAYS)
    cells = to_cells(columns, model.forest.cuts)
    hazard = daily_odds(model.forest, cells, days, day_of.astype(np.int64), np.zeros(len(start)))
    return np.asarray(np.cumprod(1.0 - hazard, axis=1), dtype=np.float64)


def days_from(start: int, calendar: DayCalendar) -> U8:
    """The day cells of one start's curve, uint8 [LONGEST_DAYS, DAY_COLUMNS]."""
    starts = np.full(LONGEST_DAYS, start, np.int64)
    return day_cells(starts, np.arange(1, LONGEST_DAYS + 1), calendar)


def curves_over(forest: Forest, cells: U8, days: U8) -> F64:
    """Curves of orders that start together; `days` are those of `days_from`."""
    day_of = np.tile(np.arange(LONGEST_DAYS, dtype=np.int64), (len(cells), 1))
    hazard = daily_odds(forest, cells, days, day_of, np.zeros(len(cells)))
    return np.asarray(np.cumprod(1.0 - hazard, axis=1), dtype=np.float64)


def slow_down(curves: F64, log_factor: F64) -> F64:
    """Divide the daily odds of each curve by exp(`log_factor`) (proportional hazards)."""
    return np.asarray(curves ** np.exp(-log_factor)[:, None], dtype=np.float64)
