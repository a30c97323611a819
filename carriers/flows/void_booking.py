"""Cancels a booking before hand-over: at once when nothing was sent, else by asking the carrier."""

from sqlalchemy.orm import Session

from carriers.booking import BookingState
from carriers.events import BookingVoided
from carriers.flows.ask_void import ask_void
from carriers.journal import CallState
from carriers.tables import BookingRow, CallRow, ManifestRow, call_for
from core.errors import Conflict
from core.ids import BookingId
from store.audit import audit
from store.outbox import signal
from store.session import lock, now


def void_booking(session: Session, booking_id: BookingId) -> BookingState:
    """The state it is in now: `voided` when nothing had been sent, else `voiding`.

    Raises Conflict while nobody knows whether the parcel is booked, and once it is on a manifest
    that was submitted. Repeating it changes nothing.
    """
    call = lock(session, CallRow, call_for(session, "book", booking_id).id)
    row = lock(session, BookingRow, booking_id)
    state = BookingState(row.state)
    if state in (BookingState.VOIDED, BookingState.VOIDING, BookingState.REFUSED):
        return state
    if state is BookingState.BOOKED:
        _leave_manifest(session, row)
        ask_void(session, row)
        return BookingState.VOIDING
    if call.state != CallState.INTENT.value:
        raise Conflict(
            "not known yet whether the carrier has it; wait or resolve", code="unsettled"
        )
    call.state = CallState.CANCELLED.value
    call.settled_at = now(session)
    row.state = BookingState.VOIDED.value
    row.slot = str(row.id)
    audit(session, "booking.cancelled", "booking", row.id)
    signal(session, BookingVoided(row.id, row.parcel_id, row.direction, row.carrier))
    return BookingState.VOIDED


def _leave_manifest(session: Session, row: BookingRow) -> None:
    if row.manifest_id is None:
        return
    manifest = lock(session, ManifestRow, row.manifest_id)
    if manifest.state != "open":
        raise Conflict(f"it is on manifest {manifest.number}", code="manifested")
    row.manifest_id = None
