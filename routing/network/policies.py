"""What the marketplace promises and charges: reliability, splits and charge rules, by version."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from core.errors import invalid
from core.money import Money

MOST_DAYS = 10_000  # that a late order may be worth
MOST_MINOR_PER_TONNE = 10_000_000
OPTION_NAMES = ("fastest", "cheapest", "fewest_parcels", "all_on_one_day", "greenest")


class ChargeKind(StrEnum):
    """How the shopper's charge follows from the cost."""

    PASS_THROUGH = "pass_through"  # noqa: S105  the cost, with a markup
    FLAT = "flat"  # one amount per order, shared over sellers by what their parcels cost
    PER_SELLER = "per_seller"  # one amount for each seller in the order


@dataclass(frozen=True, slots=True)
class ChargeRule:
    """One rule; `free_above` compares with the goods of the order (or of the seller, per seller)."""

    kind: ChargeKind
    amount: Money | None = None
    free_above: Money | None = None
    markup: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if (self.amount is None) != (self.kind is ChargeKind.PASS_THROUGH):
            raise invalid("amount", "flat and per-seller charges have an amount, pass-through none")
        if self.amount is not None and self.amount.minor < 0:
            raise invalid("amount", "a charge is not negative")
        if self.markup < -1:
            raise invalid("markup", "a markup takes away at most everything")


@dataclass(frozen=True, slots=True)
class ChargePolicy:
    """The rule for everybody, with exceptions: customer groups first, then sellers."""

    default: ChargeRule
    by_group: tuple[tuple[str, ChargeRule], ...] = ()
    by_seller: tuple[tuple[str, ChargeRule], ...] = ()

    def rule_for(self, seller: str, group: str) -> ChargeRule:
        """The rule of the customer's group, else of the seller, else the default."""
        for name, rule in self.by_group:
            if name == group:
                return rule
        for code, rule in self.by_seller:
            if code == seller:
                return rule
        return self.default


@dataclass(frozen=True, slots=True)
class Co2Price:
    """What CO2e counts beside the cost: in the choice, and where `charged` for the shopper too."""

    minor_per_tonne: int = 0
    """Minor units of the settlement currency."""
    charged: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.minor_per_tonne <= MOST_MINOR_PER_TONNE:
            raise invalid("minor_per_tonne", f"0 to {MOST_MINOR_PER_TONNE}")


@dataclass(frozen=True, slots=True)
class SplitRules:
    """How far an order may be torn apart."""

    max_parcels: int = 6
    excluded_sellers: frozenset[str] = frozenset()
    hubs: bool = True
    max_parcels_per_seller: int | None = None
    """Parcels that hold goods of one and the same seller."""
    whole_lines: bool = False
    """No line is spread over parcels."""

    def __post_init__(self) -> None:
        if not 1 <= self.max_parcels <= 30:
            raise invalid("max_parcels", "an order has 1 to 30 parcels")
        if self.max_parcels_per_seller is not None and self.max_parcels_per_seller < 1:
            raise invalid("max_parcels_per_seller", "a seller has at least one parcel")


class DateRule(StrEnum):
    """How the promised day follows from the odds of each day."""

    LEVEL = "level"  # the first day that keeps the level
    COST = "cost"  # the day with the least days + lateness cost x P(late)
    LATER = "later"  # the later of both


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the rules under which quotes are made."""

    code: str
    version: int
    charges: ChargePolicy
    level: Decimal = Decimal("0.95")
    """Probability that a promise states; joint over all parcels of the order."""
    date_rule: DateRule = DateRule.LATER
    lateness_cost_days: Decimal | None = None
    """Days of waiting that one late order is worth; None: what keeps the level on average over the
    last weeks' parcels, where that was learned, else the level decides alone."""
    hold: timedelta = timedelta(minutes=30)
    """How long a quote honours its price and dates."""
    splits: SplitRules = SplitRules()
    co2: Co2Price = Co2Price()
    option_names: tuple[str, ...] = OPTION_NAMES
    valid_from: date | None = None
    valid_to: date | None = None
    returns_json: str = "{}"
    """The return policy, read by the room `returns`."""
    notices_json: str = "{}"
    """The notice rules, read by the room `tracking`."""

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise invalid("level", "a reliability level lies between 0 and 1, both excluded")
        if self.lateness_cost_days is not None and not 0 < self.lateness_cost_days <= MOST_DAYS:
            raise invalid("lateness_cost_days", f"more than 0 and at most {MOST_DAYS} days")
        if self.hold <= timedelta(0):
            raise invalid("hold_min", "a quote is held for some minutes")
        unknown = [name for name in self.option_names if name not in OPTION_NAMES]
        if unknown:
            raise invalid("option_names", f"unknown option {unknown[0]!r}")

    def is_valid_on(self, day: date) -> bool:
        after = self.valid_from is None or self.valid_from <= day
        return after and (self.valid_to is None or day <= self.valid_to)
