"""Money in whole minor units of an ISO 4217 currency; no floats, no implicit exchange."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Self

from core.errors import InvalidInput, invalid

# ISO 4217 amendment 177: minor-unit exponents that differ from 2.
_EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


class Rounding(StrEnum):
    """Named rules for the one rounding that a computation may do."""

    HALF_UP = "half_up"  # commercial rounding, tax and exchange
    HALF_EVEN = "half_even"  # statistics
    UP = "up"  # surcharges that a carrier rounds against the sender
    DOWN = "down"

    @property
    def mode(self) -> str:
        return {
            "half_up": ROUND_HALF_UP,
            "half_even": ROUND_HALF_EVEN,
            "up": ROUND_CEILING,
            "down": ROUND_FLOOR,
        }[self.value]


def exponent(currency: str) -> int:
    """How many decimal places the currency's minor unit has (JPY 0, EUR 2, KWD 3)."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount of one currency in its minor unit, e.g. `Money(1999, "EUR")` is 19.99 EUR."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise invalid("minor", "money is a whole number of minor units")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise invalid("currency", f"{self.currency!r} is not an ISO 4217 code")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def from_decimal(
        cls, amount: Decimal, currency: str, rounding: Rounding = Rounding.HALF_UP
    ) -> Self:
        """Round `amount` (major units) once, by the named rule."""
        scaled = amount.scaleb(exponent(currency)).quantize(Decimal(1), rounding=rounding.mode)
        return cls(int(scaled), currency)

    def to_decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def _same(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise InvalidInput(
                f"{self.currency} and {other.currency} cannot be added or compared", code="currency"
            )

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.minor * count, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor <= other.minor

    def times(self, rate: Decimal, rounding: Rounding = Rounding.HALF_UP) -> "Money":
        """The share or surcharge `rate` of this amount, rounded once."""
        product = (Decimal(self.minor) * rate).quantize(Decimal(1), rounding=rounding.mode)
        return Money(int(product), self.currency)

    def exchange(
        self, rate: Decimal, currency: str, rounding: Rounding = Rounding.HALF_UP
    ) -> "Money":
        """Convert with `rate` units of `currency` per unit of this one, rounded once."""
        return Money.from_decimal(self.to_decimal() * rate, currency, rounding)

    def split(self, weights: list[int]) -> list["Money"]:
        """Share by whole-number weights without losing a cent (largest remainders, first wins).

        Raises InvalidInput when no weight is positive or one is negative.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise invalid("weights", "shares need non-negative weights with a positive sum")
        sign = -1 if self.minor < 0 else 1
        amount = abs(self.minor)
        floors = [amount * weight // total for weight in weights]
        remainders = [amount * weight % total for weight in weights]
        left = amount - sum(floors)
        for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
            floors[index] += 1
        return [Money(sign * share, self.currency) for share in floors]

    def __str__(self) -> str:
        return f"{self.to_decimal():.{exponent(self.currency)}f} {self.currency}"


def total(amounts: list[Money], currency: str) -> Money:
    """The sum of amounts that are all in `currency`."""
    result = Money.zero(currency)
    for amount in amounts:
        result = result + amount
    return result
