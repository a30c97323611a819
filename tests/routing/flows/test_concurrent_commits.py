"""Many buyers at once: the last units and the last place on the van are sold exactly once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from core.clock import ManualClock
from core.ids import QuoteId, TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.commit_option import Committed, Outdated, commit_option
from routing.flows.quote_cart import quote_cart
from routing.flows.set_stock import StockChange, set_stock
from routing.tables import OrderRow, PromiseRow, ReservationRow, StockRow
from store.session import Sessions

HOME = Address("Ada Example", "Rue Oberkampf 1", "Paris", "75011", "FR")
TO = Destination("FR", "75011")
OFFER = ("elbe-kaffee", "COFFEE-01", "hamburg")
BUYERS = 6


@pytest.fixture
def quotes(sessions: Sessions, market: TenantId, clock: ManualClock) -> list[QuoteId]:
    """A quote for two units each; five units are there."""
    cart = Cart(TO, (CartLine("1", "COFFEE-01", 2, "elbe-kaffee"),), clock.now())
    with sessions(market) as session:
        set_stock(session, [StockChange(*OFFER, 5, clock.now())])
        return [quote_cart(session, cart).id for _ in range(BUYERS)]


def test_the_last_units_are_never_sold_twice(
    sessions: Sessions, market: TenantId, quotes: list[QuoteId]
) -> None:
    def buy(number: int) -> Committed | Outdated:
        with sessions(market) as session:
            return commit_option(session, quotes[number], "cheapest", HOME, key=f"k{number}")

    with ThreadPoolExecutor(BUYERS) as pool:
        answers = list(pool.map(buy, range(BUYERS)))
    assert sum(isinstance(answer, Committed) for answer in answers) == 2
    with sessions(market, read_only=True) as session:
        row = session.scalars(select(StockRow).where(StockRow.sku == "COFFEE-01")).all()
        (stock,) = [each for each in row if each.key == OFFER]
        assert (stock.on_hand, stock.reserved) == (5, 4)
        assert session.scalar(select(func.count(OrderRow.id))) == 2
        assert session.scalar(select(func.count(PromiseRow.id))) == 2
        assert session.scalar(select(func.sum(ReservationRow.qty))) == 4


def test_twins_with_one_key_make_one_order(
    sessions: Sessions, market: TenantId, quotes: list[QuoteId]
) -> None:
    def buy(_: int) -> Committed | Outdated:
        with sessions(market) as session:
            return commit_option(session, quotes[0], "cheapest", HOME, key="same")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(buy, range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert isinstance(answers[0], Committed)
    with sessions(market, read_only=True) as session:
        assert session.scalar(select(func.count(OrderRow.id))) == 1
        assert session.scalar(select(func.sum(ReservationRow.qty))) == 2
