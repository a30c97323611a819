"""Working time, departures and days in minutes: how the planner reads windows and timetables.

Every function is monotone: a later start never ends earlier. Minutes are those of the problem.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from routing.checkout.problem import NEVER, IntArray, Window


def ready_at(windows: Sequence[Window], now: int, work_min: int) -> int:
    """When work that may start from `now` is done; NEVER when the windows run out.

    It starts in the first window whose cut-off is >= now, and goes on in that and later windows.
    """
    for place, window in enumerate(windows):
        if window.cutoff >= now:
            return _work(windows, place, max(now, window.open), work_min)
    return NEVER


def worked_until(windows: Sequence[Window], start: int, work_min: int) -> int:
    """When `work_min` of working time from `start` on has passed; NEVER when windows run out."""
    for place, window in enumerate(windows):
        if window.close >= start:
            return _work(windows, place, max(start, window.open), work_min)
    return NEVER


def _work(windows: Sequence[Window], place: int, start: int, work_min: int) -> int:
    left = work_min
    for window in windows[place:]:
        begin = max(start, window.open)
        spare = window.close - begin
        if spare >= left:
            return begin + left
        left -= max(spare, 0)
    return NEVER


def latest_start(windows: Sequence[Window], work_min: int, by: int) -> int:
    """The latest start from which `worked_until` is <= `by`; NEVER when there is none."""
    left = work_min
    for window in reversed(windows):
        if window.open > by:
            continue
        end = min(window.close, by)
        if end - window.open >= left:
            return end - left
        left -= end - window.open
    return NEVER


def first_from(timetable: IntArray | Sequence[int], minute: int) -> int:
    """The first entry >= minute, NEVER if none."""
    place = bisect_left(timetable, minute)
    return int(timetable[place]) if place < len(timetable) else NEVER


def day_of(day_starts: IntArray | Sequence[int], minute: int) -> int:
    """The day a minute lies in; NEVER outside the horizon."""
    day = bisect_right(day_starts, minute) - 1
    return day if 0 <= day < len(day_starts) - 1 else NEVER
