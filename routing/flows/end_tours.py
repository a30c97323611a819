"""Ends a day's planning without a new answer: cancelled or failed, with the leg planned with it."""

from uuid import UUID

from sqlalchemy.orm import Session

from routing.tables import TourPlanRow
from store.session import lock, now

UNTOLD = dict.fromkeys(range(32), "?")  # a database keeps no NUL, whatever an error quotes


def end_tours(session: Session, row: TourPlanRow, state: str, error: str | None = None) -> None:
    """What was planned before stands."""
    task = row.task or {}
    legs = [lock(session, TourPlanRow, UUID(task["inbound"]))] if "inbound" in task else []
    for each in (row, *legs):
        each.state, each.ended_at = state, now(session)
        each.error = error.translate(UNTOLD)[:500] if error is not None else None
