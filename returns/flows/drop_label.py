"""Voids a return label that nobody will use; one whose fate is not known yet waits until it is."""

from sqlalchemy.orm import Session

from carriers.flows.void_booking import void_booking
from core.errors import Conflict
from core.ids import BookingId


def drop_label(session: Session, booking_id: BookingId) -> bool:
    """True when it is voided or will be. Raises Conflict once it is on a submitted manifest.

    False while nobody knows whether the carrier has it: `follow_return` asks again when it does.
    """
    try:
        void_booking(session, booking_id)
    except Conflict as problem:
        if problem.code != "unsettled":
            raise
        return False
    return True
