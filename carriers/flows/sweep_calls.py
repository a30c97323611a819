"""Finds calls that nobody works on although they are due, and queues them again."""

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from carriers.call_jobs import call_job
from carriers.journal import CallState
from carriers.tables import CallRow
from store.jobs import enqueue
from store.session import now

OVERDUE = timedelta(minutes=5)
MOST = 500  # per sweep


def sweep_calls(session: Session) -> int:
    """How many were found; their jobs had died or were lost."""
    instant = now(session)
    late = instant - OVERDUE
    rows = session.scalars(
        select(CallRow)
        .where(
            CallRow.state.in_(
                [CallState.INTENT.value, CallState.SENDING.value, CallState.UNKNOWN.value]
            ),
            CallRow.next_at < late,
            or_(CallRow.busy_until.is_(None), CallRow.busy_until < late),
        )
        .order_by(CallRow.next_at)
        .limit(MOST)
    ).all()
    slot = int(instant.timestamp()) // int(OVERDUE.total_seconds())
    for row in rows:
        kind, payload = call_job(row.kind, row.subject_id)
        enqueue(session, kind, payload, key=f"{row.subject_id}-sweep-{slot}")
    return len(rows)
