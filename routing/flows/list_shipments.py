"""Lists shipments, newest first, page by page; a seller sees their own only."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import OrderId, ShipmentId
from routing.shipment import ShipmentHead, shipment_state
from routing.tables import OrderRow, PlannedParcelRow, ShipmentRow


def list_shipments(
    session: Session,
    *,
    seller: str | None = None,
    order: OrderId | None = None,
    before: ShipmentId | None = None,
    limit: int = 50,
) -> tuple[ShipmentHead, ...]:
    """Shipments by falling id (ids are time-ordered), those before `before`."""
    query = (
        select(ShipmentRow, OrderRow)
        .join(OrderRow, OrderRow.id == ShipmentRow.order_id)
        .order_by(ShipmentRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(ShipmentRow.id < before)
    if seller is not None:
        query = query.where(ShipmentRow.seller == seller)
    if order is not None:
        query = query.where(ShipmentRow.order_id == order)
    found = session.execute(query).all()
    states = _parcel_states(session, {row.order_id for row, _ in found})
    return tuple(
        ShipmentHead(
            id=ShipmentId(row.id),
            order_id=OrderId(row.order_id),
            seller=row.seller,
            country=bought.country,
            placed_at=bought.placed_at,
            promised_date=bought.promised_date,
            state=shipment_state(states[str(row.id)]),
            parcels=len(states[str(row.id)]),
        )
        for row, bought in found
    )


def _parcel_states(session: Session, orders: Collection[UUID]) -> dict[str, list[str]]:
    """The states of the parcels of these orders, by shipment; a shared parcel counts for each."""
    states: defaultdict[str, list[str]] = defaultdict(list)
    query = select(PlannedParcelRow.shipment_ids, PlannedParcelRow.state)
    for shipments, state in session.execute(query.where(PlannedParcelRow.order_id.in_(orders))):
        for shipment in shipments:
            states[shipment].append(state)
    return states
