"""Erases raw webhook bodies and scans of unknown numbers past their retention."""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from store.session import now
from tracking.tables import StrayScanRow, WebhookRow

KEPT = timedelta(days=90)


def purge_webhooks(session: Session, *, kept: timedelta = KEPT) -> int:
    """How many bodies were erased; that they came, and when, stays."""
    before = now(session) - kept
    erased = session.execute(
        update(WebhookRow)
        .where(WebhookRow.received_at < before, WebhookRow.sealed.is_not(None))
        .values(sealed=None)
    )
    session.execute(delete(StrayScanRow).where(StrayScanRow.received_at < before))
    return int(erased.rowcount)  # type: ignore[attr-defined]
