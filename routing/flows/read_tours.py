"""A day of tours as it stands: its problem, its plan as the checker times it, its visits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import LanewiseError, NotFound
from core.ids import TourPlanId
from routing.tables import TourPlanRow, TourVisitRow, unserved_from_json
from routing.tours.checker import check
from routing.tours.day_file import read_day
from routing.tours.plan import NotFeasible, Plan, Sequence, Tour
from routing.tours.problem import Problem


@dataclass(frozen=True, slots=True)
class TourDay:
    """`plan` is None until there is one."""

    row: TourPlanRow
    problem: Problem
    plan: Plan | None
    visits: tuple[TourVisitRow, ...]  # by vehicle, then in order


def read_tours(session: Session, plan_id: TourPlanId) -> TourDay:
    """Raises NotFound."""
    row = session.get(TourPlanRow, plan_id)
    if row is None:
        raise NotFound("no such tour plan")
    problem = read_day(json.loads(row.document))
    visits = session.scalars(
        select(TourVisitRow)
        .where(TourVisitRow.plan_id == plan_id)
        .order_by(TourVisitRow.vehicle, TourVisitRow.position)
    )
    found = tuple(visits)
    return TourDay(row, problem, _plan(row, problem, found), found)


def _plan(row: TourPlanRow, problem: Problem, visits: tuple[TourVisitRow, ...]) -> Plan | None:
    answer = row.answer
    if answer is None:
        return None
    plan = check(
        problem,
        [Sequence(vehicle, tuple(stops)) for vehicle, stops in answer["sequences"]],
        unserved=[unserved_from_json(note) for note in answer["unserved"]],
        engine=answer["engine"],
    )
    if isinstance(plan, NotFeasible):
        raise LanewiseError("the plan kept does not fit its day")
    return plan if "hours" not in answer else _as_driven(row, plan, visits, answer["hours"])


def _as_driven(
    row: TourPlanRow,
    plan: Plan,
    visits: tuple[TourVisitRow, ...],
    hours: Mapping[str, list[int]],
) -> Plan:
    """The plan of a changed day with the hours it was told: the checker alone would have tours
    that are on the road leave later, now that the rest is another."""
    rows = {(visit.vehicle, visit.position): visit for visit in visits}

    def second(instant: datetime) -> int:
        return int((instant - row.day_starts).total_seconds())

    def timed(tour: Tour) -> Tour:
        leave_s, back_s = hours[str(tour.vehicle)]
        found = []
        for position, visit in enumerate(tour.visits, start=1):
            told = rows[tour.vehicle, position]
            arrive_s, start_s = second(told.arrives_at), second(told.starts_at)
            found.append(
                replace(
                    visit,
                    arrive_s=arrive_s,
                    wait_s=max(0, start_s - arrive_s - visit.rest_s),
                    start_s=start_s,
                    leave_s=second(told.leaves_at),
                )
            )
        return replace(tour, visits=tuple(found), leave_s=leave_s, back_s=back_s)

    return replace(plan, tours=tuple(timed(tour) for tour in plan.tours))
