"""Rules that choose a service, tried on history before they are used: cost, conflicts, dead rules. Pure.

The first rule that matches decides. Conditions are boxes over country, weight and longest side, so
that overlaps and rules that can never match are found exactly, not by sampling.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, product

from carriers.tariffs import MeasuredParcel, NoRate, RateLane, Tariff, price_parcel
from core.errors import invalid
from core.money import Money
from core.places import Destination
from core.units import Dimensions

OTHER = "??"  # stands for every country that no rule names
NO_LIMIT = 10**9


@dataclass(frozen=True, slots=True)
class ServiceRule:
    """Ship with `service` when all conditions hold; limits are inclusive, no country means any."""

    name: str
    service: tuple[str, str]  # carrier, service
    countries: frozenset[str] = frozenset()
    min_weight_g: int = 0
    max_weight_g: int = NO_LIMIT
    max_longest_mm: int = NO_LIMIT

    def __post_init__(self) -> None:
        if self.min_weight_g > self.max_weight_g:
            raise invalid("min_weight_g", f"{self.name}: no weight is within the limits")

    def matches(self, country: str, weight_g: int, longest_mm: int) -> bool:
        return (
            (not self.countries or country in self.countries)
            and self.min_weight_g <= weight_g <= self.max_weight_g
            and longest_mm <= self.max_longest_mm
        )


@dataclass(frozen=True, slots=True)
class PastParcel:
    """A parcel that was shipped: what it was, and what it cost."""

    origin: Destination
    destination: Destination
    weight_g: int
    size: Dimensions
    shipped_on: date
    cost: Money


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rules want different services for the same parcel; the first has its way."""

    first: str
    second: str
    country: str
    weight_g: int
    longest_mm: int


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the rules would have done: parcels by rule, costs by currency, and what was left over."""

    parcels: Mapping[str, int]
    cost_then: Mapping[str, Money]
    cost_now: Mapping[str, Money]
    unmatched: int
    unpriced: Mapping[str, int]  # reasons why a chosen service would not have taken it
    conflicts: tuple[Conflict, ...] = ()
    unreachable: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sums:
    by_currency: dict[str, Money] = field(default_factory=dict)

    def add(self, amount: Money) -> None:
        before = self.by_currency.get(amount.currency, Money.zero(amount.currency))
        self.by_currency[amount.currency] = before + amount


def choose_service(
    rules: Sequence[ServiceRule], country: str, weight_g: int, longest_mm: int
) -> ServiceRule | None:
    """The first rule that matches, or None."""
    return next((rule for rule in rules if rule.matches(country, weight_g, longest_mm)), None)


def dry_run(
    rules: Sequence[ServiceRule],
    history: Iterable[PastParcel],
    tariffs: Mapping[tuple[str, str], Tariff],
) -> DryRun:
    """Price history as the rules would have shipped it.

    `cost_then` counts only parcels that the rules can price, so that both sums are of the same ones.
    """
    parcels: Counter[str] = Counter()
    unpriced: Counter[str] = Counter()
    then, now = _Sums(), _Sums()
    unmatched = 0
    for past in history:
        rule = choose_service(rules, past.destination.country, past.weight_g, past.size.longest_mm)
        if rule is None:
            unmatched += 1
            continue
        parcels[rule.name] += 1
        tariff = tariffs.get(rule.service)
        if tariff is None:
            unpriced["no_tariff"] += 1
            continue
        price = price_parcel(
            tariff,
            MeasuredParcel(past.weight_g, past.size),
            RateLane(past.origin, past.destination),
            past.shipped_on,
        )
        if isinstance(price, NoRate):
            unpriced[price.reason.value] += 1
            continue
        then.add(past.cost)
        now.add(price.total)
    return DryRun(
        parcels=dict(parcels),
        cost_then=then.by_currency,
        cost_now=now.by_currency,
        unmatched=unmatched,
        unpriced=dict(unpriced),
        conflicts=tuple(find_conflicts(rules)),
        unreachable=tuple(find_unreachable(rules)),
    )


def find_unreachable(rules: Sequence[ServiceRule]) -> list[str]:
    """Names of rules that no parcel can ever reach: earlier ones take all of theirs."""
    reached = {
        rule.name for cell in _cells(rules) if (rule := choose_service(rules, *cell)) is not None
    }
    return [rule.name for rule in rules if rule.name not in reached]


def find_conflicts(rules: Sequence[ServiceRule]) -> Iterator[Conflict]:
    """Pairs that overlap and differ in service, each with one parcel that shows it."""
    cells = _cells(rules)
    for first, second in combinations(rules, 2):
        if first.service == second.service:
            continue
        shown = next((c for c in cells if first.matches(*c) and second.matches(*c)), None)
        if shown is not None:
            yield Conflict(first.name, second.name, *shown)


def _cells(rules: Sequence[ServiceRule]) -> list[tuple[str, int, int]]:
    """One parcel for every way in which the rules can tell parcels apart."""
    countries = sorted({country for rule in rules for country in rule.countries} | {OTHER})
    weights = {1}
    for rule in rules:
        weights |= {max(rule.min_weight_g, 1), rule.max_weight_g, rule.max_weight_g + 1}
    sides = {1}
    for rule in rules:
        sides |= {rule.max_longest_mm, rule.max_longest_mm + 1}
    return list(
        product(countries, sorted(w for w in weights if w > 0), sorted(s for s in sides if s > 0))
    )
