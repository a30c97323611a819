"""Calendars against a slow one that walks the clock second by minute and asks what it shows."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendars import (
    DaysOff,
    DeliveryDays,
    Hours,
    Moments,
    WorkCalendar,
    end_of_day,
    instant_at,
    local_day,
    public_holidays,
    zone_ending_last,
)
from core.errors import InvalidInput
from core.places import zone

ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "Europe/Lisbon",
    "Atlantic/Azores",  # changes at midnight
    "America/Sao_Paulo",
    "America/Havana",
    "Australia/Lord_Howe",  # half an hour
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "America/St_Johns",
)
# Around the changes of several years, and plain days between.
DAYS = st.one_of(
    st.dates(date(2026, 3, 26), date(2026, 4, 6)),
    st.dates(date(2026, 10, 23), date(2026, 11, 2)),
    st.dates(date(2018, 2, 16), date(2018, 2, 19)),
    st.dates(date(2018, 11, 2), date(2018, 11, 5)),
    st.dates(date(2026, 1, 1), date(2027, 12, 28)),
)
MINUTE = timedelta(minutes=1)
WEEKDAYS = Hours(9 * 60, 17 * 60, 15 * 60)
OFFICE = ((WEEKDAYS,),) * 5 + ((), ())


@st.composite
def day_hours(draw: st.DrawFn) -> tuple[Hours, ...]:
    marks = sorted(draw(st.sets(st.integers(0, 48), min_size=0, max_size=4)))
    hours = []
    for opens, closes in zip(marks[::2], marks[1::2], strict=False):
        cutoff = draw(st.integers(opens * 30, closes * 30))
        hours.append(Hours(opens * 30, closes * 30, cutoff))
    return tuple(hours)


weeks = st.lists(day_hours(), min_size=7, max_size=7).map(tuple)


def slow_instant(zone_name: str, day: date, minute: int) -> datetime:
    """Walk from two days before until the clock shows that time of that day, or later."""
    wanted = datetime.combine(day, time()) + timedelta(minutes=minute)
    at = datetime.combine(day, time(), tzinfo=UTC) - timedelta(hours=16)
    while at.astimezone(zone(zone_name)).replace(tzinfo=None) < wanted:
        at += MINUTE
    return at


@given(st.sampled_from(ZONES), DAYS, st.integers(0, 1440))
@settings(max_examples=60, deadline=None)
def test_a_wall_time_is_the_first_instant_that_shows_it(
    zone_name: str, day: date, minute: int
) -> None:
    assert instant_at(zone_name, day, minute) == slow_instant(zone_name, day, minute)


class SlowCalendar:
    """Whether each single minute is open, by looking at the wall clock; nothing else."""

    def __init__(self, calendar: WorkCalendar, first: date, days: int) -> None:
        self.start = slow_instant(calendar.zone, first, 0)
        self.open: list[bool] = []
        self.cutoffs: list[
            tuple[int, int, int]
        ] = []  # opens, closes, cutoff in minutes since start
        at = self.start
        tz = zone(calendar.zone)
        reached: dict[tuple[date, int], int] = {}
        marks = {
            mark
            for hours in calendar.weekly
            for each in hours
            for mark in (each.opens_min, each.closes_min, each.cutoff_min)
        }
        wanted = sorted(
            (datetime.combine(first + timedelta(days=d), time()) + timedelta(minutes=m), (d, m))
            for d in range(days)
            for m in marks
        )
        step = 0
        for wall, (d, m) in wanted:
            while at.astimezone(tz).replace(tzinfo=None) < wall:
                at += MINUTE
                step += 1
            reached[(first + timedelta(days=d), m)] = step
        self.open = [False] * (step + 1)
        for d in range(days):
            day = first + timedelta(days=d)
            if day in calendar.days_off:
                continue
            for each in calendar.weekly[day.weekday()]:
                opens, closes = reached[(day, each.opens_min)], reached[(day, each.closes_min)]
                for index in range(opens, closes):
                    self.open[index] = True
                if opens < closes:
                    self.cutoffs.append((opens, closes, reached[(day, each.cutoff_min)]))

    def finish(self, at: datetime, work_min: int) -> datetime | None:
        index = (at - self.start) // MINUTE
        starts = [max(index, opens) for opens, _, cutoff in self.cutoffs if cutoff >= index]
        if not starts:
            return None
        index = min(starts)
        while work_min:
            if index >= len(self.open):
                return None
            work_min -= self.open[index]
            index += 1
        return self.start + index * MINUTE


@given(
    st.sampled_from(ZONES), weeks, DAYS, st.integers(0, 2 * 1440), st.integers(0, 1500), st.data()
)
@settings(max_examples=80, deadline=None)
def test_work_ends_where_counting_open_minutes_ends(
    zone_name: str,
    weekly: tuple[tuple[Hours, ...], ...],
    day: date,
    arrives: int,
    work: int,
    data: st.DataObject,
) -> None:
    off = data.draw(st.frozensets(st.integers(0, 5), max_size=2))
    days_off = DaysOff(own=frozenset(day + timedelta(days=d) for d in off))
    calendar = WorkCalendar(zone_name, weekly, days_off)
    slow = SlowCalendar(calendar, day, 8)
    at = slow.start + arrives * MINUTE
    seen = calendar.finish_work(at, timedelta(minutes=work))
    expected = slow.finish(at, work)
    if expected is not None:
        assert seen == expected
    elif seen is not None:
        assert seen > slow.start + timedelta(days=6)  # beyond what the slow one looked at


@given(st.sampled_from(ZONES), weeks, DAYS, st.integers(0, 4000), st.integers(0, 4000))
@settings(max_examples=40, deadline=None)
def test_work_between_undoes_add_work(
    zone_name: str, weekly: tuple[tuple[Hours, ...], ...], day: date, arrives: int, work: int
) -> None:
    calendar = WorkCalendar(zone_name, weekly)
    at = instant_at(zone_name, day, 0) + arrives * MINUTE
    done = calendar.add_work(at, work * MINUTE)
    if done is not None:
        assert calendar.work_between(at, done) == work * MINUTE


@given(st.sampled_from(ZONES), DAYS)
@settings(max_examples=60, deadline=None)
def test_a_day_ends_where_the_next_begins(zone_name: str, day: date) -> None:
    end = end_of_day(zone_name, day)
    assert local_day(zone_name, end) > day >= local_day(zone_name, end - timedelta(seconds=1))


def test_days_have_23_24_and_25_hours() -> None:
    def hours(day: date) -> float:
        return (end_of_day("Europe/Paris", day) - instant_at("Europe/Paris", day, 0)) / timedelta(
            hours=1
        )

    assert [hours(date(2026, 3, 29)), hours(date(2026, 3, 30)), hours(date(2026, 10, 25))] == [
        23,
        24,
        25,
    ]


def test_missing_the_cut_off_costs_a_day() -> None:
    office = WorkCalendar("Europe/Berlin", OFFICE)
    in_time = datetime(2026, 3, 5, 14, 0, tzinfo=UTC)  # Thursday 15:00 in Berlin
    assert office.finish_work(in_time, timedelta(0)) == in_time
    late = in_time + timedelta(seconds=1)
    assert office.finish_work(late, timedelta(0)) == datetime(2026, 3, 6, 8, 0, tzinfo=UTC)


def test_work_waits_over_a_weekend_and_a_holiday() -> None:
    office = WorkCalendar("Europe/Berlin", OFFICE, DaysOff("DE", "BE"))
    thursday = datetime(2026, 4, 2, 13, 0, tzinfo=UTC)  # before Good Friday, 15:00 local
    done = office.finish_work(thursday, timedelta(hours=3))
    assert done == datetime(2026, 4, 7, 8, 0, tzinfo=UTC)  # Tuesday after Easter Monday, 10:00


def test_special_days_replace_weekly_hours_and_holidays() -> None:
    christmas = date(2026, 12, 25)
    shop = WorkCalendar(
        "Europe/Berlin",
        OFFICE,
        DaysOff("DE"),
        special=((christmas, (Hours(600, 720, 660),)), (date(2026, 12, 28), ())),
    )
    assert shop.spans_on(christmas)[0].opens == datetime(2026, 12, 25, 9, 0, tzinfo=UTC)
    assert shop.spans_on(date(2026, 12, 28)) == ()
    assert shop.is_open(datetime(2026, 12, 25, 9, 30, tzinfo=UTC))
    assert not shop.is_open(datetime(2026, 12, 28, 9, 30, tzinfo=UTC))


@given(st.sampled_from(ZONES), DAYS, st.integers(0, 1439), st.integers(0, 5000))
@settings(max_examples=40, deadline=None)
def test_the_next_pickup_is_the_first_one_not_before(
    zone_name: str, day: date, at_min: int, later: int
) -> None:
    weekly = ((at_min, (at_min + 300) % 1440),) * 5 + ((), ())
    pickups = Moments(zone_name, weekly)
    now = instant_at(zone_name, day, 0) + later * MINUTE
    seen = pickups.next_from(now)
    local = local_day(zone_name, now)
    every = [
        slow_instant(zone_name, local + timedelta(days=d), m)
        for d in range(4)
        for m in weekly[(local + timedelta(days=d)).weekday()]
    ]
    assert seen == min(moment for moment in every if moment >= now)


def test_delivery_days_skip_sundays_and_holidays() -> None:
    days = DeliveryDays(frozenset(range(6)), DaysOff("GB", "ENG"))
    assert days.next_from(date(2026, 4, 3)) == date(2026, 4, 4)  # Good Friday to Saturday
    assert days.next_from(date(2026, 4, 5)) == date(2026, 4, 7)  # over Easter Monday
    assert DeliveryDays(frozenset()).next_from(date(2026, 4, 5)) is None


def test_a_place_that_never_opens_never_finishes() -> None:
    shut = WorkCalendar("Europe/Rome", ((),) * 7)
    assert shut.finish_work(datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=1)) is None
    assert Moments("Europe/Rome", ((),) * 7).next_from(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_holidays_follow_the_subdivision() -> None:
    assert date(2026, 3, 8) in public_holidays("DE", "BE", year=2026)  # Women's Day
    assert date(2026, 3, 8) not in public_holidays("DE", "BY", year=2026)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Hours(600, 600, 600),
        lambda: Hours(600, 700, 720),
        lambda: WorkCalendar("Europe/Atlantis", OFFICE),
        lambda: WorkCalendar("Europe/Rome", OFFICE[:6]),
        lambda: WorkCalendar("Europe/Rome", ((WEEKDAYS, WEEKDAYS),) * 7),
        lambda: Moments("Europe/Rome", ((1440,),) * 7),
        lambda: DeliveryDays(frozenset({7})),
        lambda: public_holidays("XX", year=2026),
        lambda: instant_at("Europe/Rome", date(2026, 1, 1), 1441),
    ],
)
def test_nonsense_is_refused(build: object) -> None:
    with pytest.raises(InvalidInput):
        build()  # type: ignore[operator]


def test_of_several_zones_the_one_where_the_day_ends_last_counts() -> None:
    zones = ("Europe/Madrid", "Atlantic/Canary")
    assert zone_ending_last(zones, date(2026, 3, 5)) == "Atlantic/Canary"
    assert zone_ending_last(zones[::-1], date(2026, 3, 5)) == "Atlantic/Canary"
    assert zone_ending_last(("Europe/Paris",), date(2026, 3, 5)) == "Europe/Paris"
    assert zone_ending_last((), date(2026, 3, 5)) == "UTC"
