"""Side constraints of a cart on the demo network: kept, blamed, told, refused when they clash."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.errors import InvalidInput
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.checkout.rules import NO_RULES, Pin, PinTo, Rules, Without
from routing.network.network import Network
from routing.network.policies import SplitRules
from routing.quote import DeliveryOption, Quote
from routing.quoting import plan_quote
from routing.replanning import case_of_quote, explain_option
from routing.snapshot import Snapshot, compile_snapshot

LATE = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
ID = QuoteId(UUID(int=1))
LINES = (CartLine("1", "MUG-01", 2), CartLine("2", "PUZZLE-02", 1), CartLine("3", "COFFEE-02", 1))
VALENCIA = Pin("1", PinTo.LOCATION, "valencia", "glazed there")


def quote(
    snapshot: Snapshot, live: Live, rules: Rules, lines: tuple[CartLine, ...] = LINES
) -> Quote:
    cart = Cart(Destination("FR", "75011"), lines, LATE, rules=rules)
    return plan_quote(snapshot, cart, live, ID)


def origins(told: Quote, line: str) -> set[str]:
    return {
        content.location
        for option in told.options
        for parcel in option.parcels
        for content in parcel.contents
        if content.line == line
    }


def rules_told(option: DeliveryOption) -> list[dict[str, str]]:
    return [dict(why.parameters) for why in option.why if why.code == "rule_binds"]


def test_a_pin_is_kept_and_named_with_its_reason_where_it_binds(
    snapshot: Snapshot, live: Live
) -> None:
    told = quote(snapshot, live, Rules(pins=(VALENCIA,)))
    assert told.exact and told.rules.pins == (VALENCIA,)
    assert origins(told, "1") == {"valencia"}
    for option in told.options:
        assert rules_told(option) == [
            {
                "rule": "pin_location",
                "line": "1",
                "location": "valencia",
                "reason": "glazed there",
            }
        ]
        sentence = next(why for why in option.why if why.code == "rule_binds")
        assert sentence.constraints == ("rule:pins[0]",)


def test_a_rule_that_does_not_bind_is_not_told(snapshot: Snapshot, live: Live) -> None:
    free = quote(snapshot, live, NO_RULES)
    assert quote(snapshot, live, Rules(max_parcels=5)).options == free.options
    told = quote(snapshot, live, Rules(without_sellers=("turia-ceramica",)))
    assert [option.parcels for option in told.options] == [o.parcels for o in free.options]
    codes = {why.code for option in told.options for why in option.why}
    # that a place alone has it is not said where others are left out
    assert not codes & {"rule_binds", "only_origin"}


def test_at_most_one_parcel_loses_the_earliest_day_and_says_so(
    snapshot: Snapshot, live: Live
) -> None:
    free, told = quote(snapshot, live, NO_RULES), quote(snapshot, live, Rules(max_parcels=1))
    assert all(len(option.parcels) == 1 for option in told.options)
    assert told.options[0].promise.date > free.options[0].promise.date
    assert rules_told(told.options[0]) == [{"rule": "max_parcels", "most": "1"}]
    assert rules_told(told.options[-1]) == []


def test_an_excluded_seller_is_replaced_by_another_who_sells_the_article(
    snapshot: Snapshot, live: Live
) -> None:
    for rules in (
        Rules(without=(Without("1", "elbe-kaffee"),)),
        Rules(pins=(Pin("1", PinTo.SELLER, "turia-ceramica"),)),
    ):
        told = quote(snapshot, live, rules)
        assert origins(told, "1") == {"valencia"}
        assert origins(told, "3") == {"hamburg"}


def test_lines_of_one_article_may_be_pinned_to_different_sellers(
    snapshot: Snapshot, live: Live
) -> None:
    twice = (CartLine("a", "MUG-01", 1), CartLine("b", "MUG-01", 2))
    pins = (
        Pin("a", PinTo.SELLER, "elbe-kaffee"),
        Pin("b", PinTo.SELLER, "turia-ceramica"),
    )
    for rules, of_a in (
        (Rules(pins=pins), {"hamburg"}),
        (Rules(pins=pins[1:]), origins(quote(snapshot, live, NO_RULES, twice[:1]), "a")),
    ):
        told = quote(snapshot, live, rules, twice)
        assert origins(told, "a") == of_a
        assert origins(told, "b") == {"valencia"}


def test_services_and_hubs_can_be_pinned(snapshot: Snapshot, live: Live) -> None:
    for pin in (Pin("2", PinTo.SERVICE, "fr-colissimo"), Pin("2", PinTo.HUB, "hub-venlo")):
        for option in quote(snapshot, live, Rules(pins=(pin,))).options:
            parcel = next(p for p in option.parcels if any(c.line == "2" for c in p.contents))
            assert pin.code in (parcel.service, parcel.origin)


def test_the_rule_in_the_way_is_named_with_the_nearest_there_is(
    snapshot: Snapshot, live: Live
) -> None:
    told = quote(snapshot, live, Rules(without_sellers=("warta-toys",)))
    assert [(why.code, dict(why.details)) for why in told.reasons] == [
        (
            "rule_excludes",
            {"rule": "without_sellers", "seller": "warta-toys", "earliest_on": "2026-03-05"},
        )
    ]
    hubs = (Pin("1", PinTo.HUB, "hub-venlo"), Pin("2", PinTo.HUB, "hub-lille"))
    told = quote(snapshot, live, Rules(max_parcels=1, pins=hubs))
    assert [dict(why.details)["rule"] for why in told.reasons] == [
        "max_parcels",
        "pin_hub",
        "pin_hub",
    ]
    assert dict(told.reasons[0].details)["needed"] == "2"


def test_of_several_rules_in_the_way_each_is_named(snapshot: Snapshot, live: Live) -> None:
    sellers = ("elbe-kaffee", "thames-home", "turia-ceramica")
    apart = Rules(
        max_parcels=2,
        without_sellers=("warta-toys",),
        without=tuple(Without("1", seller) for seller in sellers),
    )
    told = quote(snapshot, live, apart)
    named = [(why.code, dict(why.details)) for why in told.reasons]
    assert ("rule_excludes", {"rule": "without_sellers", "seller": "warta-toys"}) in named
    clashing = [about["seller"] for code, about in named if code == "rule_clashes"]
    assert sorted(clashing) == sorted(sellers)


def test_a_cart_that_fails_without_its_rules_too_does_not_blame_them(
    snapshot: Snapshot, live: Live
) -> None:
    lines = (CartLine("1", "COFFEE-02", 400), CartLine("2", "MUG-01", 1))
    told = quote(snapshot, live, Rules(max_parcels=1), lines)
    assert told.reasons[0].code == "stock_short"


@pytest.mark.parametrize(
    ("rules", "field", "words"),
    [
        (Rules(without_sellers=("nobody",)), "rules.without_sellers[0]", "unknown seller"),
        (Rules(without=(Without("1", "x"),)), "rules.without[0].seller", "unknown seller 'x'"),
        (Rules(pins=(Pin("1", PinTo.HUB, "hamburg"),)), "rules.pins[0].code", "unknown hub"),
        (Rules(pins=(Pin("1", PinTo.SERVICE, "x"),)), "rules.pins[0].code", "unknown service"),
        (
            Rules(pins=(VALENCIA,), without_sellers=("turia-ceramica",)),
            "rules.pins[0]",
            "line '1' pinned to location 'valencia', whose seller 'turia-ceramica' another rule",
        ),
        (
            Rules(pins=(VALENCIA, Pin("1", PinTo.SELLER, "elbe-kaffee"))),
            "rules.pins[0]",
            "also pinned to seller 'elbe-kaffee'",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    snapshot: Snapshot, live: Live, rules: Rules, field: str, words: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        quote(snapshot, live, rules)
    (fault,) = caught.value.faults
    assert fault.field == field
    assert words in fault.reason


def test_a_pin_against_the_lines_own_seller_names_both(snapshot: Snapshot, live: Live) -> None:
    lines = (CartLine("1", "MUG-01", 2, "elbe-kaffee"),)
    with pytest.raises(InvalidInput, match="a place of seller 'turia-ceramica', but the line"):
        quote(snapshot, live, Rules(pins=(VALENCIA,)), lines)


def under(network: Network, splits: SplitRules) -> Snapshot:
    policies = tuple(replace(policy, splits=splits) for policy in network.policies)
    return compile_snapshot(replace(network, policies=policies), "other")


def test_split_rules_of_a_policy_hold_beside_the_carts(network: Network, live: Live) -> None:
    many = (CartLine("1", "MUG-01", 9), CartLine("2", "PUZZLE-02", 1))
    whole = quote(under(network, SplitRules(whole_lines=True)), live, NO_RULES, many)
    for option in whole.options:
        held = [c.line for parcel in option.parcels for c in parcel.contents]
        assert len(held) == len(set(held))
    single = under(network, SplitRules(max_parcels_per_seller=1, max_parcels=2))
    told = quote(single, live, Rules(max_parcels=4), many)
    assert told.options
    assert all(len(option.parcels) <= 2 for option in told.options)


def test_a_pin_against_the_policy_names_the_policy(network: Network, live: Live) -> None:
    strict = under(network, SplitRules(hubs=False, excluded_sellers=frozenset({"turia-ceramica"})))
    for pin in (VALENCIA, Pin("1", PinTo.HUB, "hub-venlo")):
        with pytest.raises(InvalidInput, match="but policy 'standard'"):
            quote(strict, live, Rules(pins=(pin,)))


def test_what_ifs_lift_each_rule(snapshot: Snapshot, live: Live) -> None:
    told = quote(snapshot, live, Rules(pins=(VALENCIA,), max_parcels=5))
    asked = [
        (dict(each.question.parameters)["rule"], each)
        for each in explain_option(snapshot, told, "cheapest", live).alternatives
        if each.question.code == "without_rule"
    ]
    assert [rule for rule, _ in asked] == ["pin_location"]
    free = asked[0][1]
    assert free.days < 0
    assert free.cost is not None and free.cost.minor < 0


def test_the_case_of_a_quote_carries_its_rules(snapshot: Snapshot, live: Live) -> None:
    from routing.checkout.case import problem_from_case
    from routing.checkout.solve import solve

    told = quote(snapshot, live, Rules(pins=(VALENCIA,), max_parcels_per_seller=1, max_parcels=3))
    case = case_of_quote(snapshot, told)
    assert case["rules"] == {
        "max_parcels_per_seller": 1,
        "pins": [{"line": "1", "to": "location", "code": "valencia"}],
    }
    assert case["max_parcels"] == 3
    costs = {plan.cost for plan in solve(problem_from_case(case)).plans}
    assert {option.cost.minor for option in told.options} <= costs
