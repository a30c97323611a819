"""Each line is answered with its ground and last day, or with the reason why not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.money import Money
from returns.eligibility import (
    Answer,
    BoughtLine,
    Eligible,
    NotEligible,
    RefusalCode,
    Wish,
    judge,
    next_working_day,
)
from returns.policy import EU_PRESET, PRESETS, Basis, Cause, ReturnPolicy, policy_for
from returns.refund import Returned, refund_for

CAME = datetime(2026, 3, 5, 11, tzinfo=UTC)  # Thursday
LINES = (
    BoughtLine("1", "mug", "Mug", "north", 2, Money(1250, "EUR"), CAME),
    BoughtLine("2", "bowl", "Bowl", "north", 1, Money(2000, "EUR"), CAME - timedelta(days=2)),
    BoughtLine("3", "soap", "Soap", "south", 1, Money(500, "EUR"), CAME, category="sealed_hygiene"),
)


def _judge(
    wish: Wish,
    *,
    days: int = 0,
    lines: tuple[BoughtLine, ...] = LINES,
    policy: ReturnPolicy = EU_PRESET,
    was_informed: bool = True,
) -> Answer:
    return judge(
        wish,
        lines,
        policy,
        now=CAME + timedelta(days=days),
        zone="Europe/Paris",
        country="FR",
        was_informed=was_informed,
    )


def test_the_period_runs_from_the_last_good_of_that_sellers_contract() -> None:
    answer = _judge(Wish("2", 1, Cause.CHANGED_MIND), days=14)
    assert answer == Eligible("2", 1, Basis.WITHDRAWAL, date(2026, 3, 19), False)
    closed = _judge(Wish("2", 1, Cause.CHANGED_MIND), days=15)
    assert closed == NotEligible("2", RefusalCode.WINDOW_CLOSED, date(2026, 3, 19))


def test_a_period_that_ends_on_a_day_off_ends_on_the_next_working_day() -> None:
    # Friday 20 March 2026 plus 14 days is Good Friday in Germany; Easter Monday follows.
    assert next_working_day(date(2026, 4, 3), "DE") == date(2026, 4, 7)
    assert next_working_day(date(2026, 3, 7), "FR") == date(2026, 3, 9)


def test_who_was_not_told_of_the_right_has_a_year_more() -> None:
    answer = _judge(Wish("1", 1, Cause.CHANGED_MIND), days=300, was_informed=False)
    assert isinstance(answer, Eligible)


@pytest.mark.parametrize(
    ("wish", "lines", "code"),
    [
        (Wish("9", 1, Cause.CHANGED_MIND), LINES, RefusalCode.NOT_BOUGHT),
        (Wish("1", 3, Cause.CHANGED_MIND), LINES, RefusalCode.QUANTITY_TOO_LARGE),
        (Wish("1", 0, Cause.CHANGED_MIND), LINES, RefusalCode.QUANTITY_TOO_LARGE),
        (Wish("1", -1, Cause.CHANGED_MIND), LINES, RefusalCode.QUANTITY_TOO_LARGE),
        (
            Wish("1", 1, Cause.CHANGED_MIND),
            (replace(LINES[0], returned=2),),
            RefusalCode.ALREADY_RETURNED,
        ),
        (Wish("3", 1, Cause.CHANGED_MIND), LINES, RefusalCode.EXCLUDED_CATEGORY),
        (
            Wish("1", 1, Cause.CHANGED_MIND),
            (replace(LINES[0], lost=2),),
            RefusalCode.NEVER_DELIVERED,
        ),
    ],
)
def test_what_may_not_come_back_says_why(
    wish: Wish, lines: tuple[BoughtLine, ...], code: RefusalCode
) -> None:
    answer = _judge(wish, lines=lines)
    assert isinstance(answer, NotEligible)
    assert answer.code is code


def test_a_fault_stands_on_the_guarantee_even_for_excluded_goods() -> None:
    answer = _judge(Wish("3", 1, Cause.DAMAGED), days=200)
    assert isinstance(answer, Eligible)
    assert (answer.basis, answer.seller_pays) == (Basis.GUARANTEE, True)


def test_before_delivery_the_right_has_no_last_day_yet() -> None:
    waiting = (replace(LINES[0], delivered_at=None), LINES[1])
    answer = _judge(Wish("2", 1, Cause.CHANGED_MIND), days=99, lines=waiting)
    assert isinstance(answer, Eligible)
    assert answer.last_day is None


@given(st.integers(0, 900), st.sampled_from(Cause), st.integers(0, 60))
def test_more_goodwill_never_takes_anything_away(days: int, cause: Cause, goodwill: int) -> None:
    plain = _judge(Wish("1", 1, cause), days=days)
    better = _judge(
        Wish("1", 1, cause), days=days, policy=replace(EU_PRESET, goodwill_days=goodwill)
    )
    if isinstance(plain, Eligible):
        assert isinstance(better, Eligible)


def test_a_seller_may_improve_and_never_go_below_the_floor() -> None:
    stingy = replace(EU_PRESET, seller="north", withdrawal_days=3, refund_days=60, guarantee_days=1)
    kind = replace(EU_PRESET, seller="south", goodwill_days=100, refund_days=5)
    known = (*PRESETS, stingy, kind)

    def found(seller: str) -> ReturnPolicy:
        return policy_for(known, country="FR", ordered_on=date(2026, 3, 1), seller=seller)

    assert (found("north").withdrawal_days, found("north").refund_days) == (14, 14)
    assert found("north").guarantee_days == 730
    assert (found("south").goodwill_days, found("south").refund_days) == (100, 5)
    assert found("other").code == "eu-consumer"


def test_presets_are_chosen_by_country_and_day() -> None:
    def code(country: str) -> str:
        return policy_for(PRESETS, country=country, ordered_on=date(2026, 3, 1)).code

    assert [code(c) for c in ("RO", "GB", "BR", "JP")] == [
        "eu-consumer",
        "uk-consumer",
        "br-consumer",
        "platform",
    ]
    with pytest.raises(InvalidInput):
        policy_for(PRESETS[:1], country="FR", ordered_on=date(1999, 1, 1))


def test_a_whole_contract_gets_its_delivery_back_a_part_does_not() -> None:
    delivery = {"north": Money(499, "EUR"), "south": Money(0, "EUR")}

    def refund(*returned: Returned) -> int:
        found = refund_for(
            returned,
            LINES,
            delivery=delivery,
            due_on=date(2026, 3, 24),
            currency="EUR",
        )
        assert sum(line.amount.minor for line in found.lines) == found.total.minor
        assert found.due_on == date(2026, 3, 24)
        return found.total.minor

    assert refund(Returned("1", 1, Basis.WITHDRAWAL)) == 1250
    assert refund(Returned("1", 2, Basis.WITHDRAWAL)) == 2500
    assert (
        refund(Returned("1", 2, Basis.WITHDRAWAL), Returned("2", 1, Basis.WITHDRAWAL))
        == 2500 + 2000 + 499
    )


def test_goodwill_keeps_its_share() -> None:
    found = refund_for(
        [Returned("1", 1, Basis.GOODWILL, Decimal("0.1"))],
        LINES,
        delivery={},
        due_on=date(2026, 3, 24),
        currency="EUR",
    )
    assert found.total == Money(1125, "EUR")
