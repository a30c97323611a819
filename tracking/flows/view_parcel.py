"""Shows where one parcel is and when it arrives."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import NotFound
from tracking.journey import fold
from tracking.tables import TrackedParcelRow, events_of, view_of
from tracking.views import ParcelView


def view_parcel(session: Session, parcel_id: UUID, *, seller: str | None = None) -> ParcelView:
    """One parcel's view; raises NotFound for an unknown one, or one without goods of that seller."""
    row = session.get(TrackedParcelRow, parcel_id)
    if row is None or (seller is not None and seller not in row.sellers):
        raise NotFound("no such parcel is followed")
    return view_of(row, fold(events_of(session, [row.id])), seller=seller)
