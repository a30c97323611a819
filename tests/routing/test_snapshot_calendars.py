"""The snapshot's timetables, through clock changes and holidays, against a slow calendar."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.network.network import Network
from routing.snapshot import Snapshot, compile_snapshot, instant_of, minute_of

ZONES = (
    "Europe/Amsterdam",
    "Europe/London",
    "America/Sao_Paulo",
    "America/New_York",
    "Pacific/Auckland",
    "Asia/Jakarta",
)
quick = settings(derandomize=True, deadline=None, max_examples=40)
# around the changes of clocks of 2026, north and south, and the holidays at year's end
days = st.one_of(
    st.dates(date(2026, 3, 1), date(2026, 4, 10)),
    st.dates(date(2026, 9, 20), date(2026, 11, 10)),
    st.dates(date(2026, 12, 10), date(2027, 1, 5)),
)


def first_minute(zone: str, day: date) -> int:
    """Walk over the instants around midnight until the local date is the day."""
    instant = datetime.combine(day, time(), UTC) - timedelta(hours=16)
    while instant.astimezone(ZoneInfo(zone)).date() < day:
        instant += timedelta(minutes=1)
    return minute_of(instant)


@quick
@given(st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True), days)
def test_days_begin_at_midnight_of_the_zone_where_they_begin_last(
    snapshot: Snapshot, zones: list[str], first: date
) -> None:
    starts = snapshot.day_starts(tuple(zones), first)
    for n in (0, 1, 2, 7, 14):
        day = first + timedelta(days=n)
        assert starts[n] == max(first_minute(zone, day) for zone in zones)


@quick
@given(days, st.data())
def test_deliveries_wait_for_a_weekday_that_is_no_holiday(
    network: Network, first: date, data: st.DataObject
) -> None:
    snapshot = compile_snapshot(network, "calendars")
    service = data.draw(st.sampled_from(network.services))
    country = data.draw(st.sampled_from(("NL", "FR", "DE", "GB", "ID", "BR")))
    free = holidays.country_holidays(country, years=range(2026, 2029))
    found = snapshot.delivery_days(service, country, first)
    for n in range(0, 20, 3):
        day = first + timedelta(days=n)
        while day.weekday() not in service.delivery_weekdays or (
            day in free and not service.delivers_on_holidays
        ):
            day += timedelta(days=1)
        assert found[n] == (day - first).days


@quick
@given(days, st.data())
def test_pickups_are_local_times_of_their_days(
    snapshot: Snapshot, first: date, data: st.DataObject
) -> None:
    places = sorted(snapshot.collections_at)
    collection = data.draw(
        st.sampled_from(snapshot.collections_at[data.draw(st.sampled_from(places))])
    )
    moments = collection.pickup.moments
    for minute in snapshot.moments(moments, first).tolist()[:12]:
        instant = instant_of(minute)
        local_day = instant.astimezone(ZoneInfo(moments.zone)).date()
        assert instant in moments.on(local_day)
