"""Manifests over HTTP: open one for an account, place and day; close it; print it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Visit, allowed
from api.endpoints.fields import Code, Given
from api.endpoints.quote_schemas import Out
from api.idempotency import Answer, Change, changing
from api.paging import Page, PagingDep
from api.planning import Planner
from api.problems import SHARED, problems
from carriers.flows.close_manifest import close_manifest
from carriers.flows.open_manifest import open_manifest
from carriers.flows.read_manifest import read_manifest
from carriers.manifest_paper import ManifestPaper, manifest_pdf
from carriers.tables import BookingRow, ManifestRow
from core.errors import NotFound
from core.ids import ManifestId

router = APIRouter(prefix="/v1/manifests", tags=["shipments"])

CHANGES = ("not_found", "conflict", "in_progress", "idempotency_key_missing", "key_reused")

ManifestState = Literal["open", "submitted", "closed", "failed"]


class ManifestIn(Given):
    """Which parcels: one carrier account, one place, one mailing date."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "carrier": "sandbox",
                    "account": "demo",
                    "location": "seller-1-main",
                    "mailing_date": "2026-03-02",
                }
            ]
        },
    )

    carrier: Code
    account: Code
    location: Code
    mailing_date: date


class LeftOutOut(Out):
    """A parcel that is not on the list, and why."""

    reference: str
    reason: str


class ManifestOut(Out):
    """The list of parcels handed over together."""

    id: UUID
    number: str
    carrier: str
    account: str
    location: str
    mailing_date: date
    state: ManifestState
    reason: str = Field(description="Why it failed; else empty.")
    carrier_reference: str | None = None
    parcels: int = Field(description="How many are on it.")
    left_out: list[LeftOutOut]
    created_at: datetime
    closed_at: datetime | None = None


def manifest_out(session: Session, row: ManifestRow) -> ManifestOut:
    """The answer for a manifest."""
    count = session.scalar(
        select(func.count()).select_from(BookingRow).where(BookingRow.manifest_id == row.id)
    )
    left_out = [LeftOutOut(reference=item[0], reason=item[1]) for item in row.left_out]
    plain = {
        name: getattr(row, name)
        for name in ManifestOut.model_fields
        if name not in ("parcels", "left_out")
    }
    return ManifestOut(**plain, parcels=count or 0, left_out=left_out)


def find_manifest(session: Session, manifest_id: UUID) -> ManifestRow:
    """The manifest's row; raises NotFound."""
    row = session.get(ManifestRow, manifest_id)
    if row is None:
        raise NotFound("no such manifest")
    return row


@router.post(
    "",
    operation_id="open_manifest",
    status_code=201,
    response_model=ManifestOut,
    responses=problems(*SHARED, *CHANGES),
)
def create(body: ManifestIn, change: Change = changing("shipments:write")) -> Response:
    """Open the manifest, or take up what was booked since; what stays off it is listed with why."""

    def work(session: Session) -> Answer:
        manifest_id = open_manifest(
            session,
            carrier=body.carrier,
            account=body.account,
            location=body.location,
            mailing_date=body.mailing_date,
        )
        session.flush()
        answer = manifest_out(session, find_manifest(session, manifest_id))
        return Answer(answer, 201, {"Location": f"/v1/manifests/{manifest_id}"})

    return change.once(work)


@router.get("", operation_id="list_manifests", responses=problems(*SHARED))
def show_manifests(
    paging: PagingDep,
    state: Annotated[ManifestState | None, Query(description="Only in this state.")] = None,
    visit: Visit = allowed("shipments:read"),
) -> Page[ManifestOut]:
    """Manifests, newest first."""
    query = select(ManifestRow)
    if state is not None:
        query = query.where(ManifestRow.state == state)
    with visit.reading() as session:
        rows, cursor = paging.take(session, query, ManifestRow.id)
        items = [manifest_out(session, row) for row in rows]
        return Page[ManifestOut](items=items, next_cursor=cursor)


@router.get(
    "/{manifest_id}", operation_id="read_manifest", responses=problems(*SHARED, "not_found")
)
def show_manifest(manifest_id: UUID, visit: Visit = allowed("shipments:read")) -> ManifestOut:
    """One manifest."""
    with visit.reading() as session:
        return manifest_out(session, find_manifest(session, manifest_id))


@router.post(
    "/{manifest_id}/close",
    operation_id="close_manifest",
    response_model=ManifestOut,
    responses=problems(*SHARED, *CHANGES),
)
def close(manifest_id: UUID, change: Change = changing("shipments:write")) -> Response:
    """Submit the manifest to its carrier; the answer does not wait for the carrier's."""

    def work(session: Session) -> Answer:
        close_manifest(session, ManifestId(manifest_id))
        session.flush()
        return Answer(manifest_out(session, find_manifest(session, manifest_id)))

    return change.once(work)


@router.get(
    "/{manifest_id}/document",
    operation_id="print_manifest",
    response_class=Response,
    responses={
        200: {
            "description": "The manifest as A4 PDF.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems(*SHARED, "not_found"),
    },
)
def document(
    manifest_id: UUID, request: Request, visit: Visit = allowed("shipments:read")
) -> Response:
    """The manifest on paper: totals by service, page n of m, signature lines, bar code."""
    with visit.reading() as session:
        paper = read_manifest(session, ManifestId(manifest_id))
    return manifest_file(request, paper)


def manifest_file(request: Request, paper: ManifestPaper) -> Response:
    """The paper as a file, drawn by the plan executor so that this process stays light."""
    planner: Planner = request.app.state.planner
    disposition = f'inline; filename="{paper.number}.pdf"'
    return Response(
        planner.run(manifest_pdf, paper),
        media_type="application/pdf",
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )
