"""Promised against kept, from what was counted last: one row is read, however many promises there are."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from tracking.calibration import CalibrationReport, report_tallies
from tracking.tables import TOTAL, CalibrationTallyRow
from tracking.tallies import Tallies, tallies_from


def view_calibration(session: Session) -> CalibrationReport:
    """The report as of its `counted_at`; empty before `tally_promises` ran first.

    Ours are judged; what another marketplace promised stated no level that could be met, and is
    only compared with: how early, how often kept.
    """
    total = select(CalibrationTallyRow).where(CalibrationTallyRow.month == TOTAL)
    row = session.scalar(total.options(undefer(CalibrationTallyRow.tallies)))
    if row is None:
        return report_tallies(Tallies())
    report = report_tallies(tallies_from(row.tallies))
    return replace(report, counted_at=row.counted_at, unreadable=row.unreadable)
