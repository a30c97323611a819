"""From a quote to an order: reserved once, promised once, or told what changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.clock import ManualClock
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import QuoteId, SubjectId, TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows import commit_option as flow
from routing.flows.commit_option import Changed, Committed, Outdated, commit_option
from routing.flows.list_orders import list_orders
from routing.flows.list_parcels import list_parcels
from routing.flows.quote_cart import quote_cart
from routing.flows.read_order import read_order
from routing.flows.read_parcel import read_parcel
from routing.flows.read_quote import read_quote
from routing.flows.set_stock import StockChange, set_stock
from routing.network.trade import NoExchangeRate
from routing.quote import Quote
from routing.tables import (
    CapacityRow,
    OrderRow,
    PlannedParcelRow,
    PromiseRow,
    ReservationRow,
    StockRow,
)
from store.persons import erase_person
from store.session import Sessions, new_id, now
from store.tables import OutboxRow

PARIS = Destination("FR", "75011")
HOME = Address("Ada Example", "Rue Oberkampf 1", "Paris", "75011", "FR")
LINES = (
    CartLine("1", "COFFEE-01", 2, "elbe-kaffee"),
    CartLine("2", "BOOK-03", 1, "schelde-boeken"),
    CartLine("3", "PUZZLE-02", 1),
)


@pytest.fixture
def quoted(sessions: Sessions, market: TenantId) -> Quote:
    with sessions(market) as session:
        return quote_cart(session, Cart(PARIS, LINES, now(session)))


def reserved(sessions: Sessions, market: TenantId) -> int:
    with sessions(market, read_only=True) as session:
        return session.scalar(select(func.sum(StockRow.reserved))) or 0


def planned_anew(sessions: Sessions, market: TenantId, answer: Committed | Outdated) -> Changed:
    """What the doors answer: the cart is planned after the transaction of the commit."""
    assert isinstance(answer, Outdated)
    with sessions(market) as session:
        return answer.beside(quote_cart(session, answer.cart))


def test_a_quote_is_read_back_as_it_was_told(
    sessions: Sessions, market: TenantId, quoted: Quote
) -> None:
    with sessions(market, read_only=True) as session:
        assert read_quote(session, quoted.id) == quoted
    assert quoted.options and quoted.exact


def test_a_commit_reserves_and_promises_once(
    sessions: Sessions, market: TenantId, quoted: Quote
) -> None:
    with sessions(market) as session:
        first = commit_option(session, quoted.id, "cheapest", HOME, key="k1")
    with sessions(market) as session:
        again = commit_option(session, quoted.id, "cheapest", HOME, key="k1")
    assert isinstance(first, Committed)
    assert again == first
    assert reserved(sessions, market) == 4
    option = quoted.option("cheapest")
    assert option is not None
    assert first.promise == option.promise
    assert first.charge == option.charge
    with sessions(market, read_only=True) as session:
        assert session.scalar(select(func.count(PromiseRow.id))) == 1
        assert session.scalar(select(func.sum(CapacityRow.used))) == 2 * len(option.parcels)
        names = session.scalars(select(OutboxRow.name)).all()
        assert names.count("routing.order_committed") == 1
        assert names.count("routing.parcels_planned") == 1
        order = read_order(session, first.order_id)
        assert {line.sku for line in order.lines} == {line.sku for line in LINES}
        assert tuple(parcel.id for parcel in order.parcels) == first.parcels
        assert order.promise == option.promise
        rows = session.scalars(select(PlannedParcelRow)).all()
        assert all("Ada" not in str(vars(row)) for row in rows)


def test_stock_gone_between_is_told_and_reserves_nothing(
    sessions: Sessions, market: TenantId, quoted: Quote, clock: ManualClock
) -> None:
    option = quoted.option("cheapest")
    assert option is not None
    content = next(c for p in option.parcels for c in p.contents if c.sku == "COFFEE-01")
    with sessions(market) as session:
        change = StockChange(content.seller, content.sku, content.location, 1, clock.now())
        set_stock(session, [change])
    with sessions(market) as session:
        answer = commit_option(session, quoted.id, "cheapest", HOME, key="k1")
    answer = planned_anew(sessions, market, answer)
    (because,) = answer.because
    assert because.code == "stock_gone"
    assert dict(because.details)["free"] == "1"
    assert answer.quote.id != quoted.id
    assert reserved(sessions, market) == 0
    with sessions(market, read_only=True) as session:
        assert list_orders(session) == ()
        assert read_quote(session, answer.quote.id) == answer.quote


def test_an_expired_quote_is_planned_again_and_says_what_differs(
    sessions: Sessions, market: TenantId, quoted: Quote, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=3))
    with sessions(market) as session:
        answer = commit_option(session, quoted.id, "cheapest", HOME, key="k1")
    answer = planned_anew(sessions, market, answer)
    assert [because.code for because in answer.because] == ["quote_expired"]
    assert answer.quote.at == clock.now()
    chosen = quoted.option("cheapest")
    assert chosen is not None and answer.instead is not None
    nearest = answer.quote.option(answer.instead.to)
    assert nearest is not None and set(nearest.names) & set(chosen.names)
    assert answer.instead.days == (nearest.promise.date - chosen.promise.date).days > 0
    assert answer.instead.charge == nearest.charge.total - chosen.charge.total
    assert reserved(sessions, market) == 0
    with sessions(market) as session:
        again = commit_option(session, answer.quote.id, answer.instead.to, HOME, key="k2")
    assert isinstance(again, Committed)


def test_a_quote_for_a_later_instant_is_held_from_now(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    later = clock.now() + timedelta(days=200)
    with sessions(market) as session:
        present = quote_cart(session, Cart(PARIS, LINES, clock.now()))
        future = quote_cart(session, Cart(PARIS, LINES, later))
    assert future.at == later
    assert future.expires_at == present.expires_at
    clock.set(later)
    with sessions(market) as session:
        answer = commit_option(session, future.id, "cheapest", HOME, key="k")
    answer = planned_anew(sessions, market, answer)
    assert [because.code for because in answer.because] == ["quote_expired"]


def test_the_last_units_are_sold_once(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    cart = Cart(PARIS, (CartLine("1", "COFFEE-01", 2, "elbe-kaffee"),), clock.now())
    with sessions(market) as session:
        set_stock(session, [StockChange("elbe-kaffee", "COFFEE-01", "hamburg", 3, clock.now())])
        quotes = [quote_cart(session, cart) for _ in range(3)]
    answers = []
    for number, quote in enumerate(quotes):
        with sessions(market) as session:
            answers.append(commit_option(session, quote.id, "cheapest", HOME, key=f"k{number}"))
    assert [isinstance(answer, Committed) for answer in answers] == [True, False, False]
    assert reserved(sessions, market) == 2
    last = planned_anew(sessions, market, answers[-1])
    assert not last.quote.options
    assert last.quote.reasons[0].line == "1"


def test_a_full_day_at_a_place_is_told(sessions: Sessions, market: TenantId, quoted: Quote) -> None:
    option = quoted.option("cheapest")
    assert option is not None
    with sessions(market) as session:
        commit_option(session, quoted.id, "cheapest", HOME, key="first")
        second = quote_cart(session, Cart(PARIS, LINES, now(session)))
        for row in session.scalars(select(CapacityRow).where(~CapacityRow.place.contains("@"))):
            row.used = 4000
    with sessions(market) as session:
        answer = commit_option(session, second.id, "cheapest", HOME, key="second")
    answer = planned_anew(sessions, market, answer)
    assert {because.code for because in answer.because} == {"capacity_gone"}
    full = {dict(because.details)["place"] for because in answer.because}
    before = second.option("cheapest")
    after = answer.quote.option("cheapest")
    assert before is not None and full <= {parcel.origin for parcel in before.parcels}
    assert (
        after is None
        or after.promise.date >= before.promise.date
        or (
            {parcel.origin for parcel in after.parcels}
            != {parcel.origin for parcel in before.parcels}
        )
    )


def test_after_the_order_deadline_the_new_date_is_offered(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    clock.set(datetime(2026, 3, 2, 12, 50, tzinfo=UTC))  # ten minutes before Hamburg's cut-off
    with sessions(market) as session:
        cart = Cart(PARIS, LINES[:1], now(session))
        quote = quote_cart(session, cart)
    fastest = quote.option("fastest")
    assert fastest is not None and fastest.order_within is not None
    assert fastest.order_within == datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    clock.set(datetime(2026, 3, 2, 13, 1, tzinfo=UTC))
    with sessions(market) as session:
        answer = commit_option(session, quote.id, "fastest", HOME, key="k")
    answer = planned_anew(sessions, market, answer)
    assert answer.because[0].code == "order_deadline_passed"
    later = answer.quote.option("fastest")
    assert later is not None and later.promise.date > fastest.promise.date


@pytest.mark.parametrize(
    ("attempt", "error", "code"),
    [
        (lambda s, q, c: commit_option(s, q.id, "o99", HOME, key="k"), NotFound, "unknown_option"),
        (
            lambda s, q, c: commit_option(s, QuoteId(UUID(int=7)), "o1", HOME, key="k"),
            NotFound,
            "unknown_quote",
        ),
        (
            lambda s, q, c: commit_option(s, q.id, "o1", _elsewhere(), key="k"),
            Conflict,
            "other_destination",
        ),
        (
            lambda s, q, c: [commit_option(s, q.id, "o1", HOME, key=key) for key in ("one", "two")],
            Conflict,
            "quote_committed",
        ),
    ],
)
def test_what_cannot_be_bought_is_refused(
    sessions: Sessions,
    market: TenantId,
    quoted: Quote,
    clock: ManualClock,
    attempt: Callable[..., object],
    error: type[Exception],
    code: str,
) -> None:
    with pytest.raises(error) as caught, sessions(market) as session:
        attempt(session, quoted, clock)
    assert caught.value.code == code  # type: ignore[attr-defined]
    assert reserved(sessions, market) == 0
    with sessions(market, read_only=True) as session:
        assert session.scalar(select(func.count(ReservationRow.id))) == 0


@pytest.mark.parametrize(
    ("option", "consignee", "language"),
    [
        ("fastest", HOME, "en"),
        ("no_such_name", HOME, "en"),
        ("cheapest", replace(HOME, street="Rue Oberkampf 2"), "en"),
        ("cheapest", replace(HOME, email="other@example.org"), "en"),
        ("cheapest", HOME, "fr"),
    ],
)
def test_a_key_used_again_for_something_else_is_refused(
    sessions: Sessions,
    market: TenantId,
    quoted: Quote,
    option: str,
    consignee: Address,
    language: str,
) -> None:
    assert quoted.option("fastest") != quoted.option("cheapest")
    with sessions(market) as session:
        commit_option(session, quoted.id, "cheapest", HOME, key="k")
    with pytest.raises(Conflict) as caught, sessions(market) as session:
        commit_option(session, quoted.id, option, consignee, key="k", language=language)
    assert caught.value.code == "key_reused"
    assert reserved(sessions, market) == 4


def test_a_retry_may_name_the_option_by_its_code_and_outlives_the_person(
    sessions: Sessions, market: TenantId, quoted: Quote
) -> None:
    option = quoted.option("cheapest")
    assert option is not None
    with sessions(market) as session:
        first = commit_option(session, quoted.id, "cheapest", HOME, key="k")
    with sessions(market) as session:
        assert commit_option(session, quoted.id, option.code, HOME, key="k") == first
        subject = session.scalars(select(OrderRow.subject_id)).one()
        erase_person(session, SubjectId(subject))
    with sessions(market) as session:
        assert commit_option(session, quoted.id, "cheapest", HOME, key="k") == first


def test_a_key_taken_by_another_quote_at_this_moment_is_told_as_such(
    sessions: Sessions, market: TenantId, quoted: Quote, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sessions(market) as session:
        other = quote_cart(session, Cart(PARIS, LINES[:1], now(session)))
        commit_option(session, other.id, "cheapest", HOME, key="k")
    monkeypatch.setattr(flow, "_standing", lambda *_: None)  # as if it were not there yet
    with pytest.raises(Conflict) as caught, sessions(market) as session:
        commit_option(session, quoted.id, "cheapest", HOME, key="k")
    assert caught.value.code == "key_reused"
    assert reserved(sessions, market) == 2


def test_another_broken_rule_of_the_tables_is_not_taken_for_a_used_key(
    sessions: Sessions, market: TenantId, quoted: Quote, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_a_promise(session: Session, *_: object, **__: object) -> None:
        session.add(CapacityRow(id=new_id(session), place="hamburg", day=None, used=0))
        session.flush()

    monkeypatch.setattr(flow, "write_order", without_a_promise)
    with pytest.raises(IntegrityError), sessions(market) as session:
        commit_option(session, quoted.id, "cheapest", HOME, key="k")
    assert reserved(sessions, market) == 0


def test_a_price_without_an_exchange_rate_is_refused_and_never_left_out(
    sessions: Sessions, market: TenantId, quoted: Quote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "settle", lambda *_: NoExchangeRate("GBP", "EUR"))
    with pytest.raises(Conflict) as caught, sessions(market) as session:
        commit_option(session, quoted.id, "cheapest", HOME, key="k")
    assert caught.value.code == "no_exchange_rate"
    assert "GBP" in caught.value.message
    assert reserved(sessions, market) == 0


def _elsewhere() -> Address:
    return Address("Ada Example", "Calle 1", "Madrid", "28001", "ES")


def test_a_seller_sees_only_their_part(sessions: Sessions, market: TenantId, quoted: Quote) -> None:
    with sessions(market) as session:
        done = commit_option(session, quoted.id, "fewest_parcels", HOME, key="k")
        assert isinstance(done, Committed)
        own = read_order(session, done.order_id, seller="elbe-kaffee")
        assert {line.seller for line in own.lines} == {"elbe-kaffee"}
        assert own.charge is None
        for parcel in own.parcels:
            assert {content.seller for content in parcel.contents} == {"elbe-kaffee"}
            assert parcel.sellers == ("elbe-kaffee",)
        with pytest.raises(NotFound):
            read_order(session, done.order_id, seller="firth-wool")
        assert list_orders(session, seller="firth-wool") == ()
        assert [head.id for head in list_orders(session, seller="elbe-kaffee")] == [done.order_id]
        with pytest.raises(NotFound):
            read_parcel(session, done.parcels[0], seller="firth-wool")
        assert {p.id for p in list_parcels(session)} == set(done.parcels)
        assert list_parcels(session, seller="firth-wool") == ()


def test_another_tenant_sees_nothing(sessions: Sessions, market: TenantId, quoted: Quote) -> None:
    from store.keys import create_tenant

    with sessions.system() as session:
        other = create_tenant(session, "other")
    with sessions(other) as session, pytest.raises(NotFound):
        read_quote(session, quoted.id)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (CartLine("1", "NOPE-1", 1), "lines[0].sku"),
        (CartLine("1", "MUG-01", 1, "firth-wool"), "lines[0].seller"),
    ],
)
def test_unknown_goods_are_named(
    sessions: Sessions, market: TenantId, line: CartLine, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught, sessions(market) as session:
        quote_cart(session, Cart(PARIS, (line,), now(session)))
    assert caught.value.faults[0].field == field


@pytest.mark.parametrize(
    ("asked", "postcode", "region", "bought"),
    [
        (Destination("ES"), "35001", "", False),  # the Canaries
        (Destination("ES"), "", "Canarias", True),  # its days end last in the country's plan
        (Destination("ES", region="Sevilla"), "35001", "", False),
        (Destination("ES"), "28001", "", True),
        (Destination("ES"), "", "", True),
        (Destination("ES", "35001"), "35001", "Las Palmas", True),
    ],
)
def test_a_quote_for_a_country_is_bought_only_where_it_is_true(
    sessions: Sessions,
    market: TenantId,
    asked: Destination,
    postcode: str,
    region: str,
    bought: bool,
) -> None:
    home = replace(HOME, country="ES", postcode=postcode, region=region)
    with sessions(market) as session:
        quote = quote_cart(session, Cart(asked, LINES[:1], now(session)))
        before = commit_option(session, quote.id, "fastest", home, key="k")
    assert isinstance(before, Committed) == bought
    if bought:
        return
    answer = planned_anew(sessions, market, before)
    assert [because.code for because in answer.because] == ["address_treated_otherwise"]
    assert reserved(sessions, market) == 0
    there, here = answer.quote.option("fastest"), quote.option("fastest")
    assert there is not None and here is not None
    assert there.promise.ends_at > here.promise.ends_at
    with sessions(market) as session:
        again = commit_option(session, answer.quote.id, "fastest", home, key="k")
    assert isinstance(again, Committed)
    assert again.promise == there.promise


def test_with_a_price_on_co2e_the_length_of_the_way_counts(
    sessions: Sessions, market: TenantId
) -> None:
    home = replace(HOME, country="ES", postcode="28001")
    with sessions(market) as session:
        cart = Cart(Destination("ES"), LINES[:1], now(session), co2_minor_per_tonne=10_000)
        quote = quote_cart(session, cart)
        answer = commit_option(session, quote.id, "cheapest", home, key="k")
    assert isinstance(answer, Outdated)
    assert answer.cart.destination == Destination("ES", "28001")
