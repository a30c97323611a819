"""How fast the network moves, seen from every morning: speeds, load and backlog per group.

A speed is observed over expected events of the last days, counting every order at risk, so that it
moves as soon as parcels stand still, weeks before promises are missed. Expected events come from
the network's own hazard by days waited (working and other days apart). Small groups are drawn
towards 1 by `prior` expected events (gamma-Poisson shrinkage).
"""

from dataclasses import dataclass

import numpy as np

from routing.distributions.waits import DayCalendar
from tracking.learning.history import F64, I64, NEVER, OrderHistory

MEMORY_DAYS = 365.0  # half-life of the hazard that expectations come from


@dataclass(frozen=True, slots=True)
class SpeedPlan:
    """One group's speed in one stage: half-lives in days, strength of the pull towards 1."""

    stage: str
    group: str
    half_lives: tuple[float, ...]
    prior: float


SPEEDS = (
    SpeedPlan("handling", "", (5, 14, 60), 10),
    SpeedPlan("handling", "seller", (14, 90), 3),
    SpeedPlan("handling", "area", (30,), 5),
    SpeedPlan("handling", "category", (180,), 8),
    SpeedPlan("transit", "", (4, 10, 28, 120), 10),
    SpeedPlan("transit", "destination", (7, 21, 120), 8),
    SpeedPlan("transit", "lane", (30, 180), 8),
    SpeedPlan("transit", "district", (30, 180), 6),
    SpeedPlan("transit", "seller", (30, 120), 6),
    SpeedPlan("transit", "origin", (10, 60), 8),
)
LONGEST = {"handling": 30, "transit": 60}  # days at risk that count


@dataclass(frozen=True, slots=True, eq=False)
class SpeedTable:
    """Log speed of one group at the start of each day: [days, codes]."""

    name: str
    group: str
    log_speed: F64


def stage_days(history: OrderHistory, stage: str) -> tuple[I64, I64]:
    """First day at risk is the day after `start`; both NEVER where the stage has not begun."""
    if stage == "handling":
        return history.purchased, history.handed
    return history.handed, history.delivered


def speed_tables(
    history: OrderHistory, calendar: DayCalendar, days: int, plans: tuple[SpeedPlan, ...] = SPEEDS
) -> tuple[SpeedTable, ...]:
    """Log speeds at the start of days 0..days-1, from events before that day only."""
    tables: list[SpeedTable] = []
    for stage in ("handling", "transit"):
        tables += _stage_tables(
            history, calendar, days, stage, tuple(p for p in plans if p.stage == stage)
        )
    return tuple(tables)


def _stage_tables(
    history: OrderHistory,
    calendar: DayCalendar,
    days: int,
    stage: str,
    plans: tuple[SpeedPlan, ...],
) -> list[SpeedTable]:
    start, end = stage_days(history, stage)
    longest = LONGEST[stage]
    codes = {p.group: history.groups.get(p.group, np.zeros_like(start)) for p in plans}
    sizes = {group: int(code.max(initial=0)) + 1 for group, code in codes.items()}
    sums = {(p, life): np.zeros((2, sizes[p.group])) for p in plans for life in p.half_lives}
    found = {key: np.zeros((days, sizes[key[0].group])) for key in sums}
    events, risks = np.full((longest + 1, 2), 0.05), np.full((longest + 1, 2), 0.5)
    memory = 0.5 ** (1 / MEMORY_DAYS)
    queue = np.argsort(start, kind="stable")
    arrivals = np.searchsorted(start[queue], np.arange(days + 1))
    waiting = np.zeros(0, np.int64)
    for day in range(days):
        for (plan, life), (seen, expected) in sums.items():
            found[plan, life][day] = np.log((seen + plan.prior) / (expected + plan.prior))
        waiting = np.concatenate([waiting, queue[arrivals[day] : arrivals[day + 1]]])
        waited = day - start[waiting]
        waiting, waited = waiting[waited <= longest], waited[waited <= longest]
        happened = (end[waiting] == day).astype(np.float64)
        kind = int(calendar.working[day])
        odds = events[waited, kind] / risks[waited, kind]
        for group, code in codes.items():
            due = np.bincount(code[waiting], odds, sizes[group])
            came = np.bincount(code[waiting], happened, sizes[group])
            for (plan, life), held in sums.items():
                if plan.group == group:
                    held *= 0.5 ** (1 / life)
                    held += np.stack([came, due])
        events[:, kind] *= memory
        risks[:, kind] *= memory
        events[:, kind] += np.bincount(waited, happened, longest + 1)
        risks[:, kind] += np.bincount(waited, minlength=longest + 1)
        waiting = waiting[end[waiting] > day]
    return [
        SpeedTable(f"{stage} speed {plan.group or 'network'} {life:g} d", plan.group, table)
        for (plan, life), table in found.items()
    ]


def open_at_start(start: I64, end: I64, longest: int, days: int) -> F64:
    """How many were waiting at the start of each day, counting each for at most `longest` days."""
    begun = start < NEVER
    first = np.clip(start[begun] + 1, 0, days)
    last = np.clip(np.minimum(end[begun], start[begun] + longest) + 1, 0, days)
    change = np.bincount(first, minlength=days + 1) - np.bincount(last, minlength=days + 1)
    return np.cumsum(change)[:days].astype(np.float64)


def events_before(when: I64, days: int) -> F64:
    """Events before the start of each day 0..days (running count)."""
    daily = np.bincount(when[when < days], minlength=days)
    return np.concatenate([[0.0], np.cumsum(daily)])[: days + 1]


def recent_rate(before: F64, window: int) -> F64:
    """Events a day over the last `window` days, at the start of each day."""
    days = len(before)
    since = np.maximum(np.arange(days) - window, 0)
    return np.asarray((before - before[since]) / window, dtype=np.float64)


def order_load(purchased_s: I64) -> tuple[tuple[str, ...], F64]:
    """Purchases of the last hours against the last four weeks, log, at each purchase."""
    hour = 3600
    position = np.arange(len(purchased_s))
    counts = {
        hours: position - np.searchsorted(purchased_s, purchased_s - hours * hour)
        for hours in (6, 24, 72, 168, 672)
    }
    daily = np.maximum(counts[672], 5) / 28
    names, columns = [], []
    for hours in (6, 24, 72, 168):
        usual = daily * hours / 24
        names.append(f"orders {hours} h")
        columns.append(np.log((counts[hours] + 3) / (usual + 3)))
    return tuple(names), np.stack(columns, axis=1)
