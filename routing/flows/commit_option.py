"""Commits an option of a quote: reserves stock and capacity, writes order, parcels and promise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.calendars import local_day
from core.errors import Conflict, Expired, NotFound
from core.ids import OrderId, ParcelId, QuoteId, SubjectId
from core.money import Money
from core.places import Address, Destination, normal_postcode
from routing.cart import Cart, OfferKey
from routing.charges import Charge
from routing.flows.load_snapshot import load_snapshot
from routing.flows.read_quote import read_quote
from routing.flows.write_order import write_order
from routing.network.canonical import from_plain
from routing.network.trade import NoExchangeRate, settle
from routing.quote import DeliveryOption, Promise, Quote
from routing.snapshot import Snapshot
from routing.tables import (
    CapacityRow,
    OrderRow,
    PlannedParcelRow,
    QuoteRow,
    StockRow,
    promise_of,
)
from store.persons import Erased, Person, keep_person, read_person
from store.session import add_if_new, is_taken, lock, new_id, now


@dataclass(frozen=True, slots=True)
class Committed:
    """The order stands; the same key gives it again."""

    order_id: OrderId
    parcels: tuple[ParcelId, ...]
    promise: Promise
    charge: Charge


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a commit asks for, beside its key."""

    quote_id: QuoteId
    option: str
    person: Person


@dataclass(frozen=True, slots=True)
class Because:
    """What has changed since the quote: stock_gone, capacity_gone or order_deadline_passed."""

    code: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """Nothing was reserved: why, and a fresh quote with the options there are now."""

    because: tuple[Because, ...]
    quote: Quote


def commit_option(
    session: Session,
    quote_id: QuoteId,
    option: str,
    consignee: Address,
    *,
    key: str,
    language: str = "en",
) -> Committed | Changed:
    """Buy an option by its code or name; a retry with the same `key` gives the same order.

    Raises NotFound (quote or option), Expired, Conflict (the key was used for another quote,
    option or consignee, or the quote is bought already, or the address lies elsewhere than the
    quote's destination, or a price has no exchange rate).
    """
    wanted = _Wanted(quote_id, option, Person(consignee, language))
    standing = _standing(session, key)
    if standing is not None:
        return _again(session, standing, wanted)
    quote = read_quote(session, quote_id)
    lock(session, QuoteRow, quote_id)  # a twin of this commit waits here
    standing = _standing(session, key)
    if standing is not None:
        return _again(session, standing, wanted)
    chosen = quote.option(option)
    if chosen is None:
        raise NotFound(f"the quote has no option {option!r}", code="unknown_option")
    if now(session) >= quote.expires_at:
        held = quote.expires_at.isoformat()
        raise Expired(f"the quote was held until {held}", code="quote_expired")
    if session.scalar(select(OrderRow.id).where(OrderRow.quote_id == quote_id)) is not None:
        raise Conflict("this quote has been bought already", code="quote_committed")
    _same_place(quote, consignee)
    snapshot = load_snapshot(session, quote.network)
    because = _reserve(session, snapshot, quote, chosen)
    if because:
        cart = Cart(quote.destination, quote.lines, now(session), quote.policy, quote.group)
        from routing.flows.quote_cart import quote_cart  # only here: it loads the planner

        return Changed(tuple(because), quote_cart(session, cart))
    subject = keep_person(session, consignee, language=language)
    prices = _prices(snapshot, quote, chosen)
    try:
        order = write_order(session, quote, chosen, key=key, subject_id=subject, prices=prices)
    except IntegrityError as error:
        if not is_taken(error, OrderRow, ["tenant_id", "key"]):
            raise
        raise _key_reused() from error  # for another quote, at this very moment
    return _committed(session, order)


def _standing(session: Session, key: str) -> OrderRow | None:
    """The order that this key has made already."""
    return session.scalar(select(OrderRow).where(OrderRow.key == key))


def _again(session: Session, order: OrderRow, wanted: _Wanted) -> Committed:
    """The order as it was told; raises Conflict when now something else is wanted.

    It is compared with what stands, so that no digest of an address outlives an erased person;
    of such a one nothing is left to compare.
    """
    same = order.quote_id == wanted.quote_id and _is_option(session, order, wanted.option)
    person = read_person(session, SubjectId(order.subject_id)) if same else None
    if person is None or person not in (wanted.person, Erased()):
        raise _key_reused()
    return _committed(session, order)


def _is_option(session: Session, order: OrderRow, option: str) -> bool:
    """Whether this code or name stands for the option that was bought."""
    if option == order.option:
        return True
    named = read_quote(session, QuoteId(order.quote_id)).option(option)
    return named is not None and named.code == order.option


def _key_reused() -> Conflict:
    return Conflict("this key was used for another commit", code="key_reused")


def _committed(session: Session, order: OrderRow) -> Committed:
    parcels = session.scalars(
        select(PlannedParcelRow.id)
        .where(PlannedParcelRow.order_id == order.id)
        .order_by(PlannedParcelRow.number)
    )
    return Committed(
        OrderId(order.id),
        tuple(ParcelId(parcel) for parcel in parcels),
        promise_of(session, order),
        from_plain(Charge, order.charge),
    )


def _same_place(quote: Quote, consignee: Address) -> None:
    """The address must be the place that was quoted, as far as the quote named it."""
    asked = quote.destination
    there = Destination(consignee.country, consignee.postcode)
    same_code = normal_postcode(asked.postcode) == normal_postcode(there.postcode)
    if asked.country != there.country or (asked.postcode and not same_code):
        raise Conflict(
            f"the quote is for {asked.country} {asked.postcode}".rstrip(), code="other_destination"
        )


def _reserve(
    session: Session, snapshot: Snapshot, quote: Quote, option: DeliveryOption
) -> list[Because]:
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
    places = _capacity_wanted(snapshot, option)
    rooms = {
        slot: _locked_capacity(session, slot) for slot in sorted(places, key=lambda s: (s[0], s[1]))
    }
    for slot, (count, limit) in places.items():
        if limit is not None and rooms[slot].used + count > limit:
            because.append(
                Because("capacity_gone", (("place", slot[0]), ("date", slot[1].isoformat())))
            )
    if because:
        return because
    for key, qty in wanted.items():
        stock[key].reserved += qty
    for slot, (count, _) in places.items():
        rooms[slot].used += count
    return []


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


Slot = tuple[str, date]


def _capacity_wanted(
    snapshot: Snapshot, option: DeliveryOption
) -> dict[Slot, tuple[int, int | None]]:
    """Parcels by place and local date, and the limit there (None: none)."""
    wanted: dict[Slot, tuple[int, int | None]] = {}
    for parcel in option.parcels:
        place = snapshot.network.location(parcel.origin)
        day = local_day(place.calendar.zone, parcel.leaves_at)
        hub = snapshot.hubs.get(parcel.origin)
        limits = [place.daily_parcels, hub.daily_parcels if hub is not None else None]
        pickup = [
            each.pickup.daily_parcels
            for each in snapshot.collections_at.get(parcel.origin, ())
            if each.service.code == parcel.service
        ]
        for name, limit in (
            (parcel.origin, _least(limits)),
            (f"{parcel.service}@{parcel.origin}", _least(pickup)),
        ):
            count, _ = wanted.get((name, day), (0, None))
            wanted[name, day] = (count + 1, limit)
    return wanted


def _least(limits: list[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


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


def _prices(
    snapshot: Snapshot, quote: Quote, option: DeliveryOption
) -> dict[tuple[str, str], Money]:
    """The price of one unit by (line, seller), in the quote's currency.

    Raises Conflict without an exchange rate: a quote of this snapshot has left such offers out.
    """
    day = local_day(snapshot.network.marketplace.zone, quote.at)
    prices: dict[tuple[str, str], Money] = {}
    for parcel in option.parcels:
        for content in parcel.contents:
            offer = next(
                offer
                for offer in snapshot.offers_of[content.sku]
                if offer.key == (content.seller, content.sku, content.location)
            )
            settled = settle(offer.price, quote.currency, snapshot.network.exchange_rates, day)
            if isinstance(settled, NoExchangeRate):
                raise Conflict(
                    f"{content.sku} of {content.seller}: no exchange rate from {settled.base} "
                    f"to {settled.quote} on {day}",
                    code="no_exchange_rate",
                )
            prices[content.line, content.seller] = settled.amount
    return prices
