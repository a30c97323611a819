"""Working time agrees with a minute-by-minute calendar."""

from hypothesis import given
from hypothesis import strategies as st

from routing.checkout.calendar import day_of, first_from, latest_start, ready_at, worked_until
from routing.checkout.problem import NEVER, Window
from tests.routing.checkout.carts import quick


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    rows, at = [], 0
    for _ in range(draw(st.integers(1, 4))):
        opens = at + draw(st.integers(0, 12))
        closes = opens + draw(st.integers(1, 15))
        rows.append(Window(opens, closes, draw(st.integers(opens, closes))))
        at = closes
    return tuple(rows)


def slow_end(rows: tuple[Window, ...], start: int, work: int) -> int:
    """Walk minute by minute; a minute counts when it lies in a window."""
    minute = start
    while work:
        if minute > 200:
            return NEVER
        work -= any(row.open <= minute < row.close for row in rows)
        minute += 1
    return minute


@quick
@given(windows(), st.integers(0, 90), st.integers(1, 40))
def test_work_ends_when_enough_open_minutes_have_passed(
    rows: tuple[Window, ...], start: int, work: int
) -> None:
    assert worked_until(rows, start, work) == slow_end(rows, start, work)


@quick
@given(windows(), st.integers(0, 90), st.integers(1, 40))
def test_orders_wait_for_the_first_window_still_taking_them(
    rows: tuple[Window, ...], now: int, work: int
) -> None:
    taking = [row for row in rows if row.cutoff >= now]
    expected = slow_end(rows, max(now, taking[0].open), work) if taking else NEVER
    assert ready_at(rows, now, work) == expected


@quick
@given(windows(), st.integers(0, 90), st.integers(0, 40))
def test_the_latest_start_is_the_last_that_ends_in_time(
    rows: tuple[Window, ...], by: int, work: int
) -> None:
    in_time = [
        start
        for start in range(120)
        if (end := worked_until(rows, start, work)) != NEVER and end <= by
    ]
    assert latest_start(rows, work, by) == max(in_time, default=NEVER)


def test_timetables_and_days() -> None:
    assert first_from([3, 7], 4) == 7
    assert first_from([3, 7], 8) == NEVER
    uneven = [0, 1380, 2820]  # a day of 23 hours, then one of 24
    assert [day_of(uneven, minute) for minute in (0, 1379, 1380, 2819, 2820)] == [0, 0, 1, 1, NEVER]
