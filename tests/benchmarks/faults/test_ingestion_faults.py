"""A small fixed run of the ingestion fault suite: nothing acknowledged is lost, nobody is told twice."""

from benchmarks.faults.ingestion import run


def test_scans_and_notices_survive_deaths_in_any_order() -> None:
    told: list[str] = []
    report = run(12, 5, progress=told.append)
    assert report.ok, report.broken
    thrown, killed = report.rows
    assert thrown["kills"] > 20
    assert thrown["notices_sent"] > 0
    assert killed["killed_by"] == "SIGKILL"
    assert killed["kills"] >= 8
    assert killed["notices_sent"] > 0
