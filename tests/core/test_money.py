"""Money: whole minor units, named rounding, shares that add up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.money import Money, Rounding, exponent, total

amounts = st.integers(min_value=-(10**12), max_value=10**12)


@given(amounts, st.lists(st.integers(0, 1000), min_size=1, max_size=9).filter(any))
def test_shares_add_up_and_lie_within_a_cent_of_fair(minor: int, weights: list[int]) -> None:
    shares = Money(minor, "EUR").split(weights)
    assert total(shares, "EUR").minor == minor
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share.minor * sum(weights) - minor * weight) < sum(weights)


@pytest.mark.parametrize(("currency", "places"), [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4)])
def test_currencies_have_their_own_minor_units(currency: str, places: int) -> None:
    assert exponent(currency) == places
    assert Money.from_decimal(Decimal("1"), currency).minor == 10**places


@given(amounts)
def test_decimals_round_trip(minor: int) -> None:
    money = Money(minor, "KWD")
    assert Money.from_decimal(money.to_decimal(), "KWD") == money


def test_rounding_follows_its_name() -> None:
    half = Decimal("0.5")
    assert Money(5, "EUR").times(half).minor == 3
    assert Money(5, "EUR").times(half, Rounding.HALF_EVEN).minor == 2
    assert Money(5, "EUR").times(half, Rounding.DOWN).minor == 2
    assert Money(-5, "EUR").times(half, Rounding.UP).minor == -2


def test_exchange_minds_both_exponents() -> None:
    assert Money(1000, "JPY").exchange(Decimal("0.0061"), "EUR") == Money(610, "EUR")
    assert Money(100, "EUR").exchange(Decimal("163.9"), "JPY") == Money(164, "JPY")


def test_currencies_never_mix_and_floats_never_enter() -> None:
    with pytest.raises(InvalidInput, match="EUR and GBP"):
        Money(1, "EUR") + Money(1, "GBP")
    with pytest.raises(InvalidInput, match="whole number"):
        Money(1.5, "EUR")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="ISO 4217"):
        Money(1, "eur")
