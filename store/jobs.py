"""The job loop: enqueue once per (kind, key), claim under a lease, back off, bury what never works.

A job runs at least once; a handler is idempotent. A worker that dies loses only its lease: another
one claims the job when the lease has run out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.errors import LanewiseError
from core.ids import JobId, TenantId
from store.session import Sessions, add_if_new, new_id, now
from store.tables import JobRow

log = structlog.get_logger("jobs")

LEASE = timedelta(seconds=60)
BACK_OFF_S = (1, 5, 30, 120, 600, 1800, 3600)  # then the last again


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job."""

    id: JobId
    tenant: TenantId
    kind: str
    key: str
    payload: dict[str, Any]
    attempt: int


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
    """Take up to `limit` due jobs under a lease, oldest first; expired leases are taken over."""
    with sessions.system() as session:
        instant = now(session)
        rows = session.scalars(
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
        ).all()
        for row in rows:
            row.state = "running"
            row.attempts += 1
            row.lease_holder = worker
            row.lease_until = instant + LEASE
        return [
            Job(
                JobId(row.id),
                TenantId(row.tenant_id),
                row.kind,
                row.key,
                row.payload,
                row.attempts,
            )
            for row in rows
        ]


def _end(sessions: Sessions, job: Job, worker: str, **values: Any) -> None:
    """Write the outcome, unless the lease has passed to another worker meanwhile."""
    with sessions.system() as session:
        session.execute(
            update(JobRow)
            .where(JobRow.id == job.id, JobRow.lease_holder == worker, JobRow.state == "running")
            .values(lease_holder=None, lease_until=None, **values)
        )


def run_one(sessions: Sessions, handlers: Mapping[str, Handler], worker: str, job: Job) -> bool:
    """Run a claimed job; True when it is done. Failures back off and are buried at the end."""
    instant = sessions.clock.now()
    try:
        handlers[job.kind](sessions, job)
    except Retry as later:
        _end(sessions, job, worker, state="queued", run_at=later.at, attempts=JobRow.attempts - 1)
        return False
    except Exception as error:
        reason = error.message if isinstance(error, LanewiseError) else type(error).__name__
        with sessions.system(read_only=True) as session:
            most = session.scalar(select(JobRow.max_attempts).where(JobRow.id == job.id)) or 1
        if job.attempt >= most:
            log.error("job_dead", kind=job.kind, job=str(job.id), reason=reason)
            _end(sessions, job, worker, state="dead", ended_at=instant, last_error=reason[:500])
        else:
            pause = BACK_OFF_S[min(job.attempt, len(BACK_OFF_S)) - 1]
            log.warning("job_failed", kind=job.kind, job=str(job.id), reason=reason, retry_s=pause)
            _end(
                sessions,
                job,
                worker,
                state="queued",
                run_at=instant + timedelta(seconds=pause),
                last_error=reason[:500],
            )
        return False
    _end(sessions, job, worker, state="done", ended_at=sessions.clock.now(), last_error=None)
    return True


def run_due(
    sessions: Sessions, handlers: Mapping[str, Handler], worker: str, *, limit: int = 1000
) -> int:
    """Claim and run due jobs until none is left or `limit` ran; returns how many ran."""
    ran = 0
    kinds = sorted(handlers)
    while ran < limit:
        jobs = claim(sessions, worker, kinds, limit=1)
        if not jobs:
            break
        for job in jobs:
            run_one(sessions, handlers, worker, job)
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
