"""Background upkeep of the doors: answers kept for retries are forgotten after two days."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from api.wiring import Lanewise
from store.jobs import Handler, Job
from store.session import Sessions, now
from store.tables import IdempotencyRow

FORGET_EVERY_S = 3600
KEPT_FOR = timedelta(days=2)  # longer than any client retries


def forget_answers(session: Session) -> int:
    """Delete kept answers that no retry will ask for any more; how many."""
    old = delete(IdempotencyRow).where(IdempotencyRow.created_at < now(session) - KEPT_FOR)
    count: int = session.execute(old).rowcount  # type: ignore[attr-defined]
    return count


def answer_forgetter(_lanewise: Lanewise) -> Handler:
    """The job's handler."""

    def handle(sessions: Sessions, job: Job) -> None:
        with sessions(job.tenant) as session:
            forget_answers(session)

    return handle
