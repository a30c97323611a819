"""Lists parcels to be made or handed over, by when they leave; for warehouses and sellers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from routing.order import OrderParcel
from routing.tables import OrderRow, PlannedParcelRow, order_parcel


def list_parcels(
    session: Session,
    *,
    state: str | None = None,
    origin: str | None = None,
    seller: str | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> tuple[OrderParcel, ...]:
    """Parcels by (leaves_at, id), those after `after`.

    A seller's page may be shorter than `limit` before the end: their parcels are picked from it.
    """
    query = (
        select(PlannedParcelRow, OrderRow.currency)
        .join(OrderRow, OrderRow.id == PlannedParcelRow.order_id)
        .order_by(PlannedParcelRow.leaves_at, PlannedParcelRow.id)
        .limit(limit)
    )
    if state is not None:
        query = query.where(PlannedParcelRow.state == state)
    if origin is not None:
        query = query.where(PlannedParcelRow.origin == origin)
    if after is not None:
        query = query.where(tuple_(PlannedParcelRow.leaves_at, PlannedParcelRow.id) > after)
    return tuple(
        order_parcel(row, currency, seller=seller)
        for row, currency in session.execute(query)
        if seller is None or seller in row.sellers
    )
