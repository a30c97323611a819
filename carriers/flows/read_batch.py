"""Tells what became of the rows of a batch so far."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.batch import INVALID, RowOutcome
from carriers.flows.ask_row import RowAsked
from carriers.tables import BookingRow

CHUNK = 500  # ids of one question


def read_batch(session: Session, asked: Sequence[RowAsked]) -> list[RowOutcome]:
    """An outcome per row, in the order given."""
    ids = [one.booking_id for one in asked if one.booking_id is not None]
    bookings: dict[object, BookingRow] = {}
    for start in range(0, len(ids), CHUNK):
        rows = session.scalars(
            select(BookingRow).where(BookingRow.id.in_(ids[start : start + CHUNK]))
        )
        bookings.update({row.id: row for row in rows})
    return [_outcome(one, bookings.get(one.booking_id)) for one in asked]


def _outcome(asked: RowAsked, row: BookingRow | None) -> RowOutcome:
    if row is None:
        return RowOutcome(asked.number, asked.reference, INVALID, reason=asked.fault)
    return RowOutcome(
        asked.number,
        asked.reference,
        row.state,
        row.tracking_number or "",
        row.cost_minor,
        row.currency or "",
        row.reason,
    )
