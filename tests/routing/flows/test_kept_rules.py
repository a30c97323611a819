"""A cart's rules stay with its quote: stored, explained, exported, and asked again on a change."""

import pytest

from core.ids import TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.checkout.rules import Pin, PinTo, Rules
from routing.flows.commit_option import Committed, Outdated, commit_option
from routing.flows.explain_option import explain_option
from routing.flows.export_case import export_case
from routing.flows.quote_cart import quote_cart
from routing.flows.read_quote import read_quote
from routing.flows.set_stock import StockChange, set_stock
from routing.quote import Quote
from store.session import Sessions, now

PARIS = Destination("FR", "75011")
HOME = Address("Ada Example", "Rue Oberkampf 1", "Paris", "75011", "FR")
RULES = Rules(
    max_parcels=2,
    pins=(Pin("1", PinTo.SELLER, "elbe-kaffee", "gift wrapping"),),
    whole_lines=("1",),
)


@pytest.fixture
def quoted(sessions: Sessions, market: TenantId) -> Quote:
    lines = (CartLine("1", "MUG-01", 2), CartLine("2", "PUZZLE-02", 1))
    with sessions(market) as session:
        return quote_cart(session, Cart(PARIS, lines, now(session), rules=RULES))


def test_rules_are_stored_explained_and_exported(
    sessions: Sessions, market: TenantId, quoted: Quote
) -> None:
    with sessions(market, read_only=True) as session:
        kept = read_quote(session, quoted.id)
        assert kept.rules == kept.cart.rules == RULES
        case = export_case(session, quoted.id)
        told = explain_option(session, quoted.id, "cheapest")
    assert case["rules"]["whole_lines"] == ["1"]
    assert case["rules"]["pins"] == [{"line": "1", "to": "seller", "code": "elbe-kaffee"}]
    assert case["max_parcels"] == 2
    assert told.why == kept.options[-1].why


def test_a_commit_buys_what_the_rules_asked_for(
    sessions: Sessions, market: TenantId, quoted: Quote
) -> None:
    with sessions(market) as session:
        assert isinstance(commit_option(session, quoted.id, "cheapest", HOME, key="k"), Committed)


def test_a_changed_offer_is_planned_again_under_the_same_rules(
    sessions: Sessions, market: TenantId, quoted: Quote
) -> None:
    with sessions(market) as session:
        gone = StockChange("elbe-kaffee", "MUG-01", "hamburg", 0, now(session))
        set_stock(session, [gone])
    with sessions(market) as session:
        answer = commit_option(session, quoted.id, "cheapest", HOME, key="k")
    assert isinstance(answer, Outdated)
    assert answer.cart.rules == RULES
    with sessions(market) as session:
        fresh = quote_cart(session, answer.cart)
    assert not fresh.options
    assert [dict(why.details)["rule"] for why in fresh.reasons] == ["pin_seller"]
