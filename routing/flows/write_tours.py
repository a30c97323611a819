"""Writes a planned day: the answer, and each visit with its hours for drivers and places."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core.ids import TourPlanId
from routing.tables import TourPlanRow, TourVisitRow, tour_progress
from routing.tours.plan import RELOAD, Plan, Visit
from routing.tours.problem import Problem
from store.session import add_rows, lock, new_id, now


def write_tours(session: Session, plan_id: TourPlanId, problem: Problem, plan: Plan) -> None:
    """The plan is done, or cancelled with this as the best so far. Writing again replaces it."""
    row = lock(session, TourPlanRow, plan_id)
    row.answer = {
        "sequences": [[s.vehicle, list(s.stops)] for s in plan.sequences],
        "unserved": [[note.stop, note.reason, note.detail] for note in plan.unserved],
        "engine": plan.engine,
        "notes": list(plan.notes),
    }
    row.progress = tour_progress(problem, plan)
    row.state = "cancelled" if row.cancel_asked else "done"
    row.ended_at = now(session)
    session.execute(delete(TourVisitRow).where(TourVisitRow.plan_id == plan_id))
    add_rows(
        session,
        TourVisitRow,
        [
            {
                "id": new_id(session),
                "plan_id": plan_id,
                "vehicle": tour.vehicle,
                "position": position,
                **_visit(row, problem, visit),
            }
            for tour in plan.tours
            for position, visit in enumerate(tour.visits, start=1)
        ],
    )


def _visit(row: TourPlanRow, problem: Problem, visit: Visit) -> dict[str, Any]:
    def instant(second: int) -> Any:
        return row.day_starts + timedelta(seconds=second)

    stop = None if visit.stop == RELOAD else problem.stops[visit.stop]
    source = row.sources.get(str(stop.number), {}) if stop is not None else {}
    lon, lat = (None, None) if stop is None or stop.at is None else stop.at
    return {
        "stop": 0 if stop is None else stop.number,
        "name": "" if stop is None else stop.name[:200],
        "what": "reload" if stop is None else stop.kind.value,
        "lat": lat,
        "lon": lon,
        "arrives_at": instant(visit.arrive_s),
        "starts_at": instant(visit.start_s),
        "leaves_at": instant(visit.leave_s),
        "place": source.get("place", ""),
        "parcel_ids": source.get("parcels", []),
        "state": "planned",
        "proof": "",
        "note": "",
    }
