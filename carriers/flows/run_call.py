"""Takes one call to a carrier one step further: intent, call, answer, each in its own transaction.

The same machinery serves bookings, voids, manifests, pickups and return labels. Killed at any point
and run again, it sends nothing twice: what it was about to do is committed before it is done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from carriers.breaker import after_answer, after_failure
from carriers.journal import MARGIN, Call, CallState, Outcome, Step, begin, next_step, park, settle
from carriers.ports import Carrier
from carriers.tables import CallRow, call_for, call_of, health_of, keep_call, keep_health
from core.errors import CarrierRejected, CarrierUnavailable, InvalidInput
from core.ids import TenantId
from store.audit import audit
from store.session import Sessions, lock, now

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Unread:
    """A yes that could not be read, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class CallKind(Generic[Ask, Answer]):
    """What differs between bookings, voids, manifests and pickups."""

    name: str
    prepare: Callable[[Session, CallRow], Ask]  # raises CarrierRejected: refused without sending
    send: Callable[[Carrier, Ask], Answer | Unread]
    look_up: Callable[[Carrier, CallRow], Answer | None]
    accept: Callable[[Session, CallRow, Answer], Unread | None]  # Unread: the answer can't be true
    refuse: Callable[[Session, CallRow, str, str], None]
    park: Callable[[Session, CallRow, str], None]


@dataclass(frozen=True, slots=True)
class _Plan(Generic[Ask]):
    row: CallRow
    call: Call
    step: Step
    ask: Ask
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class _Result(Generic[Answer]):
    outcome: Outcome
    answer: Answer | None = None
    code: str = ""
    reason: str = ""


def run_call(
    sessions: Sessions,
    tenant: TenantId,
    carriers: Mapping[str, Carrier],
    kind: CallKind[Ask, Answer],
    subject_id: UUID,
) -> Call:
    """The call after one step; when it is not settled, run it again at its `next_at`."""
    with sessions(tenant) as session:
        plan = _claim(session, carriers, kind, subject_id)
    if isinstance(plan, Call):
        return plan
    carrier = carriers.get(plan.row.carrier)
    began = sessions.clock.now()
    result = _perform(sessions, carrier, kind, plan)
    took = sessions.clock.now() - began
    with sessions(tenant) as session:
        return _write(session, kind, plan, result, took)


def _claim(
    session: Session, carriers: Mapping[str, Carrier], kind: CallKind[Ask, Answer], subject_id: UUID
) -> _Plan[Ask] | Call:
    """Decide the step and commit to it; a Call when there is nothing to do now."""
    instant = now(session)
    row = lock(session, CallRow, call_for(session, kind.name, subject_id).id)
    carrier = carriers.get(row.carrier)
    if carrier is not None and row.state == CallState.INTENT.value:
        row.recovery = carrier.profile.recovery.value
    call = call_of(row)
    step = next_step(call, instant)
    if step in (Step.REST, Step.WAIT):
        return call
    if step is Step.PARK:
        reason = call.reason or "the worker stopped while the call was under way"
        return _park(session, kind, row, call, reason)
    _, health = health_of(session, row.carrier)
    if health.open_until is not None and health.is_open(instant):
        row.next_at = health.open_until
        return call_of(row)
    try:
        ask = kind.prepare(session, row)
    except CarrierRejected as error:
        if call.state is not CallState.INTENT:
            return _park(session, kind, row, call, error.message)
        refused = settle(call, Outcome.REFUSED, instant, reason=error.message)
        keep_call(session, row, refused)
        row.code = error.code or "refused"
        kind.refuse(session, row, row.code, error.message)
        return refused
    begun = begin(call, step, instant, carrier.profile.deadline if carrier else MARGIN)
    keep_call(session, row, begun)
    return _Plan(row, begun, step, ask, instant)


def _perform(
    sessions: Sessions,
    carrier: Carrier | None,
    kind: CallKind[Ask, Answer],
    plan: _Plan[Ask],
) -> _Result[Answer]:
    """Call the carrier, outside any transaction, and say what became of it."""
    if carrier is None:
        return _Result(Outcome.NOT_SENT, reason=f"no adapter for carrier {plan.row.carrier}")
    if sessions.clock.now() > plan.begun_at + MARGIN:  # this worker was held up: do not send late
        return _Result(Outcome.NOT_SENT, reason="held up before sending")
    try:
        if plan.step is Step.LOOK_UP:
            found = kind.look_up(carrier, plan.row)
            if found is None:
                return _Result(Outcome.EMPTY)
            return _Result(Outcome.ACCEPTED, found)
        answer = kind.send(carrier, plan.ask)
        if isinstance(answer, Unread):
            return _Result(Outcome.UNREAD, reason=answer.reason)
        return _Result(Outcome.ACCEPTED, answer)
    except CarrierRejected as error:
        if plan.step is Step.LOOK_UP:
            return _Result(Outcome.LOST, code=error.code or "", reason=error.message)
        return _Result(Outcome.REFUSED, code=error.code or "refused", reason=error.message)
    except InvalidInput as error:
        return _Result(Outcome.UNREAD, reason=error.message)
    except CarrierUnavailable as error:
        outcome = Outcome.LOST if error.sent else Outcome.NOT_SENT
        return _Result(outcome, code=error.code or "", reason=error.message)


def _write(
    session: Session,
    kind: CallKind[Ask, Answer],
    plan: _Plan[Ask],
    result: _Result[Answer],
    took: timedelta,
) -> Call:
    """Write the answer and what follows from it; a late answer never undoes a better one."""
    instant = now(session)
    row = lock(session, CallRow, plan.row.id)
    call = call_of(row)
    if call.state is CallState.DONE:
        return call
    overtaken = (call.sends, call.looks) != (plan.call.sends, plan.call.looks)
    if overtaken or call.state.is_settled:
        if result.outcome is not Outcome.ACCEPTED:
            return call
        audit(session, "carrier_call.late_answer", kind.name, row.subject_id, {"call": str(row.id)})
    _note_health(session, row.carrier, result)
    if result.outcome is Outcome.ACCEPTED and result.answer is not None:
        doubt = kind.accept(session, row, result.answer)
        if doubt is not None:
            result = _Result(Outcome.UNREAD, reason=doubt.reason)
    after = settle(call, result.outcome, instant, code=result.code, reason=result.reason)
    keep_call(session, row, after)
    row.code = result.code
    row.took_ms = max(0, took // timedelta(milliseconds=1))
    if after.state is CallState.REFUSED:
        kind.refuse(session, row, row.code, after.reason)
    elif after.state is CallState.PARKED:
        kind.park(session, row, after.reason)
    return after


def _park(
    session: Session, kind: CallKind[Ask, Answer], row: CallRow, call: Call, reason: str
) -> Call:
    parked = park(call, reason)
    keep_call(session, row, parked)
    kind.park(session, row, reason)
    return parked


def _note_health(session: Session, carrier: str, result: _Result[Answer]) -> None:
    """Count answers and silences; five silences in a row open the breaker."""
    row, health = health_of(session, carrier)
    if result.outcome in (Outcome.LOST, Outcome.NOT_SENT):
        keep_health(row, after_failure(health, now(session), result.reason))
    else:
        keep_health(row, after_answer(health, now(session)))
