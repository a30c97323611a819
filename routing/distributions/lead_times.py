"""Learned lead times at work: the curve of a parcel that is promised today, from model and network.

Two things are published by those who learn: a *model* (now and then) and the *state of the network*
(every morning): how fast each group moves, how long the queues are, how far the levels had to move.
Days count from the day of purchase, local to the marketplace.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import log, nan

import numpy as np

from routing.distributions.arrays import F64, U8
from routing.distributions.forest import to_cells
from routing.distributions.traits import GROUPS, TRAITS, ParcelTraits
from routing.distributions.waits import DayCalendar, WaitModel, curves_over, days_from, slow_down

CALENDAR_DAYS_BEFORE = 3  # the published calendar begins so long before its state
CALENDAR_DAYS = 180
GOOD_FOR_DAYS = 3  # a state older than this is not asked any more
FEW_DELIVERIES = 50  # a service with fewer is not known well enough to speak for itself
REMEMBERED = 4096  # curves kept by what they follow from
HANDLING_DAYS = "handling days"  # the column that only the wait from hand-over has

_Key = tuple[str, bytes, int, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """One daily figure as of a morning: by the names of a group, or one for all (empty group)."""

    column: str
    group: str
    values: Mapping[str, float]
    otherwise: float  # for names never seen

    def of_all(self, asked: Sequence[ParcelTraits]) -> list[float]:
        """The figure of each parcel."""
        if not self.group:
            return [self.otherwise] * len(asked)
        place = GROUPS.index(self.group)
        return [self.values.get(one.groups[place], self.otherwise) for one in asked]


@dataclass(frozen=True, slots=True)
class NetworkState:
    """What was known of the network on the morning of `day`."""

    day: date
    working: tuple[bool, ...]  # from CALENDAR_DAYS_BEFORE days before `day`
    readings: tuple[Reading, ...]
    pressure: float  # log factor >= 0 by which daily odds fall, of what is bought
    miss_factors: Mapping[str, float]
    """Share of the allowed misses to aim at: by destination, by `service_to` where that differs."""
    deliveries: Mapping[str, int]  # by service, of the last months
    handling_days: Mapping[str, float]  # by seller, from purchase; empty name: everybody's
    transit_counts: Mapping[str, tuple[int, ...]]
    """By `counted_as`: deliveries on day 1, 2 ... after hand-over (those of the day itself with 1)."""
    arrives: tuple[tuple[float, ...], tuple[float, ...]]
    """P(it arrives at all), by age in days: of those not handed over, of those handed over."""
    lateness_costs: Mapping[str, float] = field(default_factory=dict)
    """By level, as text: days of waiting that one late parcel is worth, as the last weeks say."""
    floors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By group and name: as `miss_factors`, of those that surely keep too little; the empty name:
    all of the group that are not named."""
    transit_pressure: float = 0.0  # as `pressure`, of what is handed over
    revision: int = 1
    """Within its day."""

    @property
    def name(self) -> str:
        """The day, and which of several on that day."""
        return self.day.isoformat() + (f".{self.revision}" if self.revision > 1 else "")

    def covers(self, day: date) -> bool:
        """Whether it may be asked about purchases of that day."""
        return 0 <= (day - self.day).days + 1 <= GOOD_FOR_DAYS + 1

    def calendar(self) -> DayCalendar:
        """The published days."""
        first = self.day - timedelta(days=CALENDAR_DAYS_BEFORE)
        weekday = (first.weekday() + np.arange(len(self.working), dtype=np.int64)) % 7
        return DayCalendar(np.array(self.working, np.bool_), weekday)

    def log_slow_down(self, traits: ParcelTraits, level: float) -> float:
        """Log factor by which daily odds fall: queues, and levels that had to be tightened.

        A curve S is bent to S ** a so that it crosses 1 - level where S crosses the calibrated miss
        rate.
        """
        service, end = traits.group("service"), traits.group("destination")
        factor = miss_factor_of(self.miss_factors, service, end)
        for group, floors in self.floors.items():
            factor = min(factor, floors.get(traits.group(group), floors.get("", 1.0)))
        aimed = (1 - level) * factor
        return self.pressure - log(log(1 - level) / log(aimed))


def service_to(service: str, destination: str) -> str:
    """The name of a service's parcels to a destination."""
    return f"{service}>{destination}"


def miss_factor_of(miss_factors: Mapping[str, float], service: str, destination: str) -> float:
    """The share of the allowed misses to aim at: the service's own there, else the destination's."""
    own = miss_factors.get(service_to(service, destination))
    return miss_factors.get(destination, 1.0) if own is None else own


def counted_as(traits: ParcelTraits) -> tuple[str, str]:
    """Under which names a delivery is counted: the service to there, and from the seller to there."""
    wide = service_to(traits.group("service"), traits.group("destination"))
    return wide, f"{wide}>{traits.group('seller')}"


@dataclass(frozen=True, slots=True, eq=False)
class LeadTimeModel:
    """What was learned: the wait from purchase, the wait from hand-over, and names as codes."""

    purchase: WaitModel
    hand_over: WaitModel
    codes: Mapping[str, Mapping[str, int]]  # of the groups that are columns themselves


@dataclass(frozen=True, slots=True, eq=False)
class LearnedLeadTimes:
    """A model and the state it is asked under; answers repeat and are remembered."""

    name: str  # as the promise ledger writes it
    model: LeadTimeModel
    state: NetworkState
    _remembered: OrderedDict[_Key, F64] = field(default_factory=OrderedDict)
    _days: dict[int, U8] = field(default_factory=dict)

    def knows(self, traits: ParcelTraits) -> bool:
        """Whether its service has delivered often enough, and its destination was seen at all."""
        enough = self.state.deliveries.get(traits.group("service"), 0) >= FEW_DELIVERIES
        return enough and traits.group("destination") in self.model.codes["destination"]

    def curves(self, asked: Sequence[ParcelTraits], at: datetime, level: float) -> F64:
        """P(not arrived by the end of day k after the purchase), k = 1..LONGEST_DAYS.

        `at` is the purchase, local time of the marketplace; `level` the one to be promised, which
        the calibration is aimed at. Shape [parcels, LONGEST_DAYS].
        """
        known = self.columns(self.model.purchase.columns, asked, at)
        bends = [self.state.log_slow_down(one, level) for one in asked]
        return self._curves(self.model.purchase, known, at, bends)

    def hand_over_curve(self, traits: ParcelTraits, at: datetime, handling_days: int) -> F64:
        """The same from a hand-over at local time `at`, `handling_days` after the purchase."""
        columns = self.model.hand_over.columns
        known = self.columns(columns, (traits,), at)
        known[:, columns.index(HANDLING_DAYS)] = handling_days
        curves = self._curves(self.model.hand_over, known, at, [self.state.transit_pressure])
        return np.asarray(curves[0], np.float64)

    def columns(self, names: Sequence[str], asked: Sequence[ParcelTraits], at: datetime) -> F64:
        """Values of a model's columns, [parcels, columns]; what has no source is unknown (nan)."""
        readings = {reading.column: reading for reading in self.state.readings}
        clock = {"weekday": float(at.weekday()), "hour": float(at.hour)}
        found: list[Sequence[float]] = []
        for name in names:
            if name in readings:
                found.append(readings[name].of_all(asked))
            elif name in clock:
                found.append([clock[name]] * len(asked))
            elif name in self.model.codes:
                code, place = self.model.codes[name], GROUPS.index(name)
                found.append([code.get(one.groups[place], nan) for one in asked])
            elif name in TRAITS:
                place = TRAITS.index(name)
                found.append([one.figures[place] for one in asked])
            else:
                found.append([nan] * len(asked))
        return np.array(found, np.float64).reshape(len(names), len(asked)).T.copy()

    def _curves(self, waits: WaitModel, known: F64, at: datetime, bends: Sequence[float]) -> F64:
        """Curves of these columns, those that were asked before from memory."""
        start = (at.date() - self.state.day).days + CALENDAR_DAYS_BEFORE
        cells = to_cells(known, waits.forest.cuts)
        keys = [
            (waits.stage, row.tobytes(), start, bend)
            for row, bend in zip(cells, bends, strict=True)
        ]
        found = [self._remembered.get(key) for key in keys]
        new = np.array([place for place, curve in enumerate(found) if curve is None], np.int64)
        if len(new):
            if start not in self._days:
                self._days[start] = days_from(start, self.state.calendar())
            raw = curves_over(waits.forest, cells[new], self._days[start])
            for place, curve in zip(new, slow_down(raw, np.array(bends)[new]), strict=True):
                found[place] = self._remembered[keys[place]] = curve
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return np.stack([curve for curve in found if curve is not None])


def state_of(lead_times: LearnedLeadTimes | NetworkState) -> NetworkState:
    """The network state behind what was learned."""
    return lead_times.state if isinstance(lead_times, LearnedLeadTimes) else lead_times
