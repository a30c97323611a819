"""Turns the cost rule for promised days into the level that it implies for one cart.

The planner carries a level exactly (odds multiply over parcels); days + cost x P(late) it can't. So the
rule is asked once a cart, about the parcels that it would most likely be: for each line the place that
is there first, of its services the one that asks for the lowest level. All options then keep that
level. For a cart with one place and one service the day is exactly the rule's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

import numpy as np

from routing.checkout.arrivals import FloatArray, masses
from routing.checkout.calendar import first_from, ready_at
from routing.checkout.problem import NEVER, IntArray, Location, Problem, Service
from routing.distributions.choice import days_at_cost, days_at_level, level_of_day
from routing.network.policies import DateRule

LEAST, MOST = Decimal("0.5"), Decimal("0.995")
"""Levels that the cost rule may ask for; tables of several parcels end soon after."""
DIGITS = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The level to plan for and the rule that it follows from."""

    level: Decimal
    rule: DateRule


def choose_level(problem: Problem, rule: DateRule, lateness_cost_days: float | None) -> Chosen:
    """The level to plan a cart for; `problem.q` is the policy's own.

    Without a cost, or without a direct way for every line, the level decides alone.
    """
    by_level = Chosen(problem.q, DateRule.LEVEL)
    if rule is DateRule.LEVEL or lateness_cost_days is None:
        return by_level
    likely = _likely_parcels(problem, lateness_cost_days)
    if likely is None:
        return by_level
    arrived = np.prod(likely, axis=0)
    day = _day_by_cost(arrived, lateness_cost_days)
    implied = Decimal(level_of_day(arrived, day)).quantize(DIGITS, ROUND_UP)
    implied = min(max(implied, LEAST), max(MOST, problem.q))
    if rule is DateRule.LATER:
        implied = max(implied, problem.q)
    return Chosen(implied, rule)


def _day_by_cost(arrived: FloatArray, cost: float) -> int:
    return int(days_at_cost(1.0 - arrived[None, :], cost)[0]) - 1


def _likely_parcels(problem: Problem, cost: float) -> list[FloatArray] | None:
    """P(arrived by each day) of one parcel a place; None where a line has no direct way."""
    places = {place.id: place for place in problem.locations}
    leaving: dict[str, list[Service]] = {}
    for service in problem.services:
        if service.node in places:
            leaving.setdefault(service.node, []).append(service)
    lead: dict[str, dict[str, int]] = {}
    for offer in problem.offers:
        if offer.location in leaving:
            lead.setdefault(offer.item, {})[offer.location] = offer.lead_min
    rows: dict[tuple[str, int], FloatArray | None] = {}
    chosen: dict[str, tuple[int, FloatArray]] = {}
    for line in problem.lines:
        ways = []
        for place, lead_min in lead.get(line.item.id, {}).items():
            key = (place, lead_min)
            if key not in rows:
                rows[key] = _best_row(problem, places[place], lead_min, leaving[place], cost)
            row = rows[key]
            if row is not None:
                day = int(days_at_level(1.0 - row[None, :], float(problem.q))[0])
                ways.append((day, place, lead_min, row))
        if not ways:
            return None
        _, place, lead_min, row = min(ways, key=lambda way: way[:3])
        if place not in chosen or chosen[place][0] < lead_min:
            chosen[place] = lead_min, row
    return [row for _, row in chosen.values()]


def _best_row(
    problem: Problem, place: Location, lead_min: int, services: Sequence[Service], cost: float
) -> FloatArray | None:
    """Of the service whose cost rule asks for the lowest level; None when nothing ever leaves."""
    ready = ready_at(place.windows, problem.now, place.handling_min + lead_min)
    best: tuple[float, FloatArray] | None = None
    for service in services:
        pickup = NEVER if ready == NEVER else first_from(service.pickups, ready)
        if pickup == NEVER:
            continue
        row = _row(service, pickup, problem.day_starts)
        asked = level_of_day(row, _day_by_cost(row, cost))
        if row[-1] >= float(problem.q) and (best is None or asked < best[0]):
            best = asked, row
    return None if best is None else best[1]


def _row(service: Service, pickup: int, day_starts: IntArray) -> FloatArray:
    """[days] P(delivered by the end of each day) of what leaves with that pickup."""
    days = len(day_starts) - 1
    arrivals = pickup + np.array(service.transit.minutes, dtype=np.int64)
    reached = np.searchsorted(day_starts, arrivals, side="right") - 1
    seen = (reached >= 0) & (reached < min(days, len(service.delivery_day)))
    delivered = service.delivery_day[reached[seen]]
    weights = np.array(masses(service.transit))[seen]
    comes = delivered != NEVER
    mass = np.bincount(delivered[comes], weights[comes], minlength=days)
    return np.asarray(np.minimum(np.cumsum(mass), 1.0), np.float64)
