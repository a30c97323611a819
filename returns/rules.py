"""What a marketplace's own policy adds to the legal presets: more time, lower fees, for whom and what."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from core.errors import invalid
from returns.policy import PRESETS, Basis, ReturnPolicy, improved, policy_for
from routing.network.canonical import from_json


@dataclass(frozen=True, slots=True)
class Improvement:
    """Better terms for these countries, sellers and categories (none named: for all of them)."""

    countries: frozenset[str] = frozenset()
    sellers: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    withdrawal_days: int | None = None
    send_back_days: int | None = None
    refund_days: int | None = None
    guarantee_days: int | None = None
    goodwill_days: int | None = None
    goodwill_fee_share: Decimal | None = None
    """Of the price, kept when goods come back on goodwill; without one goodwill costs nothing."""
    seller_pays_return: frozenset[Basis] = frozenset()

    def holds_for(self, country: str, seller: str, category: str) -> bool:
        pairs = ((self.countries, country), (self.sellers, seller), (self.categories, category))
        return all(not wanted or given in wanted for wanted, given in pairs)

    def over(self, floor: ReturnPolicy) -> ReturnPolicy:
        """The floor with what is better here; nothing gets worse."""
        days = {
            name: value
            for name in ("withdrawal", "send_back", "refund", "guarantee", "goodwill")
            if (value := getattr(self, f"{name}_days")) is not None
        }
        own = replace(floor, **{f"{name}_days": value for name, value in days.items()})
        if self.goodwill_days is not None:
            # The fee belongs to this goodwill; where the floor had some already, the lower counts.
            fee = self.goodwill_fee_share or Decimal(0)
            before = floor.goodwill_fee_share if floor.goodwill_days else fee
            floor, own = (
                replace(floor, goodwill_fee_share=before),
                replace(own, goodwill_fee_share=fee),
            )
        pays = floor.seller_pays_return | self.seller_pays_return
        return improved(floor, replace(own, seller_pays_return=pays))


@dataclass(frozen=True, slots=True)
class ReturnRules:
    """The object `returns` of a network's policy.

    `exceptions` says which of the marketplace's categories fall under an exception of the law
    (Dir. 2011/83 Art. 16), by the preset's word for it: `{"coffee": "perishable"}`.
    """

    improvements: tuple[Improvement, ...] = ()
    exceptions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {word for preset in PRESETS for word in preset.excluded_categories}
        for category, exception in self.exceptions.items():
            if exception not in known:
                reason = f"{exception!r} is none of {', '.join(sorted(known))}"
                raise invalid(f"exceptions.{category}", reason)
        for improvement in self.improvements:
            improvement.over(PRESETS[-1])

    def policy(
        self, *, country: str, ordered_on: date, seller: str = "", category: str = ""
    ) -> ReturnPolicy:
        """The rules in force: the legal floor of the country, improved by all that fits."""
        found = policy_for(PRESETS, country=country, ordered_on=ordered_on, seller=seller)
        for improvement in self.improvements:
            if improvement.holds_for(country, seller, category):
                found = improvement.over(found)
        return found

    def legal_category(self, category: str) -> str:
        """The law's word for a category of the marketplace, or the category itself."""
        return self.exceptions.get(category, category)


@lru_cache(maxsize=256)
def read_rules(text: str) -> ReturnRules:
    """The rules in a policy's JSON text; raises InvalidInput naming the field."""
    return from_json(ReturnRules, text)
