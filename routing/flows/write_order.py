"""Writes a bought option as rows: order, shipments, lines, parcels, reservations, promise."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from core.ids import SubjectId
from core.money import Money
from routing.events import OrderCommitted, ParcelsPlanned
from routing.network.canonical import to_plain
from routing.quote import DeliveryOption, OptionParcel, Quote
from routing.tables import (
    OrderLineRow,
    OrderRow,
    PlannedParcelRow,
    PromiseRow,
    ReservationRow,
    ShipmentRow,
)
from store.outbox import signal
from store.session import new_id, now


def write_order(
    session: Session,
    quote: Quote,
    option: DeliveryOption,
    *,
    key: str,
    subject_id: SubjectId,
    prices: Mapping[tuple[str, str], Money],
    note: str = "",
) -> OrderRow:
    """Write everything and signal it; stock and capacity are the caller's to reserve.

    `prices`: of one unit by (line, seller), in the quote's currency. `note`: for the carriers.
    """
    order = OrderRow(
        id=new_id(session),
        quote_id=quote.id,
        option=option.code,
        key=key,
        subject_id=subject_id,
        network_hash=quote.network,
        policy=quote.policy,
        policy_version=quote.policy_version,
        country=quote.destination.country,
        zones=list(quote.zones),
        currency=quote.currency,
        cost_minor=option.cost.minor,
        charge=to_plain(option.charge),
        promised_date=option.promise.date,
        promise_ends_at=option.promise.ends_at,
        level=str(option.promise.level),
        state="committed",
        placed_at=now(session),
    )
    session.add(order)
    session.flush()
    shipments = _shipments(session, order, option)
    _lines(session, order, option, shipments, prices)
    parcels = [
        _parcel(session, order, option, parcel, shipments, note) for parcel in option.parcels
    ]
    _promise(session, order, quote, option, parcels)
    session.flush()
    signal(session, OrderCommitted(order.id))
    signal(session, ParcelsPlanned(order.id, tuple(parcel.id for parcel in parcels)))
    return order


def _shipments(session: Session, order: OrderRow, option: DeliveryOption) -> dict[str, UUID]:
    """One shipment a seller; their ids by seller."""
    sellers = sorted({c.seller for parcel in option.parcels for c in parcel.contents})
    rows = [ShipmentRow(id=new_id(session), order_id=order.id, seller=code) for code in sellers]
    session.add_all(rows)
    session.flush()
    return {row.seller: row.id for row in rows}


def _lines(
    session: Session,
    order: OrderRow,
    option: DeliveryOption,
    shipments: Mapping[str, UUID],
    prices: Mapping[tuple[str, str], Money],
) -> None:
    rows: dict[tuple[str, str], OrderLineRow] = {}
    for parcel in option.parcels:
        for content in parcel.contents:
            place = (content.line, content.seller)
            row = rows.get(place)
            if row is None:
                price = prices[place]
                row = rows[place] = OrderLineRow(
                    id=new_id(session),
                    order_id=order.id,
                    shipment_id=shipments[content.seller],
                    line=content.line,
                    sku=content.sku,
                    name=content.name,
                    seller=content.seller,
                    qty=0,
                    price_minor=price.minor,
                    currency=price.currency,
                )
            row.qty += content.qty
    session.add_all(rows.values())


def _parcel(
    session: Session,
    order: OrderRow,
    option: DeliveryOption,
    parcel: OptionParcel,
    shipments: Mapping[str, UUID],
    note: str,
) -> PlannedParcelRow:
    sellers = sorted({content.seller for content in parcel.contents})
    row = PlannedParcelRow(
        id=new_id(session),
        order_id=order.id,
        number=parcel.number,
        origin=parcel.origin,
        through_hub=parcel.through_hub,
        service=parcel.service,
        carrier=parcel.carrier,
        box=parcel.box,
        length_mm=parcel.size.length_mm,
        width_mm=parcel.size.width_mm,
        height_mm=parcel.size.height_mm,
        weight_g=parcel.weight_g,
        contents=to_plain(parcel.contents),
        legs=to_plain(parcel.legs),
        sellers=sellers,
        shipment_ids=[str(shipments[seller]) for seller in sellers],
        ready_at=parcel.ready_at,
        leaves_at=parcel.leaves_at,
        own_date=parcel.date,
        promised_date=option.promise.date,
        promise_ends_at=option.promise.ends_at,
        transit=to_plain(parcel.transit),
        customs=parcel.customs,
        cost_minor=parcel.cost.minor,
        cost_lines=to_plain(parcel.cost_lines),
        state="planned",
        carrier_note=note,
        booking_id=None,
    )
    session.add(row)
    session.flush()
    session.add_all(
        ReservationRow(
            id=new_id(session),
            parcel_id=row.id,
            seller=content.seller,
            sku=content.sku,
            location=content.location,
            qty=content.qty,
            state="reserved",
        )
        for content in parcel.contents
    )
    return row


def _promise(
    session: Session,
    order: OrderRow,
    quote: Quote,
    option: DeliveryOption,
    parcels: list[PlannedParcelRow],
) -> None:
    session.add(
        PromiseRow(
            id=new_id(session),
            order_id=order.id,
            made_at=now(session),
            promised_date=option.promise.date,
            ends_at=option.promise.ends_at,
            level=str(option.promise.level),
            probability=option.promise.probability,
            rule=option.promise.rule,
            model=quote.model,
            network_hash=quote.network,
            policy=quote.policy,
            policy_version=quote.policy_version,
            parcels=[
                {
                    "id": str(parcel.id),
                    "service": parcel.service,
                    "origin": parcel.origin,
                    "date": parcel.own_date.isoformat(),
                }
                for parcel in parcels
            ],
        )
    )
