"""The calibration page: stated against kept, with intervals and the number of promises behind."""

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse

from api.callers import Visit
from api.pages.plots import Bar, bars
from api.pages.render import language_of, render, translations
from api.pages.staff import signed_in
from tracking.calibration import POOLED, CalibrationRow
from tracking.flows.view_calibration import view_calibration

router = APIRouter()


@router.get("/calibration")
def calibration(request: Request, visit: Visit = signed_in("orders:read")) -> HTMLResponse:
    """Are promises kept as often as they say?"""
    with visit.reading() as session:
        report = view_calibration(session)
    say = translations(language_of(request)).gettext
    stated = [row for row in (report.overall, *report.by_level) if row is not None]
    levels = Markup(bars(say("Kept promises by stated level"), "%", [_bar(row) for row in stated]))  # noqa: S704 - our own SVG, labels escaped
    plot = Markup(bars(say("Kept promises by month"), "%", [_bar(row) for row in report.by_month]))  # noqa: S704 - our own SVG, labels escaped
    parts = (
        (say("By stated level"), report.by_level),
        (say("By month of the purchase"), report.by_month),
        (say("By service"), report.by_service),
        (say("By lane"), report.by_lane),
        (say("By seller"), report.by_seller),
        (say("By what the probability rests on"), report.by_model),
    )
    return render(
        request,
        "public/calibration.html",
        report=report,
        plots=(levels, plot),
        parts_of=parts,
        pooled=POOLED,
    )


def _bar(row: CalibrationRow) -> Bar:
    note = f"({100 * row.low:.0f}–{100 * row.high:.0f}, n={row.promises})"
    return Bar(row.group, round(100 * row.kept, 1), note, series=2 if row.is_off else 1)
