"""A small fixed run of the suite over voids, pickups, manifests and return labels."""

from benchmarks.faults.calls import run


def test_no_call_happens_twice_and_none_is_forgotten() -> None:
    told: list[str] = []
    report = run(40, 3, progress=told.append)
    assert report.ok, report.broken
    assert len(report.rows) == 3 and all(row["runs"] == 40 for row in report.rows)
    assert sum(row["kills"] for row in report.rows) > 0
