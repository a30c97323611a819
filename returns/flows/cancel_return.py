"""Cancels a return whose goods the customer keeps."""

from uuid import UUID

from sqlalchemy.orm import Session

from carriers.status import Status
from core.errors import Conflict
from core.ids import BookingId
from returns.events import ReturnCancelled
from returns.flows.drop_label import drop_label
from returns.flows.end_journey import end_journey
from returns.tables import CANCELLED, RECEIVED, REQUESTED, RmaRow, parcels_of
from store.audit import audit
from store.outbox import signal
from store.session import lock, now


def cancel_return(session: Session, rma_id: UUID) -> None:
    """Cancel it, with its labels; again changes nothing.

    Raises NotFound, or Conflict when the goods are here or on their way.
    """
    row = lock(session, RmaRow, rma_id)
    if row.state == CANCELLED:
        return
    if row.state == RECEIVED:
        raise Conflict("the goods have been received", code="return_received")
    if row.state != REQUESTED:
        raise Conflict("the goods are on their way back", code="return_under_way")
    row.state, row.cancelled_at = CANCELLED, now(session)
    audit(session, "return.cancelled", "rma", row.id)
    signal(session, ReturnCancelled(row.id, row.order_id))
    for parcel in parcels_of(session, row.id):
        end_journey(session, parcel, Status.CANCELLED)
        if parcel.booking_id is not None:
            drop_label(session, BookingId(parcel.booking_id))
    session.flush()
