"""A small fixed run of the booking fault suite: workers die, answers are lost, nothing happens twice."""

from benchmarks.faults.booking import run


def test_nothing_is_booked_twice_and_nothing_is_lost() -> None:
    told: list[str] = []
    report = run(15, 3, kills=20, progress=told.append)
    assert report.ok, report.broken
    assert len(report.rows) == 6 and len(told) == 6
    assert (
        sum(row["kills"] for row in report.rows) >= 40
    )  # SIGKILLs at every step that a booking reaches
    assert all(row["doubles"] == row["lost"] == row["unsettled"] == 0 for row in report.rows)
