"""Ends a booking for good: its label is never used, and others are told once."""

from uuid import UUID

from sqlalchemy.orm import Session

from carriers.booking import BookingState
from carriers.events import BookingVoided
from carriers.tables import BookingRow
from store.outbox import signal
from store.session import lock


def end_booking(session: Session, booking_id: UUID, reason: str = "") -> None:
    """Mark it voided and signal so; the parcel is free for another booking."""
    row = lock(session, BookingRow, booking_id)
    row.state = BookingState.VOIDED.value
    row.slot = str(row.id)
    row.reason = reason
    signal(session, BookingVoided(row.id, row.parcel_id, row.direction, row.carrier))
