"""Cancels a return whose goods the customer keeps."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Conflict
from returns.events import ReturnCancelled
from returns.tables import CANCELLED, RECEIVED, RmaRow
from store.audit import audit
from store.outbox import signal
from store.session import lock, now


def cancel_return(session: Session, rma_id: UUID) -> None:
    """Cancel it; again changes nothing. Raises NotFound, or Conflict when the goods are here."""
    row = lock(session, RmaRow, rma_id)
    if row.state == CANCELLED:
        return
    if row.state == RECEIVED:
        raise Conflict("the goods have been received", code="return_received")
    row.state, row.cancelled_at = CANCELLED, now(session)
    audit(session, "return.cancelled", "rma", row.id)
    signal(session, ReturnCancelled(row.id, row.order_id))
    session.flush()
