"""Reserves an option's stock and capacity, all or nothing, or says what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.capacity import Slot, capacity_wanted
from routing.cart import OfferKey
from routing.quote import DeliveryOption
from routing.snapshot import Snapshot
from routing.tables import CapacityRow, StockRow
from store.session import add_if_new, new_id, now


@dataclass(frozen=True, slots=True)
class Because:
    """What has changed since the quote: quote_expired, stock_gone, capacity_gone,
    order_deadline_passed, or address_treated_otherwise (than the country or region quoted for)."""

    code: str
    details: tuple[tuple[str, str], ...] = ()


def reserve_option(
    session: Session, snapshot: Snapshot, option: DeliveryOption
) -> tuple[Because, ...]:
    """Lock and take stock and capacity; what is missing, with nothing taken, otherwise."""
    because: list[Because] = []
    instant = now(session)
    if option.order_within is not None and instant > option.order_within:
        at = option.order_within.isoformat()
        because.append(Because("order_deadline_passed", (("until", at),)))
    wanted: dict[OfferKey, int] = {}
    for parcel in option.parcels:
        for content in parcel.contents:
            key = (content.seller, content.sku, content.location)
            wanted[key] = wanted.get(key, 0) + content.qty
    stock = _locked_stock(session, wanted)
    for key, qty in wanted.items():
        row = stock.get(key)
        free = 0 if row is None else row.free
        if free < qty:
            named = zip(("seller", "sku", "location"), key, strict=True)
            because.append(
                Because("stock_gone", (*named, ("free", str(free)), ("wanted", str(qty))))
            )
    places = capacity_wanted(snapshot, option.parcels)
    rooms = {
        slot: _locked_capacity(session, slot) for slot in sorted(places, key=lambda s: (s[0], s[1]))
    }
    for slot, (count, limit) in places.items():
        if limit is not None and rooms[slot].used + count > limit:
            because.append(
                Because("capacity_gone", (("place", slot[0]), ("date", slot[1].isoformat())))
            )
    if because:
        return tuple(because)
    for key, qty in wanted.items():
        stock[key].reserved += qty
    for slot, (count, _) in places.items():
        rooms[slot].used += count
    return ()


def _locked_stock(session: Session, wanted: Mapping[OfferKey, int]) -> dict[OfferKey, StockRow]:
    """The rows, locked in one order everywhere so that no two commits wait for each other."""
    rows = session.scalars(
        select(StockRow)
        .where(StockRow.sku.in_(sorted({key[1] for key in wanted})))
        .where(StockRow.location.in_(sorted({key[2] for key in wanted})))
        .order_by(StockRow.sku, StockRow.seller, StockRow.location)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.key: row for row in rows}


def _locked_capacity(session: Session, slot: Slot) -> CapacityRow:
    place, day = slot
    add_if_new(
        session,
        CapacityRow,
        {"id": new_id(session), "place": place, "day": day, "used": 0},
        ["tenant_id", "place", "day"],
    )
    return session.scalars(
        select(CapacityRow)
        .where(CapacityRow.place == place, CapacityRow.day == day)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
