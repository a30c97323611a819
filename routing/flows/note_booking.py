"""Notes on a planned parcel what its carrier answered: booked with a number, or refused."""

from sqlalchemy.orm import Session

from carriers.booking import BookingState
from carriers.tables import BookingRow
from core.ids import BookingId, ParcelId
from routing.tables import PlannedParcelRow
from store.session import lock

STATES = {BookingState.BOOKED: "booked", BookingState.REFUSED: "refused"}
OPEN = ("released", "booked", "refused")


def note_booking(session: Session, parcel_id: ParcelId, booking_id: BookingId) -> str:
    """The parcel's state after the booking's; hearing it again, or late, changes nothing."""
    parcel = lock(session, PlannedParcelRow, parcel_id)
    booking = session.get_one(BookingRow, booking_id)
    state = STATES.get(BookingState(booking.state))
    if state is not None and parcel.booking_id == booking_id and parcel.state in OPEN:
        parcel.state = state
    return parcel.state
