"""Puts learned lead times into a cart's services, in place of the carrier's published transit times.

A curve counts days from the purchase and holds handling, waiting and transit together, as they
came. The planner wants minutes from the pickup. So the minutes are those from the usual pickup to noon
of each day; a later pickup than usual (made to order, closed, past the cut-off) moves all of it on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

import numpy as np

from routing.checkout.calendar import first_from, ready_at
from routing.checkout.problem import NEVER, IntArray, Location, Service, Transit
from routing.distributions.arrays import F64
from routing.distributions.lead_times import LearnedLeadTimes, NetworkState, counted_as
from routing.distributions.quantiles import curve_from_quantiles, shrunk_curve
from routing.distributions.traits import ParcelTraits
from routing.distributions.waits import LONGEST_DAYS

NOON_MIN, DAY_MIN = 720, 1440
COARSE_BELOW, COARSE_STEP = 0.5, 0.05  # early days matter little: few of them are tabulated
LAST_LEVEL = 0.9999
STRENGTH = (
    25.0  # deliveries that the wider group (first the carrier's own table) counts for in each
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A service at a place, with what a parcel of this cart from there would be."""

    service: Service
    place: Location
    traits: ParcelTraits


def with_learned_times(
    asked: Sequence[Asked],
    lead_times: LearnedLeadTimes | NetworkState,
    *,
    now: int,
    at: datetime,
    level: float,
    day_starts: IntArray,
) -> dict[str, Service]:
    """The services by id with other transit times; those that nothing was learned of are left out.

    With a state alone, the published quantiles are drawn towards what was delivered lately.
    `now` is the purchase in the planner's minutes, `at` the same in local time of the marketplace.
    """
    if isinstance(lead_times, NetworkState):
        return {one.service.id: shrunk_service(one, lead_times) for one in asked}
    known = [one for one in asked if lead_times.knows(one.traits)]
    if not known:
        return {}
    curves = lead_times.curves([one.traits for one in known], at, level)
    noons = day_starts[1 : LONGEST_DAYS + 1] + NOON_MIN  # days 1, 2 ... after the purchase
    found: dict[str, Service] = {}
    for one, curve in zip(known, curves, strict=True):
        anchor = _usual_pickup(one, lead_times.state, now)
        if anchor != NEVER:
            transit = transit_from_curve(curve, noons - anchor)
            found[one.service.id] = replace(one.service, transit=transit)
    return found


def _usual_pickup(asked: Asked, state: NetworkState, now: int) -> int:
    """The pickup of ordinary goods, but not later than the seller is used to hand over."""
    ready = ready_at(asked.place.windows, now, asked.place.handling_min)
    pickup = NEVER if ready == NEVER else first_from(asked.service.pickups, ready)
    usual = state.handling_days.get(asked.traits.group("seller"), state.handling_days[""])
    return NEVER if pickup == NEVER else min(pickup, now + round((usual + 1) * DAY_MIN))


def transit_from_curve(curve: F64, minutes: IntArray) -> Transit:
    """A transit table from P(not arrived by day k): `minutes[k - 1]` is when day k counts as come.

    A curve is of parcels that arrive, so what is still open on its last day arrives then.
    """
    levels: list[Decimal] = []
    table: list[int] = []
    last, final = 0.0, int(minutes[len(curve) - 1]) if len(minutes) >= len(curve) else None
    for open_, minute in zip(curve.tolist(), minutes.tolist(), strict=False):
        reached = min(1.0 - open_, LAST_LEVEL) if minute != final else LAST_LEVEL
        step = COARSE_STEP if reached < COARSE_BELOW else 1e-4
        if reached - last < step:
            continue
        myriadth = int(reached * 10_000)
        last = myriadth / 10_000
        levels.append(_level(myriadth))
        table.append(max(minute, 0))
        if last >= LAST_LEVEL:
            break
    if not levels:
        return Transit((Decimal("0.0001"),), (int(minutes[-1]),))
    return Transit(tuple(levels), tuple(table))


@lru_cache(maxsize=10_000)
def _level(myriadth: int) -> Decimal:
    return Decimal(myriadth).scaleb(-4)


def shrunk_service(asked: Asked, state: NetworkState) -> Service:
    """The service with its published times drawn to deliveries there, then to the seller's own."""
    published = asked.service.transit
    levels = [float(level) for level in published.levels]
    days = [minutes / DAY_MIN for minutes in published.minutes]
    prior = curve_from_quantiles(levels, days, LONGEST_DAYS)
    counts = [
        np.array((*seen, *(0,) * (LONGEST_DAYS - len(seen))), np.int64)
        for name in counted_as(asked.traits)
        if (seen := state.transit_counts.get(name)) is not None
    ]
    if not counts:
        return asked.service
    curve = shrunk_curve(counts, [STRENGTH] * len(counts), prior)
    minutes = np.arange(1, LONGEST_DAYS + 1, dtype=np.int64) * DAY_MIN
    return replace(asked.service, transit=transit_from_curve(curve, minutes))
