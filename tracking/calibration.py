"""Promised against kept: shares with intervals, by level, month, service, lane, seller and model.

A promise is kept when everything in it had arrived by its end, missed once its end has passed
without; until then it is open and counts nowhere. So recent days are not flattered by parcels that
are early, nor darkened by parcels that still have time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from tracking.outcome import PromiseOutcome
from tracking.tallies import (
    ALL,
    DESTINATION,
    ELSEWHERE,
    LANE,
    LEVEL,
    MODEL,
    MONTH,
    PPM,
    SELLER,
    SERVICE,
    Tallies,
    Tally,
)

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution
SURE = 3.2905267314919255  # 99.9 %: where hundreds of groups are judged, few by mere chance
SMALL = 30  # fewer promises than this are shown, but judge nobody
POOLED = "small groups together"
"""Sellers and lanes with fewer are also judged, all of them as one."""


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
    lost: int = 0
    """Promises not kept because something in them never arrives."""

    @property
    def kept_of_arriving(self) -> float | None:
        """The share kept of those that were not lost: what levels and probabilities speak of."""
        arriving = self.promises - self.lost
        return self.kept * self.promises / arriving if arriving else None

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
    counted_at: datetime | None = None
    """When the promises were looked at; None: never so far."""
    unreadable: int = 0
    """Rows of the ledger that can't be read and count nowhere: `lanewise ledger verify` names them."""

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
    tallies = Tallies()
    for outcome in outcomes:
        tallies.count(outcome, now)
    for outcome in elsewhere:
        tallies.count_elsewhere(outcome, now)
    return report_tallies(tallies)


def report_tallies(tallies: Tallies) -> CalibrationReport:
    """The same from what was counted before."""

    def grouped(kind: str) -> tuple[CalibrationRow, ...]:
        return tuple(_row(name, tally) for name, tally in sorted(tallies.of(kind).items()))

    def pooled(kind: str) -> tuple[CalibrationRow, ...]:
        """The rows, and one over all the small ones where there are several."""
        rows, together = grouped(kind), Tally()
        small = [row.group for row in rows if row.is_small]
        if len(small) < 2:
            return rows
        for name in small:
            together.add(tallies.of(kind)[name])
        return (*rows, _row(POOLED, together))

    overall, elsewhere = grouped(ALL), grouped(ELSEWHERE)
    return CalibrationReport(
        overall=overall[0] if overall else None,
        by_level=grouped(LEVEL),
        by_month=grouped(MONTH),
        by_service=grouped(SERVICE),
        by_seller=pooled(SELLER),
        open_promises=tallies.open_promises,
        by_lane=pooled(LANE),
        by_destination=pooled(DESTINATION),
        by_model=grouped(MODEL),
        elsewhere=elsewhere[0] if elsewhere else None,
    )


def _row(group: str, tally: Tally) -> CalibrationRow:
    count = tally.promises
    low, high = wilson(tally.kept, count)
    return CalibrationRow(
        group=group,
        promises=count,
        stated=tally.level_ppm / count / PPM,
        kept=tally.kept / count,
        low=low,
        high=high,
        said=tally.said_ppm / count / PPM,
        mean_days=tally.days / count,
        sd_days=sqrt(count * tally.days_squared - tally.days**2) / count,
        lost=tally.lost,
    )
