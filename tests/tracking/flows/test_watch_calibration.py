"""Alarms about promises: opened once, told again when they come back, closed when all is well."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from core.clock import ManualClock
from core.ids import TenantId
from store.session import Sessions
from tracking.calibration import CalibrationReport, report_calibration
from tracking.flows.watch_calibration import watch_calibration
from tracking.outcome import PromiseOutcome
from tracking.tables import DRIFT, CalibrationAlarmRow, open_alarms

NOW = datetime(2026, 3, 20, tzinfo=UTC)
MADE = NOW - timedelta(days=12)


def _report(missed_of_north: int) -> CalibrationReport:
    """Hundred promises each of two sellers; those of the south are kept."""
    kept = PromiseOutcome(
        0.95, MADE, MADE + timedelta(days=10), "2026-03", ("post",), ("south",), 10,
        MADE + timedelta(days=8), destination="FR 75",
    )  # fmt: skip
    late = replace(kept, sellers=("north",), arrived_at=MADE + timedelta(days=11))
    north = [late] * missed_of_north + [replace(kept, sellers=("north",))] * (100 - missed_of_north)
    return report_calibration([*[kept] * 100, *north], NOW)


def test_an_alarm_opens_once_counts_its_returns_and_closes_when_all_is_well(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    with sessions(tenant) as session:
        for _ in range(2):  # the same again changes nothing
            watch_calibration(session, {"FR-PAC": 0.4}, _report(20))
        alarms = {(row.kind, row.group_name): row for row in open_alarms(session)}
        assert set(alarms) == {(DRIFT, "FR-PAC"), ("seller", "north")}
        assert {row.times for row in alarms.values()} == {1}
        assert alarms["seller", "north"].facts["kept"] == "0.8000"
        assert alarms[DRIFT, "FR-PAC"].facts == {"aimed": "0.400"}
        opened = alarms["seller", "north"].opened_at
    clock.advance(timedelta(hours=6))
    with sessions(tenant) as session:  # still low by the ordinary interval: it stands
        watch_calibration(session, {}, _report(11))
        assert [(row.kind, row.opened_at) for row in open_alarms(session)] == [("seller", opened)]
        assert open_alarms(session, DRIFT) == []
        watch_calibration(session, {}, _report(5))
        assert open_alarms(session) == []
        watch_calibration(session, {}, _report(11))  # not sure enough to begin with
        assert open_alarms(session) == []
        watch_calibration(session, {}, _report(20))
        again = session.scalars(
            select(CalibrationAlarmRow).where(CalibrationAlarmRow.kind == "seller")
        ).one()
        assert (again.times, again.closed_at) == (2, None)
        assert again.opened_at > opened
