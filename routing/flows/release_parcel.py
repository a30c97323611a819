"""Releases a planned parcel: its plan is final now, and its carrier is asked for a booking."""

from sqlalchemy.orm import Session

from carriers.booking import BookingRequest, BookingState
from carriers.flows.request_booking import request_booking
from carriers.tables import BookingRow
from core.calendars import local_day
from core.errors import Conflict
from core.ids import BookingId, ParcelId, SubjectId
from core.units import Dimensions
from routing.events import ParcelReleased
from routing.flows.load_snapshot import load_snapshot
from routing.flows.note_booking import note_booking
from routing.tables import OrderRow, PlannedParcelRow
from store.outbox import signal
from store.session import lock


def release_parcel(session: Session, parcel_id: ParcelId) -> BookingId:
    """The booking that was asked for; releasing again gives the same one, unless it was voided.

    Raises NotFound, or Conflict for a parcel that was cancelled, or while its carrier is being
    asked to void.
    """
    parcel = lock(session, PlannedParcelRow, parcel_id)
    standing = _standing(session, parcel)
    if standing is not None:
        return standing
    if parcel.state != "planned":
        raise Conflict(f"the parcel is {parcel.state}", code="parcel_not_planned")
    order = lock(session, OrderRow, parcel.order_id)
    network = load_snapshot(session, order.network_hash).network
    place = network.location(parcel.origin)
    service = next(each for each in network.services if each.code == parcel.service)
    carrier = next(each for each in network.carriers if each.code == parcel.carrier)
    booking_id = request_booking(
        session,
        BookingRequest(
            parcel_id=parcel_id,
            carrier=carrier.code,
            account=carrier.account or carrier.code,
            service=service.booked_as or service.code,
            location=parcel.origin,
            place=place.address,
            person=SubjectId(order.subject_id),
            weight_g=parcel.weight_g,
            size=Dimensions(parcel.length_mm, parcel.width_mm, parcel.height_mm),
            mailing_date=local_day(place.calendar.zone, parcel.leaves_at),
            options={"note": parcel.carrier_note} if parcel.carrier_note else {},
        ),
    )
    parcel.booking_id = booking_id
    parcel.state = "released"
    signal(session, ParcelReleased(parcel_id, parcel.order_id, booking_id))
    session.flush()
    return booking_id


def _standing(session: Session, parcel: PlannedParcelRow) -> BookingId | None:
    """The booking that it has; one that was voided gives the plan back, heard of or not."""
    if parcel.booking_id is None or parcel.state == "cancelled":
        return None
    booking_id = BookingId(parcel.booking_id)
    match BookingState(lock(session, BookingRow, booking_id).state):
        case BookingState.VOIDING:
            raise Conflict("its label is being voided", code="voiding")
        case BookingState.VOIDED:
            note_booking(session, ParcelId(parcel.id), booking_id)
        case _:
            pass
    return None if parcel.booking_id is None else booking_id
