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

from carriers.adapters.deadline import within
from carriers.flows.ask_leave import ask_leave
from carriers.flows.note_answer import note_answer
from carriers.journal import (
    HOLDS,
    MARGIN,
    Call,
    CallState,
    Outcome,
    Step,
    begin,
    next_step,
    park,
    rest,
    settle,
    why_parked,
)
from carriers.ports import Booked, Carrier, Receipt
from carriers.tables import CallRow, call_for, call_of, keep_call
from core.errors import CarrierRejected, CarrierUnavailable
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
    # a yes to a call that has had its yes: it may tell of a second thing at the carrier
    hear_again: Callable[[Session, CallRow, Answer], None] | None = None


@dataclass(frozen=True, slots=True)
class _Plan(Generic[Ask]):
    row: CallRow
    revision: int  # of the row at this try: another one means that we were overtaken
    step: Step
    ask: Ask
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class _Result(Generic[Answer]):
    outcome: Outcome
    answer: Answer | None = None
    error: CarrierRejected | CarrierUnavailable | None = None
    reason: str = ""
    proven: bool = False
    asked: bool = True  # the carrier was: else the outcome says nothing of it

    @property
    def code(self) -> str:
        return (self.error.code or "refused")[:40] if self.error is not None else ""


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
    key_lives = carrier.profile.key_lives if carrier is not None else None
    deadline = carrier.profile.deadline if carrier is not None else MARGIN
    step = next_step(call, instant, key_lives, deadline)
    if step in (Step.REST, Step.WAIT):
        return call
    if step is Step.PARK:
        why = why_parked(call, instant, key_lives, deadline)
        return _park(session, kind, row, call, why)
    rests_until = (
        ask_leave(session, row.carrier, deadline + MARGIN, row.account) if carrier else None
    )
    if rests_until is not None:
        rested = rest(call, instant, rests_until)
        keep_call(session, row, rested)
        return rested
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
    keep_call(session, row, begin(call, step, instant, deadline))
    row.revision += 1
    return _Plan(row, row.revision, step, ask, instant)


def _perform(
    sessions: Sessions,
    carrier: Carrier | None,
    kind: CallKind[Ask, Answer],
    plan: _Plan[Ask],
) -> _Result[Answer]:
    """Call the carrier, outside any transaction, and say what became of it."""
    if carrier is None:
        reason = f"no adapter for carrier {plan.row.carrier}"
        return _Result(Outcome.NOT_SENT, reason=reason, asked=False)
    if sessions.clock.now() > plan.begun_at + MARGIN:  # this worker was held up: do not send late
        return _Result(Outcome.NOT_SENT, reason="held up before sending", asked=False)
    looks = plan.step is Step.LOOK_UP
    try:
        answer = within(
            carrier.profile.deadline,
            lambda: kind.look_up(carrier, plan.row) if looks else kind.send(carrier, plan.ask),
        )
    except CarrierRejected as error:
        outcome = Outcome.LOST if looks else Outcome.REFUSED
        if error.code in HOLDS:
            outcome = Outcome.HELD
        proven = error.code in carrier.profile.proven_refusals
        return _Result(outcome, error=error, reason=error.message, proven=proven)
    except CarrierUnavailable as error:
        outcome = Outcome.LOST if error.sent else Outcome.NOT_SENT
        if error.code in HOLDS and not error.sent:
            outcome = Outcome.HELD
        return _Result(outcome, error=error, reason=error.message)
    except Exception as error:  # an adapter that fails may have sent: what it says may be personal
        reason = f"the adapter failed ({type(error).__name__})"
        broken = CarrierUnavailable(reason, sent=True, code="adapter")
        return _Result(Outcome.LOST, error=broken, reason=reason)
    if answer is None:  # to a look-up a statement, to anything else none
        silent = CarrierUnavailable("the adapter gave no answer", sent=True, code="adapter")
        return _Result(Outcome.EMPTY) if looks else _Result(Outcome.LOST, error=silent)
    if isinstance(answer, Unread):
        return _Result(Outcome.UNREAD, reason=answer.reason)
    return _Result(Outcome.ACCEPTED, answer)


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
    is_late = row.revision != plan.revision or call.state.is_settled
    if is_late:
        if result.outcome not in (Outcome.ACCEPTED, Outcome.UNREAD):
            return call
        told = {"call": str(row.id), "number": _number(result.answer)}
        audit(session, "carrier_call.late_answer", kind.name, row.subject_id, told)
        if call.state is CallState.DONE and result.answer is not None and kind.hear_again:
            kind.hear_again(session, row, result.answer)
        if call.state is CallState.DONE or result.outcome is Outcome.UNREAD:
            return call
    if result.asked:
        note_answer(session, row.carrier, result.error, row.account)
    if result.outcome is Outcome.ACCEPTED and result.answer is not None:
        doubt = kind.accept(session, row, result.answer)
        if doubt is not None and is_late:
            return call
        if doubt is not None:
            result = _Result(Outcome.UNREAD, reason=doubt.reason)
    after = settle(call, result.outcome, instant, proven=result.proven, reason=result.reason)
    keep_call(session, row, after)
    row.code = result.code
    row.took_ms = max(0, took // timedelta(milliseconds=1))
    if after.state is CallState.REFUSED:
        kind.refuse(session, row, row.code, after.reason)
    elif after.state is CallState.PARKED:
        kind.park(session, row, after.reason)
    return after


def _number(answer: object) -> str:
    """The number that an answer tells."""
    if isinstance(answer, Booked):
        return answer.tracking_number
    return answer.carrier_reference if isinstance(answer, Receipt) else ""


def _park(
    session: Session, kind: CallKind[Ask, Answer], row: CallRow, call: Call, reason: str
) -> Call:
    parked = park(call, reason)
    keep_call(session, row, parked)
    kind.park(session, row, reason)
    return parked
