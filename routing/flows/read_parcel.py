"""Reads one parcel of an order; a seller sees only what is theirs."""

from sqlalchemy.orm import Session

from core.errors import NotFound
from core.ids import ParcelId
from routing.order import OrderParcel
from routing.tables import OrderRow, PlannedParcelRow, order_parcel


def read_parcel(session: Session, parcel_id: ParcelId, *, seller: str | None = None) -> OrderParcel:
    """One parcel; raises NotFound, also for a seller with nothing in it."""
    row = session.get(PlannedParcelRow, parcel_id)
    if row is None or (seller is not None and seller not in row.sellers):
        raise NotFound("no such parcel", code="unknown_parcel")
    order = session.get_one(OrderRow, row.order_id)
    return order_parcel(row, order.currency, seller=seller)
