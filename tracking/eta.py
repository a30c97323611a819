"""When a parcel arrives, given all that is known: transit time conditioned on what has happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf

from carriers.status import Party, Status
from core.calendars import end_of_day, local_day
from tracking.journey import Journey
from tracking.parcel import ParcelPlan

EARLY, LIKELY, LATE = 0.05, 0.5, 0.95
ONE_DAY = timedelta(days=1)

# Presets until they are fitted to a marketplace's own events.
DELIVERED_TODAY = 0.93  # share of parcels out for delivery that arrive the same day
DELIVERED_NEXT_ATTEMPT = 0.85
EXTRA_BY_PARTY = {  # added to the transit that is left when something stopped the parcel
    Party.SELLER: timedelta(hours=48),
    Party.CARRIER: timedelta(hours=24),
    Party.CUSTOMS: timedelta(hours=72),
    Party.CONSIGNEE: timedelta(hours=24),
    Party.FORCE_MAJEURE: timedelta(hours=48),
}
EXTRA_UNEXPLAINED = timedelta(hours=24)


class Because(StrEnum):
    """What the present estimate rests on."""

    PLAN = "plan"
    NOT_HANDED_OVER = "not_handed_over"
    HANDED_OVER_LATE = "handed_over_late"
    IN_TRANSIT = "in_transit"
    SLOW_TRANSIT = "slow_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    EXCEPTION = "exception"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    OVERDUE = "overdue"  # longer on its way than the lane has any record of


@dataclass(frozen=True, slots=True)
class Eta:
    """Today's estimate: 5 %, 50 % and 95 % points of the arrival, UTC, and the chance to be late."""

    earliest: datetime
    likely: datetime
    latest: datetime
    late: float  # probability of arriving after the promised end of day, or never, 0..1
    because: Because
    lost: float = 0.0  # probability that it never arrives, given that it has not so far


def estimate_arrival(journey: Journey, plan: ParcelPlan, now: datetime) -> Eta | None:
    """The estimate; None when the parcel will not arrive any more (returned, cancelled, lost)."""
    match journey.state:
        case Status.DELIVERED if journey.delivered_at is not None:
            return _certain(journey.delivered_at, plan, Because.DELIVERED)
        case Status.AVAILABLE_FOR_PICKUP if journey.since is not None:
            return _certain(journey.since, plan, Because.READY_FOR_PICKUP)
        case Status.RETURNING | Status.RETURNED | Status.CANCELLED | Status.LOST:
            return None
        case Status.OUT_FOR_DELIVERY if journey.since is not None:
            return _at_the_door(journey.since, plan, now, DELIVERED_TODAY, Because.OUT_FOR_DELIVERY)
        case Status.ATTEMPT_FAILED if journey.since is not None:
            return _at_the_door(
                journey.since + ONE_DAY, plan, now, DELIVERED_NEXT_ATTEMPT, Because.ATTEMPT_FAILED
            )
        case _:
            return _on_the_road(journey, plan, now)


def _certain(at: datetime, plan: ParcelPlan, because: Because) -> Eta:
    return Eta(at, at, at, float(at > plan.promised_by), because)


def _at_the_door(
    since: datetime, plan: ParcelPlan, now: datetime, chance: float, because: Because
) -> Eta:
    """A delivery round: by the end of its local day with `chance`, else on one of the next two."""
    day = local_day(plan.zone, max(since, now))
    today = end_of_day(plan.zone, day)
    tomorrow = end_of_day(plan.zone, day + ONE_DAY)
    likely = min(max(since, now) + timedelta(hours=5), today)
    if today <= plan.promised_by:
        late = (1 - chance) * (0.0 if tomorrow <= plan.promised_by else 1.0)
    elif now < plan.promised_by:
        late = 1 - chance / 2
    else:
        late = 1.0
    latest = today if chance >= LATE - 0.02 else tomorrow
    return Eta(max(since, now), likely, latest, late, because)


def _on_the_road(journey: Journey, plan: ParcelPlan, now: datetime) -> Eta:
    start, because = _start(journey, plan, now)
    extra = timedelta()
    if journey.state is Status.EXCEPTION:
        because = Because.EXCEPTION
        extra = EXTRA_UNEXPLAINED if journey.party is None else EXTRA_BY_PARTY[journey.party]
    elapsed = max(0.0, (now - start).total_seconds() / 60)
    gone = plan.transit.chance_within(elapsed)
    left = 1 - gone
    points = [_point(plan, start, gone + level * left) for level in (EARLY, LIKELY, LATE)]
    likely = points[1]
    if likely is None or left <= 0.002:
        return _overdue(plan, now, start)
    kept = plan.transit.chance_within((plan.promised_by - extra - start).total_seconds() / 60)
    late = 1.0 if plan.promised_by <= now else min(1.0, max(0.0, 1 - (kept - gone) / left))
    if because is Because.IN_TRANSIT and gone > LIKELY:
        because = Because.SLOW_TRANSIT
    earliest = points[0] or likely
    latest = points[2] or likely + (likely - start) / 2
    return Eta(
        max(now, earliest + extra),
        max(now, likely + extra),
        max(now, latest + extra),
        late,
        because,
        lost=(1 - plan.transit.chance_within(inf)) / left,
    )


def _start(journey: Journey, plan: ParcelPlan, now: datetime) -> tuple[datetime, Because]:
    """When transit began or will begin: the hand-over, else the next planned departure."""
    if journey.handed_over_at is not None:
        late = journey.handed_over_at > plan.departs_at + timedelta(hours=12)
        moving = journey.state in (Status.IN_TRANSIT, Status.EXCEPTION)
        if moving and not late:
            return journey.handed_over_at, Because.IN_TRANSIT
        return journey.handed_over_at, Because.HANDED_OVER_LATE if late else Because.IN_TRANSIT
    if now <= plan.departs_at:
        return plan.departs_at, Because.PLAN
    # Missed: pickups repeat at best daily, so the next one is the first daily repetition.
    days = -(-(now - plan.departs_at) // ONE_DAY)
    return plan.departs_at + days * ONE_DAY, Because.NOT_HANDED_OVER


def _point(plan: ParcelPlan, start: datetime, chance: float) -> datetime | None:
    minutes = plan.transit.minutes_at(min(chance, 1.0))
    return None if minutes is None else start + timedelta(minutes=round(minutes))


def _overdue(plan: ParcelPlan, now: datetime, start: datetime) -> Eta:
    """Nothing on record took so long: what is left is guessed from what has passed (Lindy)."""
    waited = max(now - start, ONE_DAY)
    late = 1.0 if plan.promised_by <= now + waited / 4 else 0.9
    return Eta(now, now + waited / 2, now + waited, late, Because.OVERDUE)
