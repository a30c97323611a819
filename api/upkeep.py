"""Background upkeep: answers kept for retries, and work long done, are forgotten."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from api.wiring import Lanewise
from store.jobs import Handler, Job
from store.session import Sessions, now
from store.tables import IdempotencyRow, JobRow, OutboxRow

FORGET_EVERY_S = 3600
KEPT_FOR = timedelta(days=2)  # longer than any client retries
DONE_FOR = timedelta(days=14)  # long enough to ask what became of an event
BATCH = 2000  # rows a transaction


def forget_answers(session: Session) -> int:
    """Delete kept answers that no retry will ask for any more; how many."""
    old = delete(IdempotencyRow).where(IdempotencyRow.created_at < now(session) - KEPT_FOR)
    count: int = session.execute(old).rowcount  # type: ignore[attr-defined]
    return count


def forget_done_work(session: Session) -> int:
    """Delete up to BATCH jobs done and as many events told long ago; how many. The dead stay."""
    old = now(session) - DONE_FOR
    jobs = select(JobRow.id).where(
        JobRow.state == "done", JobRow.run_at < old, JobRow.ended_at < old
    )
    events = select(OutboxRow.id).where(OutboxRow.delivered_at < old)
    gone = 0
    for row, found in ((JobRow, jobs), (OutboxRow, events)):
        ids = session.scalars(found.limit(BATCH)).all()
        if ids:
            gone += len(ids)
            session.execute(delete(row).where(row.id.in_(ids)))
    return gone


def answer_forgetter(_lanewise: Lanewise) -> Handler:
    """The job's handler."""

    def handle(sessions: Sessions, job: Job) -> None:
        with sessions(job.tenant) as session:
            forget_answers(session)

    return handle


def work_forgetter(_lanewise: Lanewise) -> Handler:
    """The job's handler: batch by batch, so that no transaction is long."""

    def handle(sessions: Sessions, job: Job) -> None:
        gone = BATCH
        while gone >= BATCH:
            with sessions(job.tenant) as session:
                gone = forget_done_work(session)

    return handle
