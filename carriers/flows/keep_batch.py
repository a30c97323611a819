"""Asks for a batch over HTTP: its rows' bookings and the record of them, in one transaction."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from carriers.batch import BadRow, BatchRow
from carriers.flows.ask_row import ask_row
from carriers.tables import BookingBatchLineRow, BookingBatchRow
from store.session import add_rows, new_id, now


def keep_batch(
    session: Session, rows: Sequence[BatchRow | BadRow], carriers: Collection[str]
) -> UUID:
    """The batch's id. A row whose reference was used before tells the booking that stands."""
    batch_id = new_id(session)
    session.add(BookingBatchRow(id=batch_id, rows=len(rows), created_at=now(session)))
    asked = [ask_row(session, row, carriers) for row in rows]
    session.flush()
    add_rows(
        session,
        BookingBatchLineRow,
        [
            {
                "id": new_id(session),
                "batch_id": batch_id,
                "number": one.number,
                "reference": one.reference[:100],
                "booking_id": one.booking_id,
                "fault": one.fault[:300],
            }
            for one in asked
        ],
    )
    return batch_id
