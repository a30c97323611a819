"""Withdraws the active lead time model and puts the one before it back."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from routing.flows.publish_model import RETIRED, WITHDRAWN
from routing.tables import ACTIVE_MODEL, LeadTimeModelRow
from store.audit import audit
from store.locks import lock_name


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Version numbers; without an earlier one, counts and published quantiles serve."""

    withdrawn: int
    active: int | None


def roll_back_model(session: Session) -> RolledBack:
    """Raises NotFound when no model is active."""
    lock_name(session, "lead_time_models")
    active = session.scalar(select(LeadTimeModelRow).where(LeadTimeModelRow.state == ACTIVE_MODEL))
    if active is None:
        raise NotFound("no learned model is active", code="no_model")
    before = session.scalars(
        select(LeadTimeModelRow)
        .where(LeadTimeModelRow.state == RETIRED, LeadTimeModelRow.number < active.number)
        .order_by(LeadTimeModelRow.number.desc())
        .limit(1)
    ).first()
    active.state = WITHDRAWN
    if before is not None:
        before.state = ACTIVE_MODEL
    session.flush()
    back = None if before is None else before.number
    audit(session, "roll_back_model", "lead_time_model", active.number, {"active": back})
    return RolledBack(active.number, back)
