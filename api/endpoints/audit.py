"""The audit trail over HTTP: who did what to which thing, newest first."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import select

from api.callers import Visit, allowed
from api.endpoints.fields import Text
from api.paging import Page, PagingDep
from api.problems import SHARED, problems
from store.tables import AuditRow

router = APIRouter(prefix="/v1/audit", tags=["operations"])


class AuditOut(BaseModel):
    """One act."""

    id: UUID
    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    details: dict[str, Any]


@router.get("", operation_id="list_audit", responses=problems(*SHARED))
def list_audit(
    paging: PagingDep,
    subject_id: Annotated[Text | None, Query(description="Only acts on this thing.")] = None,
    visit: Visit = allowed("operations"),
) -> Page[AuditOut]:
    """What was done, newest first."""
    query = select(AuditRow)
    if subject_id is not None:
        query = query.where(AuditRow.subject_id == subject_id)
    with visit.reading() as session:
        rows, cursor = paging.take(session, query, AuditRow.id)
        items = [AuditOut.model_validate(row, from_attributes=True) for row in rows]
        return Page[AuditOut](items=items, next_cursor=cursor)
