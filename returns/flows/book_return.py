"""Asks for the labels of a return: one for each parcel in which its goods came."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import BookingRequest, Direction
from carriers.flows.request_booking import request_booking
from carriers.ports import LabelFormat, companion
from carriers.tables import BookingRow, address_of
from core.calendars import local_day
from core.errors import NotFound
from core.ids import BookingId, ParcelId, SubjectId
from core.places import Address
from core.units import Dimensions
from returns.sending import CameIn, GoesBack, parcels_back
from returns.tables import (
    STANDING,
    Purchase,
    RmaParcelRow,
    RmaRow,
    gone_parcels,
    lines_of,
    parcels_of,
)
from routing.flows.load_snapshot import load_snapshot
from routing.network.network import Network
from routing.tables import OrderRow, PlannedParcelRow
from store.session import new_id, now


def book_return(session: Session, rma_id: UUID, purchase: Purchase) -> tuple[UUID, ...]:
    """The parcels that go back, each with a booking by the carrier that brought it.

    A parcel that was never booked gets none: the customer sends it as they like. Repeats safely.
    """
    standing = parcels_of(session, rma_id)
    if standing:
        return tuple(row.id for row in standing)
    rma = session.get_one(RmaRow, rma_id)
    order = session.get_one(OrderRow, rma.order_id)
    network = load_snapshot(session, order.network_hash).network
    outbound = _outbound(session, rma, purchase, network)
    wanted = {line.line: line.qty for line in lines_of(session, rma_id)}
    chosen = parcels_back(wanted, [came for came, _ in outbound.values()])
    found = []
    for number, one in enumerate(chosen, start=1):
        _, parcel = outbound[one.parcel]
        row = RmaParcelRow(
            id=new_id(session),
            rma_id=rma_id,
            number=number,
            came_in=parcel.id,
            units=dict(one.units),
            weight_g=one.weight_g,
        )
        session.add(row)
        row.booking_id = _ask_for_label(session, rma, purchase, network, parcel, row.id, one)
        found.append(row.id)
    session.flush()
    return tuple(found)


def _outbound(
    session: Session, rma: RmaRow, purchase: Purchase, network: Network
) -> dict[UUID, tuple[CameIn, PlannedParcelRow]]:
    """The parcels that came with goods of the return's seller, with what has not gone back yet."""
    gone = gone_parcels(session, rma.order_id)
    sent = _sent_back(session, rma)
    parcels = session.scalars(
        select(PlannedParcelRow)
        .where(PlannedParcelRow.order_id == rma.order_id)
        .order_by(PlannedParcelRow.number)
    ).all()
    return {
        row.id: (_came_in(row, rma.seller, purchase, network, sent[row.id]), row)
        for row in parcels
        if row.id not in gone and rma.seller in row.sellers
    }


def _sent_back(session: Session, rma: RmaRow) -> dict[UUID, dict[str, int]]:
    """Units by line that other standing returns take back, by the parcel they came in."""
    rows = session.scalars(
        select(RmaParcelRow)
        .join(RmaRow, RmaRow.id == RmaParcelRow.rma_id)
        .where(RmaRow.order_id == rma.order_id, RmaRow.state.in_(STANDING))
    )
    sent: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        for line, qty in row.units.items():
            sent[row.came_in][line] += qty
    return sent


def _came_in(
    row: PlannedParcelRow,
    seller: str,
    purchase: Purchase,
    network: Network,
    sent: Mapping[str, int],
) -> CameIn:
    units: dict[str, int] = defaultdict(int)
    unit_g: dict[str, int] = {}
    stays_g = 0
    for content in row.contents:
        each_g = _weight_of(network, content["sku"])
        if content["seller"] != seller:
            stays_g += content["qty"] * each_g
            continue
        line = purchase.line_name(content["line"], seller)
        units[line] += content["qty"]
        unit_g[line] = each_g
    left = {line: max(0, qty - sent.get(line, 0)) for line, qty in units.items()}
    stays_g += sum((qty - left[line]) * unit_g[line] for line, qty in units.items())
    return CameIn(row.id, row.number, left, max(1, row.weight_g - stays_g), unit_g)


def _weight_of(network: Network, sku: str) -> int:
    """Grams of one unit; 0 for an article that this network does not know."""
    try:
        return network.sku(sku).weight_g
    except NotFound:
        return 0


def _ask_for_label(
    session: Session,
    rma: RmaRow,
    purchase: Purchase,
    network: Network,
    parcel: PlannedParcelRow,
    parcel_id: UUID,
    back: GoesBack,
) -> BookingId | None:
    booking = session.get(BookingRow, parcel.booking_id) if parcel.booking_id else None
    if booking is None:
        return None
    location, place = _taker(network, rma.seller, booking)
    length, width, height = booking.size_mm
    return request_booking(
        session,
        BookingRequest(
            parcel_id=ParcelId(parcel_id),
            carrier=booking.carrier,
            account=booking.account,
            service=booking.service,
            location=location,
            place=place,
            person=SubjectId(purchase.consignee),
            weight_g=back.weight_g,
            size=Dimensions(length, width, height),
            mailing_date=local_day(purchase.zone, now(session)),
            label_format=_paper(LabelFormat(booking.label_format)),
            direction=Direction.RETURN,
        ),
    )


def _paper(printed: LabelFormat) -> LabelFormat:
    """What a customer can print, whatever the warehouse's printers take."""
    return printed if printed.value.startswith("pdf") else companion(printed)


def _taker(network: Network, seller: str, booking: BookingRow) -> tuple[str, Address]:
    """Who takes the return, as the quote said: the seller's place for it, else where it left."""
    try:
        code = network.seller(seller).returns_to
        if code:
            return code, network.location(code).address
    except NotFound:
        pass  # a seller of a network that is no longer the order's: where it left still holds
    return booking.location, address_of(booking.place)
