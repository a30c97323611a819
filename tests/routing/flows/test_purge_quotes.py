"""Quotes that nobody bought are forgotten; those behind orders stay."""

from datetime import timedelta

from sqlalchemy import func, select

from core.clock import ManualClock
from core.ids import TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.commit_option import commit_option
from routing.flows.purge_quotes import KEPT_FOR, purge_quotes
from routing.flows.quote_cart import quote_cart
from routing.tables import QuoteRow
from store.session import Sessions

PARIS = Destination("FR", "75011")
HOME = Address("Ada Example", "Rue Oberkampf 1", "Paris", "75011", "FR")


def test_only_old_quotes_that_were_not_bought_go(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    lines = (CartLine("1", "PUZZLE-02", 1),)
    with sessions(market) as session:
        bought, *_ = [quote_cart(session, Cart(PARIS, lines, clock.now())) for _ in range(3)]
        commit_option(session, bought.id, "cheapest", HOME, key="k")
    clock.advance(KEPT_FOR)
    with sessions(market) as session:
        assert purge_quotes(session) == 0
        quote_cart(session, Cart(PARIS, lines, clock.now()))
    clock.advance(timedelta(hours=1))
    with sessions(market) as session:
        assert purge_quotes(session, limit=1) == 1
        assert purge_quotes(session) == 1
        assert purge_quotes(session) == 0
        assert session.scalar(select(func.count(QuoteRow.id))) == 2
        assert session.get(QuoteRow, bought.id) is not None
