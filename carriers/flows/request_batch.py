"""Asks for many parcels to be booked; stopped anywhere and run again, it books each exactly once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.batch import BadRow, BatchRow
from carriers.booking import BookingRequest
from carriers.flows.request_booking import request_booking
from carriers.tables import BookingRow
from core.errors import InvalidInput
from core.ids import BookingId, ParcelId, TenantId
from store.persons import keep_person
from store.session import Sessions

CHUNK = 200  # rows of one transaction: short enough for others to get a turn


@dataclass(frozen=True, slots=True)
class RowAsked:
    """A row's booking, or the fault that keeps it from being asked for."""

    number: int
    reference: str
    booking_id: BookingId | None
    fault: str = ""


def request_batch(
    sessions: Sessions, tenant: TenantId, rows: Sequence[BatchRow | BadRow]
) -> Iterator[RowAsked]:
    """A booking per row, in order, each told after its chunk is committed.

    Repeating the batch, or the rest of it, gives the bookings that stand, refused ones included: a
    parcel is known by the row's reference. A bad row stops no other.
    """
    for start in range(0, len(rows), CHUNK):
        with sessions(tenant) as session:
            asked = [_ask(session, tenant, row) for row in rows[start : start + CHUNK]]
        yield from asked


def _ask(session: Session, tenant: TenantId, row: BatchRow | BadRow) -> RowAsked:
    if isinstance(row, BadRow):
        return RowAsked(row.number, row.reference, None, row.fault)
    parcel_id = ParcelId(uuid5(tenant, f"batch:{row.reference}"))
    standing = session.scalar(
        select(BookingRow)
        .where(BookingRow.parcel_id == parcel_id, BookingRow.direction == row.direction.value)
        .order_by(BookingRow.id.desc())
        .limit(1)
    )
    if standing is not None:
        return _standing(row, standing)
    try:
        with session.begin_nested():  # a bad row leaves nothing behind, not even the person
            booking_id = request_booking(
                session,
                BookingRequest(
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
                ),
            )
    except InvalidInput as error:
        return RowAsked(row.number, row.reference, None, error.message)
    return RowAsked(row.number, row.reference, booking_id)


def _standing(row: BatchRow, standing: BookingRow) -> RowAsked:
    """The booking that the reference has, unless the row is not about the same parcel."""
    asked = (row.carrier, row.account, row.service, row.weight_g)
    if asked != (standing.carrier, standing.account, standing.service, standing.weight_g):
        return RowAsked(
            row.number, row.reference, None, "the reference was used before, for another parcel"
        )
    return RowAsked(row.number, row.reference, BookingId(standing.id))
