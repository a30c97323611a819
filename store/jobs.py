"""The job loop: enqueue once per (kind, key), claim under a lease, back off, bury what never works.

A job runs at least once; a handler is idempotent. A worker that dies loses only its lease: another
one claims the job when the lease has run out. Every claim counts as an attempt, so a job that kills
its workers is buried as well.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.errors import LanewiseError, Misconfigured
from core.ids import JobId, TenantId
from store.job_lease import LEASE, Lease, LeaseKeeper
from store.session import Sessions, add_if_new, new_id, now
from store.tables import JobRow

log = structlog.get_logger("jobs")

BACK_OFF_S = (1, 5, 30, 120, 600, 1800, 3600)  # then the last again
PUT_RIGHT = timedelta(minutes=10)  # how long a job waits when a person must mend the installation
WORKER_DIED = "the worker died while it ran this, and so did those before it"


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job."""

    id: JobId
    tenant: TenantId
    kind: str
    key: str
    payload: dict[str, Any]
    attempt: int
    max_attempts: int
    fence: int
    """The number of this claim; an earlier one no longer counts."""


class Retry(LanewiseError):
    """Not yet: try this job again at a given time, without counting it as a failure."""

    def __init__(self, at: datetime, message: str = "not yet") -> None:
        self.at = at
        super().__init__(message)


Handler = Callable[[Sessions, Job], None]


def enqueue(
    session: Session,
    kind: str,
    payload: dict[str, Any],
    *,
    key: str,
    run_at: datetime | None = None,
    max_attempts: int = 12,
) -> bool:
    """Queue work in the present transaction; the same (kind, key) again changes nothing."""
    instant = now(session)
    return add_if_new(
        session,
        JobRow,
        {
            "id": new_id(session),
            "kind": kind,
            "key": key,
            "payload": payload,
            "state": "queued",
            "run_at": run_at or instant,
            "attempts": 0,
            "max_attempts": max_attempts,
            "created_at": instant,
        },
        ["tenant_id", "kind", "key"],
    )


def claim(sessions: Sessions, worker: str, kinds: list[str], *, limit: int = 1) -> list[Job]:
    """Take up to `limit` due jobs under a lease, oldest first.

    Expired leases are taken over, unless that job has had its attempts: it is buried.
    """
    with sessions.system() as session:
        while rows := _due(session, kinds, limit):
            alive = [row for row in rows if not _buried(session, row)]
            if alive:
                return [_taken(session, row, worker) for row in alive]
    return []


def _due(session: Session, kinds: list[str], limit: int) -> list[JobRow]:
    instant = now(session)
    return list(
        session.scalars(
            select(JobRow)
            .where(
                JobRow.kind.in_(kinds),
                or_(
                    (JobRow.state == "queued") & (JobRow.run_at <= instant),
                    (JobRow.state == "running") & (JobRow.lease_until <= instant),
                ),
            )
            .order_by(JobRow.run_at, JobRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )


def _buried(session: Session, row: JobRow) -> bool:
    """Bury a job whose worker died at its last attempt; what failed in words is buried there."""
    if row.state != "running" or row.attempts < row.max_attempts:
        return False
    log.error("job_dead", kind=row.kind, job=str(row.id), reason=WORKER_DIED)
    row.state, row.last_error, row.ended_at = "dead", WORKER_DIED, now(session)
    row.lease_holder = row.lease_until = None
    return True


def _taken(session: Session, row: JobRow, worker: str) -> Job:
    row.state = "running"
    row.attempts += 1
    row.fence += 1
    row.lease_holder = worker
    row.lease_until = now(session) + LEASE
    return Job(
        JobId(row.id),
        TenantId(row.tenant_id),
        row.kind,
        row.key,
        row.payload,
        row.attempts,
        row.max_attempts,
        row.fence,
    )


def _end(sessions: Sessions, job: Job, **values: Any) -> bool:
    """Write the outcome; False when the job has passed to another worker meanwhile."""
    with sessions.system() as session:
        written = session.execute(
            update(JobRow)
            .where(JobRow.id == job.id, JobRow.fence == job.fence, JobRow.state == "running")
            .values(lease_holder=None, lease_until=None, **values)
        )
    if not written.rowcount:  # type: ignore[attr-defined]
        log.warning("outcome_not_ours", kind=job.kind, job=str(job.id))
        return False
    return True


def run_one(
    sessions: Sessions,
    handlers: Mapping[str, Handler],
    job: Job,
    *,
    keeper: LeaseKeeper | None = None,
) -> bool:
    """Run a claimed job; True when it is done. Failures back off and are buried at the end.

    The lease is renewed by `keeper`, and by the handler's own transactions when they come late. A
    handler that lost it may still commit its facts, which are idempotent and guarded where they
    are kept, but what becomes of the job is for its successor to say.
    """
    lease = Lease(sessions, job.id, job.fence)
    try:
        with keeper.keeping(lease) if keeper is not None else nullcontext():
            handlers[job.kind](sessions.before_each_commit(lease.renew_late), job)
    except Retry as later:
        _end(sessions, job, state="queued", run_at=later.at, attempts=JobRow.attempts - 1)
    except Misconfigured as error:
        log.error("job_waits", kind=job.kind, job=str(job.id), reason=error.message)
        _end(
            sessions,
            job,
            state="queued",
            run_at=sessions.clock.now() + PUT_RIGHT,
            attempts=JobRow.attempts - 1,
            last_error=error.message[:500],
        )
    except Exception as error:
        _failed(sessions, job, error)
    else:
        return _end(sessions, job, state="done", ended_at=sessions.clock.now(), last_error=None)
    return False


def _failed(sessions: Sessions, job: Job, error: Exception) -> None:
    """Queue the job again after a pause, or bury it when it has had its attempts."""
    instant = sessions.clock.now()
    reason = error.message if isinstance(error, LanewiseError) else type(error).__name__
    trace = not isinstance(error, LanewiseError)  # an error that nobody foresaw shows where it was
    if job.attempt >= job.max_attempts:
        log.error("job_dead", kind=job.kind, job=str(job.id), reason=reason, exc_info=trace)
        _end(sessions, job, state="dead", ended_at=instant, last_error=reason[:500])
        return
    pause = BACK_OFF_S[min(job.attempt, len(BACK_OFF_S)) - 1]
    log.warning(
        "job_failed",
        kind=job.kind,
        job=str(job.id),
        reason=reason,
        retry_s=pause,
        exc_info=trace,
    )
    again = instant + timedelta(seconds=pause)
    _end(sessions, job, state="queued", run_at=again, last_error=reason[:500])


def run_due(
    sessions: Sessions,
    handlers: Mapping[str, Handler],
    worker: str,
    *,
    limit: int = 1000,
    keeper: LeaseKeeper | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Claim and run due jobs until none is left, `limit` ran or it is `stopping`; how many ran."""
    ran = 0
    kinds = sorted(handlers)
    while ran < limit and not stopping():
        jobs = claim(sessions, worker, kinds, limit=1)
        if not jobs:
            break
        for job in jobs:
            run_one(sessions, handlers, job, keeper=keeper)
            ran += 1
    return ran


def revive(session: Session, job_id: UUID) -> bool:
    """Queue a dead job again, by a person's decision."""
    result = session.execute(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.state == "dead")
        .values(state="queued", attempts=0, run_at=now(session), ended_at=None)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]
