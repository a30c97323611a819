"""Days of tours as the API takes and tells them, and a day read from the database as its answer."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.endpoints.fields import Code, Given
from api.endpoints.quote_schemas import Out
from routing.flows.keep_tour_day import MOST_SECONDS
from routing.flows.read_tours import TourDay
from routing.tables import TourPlanRow
from routing.tours.plan import Unserved
from routing.tours.problem import Problem
from routing.tours.reasons import IN_MONEY, unit_of

TourState = Literal["queued", "planning", "done", "cancelled", "failed"]

DAY_EXAMPLE: Any = {
    "name": "Tuesday",
    "currency": "EUR",
    "depots": [{"lat": 48.2, "lon": 16.37}],
    "vehicles": [
        {"count": 2, "name": "van", "capacity": {"parcels": 80}, "shift": [25200, 61200],
         "fixed_minor": 4000, "per_km_minor": 40, "per_hour_minor": 2000}
    ],
    "stops": [
        {"number": 12, "lat": 48.21, "lon": 16.4, "load": {"parcels": 2},
         "windows": [[32400, 36000]], "service_s": 180},
        {"number": 7, "lat": 48.19, "lon": 16.35, "load": {"parcels": 1}, "service_s": 180},
    ],
}  # fmt: skip

Seconds = Annotated[
    int, Field(ge=1, le=MOST_SECONDS, description="CPU seconds of the search on one core.")
]
ZoneName = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")]


class ToursIn(Given):
    """A day in the tours format (`docs/reference/tours-format.md`), and when it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"date": "2026-03-03", "zone": "Europe/Vienna", "seconds": 5, "day": DAY_EXAMPLE}
            ]
        },
    )

    date: date
    zone: ZoneName = Field("UTC", description="IANA zone; second 0 is midnight there.")
    seconds: Seconds = 10
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Same seed, same search.")
    day: dict[str, Any] = Field(description="Depots, vehicles, stops, shipments, rules.")


class CollectionsIn(Given):
    """The round that brings to a hub what its parcels of a day wait for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"hub": "hub-lille", "date": "2026-03-03", "seconds": 5, "vans": 2}]
        },
    )

    hub: Code
    date: date
    seconds: Seconds = 10
    vans: int = Field(4, ge=1, le=200)
    van_weight_g: int = Field(800_000, ge=1, le=40_000_000)


class ProgressOut(Out):
    """The best plan so far."""

    tours: int
    unserved: int
    cost_minor: int
    engine: str


class TourPlanOut(Out):
    """A day of tours, without its stops."""

    id: UUID
    name: str
    state: TourState
    hub: str | None = Field(None, description="Set for a collection round.")
    zone: str
    day_starts: datetime
    seconds: int
    cancel_asked: bool
    progress: ProgressOut | None = None
    error: str | None = None
    created_at: datetime
    ended_at: datetime | None = None


class StopOut(Out):
    """A stop on a tour; `stop` is the sender's number, 0 a reload at the depot."""

    stop: int
    arrives_at: datetime
    starts_at: datetime
    leaves_at: datetime
    state: Literal["planned", "done", "failed"]
    proof: Literal["", "code", "signature"]
    place: str
    parcels: list[UUID]


class TourOut(Out):
    """One vehicle's day."""

    vehicle: int
    leaves_at: datetime
    back_at: datetime
    distance_m: int
    cost_minor: int
    stops: list[StopOut]


class NeedOut(Out):
    """One thing that would have to give, by how much (0: yes or no), and at which stop."""

    rule: str
    amount: int
    unit: Literal["", "s", "m", "g", "mm3", "parcels", "minor"]
    stop: int | None = Field(description="Whose window, skills, …; none: the vehicle's.")
    what: str = Field(description="Skills that lack, or goods that do not go together.")


class UnservedOut(Out):
    """A stop that is left out, the rule that stops it, and what would free it."""

    stop: int
    reason: str
    detail: str
    vehicle: int | None = Field(description="The one that comes nearest, with the tour it has.")
    needs: list[NeedOut] = Field(description="All together free the stop; nothing less does.")


class ChurnOut(Out):
    """Of a changed day: how many of the stops that were still open changed vehicle."""

    old_stops: int
    moved: int


class MoveOut(Out):
    """A stop that another vehicle serves now; `before` is null for new stops, `after` left out."""

    stop: int
    before: int | None
    after: int | None


class LegsOut(Out):
    """Both legs of a hub's day together."""

    unserved: int
    cost_minor: int


class TwoLegsOut(Out):
    """Of a leg that goes out: both legs planned apart, and as one."""

    apart: LegsOut
    together: LegsOut
    held_up: bool = Field(description="Planned apart, the leg in held a tour out up.")


class TourDayOut(TourPlanOut):
    """A day of tours with what is planned."""

    currency: str
    tours: list[TourOut]
    unserved: list[UnservedOut]
    notes: list[str] = Field(description="Which engines could not plan this day, and why.")
    churn: ChurnOut | None = None
    moves: list[MoveOut] = Field([], description="Of the last change of the day.")
    two_legs: TwoLegsOut | None = None


def tour_plan_out(row: TourPlanRow) -> TourPlanOut:
    """A day without its stops."""
    return TourPlanOut.model_validate(row, from_attributes=True)


def day_out(day: TourDay) -> TourDayOut:
    """The answer for a day."""
    plan, problem, starts = day.plan, day.problem, day.row.day_starts
    visits = {(row.vehicle, row.position): row for row in day.visits}
    tours = [
        TourOut(
            vehicle=tour.vehicle,
            leaves_at=starts + timedelta(seconds=tour.leave_s),
            back_at=starts + timedelta(seconds=tour.back_s),
            distance_m=tour.distance_m,
            cost_minor=round(tour.cost / problem.scale),
            stops=[
                StopOut(
                    **{
                        name: getattr(row, name)
                        for name in StopOut.model_fields
                        if name != "parcels"
                    },
                    parcels=[UUID(each) for each in row.parcel_ids],
                )
                for position, _visit in enumerate(tour.visits, start=1)
                for row in (visits[tour.vehicle, position],)
            ],
        )
        for tour in (() if plan is None else plan.tours)
    ]
    unserved = [_unserved_out(problem, note) for note in (() if plan is None else plan.unserved)]
    answer = day.row.answer or {}
    return TourDayOut(
        **tour_plan_out(day.row).model_dump(),
        currency=problem.currency,
        tours=tours,
        unserved=unserved,
        notes=list(answer.get("notes", ())),
        churn=answer.get("churn"),
        moves=[
            MoveOut(stop=stop, before=before, after=after)
            for stop, before, after in answer.get("moves", ())
        ],
        two_legs=answer.get("two_legs"),
    )


def _unserved_out(problem: Problem, note: Unserved) -> UnservedOut:
    needs = [
        NeedOut(
            rule=need.rule,
            amount=round(need.amount / problem.scale) if need.rule in IN_MONEY else need.amount,
            unit=unit_of(need),
            stop=None if need.stop is None else problem.stops[need.stop].number,
            what=need.what,
        )
        for need in note.needs
    ]
    return UnservedOut(
        stop=problem.stops[note.stop].number,
        reason=note.reason,
        detail=note.detail,
        vehicle=note.vehicle,
        needs=needs,
    )
