"""Tours over HTTP: send a day, follow its planning, read or cancel it, get its papers."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Visit, allowed
from api.endpoints.tour_schemas import (
    CollectionsIn,
    TourDayOut,
    TourPlanOut,
    ToursIn,
    TourState,
    day_out,
    tour_plan_out,
)
from api.idempotency import Answer, Change, changing
from api.paging import Page, PagingDep
from api.problems import SHARED, problems
from core.errors import Conflict, NotFound
from core.ids import TourPlanId
from routing.flows.cancel_tours import cancel_tours
from routing.flows.keep_tour_day import WhichDay
from routing.flows.plan_collections import plan_collections
from routing.flows.read_tours import TourDay, read_tours
from routing.flows.request_tours import request_tours
from routing.tables import TourPlanRow
from routing.tours.paper_words import Say, english

router = APIRouter(prefix="/v1/tours", tags=["tours"])

CHANGES = ("invalid_input", "conflict", "in_progress", "idempotency_key_missing", "key_reused")


def _accepted(session: Session, plan_id: TourPlanId) -> Answer:
    session.flush()
    row = session.get_one(TourPlanRow, plan_id)
    return Answer(tour_plan_out(row), 202, {"Location": f"/v1/tours/{plan_id}"})


@router.post(
    "",
    operation_id="plan_tours",
    status_code=202,
    response_model=TourPlanOut,
    responses=problems(*SHARED, *CHANGES),
)
def plan_day(body: ToursIn, change: Change = changing("tours:write")) -> Response:
    """Plan a day of tours in the background: follow it at the address in `Location`."""

    def work(session: Session) -> Answer:
        which = WhichDay(body.date, body.zone)
        return _accepted(
            session,
            request_tours(session, body.day, which=which, seconds=body.seconds, seed=body.seed),
        )

    return change.once(work)


@router.post(
    "/collections",
    operation_id="plan_collections",
    status_code=202,
    response_model=TourPlanOut,
    responses=problems(*SHARED, *CHANGES, "not_found"),
)
def plan_round(body: CollectionsIn, change: Change = changing("tours:write")) -> Response:
    """Plan a hub's collection round: what its parcels of that day wait for, place by place."""

    def work(session: Session) -> Answer:
        plan_id = plan_collections(
            session,
            body.hub,
            body.date,
            vans=body.vans,
            van_weight_g=body.van_weight_g,
            seconds=body.seconds,
        )
        return _accepted(session, plan_id)

    return change.once(work)


@router.get("", operation_id="list_tours", responses=problems(*SHARED))
def list_days(
    paging: PagingDep,
    state: Annotated[TourState | None, Query(description="Only plans in this state.")] = None,
    visit: Visit = allowed("tours:read"),
) -> Page[TourPlanOut]:
    """Days of tours, newest first."""
    query = select(TourPlanRow)
    if state is not None:
        query = query.where(TourPlanRow.state == state)
    with visit.reading() as session:
        rows, cursor = paging.take(session, query, TourPlanRow.id)
        return Page[TourPlanOut](items=[tour_plan_out(row) for row in rows], next_cursor=cursor)


@router.get("/{plan_id}", operation_id="read_tours", responses=problems(*SHARED, "not_found"))
def read_day_of_tours(plan_id: UUID, visit: Visit = allowed("tours:read")) -> TourDayOut:
    """How far it is; when it has ended, its tours, and why a stop is left out."""
    with visit.reading() as session:
        return day_out(read_tours(session, TourPlanId(plan_id)))


@router.delete(
    "/{plan_id}",
    operation_id="cancel_tours",
    status_code=202,
    response_model=TourPlanOut,
    responses=problems(*SHARED, "not_found", "conflict"),
)
def cancel_day(plan_id: UUID, visit: Visit = allowed("tours:write")) -> TourPlanOut:
    """Cancel: what is being planned ends within half a second with the best plan so far."""
    with visit.writing() as session:
        cancel_tours(session, TourPlanId(plan_id))
        session.flush()
        return tour_plan_out(session.get_one(TourPlanRow, plan_id))


PICTURES = {
    "map.svg": "image/svg+xml",
    "gantt.svg": "image/svg+xml",
    "drivers.pdf": "application/pdf",
}


def paper_of(day: TourDay, paper: str, *, say: Say = english) -> bytes:
    """The map, the chart of the day, or the drivers' sheets; raises Conflict before there is a plan."""
    if day.plan is None:
        raise Conflict("nothing is planned yet", code="no_plan_yet")
    from routing.tours.driver_sheet import driver_sheets
    from routing.tours.picture import gantt_svg, map_svg

    if paper == "map.svg":
        return map_svg(day.problem, day.plan, depot=day.problem.depot_at, say=say).encode()
    if paper == "gantt.svg":
        return gantt_svg(day.problem, day.plan, say=say).encode()
    if paper == "drivers.pdf":
        return driver_sheets(day.problem, day.plan, say=say)
    raise NotFound


@router.get(
    "/{plan_id}/papers/{paper}",
    operation_id="read_tour_paper",
    response_class=Response,
    responses={
        200: {
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in PICTURES.values()
            }
        },
        **problems(*SHARED, "not_found", "conflict"),
    },
)
def read_paper(
    plan_id: UUID,
    paper: Literal["map.svg", "gantt.svg", "drivers.pdf"],
    visit: Visit = allowed("tours:read"),
) -> Response:
    """A picture of the day, or the sheets for the drivers."""
    with visit.reading() as session:
        content = paper_of(read_tours(session, TourPlanId(plan_id)), paper)
    return Response(content, media_type=PICTURES[paper], headers={"Cache-Control": "no-store"})
