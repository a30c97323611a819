"""Takes a carrier's webhook: verifies the raw bytes, stores them sealed, answers; work comes later."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from core.errors import NotAllowed, NotFound
from core.ids import TenantId
from store.jobs import enqueue
from store.session import Sessions, add_if_new, new_id, now
from store.tenant_seal import open_for_tenant, seal_for_tenant
from tracking.flows.add_webhook_source import PURPOSE
from tracking.signature import check_signature
from tracking.tables import WebhookRow, WebhookSourceRow

READ_WEBHOOK = "read_webhook"
"""The job kind that reads one stored webhook; payload `{"webhook_id"}`."""
BODY = "webhook_body"
TOLERANCE = timedelta(seconds=300)
LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Received:
    """The webhook is kept: what was acknowledged is not lost any more."""

    is_repeat: bool


def receive_webhook(
    sessions: Sessions,
    source_id: UUID,
    headers: Mapping[str, str],
    raw: bytes,
    *,
    tolerance: timedelta = TOLERANCE,
) -> Received:
    """Keep a verified webhook and queue its reading; the same message again is acknowledged only.

    `headers` have lower-case names. Raises NotFound for an address we never gave, NotAllowed
    (code: the refusal) for bytes that are unsigned, forged or stale. Returns after the commit.
    """
    with sessions.system(read_only=True) as session:
        tenant = session.scalar(
            select(WebhookSourceRow.tenant_id).where(
                WebhookSourceRow.id == source_id, WebhookSourceRow.stopped_at.is_(None)
            )
        )
    if tenant is None:
        raise NotFound("no such webhook address")
    with sessions(TenantId(tenant), actor="webhook") as session:
        source = session.get_one(WebhookSourceRow, source_id)
        secret = open_for_tenant(session, source.sealed_secret, purpose=PURPOSE)
        refusal = check_signature(
            headers, raw, secret=secret, now=now(session), tolerance=tolerance
        )
        if refusal is not None:
            raise NotAllowed("the webhook's signature does not hold", code=refusal.value)
        webhook = new_id(session)
        values = {
            "id": webhook,
            "source_id": source_id,
            "message_id": _kept_id(headers["webhook-id"]),
            "sealed": seal_for_tenant(session, raw, purpose=BODY),
            "received_at": now(session),
            "scans": 0,
            "strays": 0,
        }
        if not add_if_new(session, WebhookRow, values, ["tenant_id", "source_id", "message_id"]):
            return Received(is_repeat=True)
        enqueue(session, READ_WEBHOOK, {"webhook_id": str(webhook)}, key=str(webhook))
        return Received(is_repeat=False)


def _kept_id(message: str) -> str:
    """The id as kept: a longer one than the column by its hash, so that no two become the same."""
    if len(message) <= LONGEST_ID:
        return message
    return "sha256:" + hashlib.sha256(message.encode("utf-8", "surrogatepass")).hexdigest()
