"""The audit trail: who did what to which thing, append-only, ids only."""

from typing import Any

from sqlalchemy.orm import Session

from store.session import new_id, now
from store.tables import AuditRow


def audit(
    session: Session,
    action: str,
    subject_kind: str,
    subject_id: object,
    details: dict[str, Any] | None = None,
) -> None:
    """Write one line in the present transaction; the actor is the session's."""
    session.add(
        AuditRow(
            id=new_id(session),
            at=now(session),
            actor=session.info["actor"],
            action=action,
            subject_kind=subject_kind,
            subject_id=str(subject_id),
            details=details or {},
        )
    )
