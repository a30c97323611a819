"""`/desk/carriers`: how each carrier has been doing, the ones that need a look first."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.callers import Visit
from api.endpoints.carriers import HealthOut, health_of
from api.pages.desk.pages import NAV
from api.pages.render import render
from api.pages.staff import signed_in
from carriers.health import Breaker

router = APIRouter()


@router.get("/desk/carriers")
def desk_carriers(request: Request, visit: Visit = signed_in("operations")) -> Response:
    """Success, speed, breaker, unknown codes, parked calls and the last failure, by carrier."""
    reports = sorted(health_of(visit), key=lambda one: (-_trouble(one), one.carrier))
    return render(
        request,
        "desk/carriers.html",
        nav=NAV,
        zone="UTC",
        reports=reports,
        trouble=_trouble,
        closed=Breaker.CLOSED,
        resting=Breaker.OPEN,
    )


def _trouble(report: HealthOut) -> int:
    """0 all is well, 1 something to look up, 2 something waits for a person or for the carrier."""
    if report.parked or report.stopped_accounts or report.breaker is not Breaker.CLOSED:
        return 2
    return 1 if report.unknown_codes else 0
