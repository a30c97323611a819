"""Keeps a tracking event and brings its parcel up to date; hearing it again changes nothing."""

from uuid import UUID

from sqlalchemy.orm import Session

from store.session import lock
from tracking.event import CarrierEvent
from tracking.flows.refresh_parcel import refresh_parcel
from tracking.tables import TrackedParcelRow, add_event


def record_event(session: Session, event: CarrierEvent) -> bool:
    """True when the event was new. Raises NotFound for a parcel that is not followed."""
    parcel = UUID(event.parcel)
    lock(session, TrackedParcelRow, parcel)
    if not add_event(session, event):
        return False
    refresh_parcel(session, parcel)
    return True
