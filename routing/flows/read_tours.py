"""A day of tours as it stands: its problem, its plan as the checker times it, its visits."""

import json
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import LanewiseError, NotFound
from core.ids import TourPlanId
from routing.tables import TourPlanRow, TourVisitRow
from routing.tours.checker import check
from routing.tours.day_file import read_day
from routing.tours.plan import NotFeasible, Plan, Sequence, Unserved
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
    return TourDay(row, problem, _plan(row, problem), tuple(visits))


def _plan(row: TourPlanRow, problem: Problem) -> Plan | None:
    answer = row.answer
    if answer is None:
        return None
    plan = check(
        problem,
        [Sequence(vehicle, tuple(stops)) for vehicle, stops in answer["sequences"]],
        unserved=[Unserved(*note) for note in answer["unserved"]],
        engine=answer["engine"],
    )
    if isinstance(plan, NotFeasible):
        raise LanewiseError("the plan kept does not fit its day")
    return plan
