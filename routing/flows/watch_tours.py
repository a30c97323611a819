"""Looks after days being planned: those whose planner died are queued again; old proofs go."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from routing.tables import TourPlanRow, TourVisitRow
from store.jobs import enqueue
from store.session import lock, now

SILENT_FOR = timedelta(seconds=30)  # ten beats
PROOFS_LAST = timedelta(days=90)


def watch_tours(session: Session) -> int:
    """How many plans were queued again."""
    instant = now(session)
    stalled = session.scalars(
        select(TourPlanRow)
        .where(TourPlanRow.state == "planning", TourPlanRow.beat_at < instant - SILENT_FOR)
        .with_for_update(skip_locked=True)
    ).all()
    for row in stalled:
        if row.cancel_asked:
            row.state, row.ended_at = "cancelled", instant
            if "inbound" in (row.task or {}):
                leg = lock(session, TourPlanRow, UUID((row.task or {})["inbound"]))
                leg.state, leg.ended_at = "cancelled", instant
            continue
        row.state = "queued"
        key = f"{row.id}-{int(instant.timestamp())}"
        enqueue(session, "routing.plan_tours", {"plan_id": str(row.id)}, key=key)
    session.execute(
        update(TourVisitRow)
        .where(TourVisitRow.ended_at < instant - PROOFS_LAST, TourVisitRow.proof != "")
        .values(proof="", sealed_proof=None, sealed_photo=None)
    )
    return len(stalled)
