"""The calibration page: stated against kept, with intervals and the number of promises behind."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse

from api.callers import Visit
from api.pages.desk.pages import NAV
from api.pages.plots import Interval, intervals
from api.pages.render import language_of, render, translations
from api.pages.staff import signed_in
from tracking.calibration import POOLED, CalibrationRow
from tracking.flows.view_calibration import view_calibration
from tracking.tables import open_alarms

router = APIRouter()

MONTHS, MOST = 24, 12  # groups drawn
LISTED = 100  # rows of a table; the API has all


@router.get("/calibration")
def calibration(request: Request, visit: Visit = signed_in("orders:read")) -> HTMLResponse:
    """Are promises kept as often as they say?"""
    with visit.reading() as session:
        report = view_calibration(session)
        standing = open_alarms(session)
    say = translations(language_of(request)).gettext
    overall = [report.overall] if report.overall else []
    drawn = (
        (say("By stated level"), [*overall, *report.by_level]),
        (say("By month of the purchase"), report.by_month[-MONTHS:]),
        (say("By destination"), _largest(report.by_destination)),
        (say("By lane"), _largest(report.by_lane)),
        (say("By seller"), _largest(report.by_seller)),
    )
    plots = [
        (title, Markup(intervals(title, say("stated"), [_interval(row) for row in rows])))  # noqa: S704 - our own SVG, labels escaped
        for title, rows in drawn
        if rows
    ]
    groups = (
        (say("By stated level"), report.by_level),
        (say("By month of the purchase"), report.by_month),
        (say("By service"), report.by_service),
        (say("By destination"), report.by_destination),
        (say("By lane"), report.by_lane),
        (say("By seller"), report.by_seller),
        (say("By what the probability rests on"), report.by_model),
    )
    parts = [(title, _listed(rows), max(len(rows) - LISTED, 0)) for title, rows in groups]
    return render(
        request,
        "public/calibration.html",
        nav=NAV,
        report=report,
        standing=standing,
        plots=plots,
        parts_of=parts,
        pooled=POOLED,
    )


def _interval(row: CalibrationRow) -> Interval:
    note = f"n = {row.promises}"
    return Interval(row.group, row.kept, row.low, row.high, row.stated, note, row.is_off)


def _listed(rows: Sequence[CalibrationRow]) -> Sequence[CalibrationRow]:
    """All, or those with most promises beside the small ones as one; in their own order."""
    if len(rows) <= LISTED:
        return rows
    kept = {row.group for row in sorted(rows, key=lambda row: -row.promises)[: LISTED - 1]}
    return [row for row in rows if row.group in kept or row.group == POOLED]


def _largest(rows: Sequence[CalibrationRow]) -> list[CalibrationRow]:
    """Those with most promises, most first; the table below has all."""
    return sorted(rows, key=lambda row: (-row.promises, row.group))[:MOST]
