"""A running day over HTTP: change what is left of it; and both legs of a hub's day as one."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.endpoints.fields import Given
from api.endpoints.quote_schemas import Out
from api.endpoints.tour_schemas import (
    DAY_EXAMPLE,
    Seconds,
    TourPlanOut,
    ZoneName,
    tour_plan_out,
)
from api.endpoints.tours import CHANGES
from api.idempotency import Answer, Change, changing
from api.problems import SHARED, problems
from core.ids import TourPlanId
from routing.flows.change_tours import MOST_PRICE_MINOR, change_tours
from routing.flows.keep_tour_day import MOST_STOPS, WhichDay
from routing.flows.request_two_legs import Legs, request_two_legs
from routing.tables import TourPlanRow
from routing.tours.day_change import DayChange

router = APIRouter(prefix="/v1/tours", tags=["tours"])

Number = Annotated[int, Field(ge=1, le=10**9)]


class LateIn(Given):
    """Goods that reach the depot later than planned."""

    stop: Number
    ready_at: AwareDatetime = Field(description="When they can be loaded.")


class DayChangeIn(Given):
    """What happens to a running day."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "stops": [
                        {"number": 21, "lat": 48.2, "lon": 16.39, "load": {"parcels": 1},
                         "service_s": 180}
                    ],
                    "broken": [2],
                    "late": [{"stop": 12, "ready_at": "2026-03-03T09:30:00+01:00"}],
                }
            ]
        },
    )  # fmt: skip

    stops: list[dict[str, Any]] = Field([], max_length=MOST_STOPS, description="New stops.")
    broken: list[Number] = Field([], max_length=1000, description="Vehicles that broke down.")
    late: list[LateIn] = Field([], max_length=MOST_STOPS)
    most_moved: float = Field(
        0.05, ge=0, le=1, description="Share of the open stops that may change vehicle."
    )
    price_per_move_minor: int = Field(
        0, ge=0, le=MOST_PRICE_MINOR, description="What each of them counts in the search."
    )
    travel: dict[str, Any] | None = Field(
        None, description="Where the day has its own matrices: those with the new stops in them."
    )
    seconds: Seconds = 1


class SourcesIn(Given):
    """What a stop of the leg out waits for."""

    stop: Number
    inbound: list[Number] = Field(max_length=MOST_STOPS, description="Stops of the leg in.")


class TwoLegsIn(Given):
    """Both legs of a hub's day: collected into the hub, then delivered from it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "date": "2026-03-03",
                    "zone": "Europe/Vienna",
                    "inbound": {
                        **DAY_EXAMPLE,
                        "stops": [
                            {"number": 1, "lat": 48.21, "lon": 16.36, "kind": "collect",
                             "load": {"parcels": 3}, "service_s": 300}
                        ],
                    },
                    "outbound": DAY_EXAMPLE,
                    "sources": [{"stop": 12, "inbound": [1]}],
                    "handling_s": 1200,
                }
            ]
        },
    )  # fmt: skip

    date: date
    zone: ZoneName = Field("UTC", description="IANA zone; second 0 is midnight there.")
    seconds: Seconds = 20
    seed: int = Field(1, ge=0, le=2**31 - 1)
    inbound: dict[str, Any] = Field(description="A day in the tours format, its stops collected.")
    outbound: dict[str, Any] = Field(description="A day in the tours format, its stops delivered.")
    sources: list[SourcesIn] = Field(max_length=MOST_STOPS)
    handling_s: int = Field(0, ge=0, le=86_400, description="From a vehicle's return to loading.")


class BothPlansOut(Out):
    """Both legs; they are planned, cancelled and end together."""

    inbound: TourPlanOut
    outbound: TourPlanOut


def _second(row: TourPlanRow, instant: datetime) -> int:
    return max(0, int((instant - row.day_starts).total_seconds()))


@router.post(
    "/{plan_id}/changes",
    operation_id="change_tours",
    status_code=202,
    response_model=TourPlanOut,
    responses=problems(*SHARED, *CHANGES, "not_found"),
)
def change_day(
    plan_id: UUID, body: DayChangeIn, change: Change = changing("tours:write")
) -> Response:
    """Re-plan what is left of the day: new orders, a vehicle that broke down, late goods.

    Stops that are driven or being driven to stay as they are. Until the new plan is there, the old
    one stands.
    """

    def work(session: Session) -> Answer:
        row = session.get(TourPlanRow, plan_id)
        late = {each.stop: _second(row, each.ready_at) for each in body.late} if row else {}
        change_tours(
            session,
            TourPlanId(plan_id),
            DayChange(
                stops=tuple(body.stops),
                broken=frozenset(body.broken),
                late=late,
                most_moved=body.most_moved,
                price_per_move_minor=body.price_per_move_minor,
                travel=body.travel,
            ),
            seconds=body.seconds,
        )
        session.flush()
        head = tour_plan_out(session.get_one(TourPlanRow, plan_id))
        return Answer(head, 202, {"Location": f"/v1/tours/{plan_id}"})

    return change.once(work)


@router.post(
    "/two-legs",
    operation_id="plan_two_legs",
    status_code=202,
    response_model=BothPlansOut,
    responses=problems(*SHARED, *CHANGES),
)
def plan_legs(body: TwoLegsIn, change: Change = changing("tours:write")) -> Response:
    """Plan the milk run into a hub and the tours out of it as one; `Location` is the leg out."""

    def work(session: Session) -> Answer:
        first, second = request_two_legs(
            session,
            Legs(
                body.inbound,
                body.outbound,
                {each.stop: each.inbound for each in body.sources},
                body.handling_s,
            ),
            which=WhichDay(body.date, body.zone),
            seconds=body.seconds,
            seed=body.seed,
        )
        session.flush()
        heads = [tour_plan_out(session.get_one(TourPlanRow, each)) for each in (first, second)]
        answer = BothPlansOut(inbound=heads[0], outbound=heads[1])
        return Answer(answer, 202, {"Location": f"/v1/tours/{second}"})

    return change.once(work)
