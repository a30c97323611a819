"""Writes a planned day: the answer, and each visit with its hours for drivers and places."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.ids import TourPlanId
from routing.tables import TourPlanRow, TourVisitRow, tour_progress, tour_visit, unserved_as_json
from routing.tours.plan import Plan
from routing.tours.problem import Problem
from store.session import add_rows, lock, new_id, now


def write_tours(session: Session, plan_id: TourPlanId, problem: Problem, plan: Plan) -> None:
    """The plan is done, or cancelled with this as the best so far. Writing again replaces it.

    Raises Conflict once a driver has ended a stop: a visit with its proof is never written over.
    """
    row = lock(session, TourPlanRow, plan_id)
    mine = TourVisitRow.plan_id == plan_id
    ended = select(TourVisitRow.id).where(mine, TourVisitRow.state != "planned").limit(1)
    if session.scalar(ended) is not None:
        raise Conflict("a driver has ended a stop of this plan already", code="visit_ended")
    row.answer = {
        "sequences": [[s.vehicle, list(s.stops)] for s in plan.sequences],
        "unserved": [unserved_as_json(note) for note in plan.unserved],
        "engine": plan.engine,
        "notes": list(plan.notes),
    }
    row.progress = tour_progress(problem, plan)
    row.state = "cancelled" if row.cancel_asked else "done"
    row.ended_at = now(session)
    session.execute(delete(TourVisitRow).where(mine, TourVisitRow.state == "planned"))
    add_rows(
        session,
        TourVisitRow,
        [
            {
                "id": new_id(session),
                "plan_id": plan_id,
                "vehicle": tour.vehicle,
                "position": position,
                **tour_visit(row, problem, visit),
            }
            for tour in plan.tours
            for position, visit in enumerate(tour.visits, start=1)
        ],
    )
