"""Asks for a booking to be cancelled by its carrier: writes the intent; the worker calls."""

from sqlalchemy.orm import Session

from carriers.booking import BookingState
from carriers.call_jobs import VOID_JOB
from carriers.tables import BookingRow, add_call
from store.audit import audit
from store.jobs import enqueue


def ask_void(session: Session, row: BookingRow) -> None:
    """From now on the label is never used, whatever the carrier says. The row is locked."""
    row.state = BookingState.VOIDING.value
    void = add_call(
        session,
        "void",
        row.id,
        carrier=row.carrier,
        account=row.account,
        reference=f"V-{row.reference}",
    )
    enqueue(session, VOID_JOB, {"booking_id": str(row.id)}, key=str(void.id))
    audit(session, "booking.void_requested", "booking", row.id)
