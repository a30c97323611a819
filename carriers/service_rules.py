"""Rules that choose a service, tried on history before they are used: cost, conflicts, dead rules. Pure.

The first rule that matches decides. Conditions are boxes over country, weight and longest side, so
that overlaps and rules that can never match are found exactly, not by sampling.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations

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
            self.takes(country)
            and self.min_weight_g <= weight_g <= self.max_weight_g
            and longest_mm <= self.max_longest_mm
        )

    def takes(self, country: str) -> bool:
        return not self.countries or country in self.countries


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
class Costs:
    """What the same parcels cost then, and would cost now; in two currencies they don't compare."""

    parcels: int
    then: Money
    now: Money

    @property
    def change(self) -> Money | None:
        """How much dearer, None between two currencies: no exchange is implied."""
        return self.now - self.then if self.now.currency == self.then.currency else None


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the rules would have done: parcels by rule, what they cost, and what was left over."""

    parcels: Mapping[str, int]
    costs: tuple[Costs, ...]  # one per pair of currencies, sorted
    unmatched: int
    unpriced: Mapping[str, int]  # reasons why a chosen service would not have taken it
    conflicts: tuple[Conflict, ...] = ()
    unreachable: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sums:
    by_pair: dict[tuple[str, str], Costs] = field(default_factory=dict)

    def add(self, then: Money, now: Money) -> None:
        pair = (then.currency, now.currency)
        zero = Costs(0, Money.zero(then.currency), Money.zero(now.currency))
        before = self.by_pair.get(pair, zero)
        self.by_pair[pair] = Costs(before.parcels + 1, before.then + then, before.now + now)


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

    `costs` count only parcels that the rules can price, so that both sums are of the same ones.
    """
    parcels: Counter[str] = Counter()
    unpriced: Counter[str] = Counter()
    sums = _Sums()
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
        sums.add(past.cost, price.total)
    return DryRun(
        parcels=dict(parcels),
        costs=tuple(costs for _, costs in sorted(sums.by_pair.items())),
        unmatched=unmatched,
        unpriced=dict(unpriced),
        conflicts=tuple(find_conflicts(rules)),
        unreachable=tuple(find_unreachable(rules)),
    )


def find_unreachable(rules: Sequence[ServiceRule]) -> list[str]:
    """Names of rules that no parcel can ever reach: earlier ones take all of theirs."""
    countries = sorted({country for rule in rules for country in rule.countries} | {OTHER})
    return [
        rule.name
        for place, rule in enumerate(rules)
        if not any(
            _is_reached(rule, [one for one in rules[:place] if one.takes(country)])
            for country in countries
            if rule.takes(country)
        )
    ]


def _is_reached(rule: ServiceRule, earlier: Sequence[ServiceRule]) -> bool:
    """Whether a parcel of one country gets past the earlier rules.

    The longest parcel of this rule gets past every rule with a lower limit, so it stands for all;
    growing heavier, it gets past another one only right after that one's heaviest weight.
    """
    if rule.max_longest_mm < 1:
        return False
    lightest = max(rule.min_weight_g, 1)
    ends = {one.max_weight_g + 1 for one in earlier} | {lightest}
    return any(
        all(
            not one.min_weight_g <= weight_g <= one.max_weight_g
            or one.max_longest_mm < rule.max_longest_mm
            for one in earlier
        )
        for weight_g in ends
        if lightest <= weight_g <= rule.max_weight_g
    )


def find_conflicts(rules: Sequence[ServiceRule]) -> Iterator[Conflict]:
    """Pairs that overlap and differ in service, each with one parcel that shows it."""
    for first, second in combinations(rules, 2):
        if first.service == second.service:
            continue
        countries = _shared(first.countries, second.countries)
        weight_g = max(first.min_weight_g, second.min_weight_g, 1)
        heaviest_g = min(first.max_weight_g, second.max_weight_g)
        longest_mm = min(first.max_longest_mm, second.max_longest_mm)
        if countries and weight_g <= heaviest_g and longest_mm >= 1:
            yield Conflict(first.name, second.name, min(countries), weight_g, 1)


def _shared(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """Countries of both; none named means any."""
    if one and other:
        return one & other
    return one or other or frozenset({OTHER})
