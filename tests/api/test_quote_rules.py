"""Side constraints at the doors: asked, told back, told why in every language, refused by field."""

from typing import Any

import pytest

from api.pages.checkout.why_words import WhyWords, why_texts
from api.pages.checkout.words import Names
from carriers.adapters.table.published import published_tariffs
from core.ids import TenantId
from routing.network.format import read_network
from routing.quote import WhyNot
from simulations.demo_network import demo_files
from tests.api.conftest import Caller
from tracking.notices.compose import LANGUAGES

LINES = [{"id": "mugs", "sku": "MUG-01", "qty": 2}, {"id": "toy", "sku": "PUZZLE-02", "qty": 1}]
CART = {"destination": {"country": "FR", "postcode": "75011"}, "lines": LINES}
PIN = {"line": "mugs", "to": "location", "code": "valencia", "reason": "glazed there"}
ASKED: dict[str, Any] = {
    "max_parcels": 4,
    "max_parcels_per_seller": 1,
    "whole_lines": ["toy"],
    "without_sellers": ["thames-home"],
    "without": [{"line": "mugs", "seller": "elbe-kaffee"}],
    "together": [],
    "pins": [PIN],
}


def ask(caller: Caller, rules: dict[str, Any]) -> Any:
    return caller.post("/v1/quotes", json={**CART, "rules": rules})


def test_a_quote_keeps_the_rules_it_was_asked_with(caller: Caller, market: TenantId) -> None:
    quote = ask(caller, ASKED).json()
    assert quote["rules"] == ASKED
    assert (quote["exact"], quote["method"]) == (True, "exact")
    again = caller.get(f"/v1/quotes/{quote['id']}").json()
    assert again["rules"] == ASKED
    for option in quote["options"]:
        for parcel in option["parcels"]:
            for content in parcel["contents"]:
                assert content["line"] != "mugs" or content["location"] == "valencia"
    case = caller.get(f"/v1/quotes/{quote['id']}/case").json()
    assert case["rules"]["pins"] == [{key: PIN[key] for key in ("line", "to", "code")}]


def test_a_binding_rule_is_told_in_every_language_with_its_reason(
    caller: Caller, market: TenantId
) -> None:
    quote = ask(caller, {"pins": [PIN]}).json()
    place = f"/v1/quotes/{quote['id']}/options/cheapest/why"
    for language in LANGUAGES:
        told = caller.get(place, headers={"Accept-Language": language}).json()
        (reason,) = (each for each in told["why"] if each["code"] == "rule_binds")
        (lifted,) = (each for each in told["alternatives"] if each["code"] == "without_rule")
        assert reason["parameters"]["location"] == "valencia"
        for text in (reason["text"], lifted["text"]):
            assert "València" in text and "(glazed there)" in text and "%(" not in text


@pytest.mark.parametrize(
    ("rules", "field", "words"),
    [
        (
            {"pins": [PIN, {**PIN, "code": "hamburg"}]},
            "rules.pins[1]",
            "line 'mugs' pinned to location 'hamburg', while rules.pins[0] has line 'mugs' "
            "pinned to location 'valencia'",
        ),
        (
            {"pins": [PIN], "without_sellers": ["turia-ceramica"]},
            "rules.pins[0]",
            "whose seller 'turia-ceramica' another rule leaves out",
        ),
        ({"pins": [{**PIN, "line": "cup"}]}, "rules.pins[0].line", "the cart has no line 'cup'"),
        ({"without_sellers": ["nobody"]}, "rules.without_sellers[0]", "unknown seller 'nobody'"),
        ({"max_parcels": 0}, "rules.max_parcels", "greater than or equal to 1"),
        ({"pins": [{**PIN, "to": "moon"}]}, "rules.pins.0.to", "'seller', 'location'"),
        ({"maxparcels": 1}, "rules.maxparcels", "not permitted"),
    ],
)
def test_rules_that_cannot_be_are_one_problem_naming_both(
    caller: Caller, market: TenantId, rules: dict[str, Any], field: str, words: str
) -> None:
    answer = ask(caller, rules)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"].endswith("problem-invalid_input")
    (fault,) = problem["errors"]
    assert fault["field"] == field
    assert words in fault["reason"]


def test_a_rule_that_leaves_no_way_is_named_with_the_nearest(
    caller: Caller, market: TenantId
) -> None:
    quote = ask(caller, {"without_sellers": ["warta-toys"]}).json()
    assert quote["options"] == []
    (reason,) = quote["reasons"]
    assert reason["code"] == "rule_excludes"
    assert reason["details"]["seller"] == "warta-toys"
    assert reason["details"]["earliest_on"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([{"id": "big", "sku": "MUG-01", "qty": 501}], "line 'big' (MUG-01) asks for 501 units"),
        ([{"sku": "MUG-01", "qty": 300}, {"sku": "COFFEE-01", "qty": 300}], "600 units in all"),
        ([{"sku": "MUG-01", "qty": 1}] * 61, "at most 60"),
        ([{"sku": "MUG-01", "qty": 0}], "greater than or equal to 1"),
    ],
)
def test_a_cart_above_the_limits_names_line_and_limit(
    caller: Caller, market: TenantId, lines: list[dict[str, Any]], words: str
) -> None:
    answer = caller.post("/v1/quotes", json={**CART, "lines": lines})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_lines_of_one_article_share_its_stock(caller: Caller, market: TenantId) -> None:
    lines = [{"sku": "PUZZLE-02", "qty": 30}, {"sku": "PUZZLE-02", "qty": 29}]
    assert caller.post("/v1/quotes", json={**CART, "lines": lines}).json()["options"]
    lines[1]["qty"] = 30  # one more than there is
    quote = caller.post("/v1/quotes", json={**CART, "lines": lines}).json()
    assert {reason["code"] for reason in quote["reasons"]} == {"stock_short"}


DEMO = read_network(demo_files(1), published_tariffs())


def test_a_price_on_co2e_is_asked_shown_and_bounded(caller: Caller, market: TenantId) -> None:
    quote = caller.post("/v1/quotes", json={**CART, "co2_minor_per_tonne": 50_000}).json()
    assert quote["co2_minor_per_tonne"] == 50_000
    greenest = next(each for each in quote["options"] if "greenest" in each["names"])
    assert greenest["co2_cost"]["minor"] == round(greenest["co2_g"] * 50_000 / 1_000_000)
    place = f"/v1/quotes/{quote['id']}/options/greenest/why"
    for language in LANGUAGES:
        told = caller.get(place, headers={"Accept-Language": language}).json()["why"]
        text = next(each["text"] for each in told if each["code"] == "co2_weighed")
        assert "500" in text and "%(" not in text
    refused = caller.post("/v1/quotes", json={**CART, "co2_minor_per_tonne": -1})
    assert refused.status_code == 422


RULES = (
    (("rule", "max_parcels"), ("most", "2"), ("needed", "3")),
    (("rule", "max_parcels_per_seller"), ("most", "1")),
    (("rule", "whole_lines"), ("line", "1")),
    (("rule", "without_sellers"), ("seller", "s")),
    (("rule", "without"), ("line", "1"), ("seller", "s")),
    (("rule", "together"), ("lines", "1,2")),
    (("rule", "pin_seller"), ("line", "1"), ("seller", "s")),
    (("rule", "pin_location"), ("line", "1"), ("location", "x")),
    (("rule", "pin_service"), ("line", "1"), ("service", "Post")),
    (("rule", "pin_hub"), ("line", "1"), ("hub", "h"), ("reason", "cold chain")),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_rule_has_its_words(language: str) -> None:
    articles = {"1": "Mug", "2": "Book"}
    words = WhyWords(why_texts(language), Names(DEMO), "UTC", "EUR", articles)
    told = set()
    for rule in RULES:
        near = (*rule, ("earliest_on", "2026-03-05"))
        for reason in (
            WhyNot("rule_excludes", None, near),
            WhyNot("rule_excludes", None, rule),
            WhyNot("rule_clashes", None, rule),
        ):
            text = words.why_not(reason)
            assert "%(" not in text
            told.add(text)
    assert len(told) == 3 * len(RULES)
