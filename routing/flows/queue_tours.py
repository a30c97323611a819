"""Queues a day of tours for the workers; a leg that is planned with it waits too."""

from uuid import UUID

from sqlalchemy.orm import Session

from routing.tables import TourPlanRow
from store.jobs import enqueue
from store.session import lock, new_id

JOB = "routing.plan_tours"


def queue_tours(session: Session, row: TourPlanRow) -> None:
    """State and job in one transaction. Every call is a new job: the one before has ended."""
    row.state = "queued"
    task = row.task or {}
    if "inbound" in task:
        lock(session, TourPlanRow, UUID(task["inbound"])).state = "queued"
    enqueue(session, JOB, {"plan_id": str(row.id)}, key=f"{row.id}-{new_id(session)}")
