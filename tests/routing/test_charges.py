"""Charges: each rule, and that shares add up to the cent."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.money import Money
from routing.charges import Charge, CostShare, charge_delivery
from routing.network.policies import ChargeKind, ChargePolicy, ChargeRule
from routing.network.trade import TaxRate

JAN = date(2026, 1, 1)
PASS = ChargeRule(ChargeKind.PASS_THROUGH)
FLAT = ChargeRule(ChargeKind.FLAT, Money(495, "EUR"), free_above=Money(5000, "EUR"))
EACH = ChargeRule(ChargeKind.PER_SELLER, Money(300, "EUR"), free_above=Money(4000, "EUR"))
SHARES = (CostShare("a", 1, 700), CostShare("b", 1, 301), CostShare("b", 2, 999))


def charged(
    policy: ChargePolicy,
    *,
    goods: dict[str, int] | None = None,
    group: str = "",
    tax: TaxRate | None = None,
    duties: dict[int, int] | None = None,
) -> Charge:
    return charge_delivery(
        policy,
        SHARES,
        group=group,
        goods_minor=goods or {"a": 1000, "b": 2000},
        duties_minor=duties or {},
        currency="EUR",
        tax=tax,
    )


def test_pass_through_charges_what_it_costs() -> None:
    charge = charged(ChargePolicy(PASS))
    assert charge.total == Money(2000, "EUR")
    assert [line.amount.minor for line in charge.lines] == [700, 301, 999]


def test_a_markup_is_taken_of_each_share() -> None:
    rule = ChargeRule(ChargeKind.PASS_THROUGH, markup=Decimal("-0.5"))
    assert [line.amount.minor for line in charged(ChargePolicy(rule)).lines] == [350, 151, 500]


def test_a_flat_charge_is_shared_by_cost_and_free_above_a_threshold() -> None:
    charge = charged(ChargePolicy(FLAT))
    assert charge.total == Money(495, "EUR")
    assert [line.parcel for line in charge.lines] == [1, 1, 2]
    free = charged(ChargePolicy(FLAT), goods={"a": 1000, "b": 4000})
    assert free.total == Money(0, "EUR")
    assert {line.code for line in free.lines} == {"delivery_free"}


def test_each_seller_charges_and_waives_on_their_own_goods() -> None:
    assert charged(ChargePolicy(EACH)).total == Money(600, "EUR")
    waived = charged(ChargePolicy(EACH), goods={"a": 100, "b": 4000})
    assert waived.total == Money(300, "EUR")


def test_the_group_comes_before_the_seller_before_the_default() -> None:
    policy = ChargePolicy(PASS, by_group=(("club", FLAT),), by_seller=(("a", EACH),))
    assert charged(policy).total == Money(300 + 1300, "EUR")
    assert charged(policy, group="club").total == Money(495, "EUR")


def test_tax_is_contained_or_added_as_stated() -> None:
    included = TaxRate("FR", "shipping", Decimal("0.20"), True, JAN)
    charge = charged(ChargePolicy(PASS), tax=included)
    assert (charge.total.minor, charge.tax.minor) == (2000, 333)
    added = charged(ChargePolicy(PASS), tax=TaxRate("FR", "x", Decimal("0.20"), False, JAN))
    assert (added.total.minor, added.tax.minor, added.lines[-1].code) == (2400, 400, "tax")


def test_duties_that_the_sender_pays_are_a_line() -> None:
    charge = charged(ChargePolicy(PASS), duties={2: 150})
    assert charge.total == Money(2150, "EUR")
    assert [(line.parcel, line.amount.minor) for line in charge.lines if line.code == "duties"] == [
        (2, 150)
    ]


rules = st.one_of(
    st.builds(
        ChargeRule,
        st.just(ChargeKind.PASS_THROUGH),
        free_above=st.none() | st.builds(Money, st.integers(0, 9000), st.just("EUR")),
        markup=st.decimals("-1", "1", places=2),
    ),
    st.builds(
        ChargeRule,
        st.sampled_from([ChargeKind.FLAT, ChargeKind.PER_SELLER]),
        st.builds(Money, st.integers(0, 9000), st.just("EUR")),
        free_above=st.none() | st.builds(Money, st.integers(0, 9000), st.just("EUR")),
    ),
)
shares = st.lists(
    st.builds(CostShare, st.sampled_from("abc"), st.integers(1, 3), st.integers(0, 5000)),
    min_size=1,
    max_size=6,
)


@given(rules, st.dictionaries(st.sampled_from("abc"), rules), shares, st.integers(0, 9000))
@settings(derandomize=True, max_examples=150)
def test_lines_sum_to_the_total_and_nothing_is_negative(
    default: ChargeRule, sellers: dict[str, ChargeRule], parts: list[CostShare], goods: int
) -> None:
    charge = charge_delivery(
        ChargePolicy(default, by_seller=tuple(sellers.items())),
        parts,
        group="",
        goods_minor={part.seller: goods for part in parts},
        duties_minor={},
        currency="EUR",
        tax=None,
    )
    assert sum(line.amount.minor for line in charge.lines) == charge.total.minor
    assert all(line.amount.minor >= 0 for line in charge.lines)
    assert len(charge.lines) == len(parts)


def test_a_charge_that_does_not_add_up_cannot_be_made() -> None:
    with pytest.raises(InvalidInput):
        Charge(Money(1, "EUR"), Money(0, "EUR"), None, True, ())


def test_what_is_paid_at_the_border_bears_no_tax_again() -> None:
    policy = ChargePolicy(PASS)
    for included in (True, False):
        tax = TaxRate("GB", "shipping", Decimal("0.20"), included, JAN)
        charge = charge_delivery(
            policy,
            SHARES,
            group="",
            goods_minor={"a": 1000, "b": 2000},
            duties_minor={1: 100},
            import_tax_minor={1: 620, 2: 0},
            currency="EUR",
            tax=tax,
        )
        assert charge.total.minor == 2000 + 720 + (0 if included else 400)
        assert charge.tax.minor == (333 if included else 400)
        assert [line.code for line in charge.lines].count("import_tax") == 1
