"""`/tours`: every day of tours; one day with its map, its chart, what is left out, drivers' links."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.callers import Visit
from api.endpoints.tour_schemas import day_out
from api.endpoints.tours import PICTURES, paper_of
from api.pages.dispatch.changes import (
    NEW_STOPS,
    can_change,
    may_be_late,
    may_break,
    read_change,
    refuse_stale,
    revision,
    typed,
)
from api.pages.dispatch.faults import faults_said, with_labels
from api.pages.dispatch.words import page_values, paper_words, reason_text, remedy_text, tour_words
from api.pages.render import render
from api.pages.staff import signed_form, signed_in
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import TourPlanId
from core.money import Money
from routing.flows.cancel_tours import cancel_tours
from routing.flows.change_tours import change_tours
from routing.flows.open_tour_link import open_tour_link
from routing.flows.read_tours import read_tours
from routing.tables import TourPlanRow
from store.session import lock

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
    values = page_values(tour_words(request))
    return render(request, "dispatch/days.html", rows=found, signs=SIGNS, **values)


@router.get("/{plan_id}")
def day(request: Request, plan_id: UUID, visit: Visit = signed_in(READ)) -> HTMLResponse:
    """One day."""
    return _day_page(request, plan_id, visit)


def _day_page(
    request: Request,
    plan_id: UUID,
    visit: Visit,
    *,
    form: FormData | None = None,
    error: InvalidInput | Conflict | None = None,
) -> HTMLResponse:
    """The day; with `error`, why `form` was refused, and what it said once more."""
    with visit.reading() as session:
        found = read_tours(session, TourPlanId(plan_id))
        told = day_out(found)
        names = {(row.vehicle, row.position): row.name or row.place for row in found.visits}
        broken = (found.row.task or {}).get("change", {}).get("broken", ())
        late = may_be_late(found)
        as_it_is = revision(found)
    words = tour_words(request, told.zone)
    stops = found.problem.stops
    left_out = [
        (
            stops[note.stop].number,
            stops[note.stop].name,
            reason_text(words.catalogue, note.reason),
            remedy_text(words, found.problem, note),
        )
        for note in (() if found.plan is None else found.plan.unserved)
    ]
    refused = {} if error is None else faults_said(words, error)
    again = told.ended_at is None and not refused  # the address of a refused form is not a page
    return render(
        request,
        "dispatch/day.html",
        status=200 if error is None else 409 if isinstance(error, Conflict) else 422,
        headers={"Refresh": "3"} if again else {},
        day=told,
        names=names,
        signs=SIGNS,
        zone=told.zone,
        cost=Money(told.progress.cost_minor, told.currency) if told.progress else None,
        may_change=visit.caller.may(WRITE),
        looks_again=again,
        refused=refused,
        faults=with_labels(words, refused, told.currency),
        typed=typed(form),
        revision=as_it_is,
        left_out=left_out,
        stop_names={stop.number: stop.name for stop in stops},
        can_change=can_change(found),
        may_be_late=late,
        broken=broken,
        vehicles=may_break(found, broken),
        new_stops=NEW_STOPS,
        **page_values(words),
    )


async def _whole_form(request: Request) -> FormData:
    return await request.form()


@router.post("/{plan_id}/changes")
def change(
    request: Request,
    plan_id: UUID,
    form: Annotated[FormData, Depends(_whole_form)],
    visit: Visit = signed_form(WRITE),
) -> Response:
    """Plan what is left of the day anew; what does not fit is told on the day's page."""
    try:
        with visit.writing() as session:
            lock(session, TourPlanRow, plan_id)
            found = read_tours(session, TourPlanId(plan_id))
            refuse_stale(form, found)
            told, seconds = read_change(form, found)
            change_tours(session, TourPlanId(plan_id), told, seconds=seconds)
    except (InvalidInput, Conflict) as error:
        return _day_page(request, plan_id, visit, form=form, error=error)
    return RedirectResponse(f"/tours/{plan_id}", 303)


@router.get("/{plan_id}/papers/{paper}")
def paper(request: Request, plan_id: UUID, paper: str, visit: Visit = signed_in(READ)) -> Response:
    """The map, the chart, or the drivers' sheets."""
    if paper not in PICTURES:
        raise NotFound
    with visit.reading() as session:
        day = read_tours(session, TourPlanId(plan_id))
        content = paper_of(day, paper, say=paper_words(request))
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
