"""Takes a day to plan: checks it whole, keeps it, and asks the workers to plan its tours."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.ids import TourPlanId
from routing.flows.keep_tour_day import WhichDay, keep_tour_day
from store.jobs import enqueue


def request_tours(
    session: Session,
    document: Mapping[str, Any],
    *,
    which: WhichDay,
    seconds: int = 10,
    seed: int = 1,
) -> TourPlanId:
    """The plan's id; its state says how far it is. The document is in the tours format.

    Raises InvalidInput with every fault of the document, and Conflict when too many plans wait.
    """
    plan_id = keep_tour_day(session, document, which=which, seconds=seconds, seed=seed)
    enqueue(session, "routing.plan_tours", {"plan_id": str(plan_id)}, key=f"{plan_id}-1")
    return plan_id
