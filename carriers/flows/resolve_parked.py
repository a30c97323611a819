"""Settles a parked call by what a person has found out."""

from uuid import UUID

from sqlalchemy.orm import Session

from carriers.booking import Finding, Resolution
from carriers.call_jobs import call_job
from carriers.flows.book import BOOKING
from carriers.flows.end_booking import end_booking
from carriers.flows.run_call import Unread
from carriers.flows.send_manifest import MANIFEST
from carriers.flows.send_pickup import PICKUP
from carriers.flows.send_void import NOT_VOIDED, VOID
from carriers.journal import CallState
from carriers.ports import Booked, Receipt
from carriers.tables import BookingRow, CallRow, PickupRow
from core.errors import Conflict
from store.audit import audit
from store.jobs import enqueue
from store.session import lock, now

_REFUSE = {"book": BOOKING.refuse, "manifest": MANIFEST.refuse, "pickup": PICKUP.refuse}


def resolve_parked(session: Session, call_id: UUID, resolution: Resolution) -> CallState:
    """The call's state afterwards.

    Raises Conflict unless it is parked, when the number is taken, and for sending again what the
    carrier has said yes to.
    """
    row = lock(session, CallRow, call_id)
    if row.state != CallState.PARKED.value:
        raise Conflict("it is not parked (any more)", code="not_parked")
    row.revision += 1
    match resolution.finding:
        case Finding.ACCEPTED:
            _accept(session, row, resolution.number.strip())
            row.state = CallState.DONE.value
        case Finding.NEVER_ARRIVED:
            if row.accepted:
                raise Conflict("the carrier said yes: it exists there, or give it up", code="yes")
            _send_again(session, row)
        case Finding.GIVEN_UP:
            row.state = CallState.REFUSED.value
            _give_up(session, row)
    row.settled_at = now(session) if CallState(row.state).is_settled else None
    audit(
        session,
        "carrier_call.resolved",
        row.kind,
        row.subject_id,
        {"finding": resolution.finding.value, "number": resolution.number},
    )
    return CallState(row.state)


def _accept(session: Session, row: CallRow, number: str) -> None:
    doubt: Unread | None = None
    if row.kind == "book":
        doubt = BOOKING.accept(session, row, Booked(number, number))
    elif row.kind == "void":
        VOID.accept(session, row, Receipt(number))
    elif row.kind == "manifest":
        MANIFEST.accept(session, row, Receipt(number))
    else:
        PICKUP.accept(session, row, Receipt(number))
    if doubt is not None:
        raise Conflict(doubt.reason, code="number_taken")


def _give_up(session: Session, row: CallRow) -> None:
    if row.kind == "void":
        # never use the label, though the carrier may bill it
        end_booking(session, row.subject_id, f"{NOT_VOIDED}given up by a person")
    else:
        _REFUSE[row.kind](session, row, "given_up", "given up by a person")


def _send_again(session: Session, row: CallRow) -> None:
    row.state = CallState.INTENT.value
    row.first_sent_at = None
    row.sends = row.looks = row.empty_looks = row.holds = 0
    row.held_since = None
    row.next_at = now(session)
    if row.kind == "book":
        lock(session, BookingRow, row.subject_id).state = "requested"
    elif row.kind == "pickup":
        lock(session, PickupRow, row.subject_id).state = "requested"
    job, payload = call_job(row.kind, row.subject_id)
    enqueue(session, job, payload, key=f"{row.subject_id}-{row.revision}")
