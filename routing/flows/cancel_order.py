"""Cancels an order before hand-over: voids its bookings, gives stock and capacity back."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.flows.void_booking import void_booking
from core.calendars import local_day
from core.errors import Conflict
from core.ids import BookingId, OrderId, ParcelId
from routing.events import OrderCancelled
from routing.flows.load_snapshot import load_snapshot
from routing.tables import CapacityRow, OrderRow, PlannedParcelRow, ReservationRow, StockRow
from store.audit import audit
from store.outbox import signal
from store.session import lock


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The order as it stands now, and each parcel's booking: none, voided, voiding or refused."""

    order_id: OrderId
    bookings: tuple[tuple[ParcelId, str], ...]


def cancel_order(session: Session, order_id: OrderId, *, reason: str = "") -> Cancelled:
    """Cancel all of an order; repeating it changes nothing.

    Raises NotFound, or Conflict once a parcel was handed over, stands on a submitted manifest, or
    while nobody knows whether its carrier has it.
    """
    parcels = session.scalars(
        select(PlannedParcelRow)
        .where(PlannedParcelRow.order_id == order_id)
        .order_by(PlannedParcelRow.number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    order = lock(session, OrderRow, order_id)
    for parcel in parcels:
        if parcel.state == "handed_over":
            reason_why = f"parcel {parcel.number} has left; it can only be returned"
            raise Conflict(reason_why, code="order_handed_over")
    bookings = tuple((ParcelId(parcel.id), _void(session, parcel)) for parcel in parcels)
    if order.state == "cancelled":
        return Cancelled(order_id, bookings)
    _give_back_stock(session, parcels)
    _give_back_capacity(session, order, parcels)
    for parcel in parcels:
        parcel.state = "cancelled"
    order.state = "cancelled"
    audit(session, "cancel_order", "order", order_id, {"reason": reason})
    signal(session, OrderCancelled(order_id, tuple(parcel.id for parcel in parcels)))
    session.flush()
    return Cancelled(order_id, bookings)


def _void(session: Session, parcel: PlannedParcelRow) -> str:
    if parcel.booking_id is None:
        return "none"
    return void_booking(session, BookingId(parcel.booking_id)).value


def _give_back_stock(session: Session, parcels: Sequence[PlannedParcelRow]) -> None:
    """Release what is reserved; rows are locked in the order in which commits lock them."""
    held = session.scalars(
        select(ReservationRow)
        .where(ReservationRow.parcel_id.in_([parcel.id for parcel in parcels]))
        .where(ReservationRow.state == "reserved")
        .order_by(ReservationRow.sku, ReservationRow.seller, ReservationRow.location)
        .with_for_update()
    ).all()
    for reservation in held:
        stock = session.scalars(
            select(StockRow)
            .where(
                StockRow.seller == reservation.seller,
                StockRow.sku == reservation.sku,
                StockRow.location == reservation.location,
            )
            .with_for_update()
        ).one()
        stock.reserved = max(0, stock.reserved - reservation.qty)
        reservation.state = "released"


def _give_back_capacity(
    session: Session, order: OrderRow, parcels: Sequence[PlannedParcelRow]
) -> None:
    network = load_snapshot(session, order.network_hash).network
    fleets = {each.code: each.fleet_slot for each in network.services if each.fleet}
    slots = [
        (place, local_day(network.location(parcel.origin).calendar.zone, parcel.leaves_at))
        for parcel in parcels
        for place in (
            parcel.origin,
            f"{parcel.service}@{parcel.origin}",
            *((fleets[parcel.service],) if parcel.service in fleets else ()),
        )
    ]
    for place, day in sorted(slots):
        row = session.scalars(
            select(CapacityRow)
            .where(CapacityRow.place == place, CapacityRow.day == day)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        row.used = max(0, row.used - 1)
        session.flush()
