"""What became of each parcel, as facts; and facts as the arrays that are learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from core.errors import invalid
from routing.distributions.traits import GROUPS, TRAITS, ParcelTraits
from tracking.learning.history import I64, NEVER, OrderHistory, repair_days

DAY_S = 86_400
MIDNIGHT = datetime.min.time()


@dataclass(frozen=True, slots=True)
class ParcelFact:
    """One parcel: bought when, handed over and delivered on which local days (None: not so far)."""

    bought_at: datetime  # local time of the marketplace, without zone
    handed_on: date | None
    delivered_on: date | None
    traits: ParcelTraits


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """Facts as arrays; day 0 is `first_day`, `codes` has the code of every name of a group."""

    first_day: date
    history: OrderHistory
    codes: dict[str, dict[str, int]]

    def day(self, day: date) -> int:
        return (day - self.first_day).days


def taught(facts: Sequence[ParcelFact]) -> Taught:
    """Facts in order of purchase; events that run backwards are moved (see `repair_days`)."""
    if not facts:
        raise invalid("history", "no parcel to learn from")
    ordered = sorted(facts, key=lambda fact: fact.bought_at)
    first = ordered[0].bought_at.date()
    midnight = datetime.combine(first, MIDNIGHT)
    purchased = _days([fact.bought_at.date() for fact in ordered], first)
    handed, delivered, repaired = repair_days(
        purchased,
        _days([fact.handed_on for fact in ordered], first),
        _days([fact.delivered_on for fact in ordered], first),
    )
    seconds = [int((fact.bought_at - midnight).total_seconds()) for fact in ordered]
    groups: dict[str, I64] = {}
    codes: dict[str, dict[str, int]] = {}
    for place, name in enumerate(GROUPS):
        values, coded = np.unique(
            np.array([fact.traits.groups[place] for fact in ordered]), return_inverse=True
        )
        groups[name] = coded.astype(np.int64)
        codes[name] = {str(value): code for code, value in enumerate(values)}
    history = OrderHistory(
        purchased=purchased,
        purchased_s=np.array(seconds, np.int64),
        handed=handed,
        delivered=delivered,
        groups=groups,
        traits=np.array([fact.traits.figures for fact in ordered], np.float64),
        trait_names=tuple(TRAITS),
        repaired=repaired,
    )
    return Taught(first, history, codes)


def _days(days: Sequence[date | None], first: date) -> I64:
    return np.array([NEVER if day is None else (day - first).days for day in days], np.int64)
