"""Ends the journey of a parcel to a customer that was called off before its carrier had it."""

from uuid import UUID

from sqlalchemy.orm import Session

from carriers.booking import Direction
from carriers.status import Status
from routing.tables import PlannedParcelRow
from store.session import now
from tracking.event import own_event
from tracking.flows.record_event import record_event
from tracking.tables import TrackedParcelRow


def end_cancelled(session: Session, parcel_id: UUID) -> bool:
    """True when it was followed and is over from now on; carriers are asked for it no more.

    One whose plan still stands is not over: its booking was voided to book it anew. One that its
    carrier already has goes by the carrier's scans. Repeats safely.
    """
    row = session.get(TrackedParcelRow, parcel_id)
    if row is None or row.direction != Direction.OUTBOUND.value:
        return False
    if row.is_over or row.handed_over_at is not None:
        return False
    planned = session.get(PlannedParcelRow, parcel_id)
    if planned is not None and planned.state != "cancelled":
        return False
    key = f"cancelled-{parcel_id}"
    event = own_event(
        str(parcel_id), row.carrier, Status.CANCELLED, key=key, at=now(session), source="order"
    )
    return record_event(session, event)
