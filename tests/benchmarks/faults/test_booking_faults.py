"""A small fixed run of the booking fault suite: workers die, answers are lost, nothing happens twice."""

from benchmarks.faults.booking import run, steps_of_a_booking
from benchmarks.faults.overtaken import overtaken
from benchmarks.faults.sigkill import really_killed
from carriers.ports import Recovery


def test_nothing_is_booked_twice_and_nothing_is_lost() -> None:
    told: list[str] = []
    report = run(30, 3, kills=6, progress=told.append)
    assert report.ok, report.broken
    assert len(report.rows) == 9 and len(told) == 9
    assert all(row["doubles"] == row["lost"] == row["unsettled"] == 0 for row in report.rows)
    assert sum(row["kills"] for row in report.rows[6:]) >= 15


def test_a_worker_that_wakes_up_too_late_neither_sends_nor_settles() -> None:
    tally = overtaken(60, 1, Recovery.LOOK_UP, 30)
    assert not tally.broken()
    assert tally.states["booked"] >= 45


def test_a_booking_dies_before_and_after_each_commit_and_call() -> None:
    """The request, then three jobs of claim, step, carrier's answer and end; see the journal."""
    assert steps_of_a_booking(1) >= 28


def test_a_refusal_met_by_one_process_is_not_met_by_all_later_ones() -> None:
    tally = really_killed(30, 1, Recovery.KEY, 30)
    assert not tally.broken()
    assert tally.states["booked"] >= 22 and len(tally.killed_at) >= 20
