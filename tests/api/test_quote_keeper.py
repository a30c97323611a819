"""Quotes of requests that end together are stored together; each fails by itself."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

import api.quote_keeper as keeping
from api.quote_keeper import QuoteKeeper
from api.wiring import Lanewise
from core.ids import QuoteId, TenantId
from core.places import Destination
from routing.cart import Cart, CartLine
from routing.flows.quote_cart import quote_cart
from routing.flows.read_quote import read_quote
from routing.quote import Quote
from routing.tables import QuoteRow

CART = Cart(
    Destination("FR", "75011"),
    (CartLine("1", "COFFEE-01", 1),),
    datetime(2026, 3, 2, 9, tzinfo=UTC),
)


@pytest.fixture
def quote(lanewise: Lanewise, market: TenantId) -> Quote:
    with lanewise.sessions(market) as session:
        return quote_cart(session, CART)


def numbered(quote: Quote, number: int) -> Quote:
    return replace(quote, id=QuoteId(UUID(int=number)))


def test_quotes_of_many_threads_are_all_there_when_their_call_returns(
    lanewise: Lanewise, market: TenantId, quote: Quote, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = QuoteKeeper(lanewise.sessions)
    batches: list[int] = []
    store = keeping.keep_quotes

    def counted(session: object, quotes: list[Quote]) -> None:
        batches.append(len(quotes))
        store(session, quotes)  # type: ignore[arg-type]

    monkeypatch.setattr(keeping, "keep_quotes", counted)

    def keep(number: int) -> bool:
        own = numbered(quote, number)
        keeper.keep(market, own)
        with lanewise.sessions(market, read_only=True) as session:
            return read_quote(session, own.id) == own

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(keep, range(1, 61)))
    assert sum(batches) == 60
    assert not keeper._waiting and not keeper._is_writing


def test_a_quote_that_cannot_be_stored_fails_alone(
    lanewise: Lanewise, market: TenantId, quote: Quote
) -> None:
    keeper = QuoteKeeper(lanewise.sessions)
    entries = [keeping._Entry(market, numbered(quote, 7)), keeping._Entry(market, quote)]
    keeper._store(entries)  # the second is there already
    assert entries[0].error is None
    assert isinstance(entries[1].error, IntegrityError)
    with pytest.raises(IntegrityError):
        keeper.keep(market, quote)
    keeper.keep(market, numbered(quote, 8))
    with lanewise.sessions(market, read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(QuoteRow)) == 3
