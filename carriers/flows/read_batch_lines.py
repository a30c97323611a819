"""Reads what became of some rows of a batch that was asked for over HTTP."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.batch import RowOutcome
from carriers.flows.ask_row import RowAsked
from carriers.flows.read_batch import read_batch
from carriers.tables import BookingBatchLineRow
from core.ids import BookingId


def read_batch_lines(
    session: Session, batch_id: UUID, *, after: int = 0, limit: int | None = None
) -> list[RowOutcome]:
    """Outcomes by row number, from the one after `after` on."""
    line = BookingBatchLineRow
    rows = session.scalars(
        select(line)
        .where(line.batch_id == batch_id, line.number > after)
        .order_by(line.number)
        .limit(limit)
    )
    asked = [
        RowAsked(
            row.number,
            row.reference,
            None if row.booking_id is None else BookingId(row.booking_id),
            row.fault,
        )
        for row in rows
    ]
    return read_batch(session, asked)
