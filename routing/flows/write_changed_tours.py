"""Writes the rest of a running day anew: what is driven stays as it is, with its proofs."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.ids import TourPlanId
from routing.flows.queue_tours import queue_tours
from routing.flows.replan_tours import Replanned
from routing.tables import TourPlanRow, TourVisitRow, tour_progress, tour_visit, unserved_as_json
from routing.tours.checker import check
from routing.tours.day_file import read_day
from routing.tours.plan import NotFeasible, Plan
from store.session import add_rows, lock, new_id, now


def write_changed_tours(
    session: Session, plan_id: TourPlanId, document: Mapping[str, Any], answer: Replanned
) -> None:
    """The day is done again, or cancelled with this as the best so far; `document` is as planned.

    When a driver has ended a stop meanwhile that the answer gave to others or later, the day is
    queued once more: what has happened is never planned away.
    """
    row = lock(session, TourPlanRow, plan_id)
    visits = session.scalars(
        select(TourVisitRow).where(TourVisitRow.plan_id == plan_id).with_for_update()
    ).all()
    driven = {vehicle: len(stops) for vehicle, stops in answer.running.driven.items()}
    ahead = [visit for visit in visits if visit.position > driven.get(visit.vehicle, 0)]
    if any(visit.state != "planned" for visit in ahead) and not row.cancel_asked:
        queue_tours(session, row)
        return
    row.state = "cancelled" if row.cancel_asked else "done"
    row.ended_at = now(session)
    if any(visit.state != "planned" for visit in ahead):
        return  # cancelled: the plan from before stands
    problem = read_day(document)
    plan = check(problem, answer.whole)
    if isinstance(plan, NotFeasible):
        row.state, row.error = "failed", "the rest of the day does not fit what is driven"
        return
    row.document = json.dumps(document)
    row.progress = tour_progress(problem, plan)
    row.answer = {
        "sequences": [[s.vehicle, list(s.stops)] for s in plan.sequences],
        "unserved": [unserved_as_json(note) for note in answer.unserved],
        "engine": answer.rest.engine,
        "notes": [],
        "hours": _hours(plan, answer),
        "churn": {"old_stops": answer.churn.old_stops, "moved": answer.churn.moved},
        "moves": _moves(ahead, answer),
    }
    for visit in ahead:
        session.delete(visit)
    session.flush()
    add_rows(
        session,
        TourVisitRow,
        [
            {
                "id": new_id(session),
                "plan_id": plan_id,
                "vehicle": tour.vehicle,
                "position": driven.get(tour.vehicle, 0) + position,
                **tour_visit(row, answer.running.problem, visit),
            }
            for tour in answer.rest.tours
            for position, visit in enumerate(tour.visits, start=1)
        ],
    )


def _moves(ahead: Iterable[TourVisitRow], answer: Replanned) -> list[list[int | None]]:
    """Every open stop that is another vehicle's now: its number, the vehicle before and after.

    Before is None for new stops, after for those left out.
    """
    stops = answer.running.problem.stops
    before = {visit.stop: visit.vehicle for visit in ahead if visit.stop}
    after = {
        stops[visit.stop].number: tour.vehicle
        for tour in answer.rest.tours
        for visit in tour.visits
    }
    return [
        [number, before.get(number), after.get(number)]
        for number in sorted(before.keys() | after.keys())
        if before.get(number) != after.get(number)
    ]


def _hours(plan: Plan, answer: Replanned) -> dict[str, list[int]]:
    """When each vehicle left or leaves, and when it is back; seconds of the day."""
    rest = {tour.vehicle: tour for tour in answer.rest.tours}
    hours = {}
    for tour in plan.tours:
        ahead = rest.get(tour.vehicle, tour)
        left = answer.running.left.get(tour.vehicle, ahead.leave_s)
        hours[str(tour.vehicle)] = [left, ahead.back_s]
    return hours
