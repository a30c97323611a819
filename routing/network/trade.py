"""Money across borders: exchange rates, taxes, customs territories and duties, all imported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.errors import invalid
from core.money import Money, Rounding


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """`rate` units of `quote` for one `base`, as published on `day` by `source`."""

    base: str
    quote: str
    rate: Decimal
    day: date
    source: str

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise invalid("rate", "an exchange rate is positive")
        if self.base == self.quote:
            raise invalid("quote", "an exchange rate joins two currencies")


@dataclass(frozen=True, slots=True)
class Exchanged:
    """An amount in the settlement currency, and the rate that made it (None: none was needed)."""

    amount: Money
    rate: ExchangeRate | None


@dataclass(frozen=True, slots=True)
class NoExchangeRate:
    """There is no rate between these currencies, so what is priced in one cannot be offered."""

    base: str
    quote: str


def rate_between(
    rates: Sequence[ExchangeRate], base: str, quote: str, day: date
) -> ExchangeRate | None:
    """The latest rate of `base` to `quote` not after `day`; the inverse pair serves as well."""
    best: ExchangeRate | None = None
    for rate in rates:
        if rate.day > day:
            continue
        if (rate.base, rate.quote) == (base, quote):
            candidate = rate
        elif (rate.quote, rate.base) == (base, quote):
            inverse = (Decimal(1) / rate.rate).quantize(Decimal("1.0000000000"))
            candidate = ExchangeRate(base, quote, inverse, rate.day, f"inverse of {rate.source}")
        else:
            continue
        if best is None or candidate.day > best.day:
            best = candidate
    return best


def settle(
    amount: Money, currency: str, rates: Sequence[ExchangeRate], day: date
) -> Exchanged | NoExchangeRate:
    """The amount in the settlement currency, rounded once, half up."""
    if amount.currency == currency:
        return Exchanged(amount, None)
    rate = rate_between(rates, amount.currency, currency, day)
    if rate is None:
        return NoExchangeRate(amount.currency, currency)
    return Exchanged(amount.exchange(rate.rate, currency, Rounding.HALF_UP), rate)


@dataclass(frozen=True, slots=True)
class TaxRate:
    """Value added or sales tax of a country on a category; `included` in the shown prices or not."""

    country: str
    category: str
    rate: Decimal
    included: bool
    valid_from: date
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise invalid("rate", "a tax rate is a share, 0 to 1")


def tax_on(rows: Sequence[TaxRate], country: str, category: str, day: date) -> TaxRate | None:
    """The rate in force for that category that day, else the country's `standard` one."""
    for wanted in (category, "standard"):
        for row in rows:
            in_force = row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
            if row.country == country and row.category == wanted and in_force:
                return row
    return None


@dataclass(frozen=True, slots=True)
class DutyRate:
    """Import duty into a territory for HS codes that begin with `hs_prefix` (empty: all)."""

    territory: str
    hs_prefix: str
    rate: Decimal
    free_below: Money
    """Consignments worth less pay no duty."""
    source: str
    valid_from: date
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 10:
            raise invalid("rate", "a duty rate is a share, 0 to 10")


@dataclass(frozen=True, slots=True)
class Customs:
    """Which customs territory each country belongs to; one that is not listed is its own."""

    territory_of: tuple[tuple[str, str], ...] = ()
    duties: tuple[DutyRate, ...] = ()

    def territory(self, country: str) -> str:
        for listed, territory in self.territory_of:
            if listed == country:
                return territory
        return country

    def is_border(self, origin: str, destination: str) -> bool:
        """Whether goods sent from one country to the other pass customs."""
        return self.territory(origin) != self.territory(destination)

    def duty_for(self, destination: str, hs_code: str, day: date) -> DutyRate | None:
        """The most specific duty row in force, or None: duties are then *not included*."""
        territory = self.territory(destination)
        best: DutyRate | None = None
        for row in self.duties:
            in_force = row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)
            applies = row.territory == territory and in_force and hs_code.startswith(row.hs_prefix)
            if applies and (best is None or len(row.hs_prefix) > len(best.hs_prefix)):
                best = row
        return best
