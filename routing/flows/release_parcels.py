"""Releases the parcels of an order that are still planned; the job behind `ParcelsPlanned`."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.ids import BookingId, ParcelId
from routing.flows.release_parcel import release_parcel
from routing.tables import PlannedParcelRow
from store.session import lock


def release_parcels(session: Session, parcel_ids: Sequence[ParcelId]) -> tuple[BookingId, ...]:
    """The bookings asked for; parcels that were released stay as they are, cancelled ones too."""
    bookings = []
    for parcel_id in parcel_ids:
        parcel = lock(session, PlannedParcelRow, parcel_id)
        if parcel.state == "planned":
            bookings.append(release_parcel(session, parcel_id))
        elif parcel.booking_id is not None and parcel.state != "cancelled":
            bookings.append(BookingId(parcel.booking_id))
    return tuple(bookings)
