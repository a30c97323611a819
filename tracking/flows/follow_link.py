"""Finds which order a customer's link shows, if it is ours, for this purpose, and not expired."""

from dataclasses import dataclass

from sqlalchemy import select

from core.errors import Expired, NotFound
from core.ids import OrderId, TenantId
from store.session import Sessions, now
from tracking.tables import LinkRow, hash_token


@dataclass(frozen=True, slots=True)
class Followed:
    """What the link opens."""

    tenant: TenantId
    order: OrderId


def follow_link(sessions: Sessions, token: str, purpose: str) -> Followed:
    """Raises NotFound for a token we never gave (or gave for something else), Expired after it."""
    with sessions.system(read_only=True) as session:
        row = session.scalar(select(LinkRow).where(LinkRow.token_hash == hash_token(token)))
        if row is None or row.purpose != purpose:
            raise NotFound("this link is not valid")
        if row.revoked_at is not None or row.expires_at <= now(session):
            raise Expired("this link has expired")
        return Followed(TenantId(row.tenant_id), OrderId(row.order_id))
