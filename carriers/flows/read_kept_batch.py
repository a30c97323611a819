"""Tells how far a batch is that was asked for over HTTP, and what became of some of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.batch import INVALID, RowOutcome
from carriers.booking import BookingState
from carriers.flows.ask_row import RowAsked
from carriers.flows.read_batch import read_batch
from carriers.tables import BookingBatchLineRow, BookingBatchRow, BookingRow
from core.errors import NotFound
from core.ids import BookingId


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """A batch and how many of its rows are in which state (a booking's, or `invalid`)."""

    id: UUID
    rows: int
    created_at: datetime
    states: Mapping[str, int]

    @property
    def is_settled(self) -> bool:
        """Whether nothing more becomes of any row by itself."""
        return BookingState.REQUESTED.value not in self.states


def read_kept_batch(session: Session, batch_id: UUID) -> KeptBatch:
    """The batch as it stands; raises NotFound."""
    batch = session.get(BookingBatchRow, batch_id)
    if batch is None:
        raise NotFound("no such batch")
    line = BookingBatchLineRow
    counted = session.execute(
        select(BookingRow.state, func.count())
        .select_from(line)
        .outerjoin(BookingRow, BookingRow.id == line.booking_id)
        .where(line.batch_id == batch_id)
        .group_by(BookingRow.state)
    )
    states = {state or INVALID: count for state, count in counted}
    return KeptBatch(batch.id, batch.rows, batch.created_at, dict(sorted(states.items())))


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
