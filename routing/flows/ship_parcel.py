"""A parcel has left its place: its reservations become shipped and leave the shelf."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import ParcelId
from routing.tables import PlannedParcelRow, ReservationRow, StockRow
from store.session import lock, now


def ship_parcel(session: Session, parcel_id: ParcelId, left_at: datetime | None = None) -> bool:
    """Take the parcel's goods off the shelf; True the first time, repeats change nothing.

    They left at `left_at`, or now; never later than now. A count taken after that instant has
    seen them leave: then only the reservation ends. A count taken before it, or at it, has not,
    whether it is known already or still to come: `set_stock` takes off what has left since.
    """
    if session.get(PlannedParcelRow, parcel_id) is None:
        return False  # followed for somebody else: nothing of ours was reserved
    parcel = lock(session, PlannedParcelRow, parcel_id)
    if parcel.state in ("handed_over", "cancelled"):
        return False
    parcel.state = "handed_over"
    instant = now(session) if left_at is None else min(left_at, now(session))
    held = session.scalars(
        select(ReservationRow)
        .where(ReservationRow.parcel_id == parcel_id, ReservationRow.state == "reserved")
        .order_by(ReservationRow.sku, ReservationRow.seller, ReservationRow.location)
        .with_for_update()
    ).all()
    for reservation in held:
        reservation.state, reservation.shipped_at = "shipped", instant
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
        if stock.counted_at <= instant:
            stock.on_hand = max(0, stock.on_hand - reservation.qty)
    return True
