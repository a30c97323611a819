"""`/tours`: every day of tours; one day with its map, its chart, what is left out, drivers' links."""

from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.callers import Visit
from api.endpoints.tours import PICTURES, day_out, paper_of
from api.pages.render import render
from api.pages.staff import signed_form, signed_in
from core.errors import NotFound
from core.ids import TourPlanId
from core.money import Money
from routing.flows.cancel_tours import cancel_tours
from routing.flows.open_tour_link import open_tour_link
from routing.flows.read_tours import read_tours
from routing.tables import TourPlanRow

router = APIRouter(prefix="/tours")

READ, WRITE = "tours:read", "tours:write"
SHOWN = 50
SIGNS = {"done": "good", "cancelled": "warn", "failed": "bad"}


@router.get("")
def days(request: Request, visit: Visit = signed_in(READ)) -> HTMLResponse:
    """The latest days."""
    with visit.reading() as session:
        rows = session.scalars(
            select(TourPlanRow).order_by(TourPlanRow.id.desc()).limit(SHOWN)
        ).all()
        found = [
            {name: getattr(row, name) for name in "id name state day_starts zone progress".split()}
            for row in rows
        ]
    return render(request, "dispatch/days.html", rows=found, signs=SIGNS)


@router.get("/{plan_id}")
def day(request: Request, plan_id: UUID, visit: Visit = signed_in(READ)) -> HTMLResponse:
    """One day."""
    with visit.reading() as session:
        found = read_tours(session, TourPlanId(plan_id))
        told = day_out(found)
        names = {(row.vehicle, row.position): row.name or row.place for row in found.visits}
    return render(
        request,
        "dispatch/day.html",
        headers={} if told.ended_at else {"Refresh": "3"},
        day=told,
        names=names,
        signs=SIGNS,
        zone=told.zone,
        cost=Money(told.progress.cost_minor, told.currency) if told.progress else None,
        may_change=visit.caller.may(WRITE),
    )


@router.get("/{plan_id}/papers/{paper}")
def paper(plan_id: UUID, paper: str, visit: Visit = signed_in(READ)) -> Response:
    """The map, the chart, or the drivers' sheets."""
    if paper not in PICTURES:
        raise NotFound
    with visit.reading() as session:
        content = paper_of(read_tours(session, TourPlanId(plan_id)), paper)
    return Response(content, media_type=PICTURES[paper], headers={"Cache-Control": "no-store"})


@router.post("/{plan_id}/cancel")
def cancel(plan_id: UUID, visit: Visit = signed_form(WRITE)) -> Response:
    """End the planning with the best so far."""
    with visit.writing() as session:
        cancel_tours(session, TourPlanId(plan_id))
    return RedirectResponse(f"/tours/{plan_id}", 303)


@router.post("/{plan_id}/vehicles/{vehicle}/link")
def link(plan_id: UUID, vehicle: int, visit: Visit = signed_form(WRITE)) -> Response:
    """Open the page that the driver of this vehicle gets; its address is the key."""
    with visit.writing() as session:
        token = open_tour_link(session, TourPlanId(plan_id), vehicle)
    return RedirectResponse(f"/drive/{token}", 303)
