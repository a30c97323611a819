"""Where a parcel and an order are: a fold over their events, the same for any order and repetition."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from carriers.status import Party, Reason, Status
from tracking.event import CarrierEvent, distinct_events

# Of events at the same instant the later one in this list counts as the later one.
PROGRESS = (
    Status.UNKNOWN,
    Status.PRE_TRANSIT,
    Status.EXPIRED,
    Status.CANCELLED,
    Status.ACCEPTED,
    Status.IN_TRANSIT,
    Status.OUT_FOR_DELIVERY,
    Status.EXCEPTION,
    Status.ATTEMPT_FAILED,
    Status.AVAILABLE_FOR_PICKUP,
    Status.LOST,
    Status.RETURNING,
    Status.DELIVERED,
    Status.RETURNED,
)
RANK = {state: rank for rank, state in enumerate(PROGRESS)}

HANDED_OVER = frozenset(Status) - {Status.UNKNOWN, Status.PRE_TRANSIT, Status.CANCELLED}
MOVING = frozenset({Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.AVAILABLE_FOR_PICKUP})
FINAL = frozenset({Status.DELIVERED, Status.RETURNED, Status.CANCELLED, Status.LOST})


@dataclass(frozen=True, slots=True)
class Journey:
    """What is known of one parcel."""

    state: Status
    since: datetime | None  # UTC, when the present state began
    reason: Reason | None
    party: Party | None
    handed_over_at: datetime | None  # first event that shows the carrier has it
    moved_at: datetime | None  # last known event of any kind
    delivered_at: datetime | None
    attempts: int  # failed attempts at the door
    unknown_codes: tuple[tuple[str, int], ...]  # raw code: how many events, sorted
    events: tuple[CarrierEvent, ...]  # distinct, by occurrence

    @property
    def unknown_events(self) -> int:
        return sum(count for _, count in self.unknown_codes)

    @property
    def is_over(self) -> bool:
        return self.state in FINAL


def fold(events: Iterable[CarrierEvent]) -> Journey:
    """The journey of one parcel; only events that are understood and believable move it."""
    ordered = sorted(distinct_events(events), key=lambda e: (e.occurred_at, RANK[e.state], e.id))
    state, since = Status.UNKNOWN, None
    reason: Reason | None = None
    party: Party | None = None
    handed_over_at: datetime | None = None
    moved_at: datetime | None = None
    delivered_at: datetime | None = None
    attempts = 0
    unknown: Counter[str] = Counter()
    for event in ordered:
        if not event.is_known:
            unknown[event.code or event.text or event.state.value] += 1
            continue
        moved_at = event.occurred_at
        if handed_over_at is None and event.state in HANDED_OVER:
            handed_over_at = event.occurred_at
        attempts += event.state is Status.ATTEMPT_FAILED
        following = next_state(state, event)
        if following is not state:
            state, since = following, event.occurred_at
            reason, party = event.reason, event.party
            if state is Status.DELIVERED:
                delivered_at = event.occurred_at
        elif event.state is state and event.reason is not None and state is not Status.DELIVERED:
            reason, party = event.reason, event.party
    if state not in (Status.DELIVERED, Status.RETURNING, Status.RETURNED):
        delivered_at = None
    return Journey(
        state=state,
        since=since,
        reason=reason,
        party=party,
        handed_over_at=handed_over_at,
        moved_at=moved_at,
        delivered_at=delivered_at,
        attempts=attempts,
        unknown_codes=tuple(sorted(unknown.items())),
        events=tuple(ordered),
    )


def next_state(state: Status, event: CarrierEvent) -> Status:
    """The state after a known event, given the state before it.

    - a label's data sent again never takes a parcel back before its hand-over;
    - a late origin scan never takes it back from the road;
    - delivered is left only by an explicit word: sent back, or the carrier's own retraction;
    - on its way back it stays on its way back until it is returned or lost, and what is
      delivered then was delivered to the sender.
    """
    said = event.state
    if said is Status.PRE_TRANSIT and state is not Status.UNKNOWN:
        return state
    if said is Status.ACCEPTED and state in MOVING:
        return state
    if state in (Status.DELIVERED, Status.RETURNED):
        if event.reason is Reason.DELIVERY_RETRACTED:
            return Status.EXCEPTION if said in (Status.DELIVERED, Status.RETURNED) else said
        if state is Status.DELIVERED and said in (Status.RETURNING, Status.RETURNED):
            return said
        return state
    if state is Status.RETURNING:
        if said is Status.DELIVERED:
            return Status.RETURNED
        return said if said in (Status.RETURNED, Status.LOST) else state
    return said


class NextStep(StrEnum):
    """What happens next, and who has to act."""

    WAIT_FOR_SCAN = "wait_for_scan"  # nothing known yet
    HAND_OVER = "hand_over"  # seller
    WAIT_FOR_DELIVERY = "wait_for_delivery"  # nobody: it moves
    BE_AT_HOME = "be_at_home"  # consignee, today
    COLLECT = "collect"  # consignee
    WAIT_FOR_NEXT_ATTEMPT = "wait_for_next_attempt"  # carrier
    RESOLVE_EXCEPTION = "resolve_exception"  # support, with the responsible party
    CLEAR_CUSTOMS = "clear_customs"  # consignee or seller
    ASK_CARRIER = "ask_carrier"  # support
    RESEND_OR_REFUND = "resend_or_refund"  # support, seller
    WAIT_FOR_RETURN = "wait_for_return"
    NOTHING = "nothing"


_NEXT: dict[Status, NextStep] = {
    Status.UNKNOWN: NextStep.WAIT_FOR_SCAN,
    Status.PRE_TRANSIT: NextStep.HAND_OVER,
    Status.ACCEPTED: NextStep.WAIT_FOR_DELIVERY,
    Status.IN_TRANSIT: NextStep.WAIT_FOR_DELIVERY,
    Status.OUT_FOR_DELIVERY: NextStep.BE_AT_HOME,
    Status.AVAILABLE_FOR_PICKUP: NextStep.COLLECT,
    Status.ATTEMPT_FAILED: NextStep.WAIT_FOR_NEXT_ATTEMPT,
    Status.EXCEPTION: NextStep.RESOLVE_EXCEPTION,
    Status.EXPIRED: NextStep.ASK_CARRIER,
    Status.LOST: NextStep.RESEND_OR_REFUND,
    Status.RETURNING: NextStep.WAIT_FOR_RETURN,
    Status.RETURNED: NextStep.RESEND_OR_REFUND,
    Status.DELIVERED: NextStep.NOTHING,
    Status.CANCELLED: NextStep.NOTHING,
}

# The state of an order is that of the parcel that most needs somebody; else the one furthest behind.
_NEEDS_SOMEBODY = (
    Status.LOST,
    Status.RETURNED,
    Status.EXCEPTION,
    Status.EXPIRED,
    Status.ATTEMPT_FAILED,
    Status.AVAILABLE_FOR_PICKUP,
    Status.RETURNING,
    Status.UNKNOWN,
    Status.PRE_TRANSIT,
    Status.ACCEPTED,
    Status.IN_TRANSIT,
    Status.OUT_FOR_DELIVERY,
    Status.DELIVERED,
    Status.CANCELLED,
)


def next_step(state: Status, party: Party | None = None) -> NextStep:
    """What happens next to a parcel in `state` that `party` answers for."""
    if state is Status.EXCEPTION and party is Party.CUSTOMS:
        return NextStep.CLEAR_CUSTOMS
    return _NEXT[state]


@dataclass(frozen=True, slots=True)
class OrderJourney:
    """One view over all sellers and parcels of an order."""

    state: Status
    next_step: NextStep
    since: datetime | None
    parcels: tuple[tuple[str, Journey], ...]  # by parcel id

    @property
    def delivered(self) -> int:
        return sum(journey.state is Status.DELIVERED for _, journey in self.parcels)


def order_journey(parcels: Mapping[str, Journey]) -> OrderJourney:
    """One state and one next step; without any parcel nothing is known."""
    ordered = tuple(sorted(parcels.items()))
    if not ordered:
        return OrderJourney(Status.UNKNOWN, _NEXT[Status.UNKNOWN], None, ())
    _, foremost = min(ordered, key=lambda item: (_NEEDS_SOMEBODY.index(item[1].state), item[0]))
    same = [j for _, j in ordered if j.state is foremost.state]
    since = max((j.since for j in same if j.since is not None), default=None)
    step = min(next_step(j.state, j.party) for j in same)
    return OrderJourney(foremost.state, step, since, ordered)


def fold_by_parcel(events: Iterable[CarrierEvent]) -> dict[str, Journey]:
    """The journeys of several parcels whose events come mixed."""
    by_parcel: dict[str, list[CarrierEvent]] = {}
    for event in events:
        by_parcel.setdefault(event.parcel, []).append(event)
    return {parcel: fold(own) for parcel, own in by_parcel.items()}
