"""Gives the learned model that serves, by itself: for those who learn on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.distributions.lead_times import LeadTimeModel
from routing.flows.read_lead_times_part import read_lead_times_part
from routing.tables import ACTIVE_MODEL, LeadTimeModelRow


def active_model(session: Session) -> LeadTimeModel | None:
    """None where none is active, or it does not load."""
    digest = session.scalar(
        select(LeadTimeModelRow.content_hash).where(LeadTimeModelRow.state == ACTIVE_MODEL)
    )
    if digest is None:
        return None
    model = read_lead_times_part(session, LeadTimeModelRow, digest)
    return model if isinstance(model, LeadTimeModel) else None
