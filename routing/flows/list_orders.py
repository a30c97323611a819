"""Lists orders, newest first, page by page; a seller sees only orders that hold something theirs."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import OrderId
from routing.tables import OrderRow, ShipmentRow


@dataclass(frozen=True, slots=True)
class OrderHead:
    """What a list shows of an order."""

    id: OrderId
    state: str
    placed_at: datetime
    promised_date: date
    country: str


def list_orders(
    session: Session,
    *,
    seller: str | None = None,
    state: str | None = None,
    before: OrderId | None = None,
    limit: int = 50,
) -> tuple[OrderHead, ...]:
    """Orders by falling id (ids are time-ordered), those before `before`."""
    query = select(OrderRow).order_by(OrderRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(OrderRow.id < before)
    if state is not None:
        query = query.where(OrderRow.state == state)
    if seller is not None:
        own = select(ShipmentRow.order_id).where(ShipmentRow.seller == seller)
        query = query.where(OrderRow.id.in_(own))
    return tuple(
        OrderHead(OrderId(row.id), row.state, row.placed_at, row.promised_date, row.country)
        for row in session.scalars(query)
    )
