"""Notes on a planned parcel what became of its booking: booked, refused, or cancelled again."""

from sqlalchemy.orm import Session

from carriers.booking import BookingState
from carriers.tables import BookingRow
from core.ids import BookingId, ParcelId
from routing.tables import PlannedParcelRow
from store.session import lock

STATES = {
    BookingState.BOOKED: "booked",
    BookingState.REFUSED: "refused",
    BookingState.VOIDED: "planned",  # free for another booking
}
OPEN = ("released", "booked", "refused")


def note_booking(session: Session, parcel_id: ParcelId, booking_id: BookingId) -> str:
    """The parcel's state after the booking's; hearing it again, or late, changes nothing."""
    parcel = lock(session, PlannedParcelRow, parcel_id)
    booking = session.get_one(BookingRow, booking_id)
    state = STATES.get(BookingState(booking.state))
    if state is not None and parcel.booking_id == booking_id and parcel.state in OPEN:
        parcel.state = state
        if state == "planned":
            parcel.booking_id = None
    return parcel.state
