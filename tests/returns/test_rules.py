"""A marketplace's own policy improves on the law for whom it names, and never goes below it."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from returns.policy import PRESETS, Basis, ReturnPolicy, policy_for
from returns.rules import ReturnRules, read_rules

DAY = date(2026, 3, 2)


def rules(*improvements: dict[str, Any], **more: Any) -> ReturnRules:
    return read_rules(json.dumps({"improvements": list(improvements), **more}))


def policy(found: ReturnRules, country: str = "FR", **about: str) -> ReturnPolicy:
    return found.policy(country=country, ordered_on=DAY, **about)


def test_without_rules_the_preset_holds() -> None:
    assert policy(read_rules("{}")) == policy_for(PRESETS, country="FR", ordered_on=DAY)


def test_an_improvement_holds_for_whom_it_names() -> None:
    found = rules(
        {"goodwill_days": 30},
        {"countries": ["FR"], "sellers": ["north"], "withdrawal_days": 60},
        {"categories": ["books"], "goodwill_days": 90, "goodwill_fee_share": "0.1"},
        {"seller_pays_return": ["withdrawal"]},
    )
    assert policy(found, "FR", seller="north").withdrawal_days == 60
    assert policy(found, "FR", seller="south").withdrawal_days == 14
    assert policy(found, "DE", seller="north").withdrawal_days == 14
    assert policy(found).goodwill_days == 30
    books = policy(found, category="books")
    assert (books.goodwill_days, books.goodwill_fee_share) == (90, 0)  # 30 days were free before
    assert Basis.WITHDRAWAL in policy(found).seller_pays_return


def test_the_first_goodwill_may_keep_a_share() -> None:
    found = policy(rules({"goodwill_days": 60, "goodwill_fee_share": "0.25"}))
    assert (found.goodwill_days, found.goodwill_fee_share) == (60, Decimal("0.25"))


def test_a_category_falls_under_the_laws_exception() -> None:
    found = rules(exceptions={"coffee": "perishable"})
    assert found.legal_category("coffee") == "perishable"
    assert found.legal_category("mugs") == "mugs"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"window_days": 30}', "window_days"),
        ('{"improvements": [{"goodwill_days": "30"}]}', "improvements[0].goodwill_days"),
        ('{"improvements": [{"goodwill_days": 9, "goodwill_fee_share": "2"}]}', "goodwill_fee"),
        ('{"improvements": [{"guarantee_days": -1}]}', "days"),
        ('{"improvements": [{"guarantee_days": 10}], "exceptions": {}}', None),
        ('{"improvements": [{"seller_pays_return": ["mood"]}]}', "seller_pays_return"),
        ('{"exceptions": {"coffee": "brown"}}', "exceptions.coffee"),
        ('{"improvements": 3}', "improvements"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, field: str | None) -> None:
    if field is None:  # worse than the floor: allowed, and without effect
        assert policy(read_rules(text)) == policy(read_rules("{}"))
        return
    with pytest.raises(InvalidInput) as caught:
        read_rules(text)
    assert field in str(caught.value.faults[0].field)


DAYS = st.integers(0, 400)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "withdrawal_days": DAYS,
                "send_back_days": DAYS,
                "refund_days": DAYS,
                "guarantee_days": DAYS,
                "goodwill_days": DAYS,
                "goodwill_fee_share": st.sampled_from(["0", "0.1", "1"]),
                "countries": st.just(["FR"]),
            },
        ),
        max_size=4,
    )
)
def test_nothing_ever_goes_below_the_law(improvements: list[dict[str, Any]]) -> None:
    law, found = policy(read_rules("{}")), policy(rules(*improvements))
    assert found.withdrawal_days >= law.withdrawal_days
    assert found.send_back_days >= law.send_back_days
    assert found.refund_days <= law.refund_days
    assert found.guarantee_days >= law.guarantee_days
    assert found.excluded_categories <= law.excluded_categories
    assert found.seller_pays_return >= law.seller_pays_return
