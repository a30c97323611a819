"""On which day a parcel arrives, or with what probability by each day. Kernels of the planner.

Minutes and days as in the problem. Probabilities are those of `specs: joint reliability`: an
outcome whose windows, pickups or delivery days run out never arrives.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from core.kernels import kernel
from routing.checkout.problem import NEVER, IntArray, Problem, Service, Transit

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Timetables:
    """The services' time data side by side; S services, K transit outcomes, D days."""

    pickups: IntArray
    pickup_start: IntArray
    """[S+1] pickups of service s are `pickups[pickup_start[s]:pickup_start[s+1]]`."""
    delivery_day: IntArray
    """[S, D]"""
    day_starts: IntArray
    transit: IntArray
    """[S] minutes at the problem's q; NEVER beyond the table."""
    minutes: IntArray
    """[S, K]"""
    mass: FloatArray
    """[S, K] probability of each outcome."""


def pack_timetables(problem: Problem, services: tuple[Service, ...]) -> Timetables:
    """Timetables of these services."""
    lengths = [len(service.pickups) for service in services]
    start = np.zeros(len(services) + 1, dtype=np.int64)
    np.cumsum(lengths, out=start[1:])
    outcomes = max((len(service.transit.levels) for service in services), default=0)
    minutes = np.zeros((len(services), outcomes), dtype=np.int64)
    mass = np.zeros((len(services), outcomes), dtype=np.float64)
    transit = np.full(len(services), NEVER, dtype=np.int64)
    for place, service in enumerate(services):
        if problem.joint:
            known = len(service.transit.levels)
            minutes[place, :known] = service.transit.minutes
            mass[place, :known] = masses(service.transit)
        else:
            quantile = service.transit.quantile(problem.q)
            transit[place] = NEVER if quantile is None else quantile
    empty = np.zeros(0, dtype=np.int64)
    days = len(problem.day_starts) - 1
    table = np.full((len(services), days), NEVER, dtype=np.int64)
    for place, service in enumerate(services):
        known = min(days, len(service.delivery_day))
        table[place, :known] = service.delivery_day[:known]
    return Timetables(
        np.concatenate([empty, *(service.pickups for service in services)]),
        start,
        table,
        problem.day_starts,
        transit,
        minutes,
        mass,
    )


def masses(transit: Transit) -> list[float]:
    """Probability of each outcome of a transit table."""
    below = [Decimal(0), *transit.levels]
    return [float(level - low) for level, low in zip(transit.levels, below, strict=False)]


@kernel
def _first(table: IntArray, low: int, high: int, minute: int) -> int:
    """Place of the first entry >= minute in table[low:high], `high` if none."""
    while low < high:
        middle = (low + high) // 2
        if table[middle] < minute:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _delivered(minute: int, delivery_day: IntArray, day_starts: IntArray) -> int:
    """The delivery day of an arrival at `minute`, NEVER outside the horizon."""
    place = _first(day_starts, 0, len(day_starts), minute + 1) - 1
    if place < 0 or place >= len(delivery_day):
        return -1
    return int(delivery_day[place])


@kernel
def arrival_days(
    service: IntArray,
    leaves_from: IntArray,
    pickups: IntArray,
    pickup_start: IntArray,
    delivery_day: IntArray,
    day_starts: IntArray,
    transit: IntArray,
) -> IntArray:
    """[P] arrival day of each pair (service, minute from which it may be picked up)."""
    days = np.full(len(service), -1, dtype=np.int64)
    for i in range(len(service)):
        s = service[i]
        if transit[s] < 0 or leaves_from[i] < 0:
            continue
        place = _first(pickups, pickup_start[s], pickup_start[s + 1], leaves_from[i])
        if place < pickup_start[s + 1]:
            days[i] = _delivered(pickups[place] + transit[s], delivery_day[s], day_starts)
    return days


@kernel
def direct_probability(
    service: IntArray,
    ready: IntArray,
    pickups: IntArray,
    pickup_start: IntArray,
    delivery_day: IntArray,
    day_starts: IntArray,
    minutes: IntArray,
    mass: FloatArray,
    days: int,
) -> FloatArray:
    """[P, days] probability that a direct parcel ready at a minute is delivered by each day."""
    result = np.zeros((len(service), days))
    for i in range(len(service)):
        s = service[i]
        place = _first(pickups, pickup_start[s], pickup_start[s + 1], ready[i])
        if place == pickup_start[s + 1]:
            continue
        for k in range(minutes.shape[1]):
            if mass[s, k] > 0:
                day = _delivered(pickups[place] + minutes[s, k], delivery_day[s], day_starts)
                if day >= 0:
                    for d in range(day, days):
                        result[i, d] += mass[s, k]
    return result


@kernel
def latest_inbound(
    service: IntArray,
    windows: IntArray,
    dwell: IntArray,
    pickups: IntArray,
    pickup_start: IntArray,
    delivery_day: IntArray,
    day_starts: IntArray,
    minutes: IntArray,
    mass: FloatArray,
    days: int,
) -> IntArray:
    """[P, K, days] latest minute at a hub from which outcome k is delivered by each day, or -1.

    `windows` [P, W, 2] are the hub's opening times (padded with -1), `dwell` [P] its work.
    """
    outcomes = minutes.shape[1]
    result = np.full((len(service), outcomes, days), -1, dtype=np.int64)
    for i in range(len(service)):
        s = service[i]
        for k in range(outcomes):
            if mass[s, k] <= 0:
                continue
            low = pickup_start[s]
            for d in range(days):
                # pickups and days ascend: the last pickup in time only moves forward
                while low < pickup_start[s + 1]:
                    day = _delivered(pickups[low] + minutes[s, k], delivery_day[s], day_starts)
                    if day < 0 or day > d:
                        break
                    low += 1
                if low == pickup_start[s]:
                    continue
                by = pickups[low - 1]
                left = dwell[i]
                for w in range(windows.shape[1] - 1, -1, -1):
                    if windows[i, w, 0] < 0 or windows[i, w, 0] > by:
                        continue
                    end = min(windows[i, w, 1], by)
                    if end - windows[i, w, 0] >= left:
                        result[i, k, d] = end - left
                        break
                    left -= end - windows[i, w, 0]
    return result


@kernel
def hub_probability(
    pair_table: IntArray,
    pair_node: IntArray,
    table_service: IntArray,
    latest: IntArray,
    mass: FloatArray,
    parent: IntArray,
    lane: IntArray,
    departure: IntArray,
    lane_minutes: IntArray,
    lane_level: FloatArray,
    need: float,
    days: int,
) -> FloatArray:
    """[P, days] probability that a hub parcel gathered at a tree node is delivered by each day.

    `lane_level` [lanes, K] is P(transit <= `lane_minutes`), ascending, padded by repeating.
    Values below `need` are left at 0: no plan can use them.
    """
    result = np.zeros((len(pair_table), days))
    outcomes = latest.shape[1]
    levels = lane_minutes.shape[1]
    for i in range(len(pair_table)):
        t = pair_table[i]
        s = table_service[t]
        for d in range(days - 1, -1, -1):
            total = 0.0
            for k in range(outcomes):
                if mass[s, k] <= 0 or latest[t, k, d] < 0:
                    continue
                chance = mass[s, k]
                n = pair_node[i]
                while n != 0 and chance > 0:
                    spare = latest[t, k, d] - departure[n]
                    place = -1
                    while place + 1 < levels and lane_minutes[lane[n], place + 1] <= spare:
                        place += 1
                    chance *= lane_level[lane[n], place] if place >= 0 else 0.0
                    n = parent[n]
                total += chance
            if total < need:
                break
            result[i, d] = total
    return result
