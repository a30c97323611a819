"""Looks after days being planned: those nobody plans are queued again; old proofs go."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from routing.flows.end_tours import end_tours
from routing.flows.queue_tours import JOB, queue_tours
from routing.tables import TourPlanRow, TourVisitRow
from store.session import now
from store.tables import JobRow

SILENT_FOR = timedelta(seconds=30)  # ten beats
MOST_DEATHS = 3  # a day that kills its planners is not given to all of them
PROOFS_LAST = timedelta(days=90)


def watch_tours(session: Session) -> int:
    """How many plans were queued again or ended: their planner died, or they wait without a job."""
    instant = now(session)
    left = _left_alone(session, instant)
    for row in left:
        task = row.task or {}
        died = task.get("died", 0) + (row.state == "planning")
        row.task = {**task, "died": died}
        if row.cancel_asked:
            end_tours(session, row, "cancelled")
        elif died >= MOST_DEATHS:
            end_tours(session, row, "failed", f"its planner died {died} times")
        else:
            queue_tours(session, row)
    session.execute(
        update(TourVisitRow)
        .where(TourVisitRow.ended_at < instant - PROOFS_LAST, TourVisitRow.proof != "")
        .values(proof="", sealed_proof=None, sealed_photo=None)
    )
    return len(left)


def _left_alone(session: Session, instant: datetime) -> list[TourPlanRow]:
    """Plans long silent, but for legs (their other half is looked at) and those with a live job."""
    heard_of = func.coalesce(TourPlanRow.beat_at, TourPlanRow.created_at)
    silent = session.scalars(
        select(TourPlanRow)
        .where(TourPlanRow.state.in_(("planning", "queued")), heard_of < instant - SILENT_FOR)
        .with_for_update(skip_locked=True)
    ).all()
    if not silent:
        return []
    payloads = session.scalars(
        select(JobRow.payload).where(JobRow.kind == JOB, JobRow.state.in_(("queued", "running")))
    )
    waiting = {payload["plan_id"] for payload in payloads}
    return [
        row
        for row in silent
        if "outbound" not in (row.task or {})
        and (row.state == "planning" or str(row.id) not in waiting)
    ]
