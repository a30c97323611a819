"""Asks for one row of a batch to be booked, or tells the booking that its reference has."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from carriers.batch import BadRow, BatchRow, differences
from carriers.booking import BookingRequest, Direction
from carriers.flows.request_booking import request_booking
from carriers.ports import LabelFormat
from carriers.tables import BookingRow, address_of
from core.errors import InvalidInput
from core.ids import BookingId, ParcelId, SubjectId
from core.units import Dimensions
from store.persons import Erased, keep_person, read_person
from store.session import tenant_of


@dataclass(frozen=True, slots=True)
class RowAsked:
    """A row's booking, or the fault that keeps it from being asked for."""

    number: int
    reference: str
    booking_id: BookingId | None
    fault: str = ""


class _Beaten(Exception):
    """Somebody else's booking of the same parcel came first."""


def ask_row(session: Session, row: BatchRow | BadRow, carriers: Collection[str]) -> RowAsked:
    """The booking that stands or a new one.

    A fault where the row is bad, its carrier is none of `carriers`, or it says anything else of its
    reference's parcel than before.
    """
    if isinstance(row, BadRow):
        return RowAsked(row.number, row.reference, None, row.fault)
    parcel_id = ParcelId(uuid5(tenant_of(session), f"batch:{row.reference}"))
    standing = _find(session, parcel_id, row.direction)
    if standing is not None:
        return _standing(session, row, standing)
    if row.carrier not in carriers:
        fault = f"carrier: there is no carrier {row.carrier!r} here"
        return RowAsked(row.number, row.reference, None, fault)
    try:
        with session.begin_nested():  # a bad row leaves nothing behind, not even the person
            request = _request(session, parcel_id, row)
            booking_id = request_booking(session, request)
            if session.get_one(BookingRow, booking_id).person_id != request.person:
                raise _Beaten
    except InvalidInput as error:
        return RowAsked(row.number, row.reference, None, error.message)
    except (IntegrityError, _Beaten):  # a twin asked at the same moment, and has committed by now
        standing = _find(session, parcel_id, row.direction)
        if standing is None:
            raise
        return _standing(session, row, standing)
    return RowAsked(row.number, row.reference, booking_id)


def _find(session: Session, parcel_id: ParcelId, direction: Direction) -> BookingRow | None:
    """The newest booking of the parcel that way, whatever became of it."""
    return session.scalar(
        select(BookingRow)
        .where(BookingRow.parcel_id == parcel_id, BookingRow.direction == direction.value)
        .order_by(BookingRow.id.desc())
        .limit(1)
    )


def _request(session: Session, parcel_id: ParcelId, row: BatchRow) -> BookingRequest:
    return BookingRequest(
        parcel_id=parcel_id,
        carrier=row.carrier,
        account=row.account,
        service=row.service,
        location=row.location,
        place=row.place,
        person=keep_person(session, row.person),
        weight_g=row.weight_g,
        size=row.size,
        mailing_date=row.mailing_date,
        label_format=row.label_format,
        options=row.options,
        direction=row.direction,
    )


def _standing(session: Session, row: BatchRow, standing: BookingRow) -> RowAsked:
    """The booking that the reference has, unless the row says anything else about the parcel."""
    person = read_person(session, SubjectId(standing.person_id))
    before = replace(
        row,
        carrier=standing.carrier,
        account=standing.account,
        service=standing.service,
        location=standing.location,
        place=address_of(standing.place),
        # Who was erased can't be compared; the booking that stands is told all the same.
        person=row.person if isinstance(person, Erased) else person.address,
        weight_g=standing.weight_g,
        size=Dimensions(*standing.size_mm),
        mailing_date=standing.mailing_date,
        label_format=LabelFormat(standing.label_format),
        options=standing.options,
        direction=Direction(standing.direction),
    )
    other = differences(before, row)
    if other:
        fault = f"the reference was used before, with another {', '.join(other)}"
        return RowAsked(row.number, row.reference, None, fault)
    return RowAsked(row.number, row.reference, BookingId(standing.id))
