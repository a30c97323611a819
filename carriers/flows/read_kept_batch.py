"""Tells how far a batch is that was asked for over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.batch import INVALID
from carriers.booking import BookingState
from carriers.tables import BookingBatchLineRow, BookingBatchRow, BookingRow
from core.errors import NotFound


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
