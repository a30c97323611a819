"""Reads an order with its lines and parcels; a seller sees only what is theirs."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.ids import OrderId, ShipmentId, SubjectId
from core.money import Money
from routing.charges import Charge
from routing.network.canonical import from_plain
from routing.order import Order as Order
from routing.order import OrderLine as OrderLine
from routing.order import OrderParcel as OrderParcel
from routing.tables import (
    OrderLineRow,
    OrderRow,
    PlannedParcelRow,
    ShipmentRow,
    order_parcel,
    promise_of,
)


def read_order(session: Session, order_id: OrderId, *, seller: str | None = None) -> Order:
    """The order, or a seller's part of it; raises NotFound when nothing of it is theirs."""
    row = session.get(OrderRow, order_id)
    if row is None or not _is_visible(session, order_id, seller):
        raise NotFound("no such order", code="unknown_order")
    lines = session.scalars(
        select(OrderLineRow).where(OrderLineRow.order_id == order_id).order_by(OrderLineRow.line)
    )
    parcels = session.scalars(
        select(PlannedParcelRow)
        .where(PlannedParcelRow.order_id == order_id)
        .order_by(PlannedParcelRow.number)
    )
    return Order(
        id=order_id,
        state=row.state,
        placed_at=row.placed_at,
        subject_id=SubjectId(row.subject_id),
        country=row.country,
        zones=tuple(row.zones),
        policy=row.policy,
        policy_version=row.policy_version,
        promise=promise_of(session, row),
        charge=from_plain(Charge, row.charge) if seller is None else None,
        lines=tuple(_line(line) for line in lines if seller in (None, line.seller)),
        parcels=tuple(
            order_parcel(parcel, row.currency, seller=seller)
            for parcel in parcels
            if seller is None or seller in parcel.sellers
        ),
    )


def _is_visible(session: Session, order_id: OrderId, seller: str | None) -> bool:
    if seller is None:
        return True
    query = select(ShipmentRow.id).where(ShipmentRow.order_id == order_id)
    return session.scalar(query.where(ShipmentRow.seller == seller)) is not None


def _line(row: OrderLineRow) -> OrderLine:
    return OrderLine(
        row.line,
        row.sku,
        row.name,
        row.seller,
        row.qty,
        Money(row.price_minor, row.currency),
        ShipmentId(row.shipment_id),
    )
