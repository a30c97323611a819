"""Exchange, tax and duty look-ups by date."""

from datetime import date
from decimal import Decimal

from core.money import Money
from routing.network.trade import (
    Customs,
    DutyRate,
    Exchanged,
    ExchangeRate,
    NoExchangeRate,
    TaxRate,
    settle,
    tax_on,
)

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
RATES = (
    ExchangeRate("GBP", "EUR", Decimal("1.1490"), JAN, "a"),
    ExchangeRate("GBP", "EUR", Decimal("1.2000"), MAR, "b"),
    ExchangeRate("EUR", "JPY", Decimal("160"), JAN, "a"),
)


def test_the_latest_rate_not_after_the_day_counts() -> None:
    settled = settle(Money(1000, "GBP"), "EUR", RATES, FEB)
    assert isinstance(settled, Exchanged)
    assert settled.amount == Money(1149, "EUR")
    assert settled.rate is not None and settled.rate.source == "a"
    later = settle(Money(1000, "GBP"), "EUR", RATES, MAR)
    assert isinstance(later, Exchanged) and later.amount == Money(1200, "EUR")


def test_the_inverse_pair_serves_and_exponents_differ() -> None:
    settled = settle(Money(1600, "JPY"), "EUR", RATES, FEB)
    assert isinstance(settled, Exchanged)
    assert settled.amount == Money(1000, "EUR")


def test_no_rate_is_an_answer_not_a_guess() -> None:
    assert settle(Money(1, "USD"), "EUR", RATES, FEB) == NoExchangeRate("USD", "EUR")
    assert settle(Money(1, "GBP"), "EUR", RATES, date(2025, 12, 31)) == NoExchangeRate("GBP", "EUR")


def test_a_category_without_a_row_pays_the_standard_rate() -> None:
    rows = (
        TaxRate("FR", "standard", Decimal("0.20"), True, JAN),
        TaxRate("FR", "books", Decimal("0.055"), True, JAN, FEB),
    )
    for day, category, rate in (
        (FEB, "books", "0.055"),
        (MAR, "books", "0.20"),
        (FEB, "toys", "0.20"),
    ):
        found = tax_on(rows, "FR", category, day)
        assert found is not None and found.rate == Decimal(rate)
    assert tax_on(rows, "DE", "standard", FEB) is None


def test_duties_take_the_most_specific_code_at_a_border_only() -> None:
    wide = DutyRate("EU", "69", Decimal("0.06"), Money(15000, "EUR"), "x", JAN)
    fine = DutyRate("EU", "6912", Decimal("0.12"), Money(15000, "EUR"), "x", JAN)
    customs = Customs((("FR", "EU"), ("DE", "EU")), (wide, fine))
    assert not customs.is_border("FR", "DE")
    assert customs.is_border("GB", "FR")
    assert customs.duty_for("FR", "691200", FEB) == fine
    assert customs.duty_for("FR", "690100", FEB) == wide
    assert customs.duty_for("FR", "850000", FEB) is None
