"""Background jobs over HTTP: what waits, what runs, what died; revive the dead."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Visit, allowed
from api.idempotency import Answer, Change, changing
from api.paging import Page, PagingDep
from api.problems import SHARED, problems
from core.errors import Conflict, NotFound
from store.audit import audit
from store.jobs import revive
from store.tables import JobRow

router = APIRouter(prefix="/v1/jobs", tags=["operations"])

JobState = Literal["queued", "running", "done", "dead"]


class JobOut(BaseModel):
    """A job, without its payload."""

    id: UUID
    kind: str
    state: JobState
    run_at: datetime
    attempts: int
    max_attempts: int
    last_error: str | None = Field(None, description="Why the last attempt failed.")
    created_at: datetime
    ended_at: datetime | None = None


def _out(row: JobRow) -> JobOut:
    return JobOut.model_validate(row, from_attributes=True)


@router.get("", operation_id="list_jobs", responses=problems(*SHARED))
def list_jobs(
    paging: PagingDep,
    state: Annotated[JobState | None, Query(description="Only jobs in this state.")] = None,
    visit: Visit = allowed("operations"),
) -> Page[JobOut]:
    """Jobs, newest first."""
    query = select(JobRow)
    if state is not None:
        query = query.where(JobRow.state == state)
    with visit.reading() as session:
        rows, cursor = paging.take(session, query, JobRow.id)
        return Page[JobOut](items=[_out(row) for row in rows], next_cursor=cursor)


@router.get("/{job_id}", operation_id="read_job", responses=problems(*SHARED, "not_found"))
def read_job(job_id: UUID, visit: Visit = allowed("operations")) -> JobOut:
    """One job."""
    with visit.reading() as session:
        row = session.get(JobRow, job_id)
        if row is None:
            raise NotFound("no such job")
        return _out(row)


@router.post(
    "/{job_id}/revive",
    operation_id="revive_job",
    response_model=JobOut,
    responses=problems(
        *SHARED, "not_found", "conflict", "in_progress", "idempotency_key_missing", "key_reused"
    ),
)
def revive_job(job_id: UUID, change: Change = changing("operations")) -> Response:
    """Queue a dead job again."""

    def work(session: Session) -> Answer:
        if session.get(JobRow, job_id) is None:
            raise NotFound("no such job")
        if not revive(session, job_id):
            raise Conflict("only a dead job can be revived", code="job_not_dead")
        audit(session, "job.revived", "job", job_id)
        session.expire_all()
        return Answer(_out(session.get_one(JobRow, job_id)))

    return change.once(work)
