"""Why an option is as it is: for shoppers without costs, in every language, with what-ifs."""

from dataclasses import fields
from typing import Any

import pytest

from api.pages.checkout.why_words import COUNTED, why_texts
from core.ids import TenantId
from routing.checkout.problem import ReasonCode
from routing.checkout.rules import PinTo, Rules
from routing.checkout.what_ifs import Change
from routing.checkout.why import WhyCode
from tests.api.conftest import CART, Caller
from tests.tracking.notices.test_texts import PLACEHOLDER
from tracking.notices.compose import LANGUAGES


@pytest.fixture
def quote(caller: Caller, market: TenantId) -> dict[str, Any]:
    answer: dict[str, Any] = caller.post("/v1/quotes", json=CART).json()
    return answer


def test_each_option_carries_its_reasons_as_codes(quote: dict[str, Any]) -> None:
    for option in quote["options"]:
        assert {"ready", "waits_for_pickup", "transit"} <= {each["code"] for each in option["why"]}
        assert all(isinstance(each["parameters"], dict) for each in option["why"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_and_what_ifs_are_told_in_every_language(
    caller: Caller, quote: dict[str, Any], language: str
) -> None:
    for option in quote["options"]:
        place = f"/v1/quotes/{quote['id']}/options/{option['code']}/why"
        told = caller.get(place, headers={"Accept-Language": language}).json()
        assert told["language"] == language
        assert [each["code"] for each in told["why"]] == [each["code"] for each in option["why"]]
        texts = [each["text"] for each in told["why"] + told["alternatives"]]
        assert all(text and "%" not in text.replace(" %", "").replace("%", "", 2) for text in texts)


def test_only_agents_are_told_what_it_costs_us(caller: Caller, quote: dict[str, Any]) -> None:
    place = f"/v1/quotes/{quote['id']}/options/cheapest/why"
    shopper = caller.get(place).json()
    agent = caller.get(f"{place}?reader=agent").json()
    assert all("cost" not in each or each["cost"] is None for each in shopper["alternatives"])
    possible = [each for each in agent["alternatives"] if each.get("date")]
    assert all(each["cost"] is not None for each in possible)
    assert not any("cost_minor" in each["parameters"] for each in shopper["why"])


def test_a_seller_is_told_what_concerns_their_places(caller: Caller, quote: dict[str, Any]) -> None:
    place = f"/v1/quotes/{quote['id']}/options/cheapest/why?reader=seller&seller=elbe-kaffee"
    whole = caller.get(f"/v1/quotes/{quote['id']}/options/cheapest/why").json()
    told = caller.get(place).json()
    assert 0 < len(told["why"]) < len(whole["why"])


def test_an_unknown_option_has_no_why(caller: Caller, quote: dict[str, Any]) -> None:
    assert caller.get(f"/v1/quotes/{quote['id']}/options/o99/why").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text(language: str) -> None:
    english, own = why_texts("en"), why_texts(language)
    assert set(own.texts) == set(english.texts)
    for key, forms in own.texts.items():
        assert all(forms), key
        wanted = {n for form in english.texts[key] for n in PLACEHOLDER.findall(form)}
        assert {n for form in forms for n in PLACEHOLDER.findall(form)} == wanted, key
    assert {f"why.{code.value}" for code in WhyCode} | {"why.nominated_day"} <= set(own.texts)
    assert {"why.rule_binds", "why.co2_weighed", "what_if.without_rule"} <= set(own.texts)
    assert {f"why_not.{code.value}" for code in ReasonCode} <= set(own.texts)
    assert {f"rule.pin_{to.value}" for to in PinTo} <= set(own.texts)
    assert {f"rule.{field.name}" for field in fields(Rules) if field.name != "pins"} <= set(
        own.texts
    )
    assert {f"what_if.{change.value}" for change in Change} | set(COUNTED) <= set(own.texts)
