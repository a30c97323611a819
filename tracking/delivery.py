"""When a carrier delivers what has come: on its delivery days, not before a chosen day or window."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core.calendars import DaysOff, DeliveryDays, end_of_day, instant_at, local_day
from routing.distributions.in_flight import Wait

EVERY_DAY = frozenset(range(7))
NOON_MIN = 720
_INSTANT = timedelta(seconds=1)  # a day's end belongs to that day


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """The service's delivery days; `holidays_of` is a country, empty where holidays don't matter.

    What comes before `held_from` is delivered between then and `held_until`: a window by appointment,
    or the day that the customer named. Both or neither.
    """

    weekdays: frozenset[int] = EVERY_DAY
    holidays_of: str = ""
    held_from: datetime | None = None  # UTC
    held_until: datetime | None = None

    @property
    def is_any_time(self) -> bool:
        return self.weekdays == EVERY_DAY and not self.holidays_of and self.held_from is None

    @property
    def days(self) -> DeliveryDays:
        return DeliveryDays(self.weekdays, DaysOff(self.holidays_of))

    def delivered(self, at: datetime, zone: str) -> datetime:
        """When something that came at that instant is delivered, most likely."""
        day = local_day(zone, at - _INSTANT)
        open_day = self.days.next_from(day)
        if open_day is not None and open_day != day:
            at = instant_at(zone, open_day, NOON_MIN)
        if self.held_from is not None and self.held_until is not None and at < self.held_from:
            return self.held_from + (self.held_until - self.held_from) / 2
        return at

    def counts_until(self, at: datetime, zone: str) -> datetime | None:
        """What has come by then is delivered by `at`; None: nothing is."""
        if self.held_from is not None and at < self.held_from:
            return None
        days, day = self.days, local_day(zone, at - _INSTANT)
        if day in days:
            return at
        for back in range(1, 30):
            before = day - timedelta(days=back)
            if before in days:
                return end_of_day(zone, before)
        return None


ANY_TIME = DeliveryTerms()


@dataclass(frozen=True, slots=True)
class Delivering:
    """A transit time from `start` on, as the planner counts it: with the delivery days."""

    transit: Wait
    terms: DeliveryTerms
    start: datetime
    zone: str

    def chance_within(self, minutes: float) -> float:
        if minutes > 1e6:  # for ever
            return self.transit.chance_within(minutes)
        by = self.terms.counts_until(self.start + timedelta(minutes=minutes), self.zone)
        if by is None or by < self.start:
            return 0.0
        return self.transit.chance_within((by - self.start).total_seconds() / 60)

    def minutes_at(self, chance: float) -> float | None:
        minutes = self.transit.minutes_at(chance)
        if minutes is None:
            return None
        at = self.terms.delivered(self.start + timedelta(minutes=minutes), self.zone)
        return (at - self.start).total_seconds() / 60


def terms_to_plain(terms: DeliveryTerms) -> dict[str, Any]:
    """As it is stored; nothing where every time is as good."""
    if terms.is_any_time:
        return {}
    held = (terms.held_from, terms.held_until)
    return {
        "weekdays": sorted(terms.weekdays),
        "holidays_of": terms.holidays_of,
        "held": [at.isoformat() for at in held if at is not None],
    }


def terms_from_plain(plain: dict[str, Any]) -> DeliveryTerms:
    """What `terms_to_plain` wrote."""
    if not plain:
        return ANY_TIME
    held = [datetime.fromisoformat(at) for at in plain["held"]]
    terms = DeliveryTerms(frozenset(plain["weekdays"]), plain["holidays_of"])
    return replace(terms, held_from=held[0], held_until=held[1]) if held else terms
