"""Decides what may be done next with a call to a carrier, so that nothing happens twice. Pure.

A call is an intent that was committed before anything was sent. `not sent` may be sent again;
`unknown` never is, unless the carrier still honours our key: it is looked up, or parked for a person.
A yes that could not be read is a yes, and a no settles an unknown only where it proves that nothing
was done.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from carriers.ports import Recovery

MARGIN = timedelta(seconds=5)  # after a call's deadline, before another worker may step in
LOOK_UP_GRACE = timedelta(seconds=60)  # a carrier may show a booking late; then none means none
EMPTY_LOOKS = 2  # this many empty look-ups, the last after the grace, prove that nothing arrived
MAX_SENDS = 20  # tries that certainly did not arrive
MAX_LOOKS = 30  # tries to resolve an unknown; with the back-off below about four hours
HELD_MOST = timedelta(hours=48)  # a call that waits longer, held or at rest, is parked
BACK_OFF = timedelta(seconds=1)
BACK_OFF_MOST = timedelta(minutes=10)

# Refusals that speak of us, not of the call: they settle nothing, and hold all calls of the carrier.
HOLDS = frozenset({"credentials", "busy", "rate_limit"})
WORKER_STOPPED = "the worker stopped while the call was under way"
KEY_FORGOTTEN = "the carrier may have forgotten our key: sending it again could act twice"


class CallState(StrEnum):
    """Where a call is."""

    INTENT = "intent"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"
    PARKED = "parked"
    CANCELLED = "cancelled"

    @property
    def is_settled(self) -> bool:
        return self in (CallState.DONE, CallState.REFUSED, CallState.PARKED, CallState.CANCELLED)


class Step(StrEnum):
    """What to do with a call now."""

    SEND = "send"  # the first time, or again after it certainly did not arrive
    REPEAT = "repeat"  # with the same key, to learn the first answer
    LOOK_UP = "look_up"
    WAIT = "wait"
    PARK = "park"
    REST = "rest"  # settled


@dataclass(frozen=True, slots=True)
class Call:
    """What the journal knows of a call."""

    id: UUID
    state: CallState
    recovery: Recovery
    next_at: datetime
    busy_until: datetime | None = None  # a worker is at it until then, at the latest
    accepted: bool = False  # the carrier said yes, the answer is still missing
    sends: int = 0
    looks: int = 0
    empty_looks: int = 0
    holds: int = 0  # tries that were refused for what we are
    held_since: datetime | None = None  # the first of them, or of the waits for a resting carrier
    last_sent_until: datetime | None = None
    first_sent_at: datetime | None = None  # of the tries that may have arrived
    reason: str = ""


class Outcome(StrEnum):
    """What became of a step."""

    ACCEPTED = "accepted"
    UNREAD = "unread"  # accepted, in words we could not read
    REFUSED = "refused"
    HELD = "held"  # refused for what we are (credentials, rate limit): not acted upon
    NOT_SENT = "not_sent"
    LOST = "lost"  # it may have acted
    EMPTY = "empty"  # the look-up found nothing


def next_step(
    call: Call,
    now: datetime,
    key_lives: timedelta | None = None,
    deadline: timedelta = timedelta(0),
) -> Step:
    """What may be done with the call at this instant, by a try that takes `deadline` at most.

    A key that may be older than `key_lives` when it arrives is not repeated.
    """
    if call.state.is_settled:
        return Step.REST
    if call.busy_until is not None and now < call.busy_until:
        return Step.WAIT
    if call.state is CallState.INTENT:
        if now < call.next_at:
            return Step.WAIT
        return Step.PARK if call.sends >= MAX_SENDS or _is_held_long(call, now) else Step.SEND
    # SENDING with nobody at it means that the worker died: nobody knows what became of it.
    if call.recovery is Recovery.NEITHER or call.looks >= MAX_LOOKS:
        return Step.PARK
    if call.state is CallState.UNKNOWN and now < call.next_at:
        return Step.WAIT
    if call.recovery is not Recovery.KEY:
        return Step.LOOK_UP
    return Step.PARK if is_key_forgotten(call, now, key_lives, deadline) else Step.REPEAT


def _is_held_long(call: Call, now: datetime) -> bool:
    return call.held_since is not None and now >= call.held_since + HELD_MOST


def is_key_forgotten(
    call: Call, now: datetime, key_lives: timedelta | None, deadline: timedelta
) -> bool:
    """Whether the carrier may take the call's key for a new one; None: it remembers for ever."""
    if key_lives is None or call.first_sent_at is None:
        return False
    return now + deadline + MARGIN >= call.first_sent_at + key_lives


def why_parked(
    call: Call,
    now: datetime,
    key_lives: timedelta | None,
    deadline: timedelta = timedelta(0),
) -> str:
    """Why `next_step` hands the call to a person."""
    if call.state is CallState.INTENT and _is_held_long(call, now):
        hours = HELD_MOST // timedelta(hours=1)
        return f"not sent for {hours} hours: {call.reason or 'the carrier takes nothing from us'}"
    reason = call.reason or WORKER_STOPPED
    if call.recovery is Recovery.KEY and is_key_forgotten(call, now, key_lives, deadline):
        return f"{KEY_FORGOTTEN}; {reason}"
    return reason


def begin(call: Call, step: Step, now: datetime, deadline: timedelta) -> Call:
    """The call while a worker is at it; committed before the carrier is called."""
    until = now + deadline + MARGIN
    if step is Step.SEND:
        return replace(
            call,
            state=CallState.SENDING,
            sends=call.sends + 1,
            busy_until=until,
            last_sent_until=until,
            first_sent_at=now,
            empty_looks=0,
        )
    reason = call.reason or WORKER_STOPPED
    sent_until = until if step is Step.REPEAT else call.last_sent_until
    return replace(
        call,
        state=CallState.UNKNOWN,
        looks=call.looks + 1,
        busy_until=until,
        last_sent_until=sent_until,
        reason=reason,
    )


def settle(
    call: Call, outcome: Outcome, now: datetime, *, proven: bool = False, reason: str = ""
) -> Call:
    """The call after a step; committed with what follows from it.

    `proven` says of a refusal that it proves that nothing was done, now or before. Any other refusal
    of an unknown call hands it to a person.
    """
    free = replace(call, busy_until=None, reason=reason or call.reason)
    was_unknown = call.state is CallState.UNKNOWN
    match outcome:
        case Outcome.ACCEPTED:
            return replace(free, state=CallState.DONE, accepted=True, reason="")
        case Outcome.UNREAD:
            return _unknown(replace(free, accepted=True), now)
        case Outcome.REFUSED:
            if was_unknown and (call.accepted or not proven):
                return park(free, f"nobody knows whether it was done before: {free.reason}")
            return replace(free, state=CallState.REFUSED)
        case Outcome.HELD if not was_unknown:  # not a try that was lost: counted apart
            since = call.held_since or now
            held = replace(free, sends=call.sends - 1, holds=call.holds + 1, held_since=since)
            return _intent(held, now)
        case Outcome.NOT_SENT if not was_unknown:
            return _intent(free, now)
        case Outcome.EMPTY:
            return _after_empty(replace(free, empty_looks=call.empty_looks + 1), now)
    return _unknown(free, now)


def _intent(call: Call, now: datetime) -> Call:
    """The call as if this try had never been made."""
    due = now + back_off(call.id, max(call.sends + call.holds, 1))
    return replace(call, state=CallState.INTENT, next_at=due, first_sent_at=None)


def rest(call: Call, now: datetime, until: datetime) -> Call:
    """The call while its carrier rests; one that was held before lets the others try first."""
    later = back_off(call.id, call.holds) if call.holds else timedelta(0)
    return replace(call, next_at=until + later, held_since=call.held_since or now)


def park(call: Call, reason: str) -> Call:
    """The call handed to a person."""
    return replace(call, state=CallState.PARKED, busy_until=None, reason=reason)


def _unknown(call: Call, now: datetime) -> Call:
    if call.recovery is Recovery.NEITHER:
        return park(call, call.reason)
    return replace(
        call, state=CallState.UNKNOWN, next_at=now + back_off(call.id, call.sends + call.looks)
    )


def _after_empty(call: Call, now: datetime) -> Call:
    """Nothing found: proof that nothing arrived only when asked twice and late enough."""
    proven_at = (call.last_sent_until or now) + LOOK_UP_GRACE
    if call.accepted:
        return _unknown(call, now)
    if call.empty_looks >= EMPTY_LOOKS and now >= proven_at:
        again = replace(call, state=CallState.INTENT, next_at=now, empty_looks=0)
        return replace(again, first_sent_at=None, holds=0, held_since=None)
    unknown = _unknown(call, now)
    if call.empty_looks >= EMPTY_LOOKS - 1:
        return replace(unknown, next_at=max(unknown.next_at, proven_at))
    return unknown


def back_off(call_id: UUID, tries: int) -> timedelta:
    """How long to wait after that many tries: doubling, with a jitter that follows from the id."""
    longest = min(BACK_OFF * (1 << min(max(tries - 1, 0), 20)), BACK_OFF_MOST)
    digest = hashlib.blake2b(call_id.bytes + bytes([tries % 256]), digest_size=2).digest()
    return longest * (0.5 + 0.5 * int.from_bytes(digest, "big") / 65536)
