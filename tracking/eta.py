"""When a parcel arrives, given all that is known: transit time conditioned on what has happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from carriers.status import Party, Status
from core.calendars import end_of_day, instant_at, local_day
from routing.distributions.in_flight import LATEST as LATE
from routing.distributions.in_flight import Pace, Wait, estimate
from tracking.delivery import Delivering
from tracking.journey import Journey
from tracking.parcel import ParcelPlan

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
    days = plan.delivery.days
    day = local_day(plan.zone, max(since, now))
    if because is Because.ATTEMPT_FAILED:
        day = days.next_from(day) or day
    next_day = days.next_from(day + ONE_DAY) or day + ONE_DAY
    today, tomorrow = end_of_day(plan.zone, day), end_of_day(plan.zone, next_day)
    begins = max(since, now, instant_at(plan.zone, day, 0))
    likely = min(begins + timedelta(hours=5), today)
    held = plan.delivery.held_from
    if held is not None and begins < held < today:
        likely = max(likely, plan.delivery.delivered(begins, plan.zone))
        begins = held
    if today <= plan.promised_by or (held is not None and now < plan.promised_by <= today):
        late = (1 - chance) * (0.0 if tomorrow <= plan.promised_by else 1.0)
    elif now < plan.promised_by:
        late = 1 - chance / 2
    else:
        late = 1.0
    latest = today if chance >= LATE - 0.02 else tomorrow
    return Eta(begins, likely, latest, late, because)


def _on_the_road(journey: Journey, plan: ParcelPlan, now: datetime) -> Eta:
    start, because = _start(journey, plan, now)
    extra = timedelta()
    if journey.state is Status.EXCEPTION:
        because = Because.EXCEPTION
        extra = EXTRA_UNEXPLAINED if journey.party is None else EXTRA_BY_PARTY[journey.party]
    due = plan.promised_by - extra
    found = estimate(
        _wait(plan, start),
        elapsed_min=max(0.0, _minutes(now - start)),
        due_min=_minutes(due - start),
    )
    if found.likely_min is None or found.pace is Pace.BEYOND_EXPERIENCE:
        return _overdue(plan, now, start, found.lost)
    if because is Because.IN_TRANSIT and found.pace is Pace.SLOWER_THAN_MOST:
        because = Because.SLOW_TRANSIT

    def point(minutes: float | None) -> datetime | None:
        if minutes is None:
            return None
        at = start + timedelta(minutes=round(minutes)) + extra
        return max(now, plan.delivery.delivered(at, plan.zone) if extra else at)

    likely = point(found.likely_min) or now
    latest = point(found.latest_min) or likely + (likely - min(start, likely)) / 2
    late = 1.0 if plan.promised_by <= now else found.late
    return Eta(
        min(point(found.earliest_min) or likely, likely), likely, latest, late, because, found.lost
    )


def _wait(plan: ParcelPlan, start: datetime) -> Wait:
    """The wait from `start` on as its carrier delivers: the distribution that the planner counts with."""
    if plan.delivery.is_any_time:
        return plan.transit
    return Delivering(plan.transit, plan.delivery, start, plan.zone)


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60


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


def _overdue(plan: ParcelPlan, now: datetime, start: datetime, lost: float) -> Eta:
    """Nothing on record took so long: what is left is guessed from what has passed (Lindy)."""
    waited = max(now - start, ONE_DAY)
    late = 1.0 if plan.promised_by <= now + waited / 4 else max(0.9, lost)
    return Eta(now, now + waited / 2, now + waited, late, Because.OVERDUE, lost)
