"""Reads an order with its lines and parcels; a seller sees only what is theirs."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.ids import OrderId, ParcelId, ShipmentId, SubjectId
from core.money import Money
from routing.charges import Charge
from routing.network.canonical import from_plain
from routing.quote import CostLine, InboundLeg, OptionContent, Promise
from routing.tables import (
    OrderLineRow,
    OrderRow,
    PlannedParcelRow,
    ShipmentRow,
    promise_of,
)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Units bought from one seller."""

    line: str
    sku: str
    name: str
    seller: str
    qty: int
    price: Money
    shipment_id: ShipmentId


@dataclass(frozen=True, slots=True)
class OrderParcel:
    """A parcel of an order as it stands."""

    id: ParcelId
    order_id: OrderId
    number: int
    state: str
    origin: str
    through_hub: bool
    carrier: str
    service: str
    box: str
    weight_g: int
    contents: tuple[OptionContent, ...]
    legs: tuple[InboundLeg, ...]
    sellers: tuple[str, ...]
    shipment_ids: tuple[ShipmentId, ...]
    ready_at: datetime
    leaves_at: datetime
    own_date: date
    promised_date: date
    promise_ends_at: datetime
    cost: Money | None
    """None for a seller who shares the parcel with others."""
    cost_lines: tuple[CostLine, ...]
    booking_id: UUID | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order; `charge` is None for a seller, who sees only their own lines and parcels."""

    id: OrderId
    state: str
    placed_at: datetime
    subject_id: SubjectId
    country: str
    zones: tuple[str, ...]
    policy: str
    policy_version: int
    promise: Promise
    charge: Charge | None
    lines: tuple[OrderLine, ...]
    parcels: tuple[OrderParcel, ...]


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


def order_parcel(row: PlannedParcelRow, currency: str, *, seller: str | None) -> OrderParcel:
    """A parcel as a reader may see it: a seller sees only their own contents."""
    contents = from_plain(tuple[OptionContent, ...], row.contents)
    legs = from_plain(tuple[InboundLeg, ...], row.legs)
    own = tuple(content for content in contents if seller in (None, content.seller))
    places = {content.location for content in own}
    alone = seller is None or row.sellers == [seller]
    pairs = zip(row.sellers, row.shipment_ids, strict=True)
    return OrderParcel(
        id=ParcelId(row.id),
        order_id=OrderId(row.order_id),
        number=row.number,
        state=row.state,
        origin=row.origin,
        through_hub=row.through_hub,
        carrier=row.carrier,
        service=row.service,
        box=row.box,
        weight_g=row.weight_g,
        contents=own,
        legs=tuple(leg for leg in legs if leg.location in places),
        sellers=tuple(code for code in row.sellers if seller in (None, code)),
        shipment_ids=tuple(ShipmentId(UUID(id_)) for code, id_ in pairs if seller in (None, code)),
        ready_at=row.ready_at,
        leaves_at=row.leaves_at,
        own_date=row.own_date,
        promised_date=row.promised_date,
        promise_ends_at=row.promise_ends_at,
        cost=Money(row.cost_minor, currency) if alone else None,
        cost_lines=from_plain(tuple[CostLine, ...], row.cost_lines) if alone else (),
        booking_id=row.booking_id,
    )
