"""Promised against kept: shares with intervals, by level, month, service, lane, seller and model.

A promise is kept when everything in it had arrived by its end, missed once its end has passed
without; until then it is open and counts nowhere. So recent days are not flattered by parcels that
are early, nor darkened by parcels that still have time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from statistics import pstdev

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution
SURE = 3.2905267314919255  # 99.9 %: where hundreds of groups are judged, few by mere chance
SMALL = 30  # fewer promises than this are shown, but judge nobody
POOLED = "small groups together"
"""Sellers and lanes with fewer are also judged, all of them as one."""


@dataclass(frozen=True, slots=True)
class PromiseOutcome:
    """One promise as it stands; `arrived_at` is the last parcel's arrival, UTC."""

    level: float
    made_at: datetime
    ends_at: datetime
    month: str  # of the purchase, YYYY-MM
    services: tuple[str, ...]
    sellers: tuple[str, ...]
    promised_days: int  # from the purchase to the promised day
    arrived_at: datetime | None
    is_over: bool = False
    """No parcel of it will move any more: one that has not arrived never will."""
    lanes: tuple[str, ...] = ()
    model: str = ""  # what its probability rests on
    probability: float | None = None  # what was said of the promised day; None: the level alone
    destination: str = ""  # its region, or the beginning of its postal code

    def kept(self, now: datetime) -> bool | None:
        """True or False once it is known, None while it is open."""
        if self.arrived_at is not None:
            return self.arrived_at <= self.ends_at
        return False if self.is_over or now > self.ends_at else None


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """One group: what was stated, what was kept, and how sure that is."""

    group: str
    promises: int
    stated: float  # mean level
    kept: float
    low: float  # Wilson interval, 95 %
    high: float
    said: float
    """Mean probability that was said of the promised days; at least the level."""
    mean_days: float
    sd_days: float
    """Standard deviation of the promised days: with the mean, how sharp the promises are."""

    @property
    def is_small(self) -> bool:
        return self.promises < SMALL

    @property
    def is_off(self) -> bool:
        """The stated level lies outside the interval, with enough promises to say so."""
        return not self.is_small and not self.low <= self.stated <= self.high

    @property
    def is_surely_off(self) -> bool:
        """It keeps less than stated, by the 99.9 % interval."""
        high = wilson(round(self.kept * self.promises), self.promises, SURE)[1]
        return not self.is_small and high < self.stated


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """All groups; `open_promises` are not decided yet."""

    overall: CalibrationRow | None
    by_level: tuple[CalibrationRow, ...]
    by_month: tuple[CalibrationRow, ...]
    by_service: tuple[CalibrationRow, ...]
    by_seller: tuple[CalibrationRow, ...]
    open_promises: int
    by_lane: tuple[CalibrationRow, ...] = ()
    by_model: tuple[CalibrationRow, ...] = ()
    by_destination: tuple[CalibrationRow, ...] = ()
    elsewhere: CalibrationRow | None = None
    """What another marketplace promised before, without stating a level."""

    @property
    def days_earlier(self) -> float | None:
        """How much earlier than elsewhere before, mean days; negative: later."""
        if self.overall is None or self.elsewhere is None:
            return None
        return self.elsewhere.mean_days - self.overall.mean_days

    @property
    def alarms(self) -> tuple[str, ...]:
        """Groups that keep less than stated, with enough promises to say so."""
        rows = (*self.by_month[-2:], *self.by_service, *self.by_destination, *self.by_lane)
        rows = (*rows, *self.by_seller)
        return tuple(row.group for row in rows if row.is_off and row.kept < row.stated)

    def broken_floors(
        self, standing: frozenset[tuple[str, str]] = frozenset()
    ) -> tuple[tuple[str, CalibrationRow], ...]:
        """Destinations, lanes and sellers that surely keep less than stated, with what they are.

        One of those `standing` (kind, group) is over only once the ordinary interval reaches what is stated.
        """
        groups = (
            ("destination", self.by_destination),
            ("lane", self.by_lane),
            ("seller", self.by_seller),
        )
        return tuple(
            (kind, row)
            for kind, rows in groups
            for row in rows
            if row.is_off
            and row.kept < row.stated
            and ((kind, row.group) in standing or row.is_surely_off)
        )


def wilson(kept: int, promises: int, z: float = Z95) -> tuple[float, float]:
    """The interval of a share (Wilson 1927), 95 % by default; 0 to 1 when nothing was counted."""
    if promises == 0:
        return 0.0, 1.0
    share, z2 = kept / promises, z * z
    middle = (share + z2 / (2 * promises)) / (1 + z2 / promises)
    half = z * sqrt(share * (1 - share) / promises + z2 / (4 * promises**2))
    half /= 1 + z2 / promises
    return max(0.0, middle - half), min(1.0, middle + half)


def report_calibration(
    outcomes: Iterable[PromiseOutcome],
    now: datetime,
    elsewhere: Iterable[PromiseOutcome] = (),
) -> CalibrationReport:
    """Group what is decided at `now`; several services or sellers count in each of theirs."""
    known: list[tuple[PromiseOutcome, bool]] = []
    waiting = 0
    for outcome in outcomes:
        kept = outcome.kept(now)
        if kept is None:
            waiting += 1
        else:
            known.append((outcome, kept))

    def grouped(groups: Callable[[PromiseOutcome], Iterable[str]]) -> tuple[CalibrationRow, ...]:
        members: dict[str, list[tuple[PromiseOutcome, bool]]] = {}
        for outcome, kept in known:
            for group in dict.fromkeys(groups(outcome)):
                members.setdefault(group, []).append((outcome, kept))
        return tuple(_row(group, members[group]) for group in sorted(members))

    def pooled(groups: Callable[[PromiseOutcome], Iterable[str]]) -> tuple[CalibrationRow, ...]:
        """The rows, and one over all the small ones where there are several."""
        rows = grouped(groups)
        small = {row.group for row in rows if row.is_small}
        if len(small) < 2:
            return rows
        theirs = [each for each in known if small.intersection(groups(each[0]))]
        return (*rows, _row(POOLED, theirs))

    before = [(one, kept) for one in elsewhere if (kept := one.kept(now)) is not None]
    return CalibrationReport(
        overall=_row("all", known) if known else None,
        by_level=grouped(lambda outcome: (f"{outcome.level:g}",)),
        by_month=grouped(lambda outcome: (outcome.month,)),
        by_service=grouped(lambda outcome: outcome.services),
        by_seller=pooled(lambda outcome: outcome.sellers),
        open_promises=waiting,
        by_lane=pooled(lambda outcome: outcome.lanes),
        by_destination=pooled(lambda one: (one.destination,) if one.destination else ()),
        by_model=grouped(lambda outcome: (outcome.model.partition("@")[0],)),
        elsewhere=_row("elsewhere", before) if before else None,
    )


def _row(group: str, members: list[tuple[PromiseOutcome, bool]]) -> CalibrationRow:
    count = len(members)
    kept = sum(is_kept for _, is_kept in members)
    low, high = wilson(kept, count)
    return CalibrationRow(
        group=group,
        promises=count,
        stated=sum(outcome.level for outcome, _ in members) / count,
        kept=kept / count,
        low=low,
        high=high,
        said=sum(_said(outcome) for outcome, _ in members) / count,
        mean_days=sum(outcome.promised_days for outcome, _ in members) / count,
        sd_days=pstdev(outcome.promised_days for outcome, _ in members),
    )


def _said(outcome: PromiseOutcome) -> float:
    return outcome.level if outcome.probability is None else outcome.probability
