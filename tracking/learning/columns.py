"""What a learner may look at: an order's traits and the network's state, as of one morning each.

There is no absolute time among the columns: a tree that knows the date only remembers it.
"""

from dataclasses import dataclass

import numpy as np

from routing.distributions.waits import DayCalendar
from tracking.learning.history import F64, I64, OrderHistory
from tracking.learning.signals import (
    SpeedTable,
    events_before,
    open_at_start,
    order_load,
    recent_rate,
    speed_tables,
    stage_days,
)

HOUR_S, DAY_S = 3600, 86_400
CODED = ("destination", "origin", "category", "service")
"""Groups whose codes are columns themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkState:
    """Every daily table that columns are read from; row d is known at the start of day d."""

    speeds: tuple[SpeedTable, ...]
    backlog_names: tuple[str, ...]
    backlog: F64  # [days, names]
    destination_backlog: F64  # [days, destinations]

    @property
    def days(self) -> int:
        return len(self.backlog)


def network_state(history: OrderHistory, calendar: DayCalendar, days: int) -> NetworkState:
    """Tables for the mornings of days 0..days-1."""
    names, columns = [], []
    for stage, limit in (("handling", 20), ("transit", 60)):
        start, end = stage_days(history, stage)
        waiting = open_at_start(start, end, limit, days)
        before = events_before(end, days)
        for window in (28, 7):
            names.append(f"{stage} backlog {window} d")
            columns.append(np.log((waiting + 3) / (recent_rate(before, window)[:days] + 1)))
    destination = history.groups["destination"]
    codes = int(destination.max(initial=0)) + 1
    by_destination = np.zeros((days, codes))
    for code in range(codes):
        there = destination == code
        start, end = history.handed[there], history.delivered[there]
        waiting = open_at_start(start, end, 60, days)
        pace = recent_rate(events_before(end, days), 28)[:days]
        by_destination[:, code] = np.log((waiting + 3) / (pace + 0.3))
    return NetworkState(
        speed_tables(history, calendar, days),
        tuple(names),
        np.stack(columns, axis=1),
        by_destination,
    )


def order_columns(
    history: OrderHistory, calendar: DayCalendar, state: NetworkState, as_of: I64
) -> tuple[tuple[str, ...], F64]:
    """Names and values [orders, columns] as known at the start of each order's `as_of` day."""
    day = np.clip(as_of, 0, state.days - 1)
    names: list[str] = []
    columns: list[F64] = []
    for table in state.speeds:
        code = history.groups.get(table.group)
        names.append(table.name)
        columns.append(table.log_speed[day, 0 if code is None else code])
    load_names, load = order_load(history.purchased_s)
    names += [*load_names, *state.backlog_names]
    columns += [*load.T, *state.backlog[day].T]
    names.append("destination backlog")
    columns.append(state.destination_backlog[day, history.groups["destination"]])
    names += ["weekday", "hour", "orders of the seller"]
    columns.append(calendar.weekday[history.purchased].astype(np.float64))
    columns.append((history.purchased_s % DAY_S // HOUR_S).astype(np.float64))
    columns.append(np.log1p(_earlier(history.groups["seller"])))
    for group in CODED:
        if group in history.groups:
            names.append(group)
            columns.append(history.groups[group].astype(np.float64))
    names += history.trait_names
    columns += list(history.traits.T)
    return tuple(names), np.stack(columns, axis=1).astype(np.float64)


def _earlier(codes: I64) -> F64:
    """How many earlier rows carry the same code."""
    order = np.argsort(codes, kind="stable")
    counted = np.zeros(len(codes))
    if len(codes):
        ordered = codes[order]
        first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
        starts = np.maximum.accumulate(np.where(first, np.arange(len(codes)), 0))
        counted[order] = np.arange(len(codes)) - starts
    return counted
