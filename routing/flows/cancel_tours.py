"""Cancels a day's planning: what waits ends at once, what runs ends with the best so far."""

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.ids import TourPlanId
from routing.tables import TourPlanRow
from store.session import lock, now


def cancel_tours(session: Session, plan_id: TourPlanId) -> None:
    """Cancelling again changes nothing. Raises NotFound, or Conflict for a plan that has ended."""
    row = lock(session, TourPlanRow, plan_id)
    if row.state in ("done", "failed"):
        raise Conflict(f"the plan is {row.state}", code="plan_ended")
    if row.state == "queued":
        row.state, row.ended_at = "cancelled", now(session)
    row.cancel_asked = True
