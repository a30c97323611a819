"""Lets a carrier send us signed webhooks: gives the address part and the secret, once."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from core.places import zone
from store.audit import audit
from store.session import now, sessions_of
from store.tenant_seal import seal_for_tenant
from tracking.signature import secret_text
from tracking.tables import WebhookSourceRow

SECRET_BYTES = 32
PURPOSE = "webhook_secret"


@dataclass(frozen=True, slots=True)
class WebhookSource:
    """The id is part of the address; the secret is shown now and never again."""

    id: UUID
    secret: str


def add_webhook_source(
    session: Session, carrier: str, *, account_zone: str = "UTC", secret: bytes | None = None
) -> WebhookSource:
    """A new source for this carrier; `account_zone` reads its local times that say no zone.

    A `secret` that the carrier has already chosen may be given instead of a fresh one.
    """
    zone(account_zone)
    chosen = secret or sessions_of(session).entropy(SECRET_BYTES)
    # A version 4 id: it must not be guessable from the time it was made.
    source = UUID(bytes=sessions_of(session).entropy(16), version=4)
    session.add(
        WebhookSourceRow(
            id=source,
            carrier=carrier,
            account_zone=account_zone,
            sealed_secret=seal_for_tenant(session, chosen, purpose=PURPOSE),
            created_at=now(session),
        )
    )
    audit(session, "webhook_source.added", "webhook_source", source, {"carrier": carrier})
    session.flush()
    return WebhookSource(source, secret_text(chosen))
