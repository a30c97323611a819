"""A price on CO2e in quotes: it weighs in the choice, is shown, and is charged only by policy."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.errors import InvalidInput
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.checkout.case import problem_from_case
from routing.checkout.solve import solve
from routing.network.network import Network
from routing.network.policies import Co2Price
from routing.quote import Quote
from routing.quote_text import quote_of, quote_text
from routing.quoting import plan_quote
from routing.replanning import case_of_quote, explain_option
from routing.snapshot import Snapshot, compile_snapshot

LATE = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
ID = QuoteId(UUID(int=1))
LINES = (CartLine("1", "MUG-01", 2), CartLine("2", "PUZZLE-02", 1), CartLine("3", "COFFEE-02", 1))
PER_TONNE = 100_000  # 1,000.00 a tonne


def quote(snapshot: Snapshot, live: Live, price: int | None, lines: object = LINES) -> Quote:
    to = Destination("FR", "75011")
    cart = Cart(to, lines, LATE, co2_minor_per_tonne=price)  # type: ignore[arg-type]
    return plan_quote(snapshot, cart, live, ID)


def under(network: Network, co2: Co2Price) -> Snapshot:
    policies = tuple(replace(policy, co2=co2) for policy in network.policies)
    return compile_snapshot(replace(network, policies=policies), "other")


def test_no_price_and_a_price_of_nothing_are_the_same(snapshot: Snapshot, live: Live) -> None:
    none, nothing = quote(snapshot, live, None), quote(snapshot, live, 0)
    assert nothing.options == none.options
    assert all(option.co2_cost is None for option in none.options)


def test_co2e_is_shown_at_its_price_and_not_charged(snapshot: Snapshot, live: Live) -> None:
    free, told = quote(snapshot, live, None), quote(snapshot, live, PER_TONNE)
    greenest = told.option("greenest")
    assert greenest is not None and greenest.co2_g is not None and greenest.co2_cost is not None
    assert abs(greenest.co2_cost.minor - greenest.co2_g * PER_TONNE / 10**6) <= 0.5
    assert greenest.charge == next(
        option.charge for option in free.options if option.parcels == greenest.parcels
    )
    for option in told.options:
        assert (option.co2_cost is None) == (option.co2_g is None)
        assert "co2e" not in {line.code for line in option.charge.lines}
        weighed = next(why for why in option.why if why.code == "co2_weighed")
        assert dict(weighed.parameters) == {"price_minor": str(PER_TONNE)}


def test_the_policys_price_counts_unless_the_cart_names_its_own(
    network: Network, live: Live
) -> None:
    own = under(network, Co2Price(PER_TONNE))
    assert quote(own, live, None).options == quote(own, live, PER_TONNE).options
    assert all(option.co2_cost is None for option in quote(own, live, 0).options)


def test_a_policy_may_charge_it_and_the_charge_still_sums(network: Network, live: Live) -> None:
    told = quote(under(network, Co2Price(PER_TONNE, charged=True)), live, None)
    plain = quote(under(network, Co2Price(PER_TONNE)), live, None)
    for option, free in zip(told.options, plain.options, strict=True):
        lines = [line for line in option.charge.lines if line.code == "co2e"]
        known = [parcel for parcel in option.parcels if parcel.co2_g is not None]
        assert len(lines) == len(known)
        extra = sum(line.amount.minor for line in lines)
        assert extra == sum((p.co2_g * PER_TONNE + 500_000) // 10**6 for p in known if p.co2_g)
        assert option.charge.total.minor == free.charge.total.minor + extra
        assert option.cost == free.cost


def test_an_unknown_service_is_not_the_cheapest_once_co2e_has_a_price(
    snapshot: Snapshot, live: Live
) -> None:
    cheapest = quote(snapshot, live, PER_TONNE).option("cheapest")
    assert cheapest is not None and cheapest.co2_g is not None


def test_the_price_stays_with_the_quote_its_what_ifs_and_its_case(
    snapshot: Snapshot, live: Live
) -> None:
    told = quote_of(quote_text(quote(snapshot, live, PER_TONNE)))
    assert told.cart.co2_minor_per_tonne == PER_TONNE
    case = case_of_quote(snapshot, told)
    assert case["co2_minor_per_tonne"] == PER_TONNE
    costs = {plan.cost for plan in solve(problem_from_case(case)).plans}
    assert {option.cost.minor for option in told.options} <= costs
    assert explain_option(snapshot, told, "fastest", live).alternatives


@pytest.mark.parametrize("price", [-1, 10_000_001])
def test_an_absurd_price_is_refused(snapshot: Snapshot, live: Live, price: int) -> None:
    with pytest.raises(InvalidInput, match="co2_minor_per_tonne"):
        quote(snapshot, live, price)
