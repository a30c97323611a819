"""Finds which vehicle's tour a driver's link shows, if it is ours and not expired."""

from dataclasses import dataclass

from sqlalchemy import select

from core.errors import Expired, NotFound
from core.ids import TenantId, TourPlanId
from routing.tables import TourLinkRow, hash_token
from store.session import Sessions, now


@dataclass(frozen=True, slots=True)
class Drive:
    """What the link opens."""

    tenant: TenantId
    plan: TourPlanId
    vehicle: int


def follow_tour_link(sessions: Sessions, token: str) -> Drive:
    """Raises NotFound for a token we never gave, Expired after the day."""
    with sessions.system(read_only=True) as session:
        row = session.scalar(select(TourLinkRow).where(TourLinkRow.token_hash == hash_token(token)))
        if row is None:
            raise NotFound("this link is not valid")
        if row.expires_at <= now(session):
            raise Expired("this link has expired")
        return Drive(TenantId(row.tenant_id), TourPlanId(row.plan_id), row.vehicle)
