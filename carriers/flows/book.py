"""Books a requested parcel with its carrier, exactly once, whatever dies on the way."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import BookingState, Direction
from carriers.call_jobs import LABEL_JOB
from carriers.events import BookingParked, BookingRefused, LabelReady, ParcelBooked
from carriers.flows.ask_void import ask_void
from carriers.flows.run_call import CallKind, Unread, run_call
from carriers.journal import Call, park
from carriers.labels.content import check_printable
from carriers.ports import Booked, BookedUnread, BookingOrder, Carrier, LabelFormat, companion
from carriers.tables import (
    BookingRow,
    CallRow,
    add_call,
    address_of,
    call_of,
    keep_call,
    keep_label,
    take_own_serial,
)
from core.errors import CarrierRejected, InvalidInput
from core.ids import BookingId, SubjectId, TenantId
from core.units import Dimensions
from store.jobs import enqueue
from store.outbox import signal
from store.persons import Erased, read_person
from store.session import Sessions, lock, new_id, now

LABEL_KEPT = timedelta(days=90)
MOST_NUMBER = 60  # signs of a tracking number
MOST_REFERENCE = 100  # of the carrier's own reference
MOST_MINOR = 2**31 - 1  # of a price


def book(
    sessions: Sessions, tenant: TenantId, carriers: Mapping[str, Carrier], booking_id: BookingId
) -> Call:
    """Take the booking one step further; run again at `next_at` while it is not settled."""
    kind = replace(BOOKING, prepare=partial(_prepare_numbered, carriers))
    return run_call(sessions, tenant, carriers, kind, booking_id)


def _prepare_numbered(
    carriers: Mapping[str, Carrier], session: Session, call: CallRow
) -> BookingOrder:
    """The order, with a serial of the carrier's own numbers where those are ours to give out."""
    order = _prepare(session, call)
    carrier = carriers.get(call.carrier)
    if carrier is None or carrier.profile.numbers is None:
        return order
    row = lock(session, BookingRow, call.subject_id)
    series = carrier.profile.numbers
    serial = row.own_serial if row.own_series == series.name else None
    if serial is None or not series.first <= serial <= series.last:
        serial = take_own_serial(session, series)
    if serial is None:
        raise CarrierRejected(
            f"the numbers {series.first} to {series.last} of {series.name} are used up",
            code="numbers_used_up",
        )
    row.own_serial, row.own_series = serial, series.name
    return replace(order, serial=serial)


def _prepare(session: Session, call: CallRow) -> BookingOrder:
    row = lock(session, BookingRow, call.subject_id)
    person = read_person(session, SubjectId(row.person_id))
    if isinstance(person, Erased):
        raise CarrierRejected("the person's data were erased", code="erased")
    place = address_of(row.place)
    try:
        check_printable(person.address, "address")
    except InvalidInput as error:
        raise CarrierRejected(error.message, code="address") from error
    back = row.direction == Direction.RETURN.value
    length, width, height = row.size_mm
    return BookingOrder(
        key=str(row.id),
        reference=row.reference,
        serial=row.serial,
        service=row.service,
        account=row.account,
        ship_from=person.address if back else place,
        ship_to=place if back else person.address,
        weight_g=row.weight_g,
        size=Dimensions(length, width, height),
        mailing_date=row.mailing_date,
        label_format=LabelFormat(row.label_format),
        options=row.options,
        return_to_sender=back,
        rate_id=row.rate_id,
    )


def _send(carrier: Carrier, order: BookingOrder) -> Booked | Unread:
    answer = carrier.return_label(order) if order.return_to_sender else carrier.book(order)
    return Unread(answer.reason) if isinstance(answer, BookedUnread) else answer


def _look_up(carrier: Carrier, call: CallRow) -> Booked | None:
    return carrier.find(call.reference)


def _accept(session: Session, call: CallRow, booked: Booked) -> Unread | None:
    """Write the booking; a number that is none, or another parcel's, cannot be true."""
    row = lock(session, BookingRow, call.subject_id)
    fault = _unbelievable(booked)
    if fault:
        return Unread(f"the carrier told {fault}")
    other = session.scalar(
        select(BookingRow.id).where(
            BookingRow.carrier == row.carrier,
            BookingRow.tracking_number == booked.tracking_number,
            BookingRow.id != row.id,
        )
    )
    if other is not None:
        return Unread(f"the carrier told a number that another parcel has ({other})")
    row.tracking_number = booked.tracking_number
    row.carrier_reference = booked.carrier_reference
    row.booked_at = now(session)
    if booked.cost is not None:
        row.cost_minor, row.currency = booked.cost.minor, booked.cost.currency
    if row.slot == "live":
        _take_up(session, row, booked)
    elif row.state in (BookingState.REFUSED.value, BookingState.VOIDED.value):
        ask_void(session, row)  # given up or cancelled, and yet it exists: it would be billed
    return None


def _hear_again(session: Session, call: CallRow, booked: Booked) -> None:
    """Leave a second number to a person: a label too many, or what a person has mistyped.

    It gets a booking of its own that counts for nothing, with a void that waits on the desk; to say
    that the void never arrived is to send it.
    """
    row = lock(session, BookingRow, call.subject_id)
    known = session.scalar(
        select(BookingRow.id).where(
            BookingRow.carrier == row.carrier,
            BookingRow.tracking_number == booked.tracking_number,
        )
    )
    if known is not None or _unbelievable(booked):
        return
    stray_id = new_id(session)
    values = {one.key: getattr(row, one.key) for one in BookingRow.__mapper__.column_attrs}
    reason = f"the carrier told a second number; the booking has {row.tracking_number}"
    values |= {
        "id": stray_id,
        "slot": str(stray_id),
        "own_serial": None,
        "own_series": None,
        "reference": f"{row.reference}-{stray_id.hex[-6:].upper()}",
        "state": BookingState.VOIDING.value,
        "reason": reason[:300],
        "tracking_number": booked.tracking_number,
        "carrier_reference": booked.carrier_reference,
        "cost_minor": booked.cost.minor if booked.cost is not None else None,
        "currency": booked.cost.currency if booked.cost is not None else None,
        "manifest_id": None,
        "has_label": False,
        "booked_at": now(session),
    }
    session.add(BookingRow(**values))
    session.flush()
    void = add_call(
        session,
        "void",
        stray_id,
        carrier=row.carrier,
        account=row.account,
        reference=f"V-{values['reference']}",
    )
    keep_call(session, void, park(call_of(void), reason))


def _unbelievable(booked: Booked) -> str:
    """What of the answer cannot be true (and could not be stored); empty when all can."""
    number, reference, cost = booked.tracking_number, booked.carrier_reference, booked.cost
    if not (number.strip() and number.isprintable() and len(number) <= MOST_NUMBER):
        return f"a number of {len(number)} signs that is none"
    if not (reference.isprintable() and len(reference) <= MOST_REFERENCE):
        return f"a reference of {len(reference)} signs that is none"
    if cost is not None and not 0 <= cost.minor <= MOST_MINOR:
        return f"a price of {cost.minor} in minor units"
    return ""


def _take_up(session: Session, row: BookingRow, booked: Booked) -> None:
    """The parcel goes with this label: keep what was told of it, ask for the rest, say so."""
    row.state = BookingState.BOOKED.value
    row.reason = ""
    for extra in booked.more_labels:
        keep_label(session, row, extra, LABEL_KEPT)
    if not booked.more_labels:
        also = companion(LabelFormat(row.label_format)).value
        payload = {"booking_id": str(row.id), "format": also, "optional": True}
        enqueue(session, LABEL_JOB, payload, key=f"{row.id}-{also}")
    if booked.label is not None:
        keep_label(session, row, booked.label, LABEL_KEPT)
        signal(session, LabelReady(row.id, row.parcel_id, row.direction))
    else:
        payload = {"booking_id": str(row.id), "format": row.label_format}
        enqueue(session, LABEL_JOB, payload, key=f"{row.id}-{row.label_format}")
    signal(
        session,
        ParcelBooked(row.id, row.parcel_id, row.direction, row.carrier, booked.tracking_number),
    )


def _refuse(session: Session, call: CallRow, code: str, reason: str) -> None:
    row = lock(session, BookingRow, call.subject_id)
    row.state = BookingState.REFUSED.value
    row.slot = str(row.id)  # the parcel is free for another booking
    row.reason = f"{code}: {reason}"[:300]
    signal(session, BookingRefused(row.id, row.parcel_id, row.direction, row.carrier, code))


def _park(session: Session, call: CallRow, reason: str) -> None:
    row = lock(session, BookingRow, call.subject_id)
    row.state = BookingState.PARKED.value
    row.reason = reason[:300]
    signal(session, BookingParked(row.id, row.parcel_id, row.direction, row.carrier, reason))


BOOKING = CallKind(
    name="book",
    prepare=_prepare,
    send=_send,
    look_up=_look_up,
    accept=_accept,
    refuse=_refuse,
    park=_park,
    hear_again=_hear_again,
)
