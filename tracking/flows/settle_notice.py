"""Settles a notice in doubt by a person's decision: send it again, or let it be."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import Conflict
from store.audit import audit
from store.jobs import enqueue
from store.session import lock
from tracking.flows.intend_notice import MAX_ATTEMPTS, SEND_NOTICE
from tracking.tables import NoticeRow


def settle_notice(session: Session, notice_id: UUID, *, is_sent_again: bool) -> str:
    """The notice's state afterwards. Raises NotFound, or Conflict for one that is not in doubt."""
    row = lock(session, NoticeRow, notice_id)
    if row.state not in ("unknown", "failed"):
        raise Conflict(f"the notice is {row.state}", code="notice_settled")
    row.state = "intended" if is_sent_again else "dropped"
    row.why = "by a person"
    if is_sent_again:
        key = f"{row.id}-{row.attempts}"
        payload = {"notice_id": str(row.id)}
        enqueue(session, SEND_NOTICE, payload, key=key, max_attempts=MAX_ATTEMPTS)
    audit(session, "notice.settled", "notice", row.id, {"state": row.state})
    session.flush()
    return row.state
