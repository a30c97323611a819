"""Reads one shipment, narrowed to its seller; another seller does not find it."""

from sqlalchemy.orm import Session

from core.errors import NotFound
from core.ids import OrderId, ShipmentId
from routing.flows.read_order import read_order
from routing.shipment import Shipment, shipment_state
from routing.tables import ShipmentRow


def read_shipment(
    session: Session, shipment_id: ShipmentId, *, seller: str | None = None
) -> Shipment:
    """The shipment; raises NotFound, also for a seller whose it is not.

    Whoever asks: contents, lines and costs of other sellers are not part of it.
    """
    row = session.get(ShipmentRow, shipment_id)
    if row is None or seller not in (None, row.seller):
        raise NotFound("no such shipment", code="unknown_shipment")
    order = read_order(session, OrderId(row.order_id), seller=row.seller)
    return Shipment(
        id=shipment_id,
        order_id=order.id,
        seller=row.seller,
        country=order.country,
        zones=order.zones,
        placed_at=order.placed_at,
        promise=order.promise,
        state=shipment_state(parcel.state for parcel in order.parcels),
        lines=order.lines,
        parcels=order.parcels,
    )
