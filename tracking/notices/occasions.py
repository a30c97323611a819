"""When to tell somebody something: on a change of what they may expect, never on a mere scan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from carriers.status import Reason, Status
from core.calendars import instant_at, local_day
from tracking.eta import Because, Eta
from tracking.journey import Journey
from tracking.parcel import ParcelPlan

TELL_DELAY_FROM = 0.5  # probability of being late
TELL_RELIEF_BELOW = 0.1
QUIET_FROM_MIN, QUIET_TO_MIN = 21 * 60 + 30, 7 * 60 + 30  # local minutes; a preset


class Occasion(StrEnum):
    """What a notice tells; its texts are the catalogue's `notice.<occasion>.*`."""

    DELAYED = "delayed"
    BACK_ON_TIME = "back_on_time"
    ARRIVING_TODAY = "arriving_today"
    READY_FOR_PICKUP = "ready_for_pickup"
    ATTEMPT_FAILED = "attempt_failed"
    DELIVERED = "delivered"
    LOST = "lost"
    COMING_BACK = "coming_back"
    HAND_OVER_DUE = "hand_over_due"  # to the seller
    RETURN_AUTHORIZED = "return_authorized"
    RETURN_RECEIVED = "return_received"
    REFUND_PROMISED = "refund_promised"


WAVERING = frozenset({Occasion.DELAYED, Occasion.BACK_ON_TIME})
"""Told in turns as the estimate goes to and fro."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the consignee was last told: about what, the day they now expect, and which time."""

    occasion: Occasion | None = None
    day: date | None = None  # None: the promised day
    detail: str = ""  # tells one attempt, round or pickup from the next


def occasion_for(
    journey: Journey,
    eta: Eta | None,
    plan: ParcelPlan,
    told: Told,
    now: datetime,
    *,
    tell_delay_from: float = TELL_DELAY_FROM,
    tell_relief_below: float = TELL_RELIEF_BELOW,
) -> Told | None:
    """What to tell now, as it will have been told; None when nothing they expect has changed."""
    stage = _stage(journey, plan)
    if stage is not None:
        said = Told(stage[0], told.day, stage[1])
        return None if (told.occasion, told.detail) == (said.occasion, said.detail) else said
    if eta is None:
        return None
    promised_day = local_day(plan.zone, plan.promised_by - timedelta(seconds=1))
    expected_day = told.day or promised_day
    new_day = local_day(plan.zone, eta.latest - timedelta(seconds=1))
    if eta.late >= tell_delay_from and new_day > expected_day and eta.because is not Because.PLAN:
        return Told(Occasion.DELAYED, new_day, new_day.isoformat())
    was_delayed = told.day is not None and told.day > promised_day
    if was_delayed and eta.late < tell_relief_below and now < plan.promised_by:
        return Told(Occasion.BACK_ON_TIME, None, promised_day.isoformat())
    return None


def _stage(journey: Journey, plan: ParcelPlan) -> tuple[Occasion, str] | None:
    """What the state itself tells, and which time it is."""
    since = journey.since
    day = local_day(plan.zone, since).isoformat() if since else ""
    match journey.state:
        case Status.DELIVERED:
            # The carrier may take it back and deliver after all: that is news again.
            retracted = sum(
                event.is_known and event.reason is Reason.DELIVERY_RETRACTED
                for event in journey.events
            )
            return Occasion.DELIVERED, str(retracted or "")
        case Status.LOST:
            return Occasion.LOST, ""
        case Status.RETURNING | Status.RETURNED:
            return Occasion.COMING_BACK, ""
        case Status.AVAILABLE_FOR_PICKUP:
            return Occasion.READY_FOR_PICKUP, ""
        case Status.ATTEMPT_FAILED:
            return Occasion.ATTEMPT_FAILED, str(journey.attempts)
        case Status.OUT_FOR_DELIVERY:
            return Occasion.ARRIVING_TODAY, day
    return None


# States in which a notice about the way still says something.
_ON_THE_WAY = frozenset(
    {
        Status.UNKNOWN,
        Status.PRE_TRANSIT,
        Status.ACCEPTED,
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
        Status.ATTEMPT_FAILED,
        Status.EXCEPTION,
        Status.EXPIRED,
    }
)
_USEFUL_IN: Mapping[Occasion, frozenset[Status]] = {
    Occasion.DELAYED: _ON_THE_WAY,
    Occasion.BACK_ON_TIME: _ON_THE_WAY,
    Occasion.ARRIVING_TODAY: frozenset({Status.OUT_FOR_DELIVERY}),
    Occasion.READY_FOR_PICKUP: frozenset({Status.AVAILABLE_FOR_PICKUP}),
    Occasion.ATTEMPT_FAILED: frozenset({Status.ATTEMPT_FAILED}),
    Occasion.DELIVERED: frozenset({Status.DELIVERED}),
    Occasion.LOST: frozenset({Status.LOST}),
    Occasion.COMING_BACK: frozenset({Status.RETURNING, Status.RETURNED}),
    Occasion.HAND_OVER_DUE: frozenset({Status.UNKNOWN, Status.PRE_TRANSIT}),
}
_STALE_AFTER = {Occasion.ARRIVING_TODAY: timedelta(hours=12)}
_STALE_AFTER_ELSE = timedelta(days=7)


def is_useful(
    occasion: Occasion,
    detail: str,
    *,
    told: Told,
    state: Status,
    intended_at: datetime,
    now: datetime,
) -> bool:
    """Whether a notice intended earlier is still true and news, checked when it is sent."""
    if now - intended_at > _STALE_AFTER.get(occasion, _STALE_AFTER_ELSE):
        return False
    if occasion not in _USEFUL_IN:
        return True
    if state not in _USEFUL_IN[occasion]:
        return False
    if occasion in WAVERING:
        superseded = told.occasion in WAVERING
        return not superseded or (told.occasion, told.detail) == (occasion, detail)
    return True


def is_news(occasion: Occasion, detail: str, last: tuple[Occasion, str] | None) -> bool:
    """Whether a delay or its end is news to one who last heard `last` of the two (and detail)."""
    if occasion is Occasion.BACK_ON_TIME:
        return last is not None and last[0] is Occasion.DELAYED
    return last != (occasion, detail)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local minutes between which nobody is disturbed; may span midnight; equal = never quiet."""

    from_min: int = QUIET_FROM_MIN
    to_min: int = QUIET_TO_MIN


def earliest_sending(now: datetime, zone: str, quiet: QuietHours) -> datetime:
    """`now`, or the end of the quiet hours that `now` lies in, in the recipient's zone."""
    if quiet.from_min == quiet.to_min:
        return now
    today = local_day(zone, now)
    for day in (today - timedelta(days=1), today):
        begins = instant_at(zone, day, quiet.from_min)
        last = day if quiet.from_min < quiet.to_min else day + timedelta(days=1)
        ends = instant_at(zone, last, quiet.to_min)
        if begins <= now < ends:
            return ends
    return now
