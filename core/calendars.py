"""Opening windows, pickups and delivery days: local wall-clock rules that become UTC per date.

A wall-clock time of a date stands for the *first* instant of that date at which the local clock
shows it or later: in the hour that is skipped in spring that is the moment of the change, in the
hour that is repeated in autumn the earlier of the two. So days have 23, 24 or 25 hours.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from core.clock import require_aware
from core.errors import invalid
from core.places import zone

DAY_MIN = 1440
SEARCH_DAYS = 400  # a place that stays shut longer is closed for good, as far as plans go
_ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=65_536)
def instant_at(zone_name: str, day: date, minute: int) -> datetime:
    """The UTC instant at which the clock of `zone_name` first shows `minute` of `day` or later.

    `minute` counts wall-clock minutes from local midnight, 0..1440; 1440 is the end of the day.
    """
    if not 0 <= minute <= DAY_MIN:
        raise invalid("minute", f"{minute} is not a minute of a day (0..1440)")
    tz = zone(zone_name)
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    instant = wall.replace(tzinfo=tz).astimezone(UTC)
    if instant.astimezone(tz).replace(tzinfo=None) == wall:
        return instant
    # A skipped time: fold 1 reads it with the offset after the change, which lies before it.
    low, high = wall.replace(tzinfo=tz, fold=1).astimezone(UTC), instant
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(tz).replace(tzinfo=None) >= wall:
            high = middle
        else:
            low = middle
    return high


def end_of_day(zone_name: str, day: date) -> datetime:
    """The UTC instant at which `day` is over in that zone."""
    return instant_at(zone_name, day, DAY_MIN)


def zone_ending_last(zones: Sequence[str], day: date) -> str:
    """The zone in which `day` is over last, for a place that lies in one of them; UTC for none."""
    return max(zones, key=lambda name: end_of_day(name, day), default="UTC")


def local_day(zone_name: str, instant: datetime) -> date:
    """The calendar day that people in that zone have at `instant`."""
    return require_aware("instant", instant).astimezone(zone(zone_name)).date()


@lru_cache(maxsize=512)
def has_holidays(country: str) -> bool:
    """Whether the library knows a country's public holidays."""
    import holidays

    return bool(country) and country in holidays.list_supported_countries()


@lru_cache(maxsize=4096)
def public_holidays(country: str, subdivision: str = "", *, year: int) -> frozenset[date]:
    """The public holidays of a country or its subdivision in that year (library `holidays`).

    Raises InvalidInput for a country or subdivision that the library does not know.
    """
    import holidays

    try:
        days = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    except NotImplementedError as error:
        place = f"{country}-{subdivision}" if subdivision else country
        raise invalid("holidays", f"no holiday calendar for {place!r}") from error
    return frozenset(days.keys())


@dataclass(frozen=True, slots=True)
class Hours:
    """Open from `opens_min` until `closes_min` of the local day; orders start until the cut-off."""

    opens_min: int
    closes_min: int
    cutoff_min: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens_min < self.closes_min <= DAY_MIN:
            raise invalid("closes", "a window closes after it opens and within the day")
        if not self.opens_min <= self.cutoff_min <= self.closes_min:
            raise invalid("cutoff", "a cut-off lies within its window")


def _sorted_apart(hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    ordered = tuple(sorted(hours, key=lambda each: each.opens_min))
    for before, after in itertools.pairwise(ordered):
        if after.opens_min < before.closes_min:
            raise invalid("opens", "windows of one day must not overlap")
    return ordered


@dataclass(frozen=True, slots=True)
class DaysOff:
    """The days on which nothing happens: public holidays, and closings of one's own."""

    country: str = ""
    subdivision: str = ""
    own: frozenset[date] = frozenset()

    def __contains__(self, day: date) -> bool:
        if day in self.own:
            return True
        return bool(self.country) and day in public_holidays(
            self.country, self.subdivision, year=day.year
        )


NO_DAYS_OFF = DaysOff()


@dataclass(frozen=True, slots=True)
class Span:
    """One opening, as instants in UTC; half-open: [opens, closes)."""

    opens: datetime
    closes: datetime
    cutoff: datetime


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When a place works: weekly local hours, less days off, with special days by date."""

    zone: str
    weekly: tuple[tuple[Hours, ...], ...]  # seven, Monday first
    days_off: DaysOff = NO_DAYS_OFF
    special: tuple[tuple[date, tuple[Hours, ...]], ...] = ()
    """Hours of particular dates, instead of the weekly ones and of any day off; () = closed."""
    _special: dict[date, tuple[Hours, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        zone(self.zone)
        if len(self.weekly) != 7:
            raise invalid("weekly", "a week has seven days, Monday first")
        set_ = object.__setattr__
        set_(self, "weekly", tuple(_sorted_apart(hours) for hours in self.weekly))
        set_(self, "_special", {day: _sorted_apart(hours) for day, hours in self.special})

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """The local hours of that date, in order."""
        if day in self._special:
            return self._special[day]
        return () if day in self.days_off else self.weekly[day.weekday()]

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """The openings of that local date in UTC, in order; one that a clock change eats is gone."""
        spans = (
            Span(
                *(
                    instant_at(self.zone, day, at)
                    for at in (h.opens_min, h.closes_min, h.cutoff_min)
                )
            )
            for h in self.hours_on(day)
        )
        return tuple(span for span in spans if span.opens < span.closes)

    def spans_from(self, instant: datetime, days: int = SEARCH_DAYS) -> Iterator[Span]:
        """The openings that close after `instant`, in order, over at most `days` days."""
        day = local_day(self.zone, instant)
        for _ in range(days + 1):
            for span in self.spans_on(day):
                if span.closes > instant:
                    yield span
            day += _ONE_DAY

    def is_open(self, instant: datetime) -> bool:
        return any(
            span.opens <= instant < span.closes
            for span in self.spans_on(local_day(self.zone, instant))
        )

    def start_of_work(self, instant: datetime) -> datetime | None:
        """When work that arrives at `instant` is begun: in the first opening still before its cut-off."""
        for span in self.spans_from(instant - _ONE_DAY):
            if span.cutoff >= instant:
                return max(instant, span.opens)
        return None

    def finish_work(self, instant: datetime, work: timedelta) -> datetime | None:
        """When `work` of working time is done that arrives at `instant`; None beyond the search."""
        at = self.start_of_work(instant)
        return None if at is None else self.add_work(at, work)

    def add_work(self, start: datetime, work: timedelta) -> datetime | None:
        """`start` plus `work` counted in open time only; no cut-off applies."""
        if work < timedelta(0):
            raise invalid("work", "work takes no negative time")
        if work == timedelta(0):
            return start
        left = work
        for span in self.spans_from(start):
            begin = max(start, span.opens)
            if span.closes - begin >= left:
                return begin + left
            left -= span.closes - begin
        return None

    def work_between(self, start: datetime, end: datetime) -> timedelta:
        """The open time within [start, end)."""
        done = timedelta(0)
        for span in self.spans_from(start, days=max(0, (end - start).days + 2)):
            if span.opens >= end:
                break
            done += min(end, span.closes) - max(start, span.opens)
        return done


@dataclass(frozen=True, slots=True)
class Moments:
    """Recurring moments such as pickups: local minutes by weekday, less days off."""

    zone: str
    weekly: tuple[tuple[int, ...], ...]  # seven, Monday first
    days_off: DaysOff = NO_DAYS_OFF

    def __post_init__(self) -> None:
        zone(self.zone)
        if len(self.weekly) != 7:
            raise invalid("weekly", "a week has seven days, Monday first")
        for minutes in self.weekly:
            if any(not 0 <= minute < DAY_MIN for minute in minutes):
                raise invalid("at", "a moment is a minute of the day (0..1439)")
        object.__setattr__(self, "weekly", tuple(tuple(sorted(set(m))) for m in self.weekly))

    def on(self, day: date) -> tuple[datetime, ...]:
        """The moments of that local date in UTC, in order."""
        if day in self.days_off:
            return ()
        instants = {instant_at(self.zone, day, minute) for minute in self.weekly[day.weekday()]}
        return tuple(sorted(instants))

    def next_from(self, instant: datetime, days: int = SEARCH_DAYS) -> datetime | None:
        """The first moment at or after `instant`."""
        day = local_day(self.zone, instant)
        for _ in range(days + 1):
            for moment in self.on(day):
                if moment >= instant:
                    return moment
            day += _ONE_DAY
        return None


@dataclass(frozen=True, slots=True)
class DeliveryDays:
    """The local days on which a service delivers: weekdays (0 = Monday) less days off."""

    weekdays: frozenset[int]
    days_off: DaysOff = NO_DAYS_OFF

    def __post_init__(self) -> None:
        if not self.weekdays <= frozenset(range(7)):
            raise invalid("weekdays", "weekdays are 0 (Monday) to 6")

    def __contains__(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.days_off

    def next_from(self, day: date, days: int = SEARCH_DAYS) -> date | None:
        """That day or the first delivery day after it."""
        for _ in range(days + 1):
            if day in self:
                return day
            day += _ONE_DAY
        return None
