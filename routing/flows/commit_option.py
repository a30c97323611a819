"""Commits an option of a quote: reserves stock and capacity, writes order, parcels and promise."""

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.calendars import local_day
from core.errors import Conflict, NotFound
from core.ids import OrderId, ParcelId, QuoteId, SubjectId
from core.money import Money
from core.places import Address, Destination, normal_postcode
from routing.cart import Cart
from routing.charges import Charge
from routing.delivering import carrier_note, delivered_to, in_window
from routing.flows.load_snapshot import load_snapshot
from routing.flows.read_quote import read_quote
from routing.flows.reserve_option import Because as Because
from routing.flows.reserve_option import reserve_option
from routing.flows.write_order import write_order
from routing.network.canonical import from_plain
from routing.network.trade import NoExchangeRate, settle
from routing.quote import DeliveryOption, Difference, Promise, Quote, nearest_option
from routing.snapshot import PUBLISHED, Snapshot
from routing.tables import (
    OrderRow,
    PlannedParcelRow,
    QuoteRow,
    promise_of,
)
from routing.treatment import has_co2_price, treatment
from store.persons import Erased, Person, keep_person, read_person
from store.session import is_taken, lock, now


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
    window: str
    consignee: Address
    language: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Nothing was reserved: why, and a fresh quote with the options there are now."""

    because: tuple[Because, ...]
    quote: Quote
    instead: Difference | None
    """The option now nearest to the one chosen, and how it differs; None without any."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """Nothing was reserved: why, and the cart to plan anew once the locks are released."""

    because: tuple[Because, ...]
    cart: Cart
    chosen: DeliveryOption

    def beside(self, fresh: Quote) -> Changed:
        """The answer, with the fresh quote of the cart; points to what is nearest to the choice."""
        return Changed(self.because, fresh, nearest_option(self.chosen, fresh.options))


def commit_option(
    session: Session,
    quote_id: QuoteId,
    option: str,
    consignee: Address,
    *,
    key: str,
    language: str = "en",
    window: str = "",
) -> Committed | Outdated:
    """Buy an option by its code or name; a retry with the same `key` gives the same order.

    An expired quote is outdated like one whose goods are gone, and so is one for a country or
    region alone when the address is treated otherwise there. Planning is long: end the
    transaction, which holds locks, before the cart is planned anew. Raises NotFound (quote or
    option), Conflict (the key was used for another quote, option or consignee, or the quote is
    bought already, or the address lies elsewhere than the quote's destination, or a price has no
    exchange rate).
    """
    wanted = _Wanted(quote_id, option, window, consignee, language)
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
    if session.scalar(select(OrderRow.id).where(OrderRow.quote_id == quote_id)) is not None:
        raise Conflict("this quote has been bought already", code="quote_committed")
    home = _home(quote, chosen, consignee)
    note = carrier_note(quote, chosen, window)
    chosen = in_window(chosen, window)
    snapshot = load_snapshot(session, quote.network)
    because = (
        _over(session, quote)
        or _elsewhere(snapshot, quote, home)
        or reserve_option(session, snapshot, chosen)
    )
    if because:
        return Outdated(because, replace(quote.cart, destination=home, at=now(session)), chosen)
    subject = keep_person(session, delivered_to(consignee, chosen), language=language)
    prices = _prices(snapshot, quote, chosen)
    try:
        order = write_order(
            session, quote, chosen, key=key, subject_id=subject, prices=prices, note=note
        )
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
    if order.quote_id != wanted.quote_id:
        raise _key_reused()
    chosen = read_quote(session, wanted.quote_id).option(wanted.option)
    if chosen is None or chosen.code != order.option:
        raise _key_reused()
    person = read_person(session, SubjectId(order.subject_id))
    asked = Person(delivered_to(wanted.consignee, chosen), wanted.language)
    in_time = in_window(chosen, wanted.window).promise.ends_at == order.promise_ends_at
    if not in_time or person not in (asked, Erased()):
        raise _key_reused()
    return _committed(session, order)


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


def _home(quote: Quote, option: DeliveryOption, consignee: Address) -> Destination:
    """Where it goes, as exactly as the address says; raises Conflict outside what was quoted."""
    asked = quote.destination
    if option.pickup_point is not None:
        return asked  # it is delivered to the point, wherever the consignee lives
    same_code = normal_postcode(asked.postcode) == normal_postcode(consignee.postcode)
    if asked.country != consignee.country or (asked.postcode and not same_code):
        raise Conflict(
            f"the quote is for {asked.country} {asked.postcode}".rstrip(), code="other_destination"
        )
    if asked.postcode:
        return asked
    return replace(asked, postcode=consignee.postcode, region=consignee.region or asked.region)


def _elsewhere(snapshot: Snapshot, quote: Quote, home: Destination) -> tuple[Because, ...]:
    """Whether what was promised for a country or region is not what its place would be told."""
    asked = quote.destination
    if home == asked:
        return ()
    by_distance = has_co2_price(snapshot, quote.cart)
    wide, here = (treatment(snapshot, place, by_distance=by_distance) for place in (asked, home))
    if wide.serves(here) and quote.model == PUBLISHED:  # learned times are of each place
        return ()
    details = (("quoted_for", " ".join(filter(None, (asked.country, asked.region)))),)
    return (Because("address_treated_otherwise", details),)


def _over(session: Session, quote: Quote) -> tuple[Because, ...]:
    """Whether prices and dates are no longer held."""
    if now(session) < quote.expires_at:
        return ()
    return (Because("quote_expired", (("until", quote.expires_at.isoformat()),)),)


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
