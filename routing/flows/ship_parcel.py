"""A parcel has left its place: its reservations become shipped and leave the shelf."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import ParcelId
from routing.tables import PlannedParcelRow, ReservationRow, StockRow
from store.session import lock


def ship_parcel(session: Session, parcel_id: ParcelId) -> bool:
    """Take the parcel's goods off the shelf; True the first time, repeats change nothing.

    A count that a source sends later than the hand-over has seen the goods leave: the next
    `set_stock` of that offer states what is there and wins.
    """
    if session.get(PlannedParcelRow, parcel_id) is None:
        return False  # followed for somebody else: nothing of ours was reserved
    parcel = lock(session, PlannedParcelRow, parcel_id)
    if parcel.state in ("handed_over", "cancelled"):
        return False
    parcel.state = "handed_over"
    held = session.scalars(
        select(ReservationRow)
        .where(ReservationRow.parcel_id == parcel_id, ReservationRow.state == "reserved")
        .order_by(ReservationRow.sku, ReservationRow.seller, ReservationRow.location)
        .with_for_update()
    ).all()
    for reservation in held:
        reservation.state = "shipped"
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
        stock.on_hand = max(0, stock.on_hand - reservation.qty)
    return True
