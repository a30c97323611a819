"""Counts decided promises by group, so that months add up without their promises being read again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from tracking.outcome import PromiseOutcome

ALL, ELSEWHERE = "all", "elsewhere"
LEVEL, MONTH, SERVICE, MODEL = "level", "month", "service", "model"
SELLER, LANE, DESTINATION = "seller", "lane", "destination"
PPM = 1_000_000


@dataclass(slots=True)
class Tally:
    """Sums over the decided promises of one group; shares in millionths, so that sums are exact."""

    promises: int = 0
    kept: int = 0
    lost: int = 0
    """Of those not kept: something in them will never arrive."""
    level_ppm: int = 0
    said_ppm: int = 0
    days: int = 0
    days_squared: int = 0

    def count(self, outcome: PromiseOutcome, *, kept: bool) -> None:
        """One more."""
        self.promises += 1
        self.kept += kept
        self.lost += not kept and outcome.is_over
        self.level_ppm += round(outcome.level * PPM)
        self.said_ppm += round(outcome.said * PPM)
        self.days += outcome.promised_days
        self.days_squared += outcome.promised_days**2

    def add(self, other: "Tally") -> None:
        """Those of another one too."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_COUNTS = tuple(each.name for each in fields(Tally))


@dataclass(slots=True)
class Tallies:
    """By kind of group and its name; promises that are not decided yet only as their number."""

    groups: dict[str, dict[str, Tally]] = field(default_factory=dict)
    open_promises: int = 0

    def count(self, outcome: PromiseOutcome, now: datetime) -> None:
        """One promise of ours, in each of its groups: several sellers have it each."""
        kept = outcome.kept(now)
        if kept is None:
            self.open_promises += 1
            return
        for kind, names in _groups(outcome).items():
            for name in dict.fromkeys(names):
                self._tally(kind, name).count(outcome, kept=kept)

    def count_elsewhere(self, outcome: PromiseOutcome, now: datetime) -> None:
        """One that another marketplace promised, without a level: only compared with."""
        kept = outcome.kept(now)
        if kept is not None:
            self._tally(ELSEWHERE, ELSEWHERE).count(outcome, kept=kept)

    def add(self, other: "Tallies") -> None:
        """Those of another month too."""
        self.open_promises += other.open_promises
        for kind, named in other.groups.items():
            for name, tally in named.items():
                self._tally(kind, name).add(tally)

    def of(self, kind: str) -> Mapping[str, Tally]:
        """The groups of a kind by name."""
        return self.groups.get(kind, {})

    def _tally(self, kind: str, name: str) -> Tally:
        return self.groups.setdefault(kind, {}).setdefault(name, Tally())


def _groups(outcome: PromiseOutcome) -> dict[str, Iterable[str]]:
    return {
        ALL: (ALL,),
        LEVEL: (f"{outcome.level:g}",),
        MONTH: (outcome.month,),
        SERVICE: outcome.services,
        SELLER: outcome.sellers,
        LANE: outcome.lanes,
        DESTINATION: (outcome.destination,) if outcome.destination else (),
        MODEL: (outcome.model.partition("@")[0],),
    }


def tallies_json(tallies: Tallies) -> dict[str, Any]:
    """As stored: whole numbers in the order of the fields of `Tally`."""
    return {
        "open": tallies.open_promises,
        "counts": list(_COUNTS),
        "groups": {
            kind: {name: [getattr(one, each) for each in _COUNTS] for name, one in named.items()}
            for kind, named in tallies.groups.items()
        },
    }


def tallies_from(stored: Mapping[str, Any]) -> Tallies:
    """The value that `tallies_json` wrote; a count that was not kept then is 0."""
    counts = stored["counts"]
    return Tallies(
        {
            kind: {
                name: Tally(**dict(zip(counts, sums, strict=True))) for name, sums in named.items()
            }
            for kind, named in stored["groups"].items()
        },
        stored["open"],
    )
