"""Cancels a day's planning: what waits ends at once, what runs ends with the best so far."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.ids import TourPlanId
from routing.tables import TourPlanRow
from store.session import lock, now


def cancel_tours(session: Session, plan_id: TourPlanId) -> None:
    """Cancelling again changes nothing. Raises NotFound, or Conflict for a plan that has ended."""
    row = session.get(TourPlanRow, plan_id)
    task = (row.task if row is not None else None) or {}
    other = task.get("outbound") or task.get("inbound")  # both legs of a hub's day end together
    ids = [plan_id] if other is None else [plan_id, TourPlanId(UUID(other))]
    rows = {each: lock(session, TourPlanRow, each) for each in sorted(ids)}
    if rows[plan_id].state in ("done", "failed"):
        raise Conflict(f"the plan is {rows[plan_id].state}", code="plan_ended")
    for each in rows.values():
        if each.state == "queued":
            each.state, each.ended_at = "cancelled", now(session)
        each.cancel_asked = True
