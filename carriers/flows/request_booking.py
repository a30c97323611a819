"""Asks for a parcel to be booked: writes the intent; the worker calls the carrier."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import BookingRequest, BookingState
from carriers.call_jobs import BOOK_JOB
from carriers.labels.content import check_printable
from carriers.tables import BookingRow, add_call, address_json, take_serial
from core.ids import BookingId
from store.jobs import enqueue
from store.session import new_id, now

LIVE = "live"


def request_booking(session: Session, request: BookingRequest) -> BookingId:
    """The booking's id. The same parcel again gives the booking it has, unless that was refused.

    Raises InvalidInput for an address of ours that no label can carry.
    """
    standing = session.scalar(
        select(BookingRow).where(
            BookingRow.parcel_id == request.parcel_id,
            BookingRow.direction == request.direction.value,
            BookingRow.slot == LIVE,
        )
    )
    if standing is not None:
        return BookingId(standing.id)
    check_printable(request.place, "place")
    booking_id = BookingId(new_id(session))
    serial = take_serial(session, request.carrier)
    reference = f"LW{serial:07d}-{booking_id.hex[-10:].upper()}"
    session.add(
        BookingRow(
            id=booking_id,
            parcel_id=request.parcel_id,
            direction=request.direction.value,
            slot=LIVE,
            carrier=request.carrier,
            account=request.account,
            service=request.service,
            location=request.location,
            place=address_json(request.place),
            person_id=request.person,
            serial=serial,
            reference=reference,
            weight_g=request.weight_g,
            size_mm=[request.size.length_mm, request.size.width_mm, request.size.height_mm],
            mailing_date=request.mailing_date,
            label_format=request.label_format.value,
            options=dict(request.options),
            rate_id=request.rate_id,
            state=BookingState.REQUESTED.value,
            created_at=now(session),
        )
    )
    add_call(
        session,
        "book",
        booking_id,
        carrier=request.carrier,
        account=request.account,
        reference=reference,
    )
    session.flush()
    enqueue(session, BOOK_JOB, {"booking_id": str(booking_id)}, key=f"{booking_id}-0")
    return booking_id
