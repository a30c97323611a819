"""Batches over HTTP: book up to 200 parcels by one request, and read what became of each."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Visit, allowed
from api.endpoints.fields import Given
from api.endpoints.labels import LABEL_ANSWER, LabelQuery, label_response
from api.endpoints.quote_schemas import Out
from api.idempotency import Answer, Change, changing
from api.paging import Page, PagingDep, cursor_for
from api.problems import SHARED, problems
from carriers.batch import BadRow, BatchRow, RowOutcome, rows_from_csv, rows_from_objects
from carriers.flows.keep_batch import keep_batch
from carriers.flows.read_batch_lines import read_batch_lines
from carriers.flows.read_kept_batch import KeptBatch, read_kept_batch
from carriers.flows.read_label import read_label
from carriers.flows.void_booking import void_booking
from carriers.tables import BookingBatchLineRow, BookingBatchRow
from core.errors import NotFound, invalid
from core.ids import BookingId

router = APIRouter(prefix="/v1/batches", tags=["shipments"])

MOST_ROWS = 200  # of one request: about a second of work, in one transaction
CHANGES = ("conflict", "in_progress", "idempotency_key_missing", "key_reused")
EXAMPLE: dict[str, JsonValue] = {
    "reference": "SHOP-1001",
    "carrier": "postnl",
    "account": "main",
    "service": "DomesticPakket",
    "location": "TIL",
    "from_company": "Klompen BV",
    "from_street": "Industrieweg 7",
    "from_city": "Tilburg",
    "from_postcode": "5026 RA",
    "from_country": "NL",
    "to_name": "Jana Novak",
    "to_street": "Oudegracht 5",
    "to_city": "Utrecht",
    "to_postcode": "3511 AA",
    "to_country": "NL",
    "weight_g": 1250,
    "length_mm": 300,
    "width_mm": 200,
    "height_mm": 150,
    "mailing_date": "2026-05-04",
}

Cell = Annotated[str, Field(max_length=500)] | int | None


class BatchIn(Given):
    """Rows as objects, or the same as CSV with a header; the columns are those of `book-batch`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rows": [EXAMPLE]}]})

    rows: list[dict[str, Cell]] | None = Field(None, min_length=1, max_length=MOST_ROWS)
    csv: str | None = Field(None, min_length=1, max_length=500_000)


class BatchOut(Out):
    """A batch and how far its rows are."""

    id: UUID
    rows: int
    created_at: datetime
    states: dict[str, int] = Field(
        description="Rows by state: requested, booked, refused, parked, voiding, voided, invalid."
    )
    is_settled: bool = Field(description="Nothing more becomes of any row by itself.")


class BatchRowOut(BaseModel):
    """What became of a row."""

    model_config = ConfigDict(from_attributes=True)

    row: int = Field(description="Counted from 1.")
    reference: str
    state: str
    tracking_number: str = Field(description="Empty until booked.")
    cost_minor: int | None = None
    currency: str
    reason: str = Field(description="Why it is invalid, refused or parked; else empty.")


@router.post(
    "",
    operation_id="book_batch",
    status_code=202,
    response_model=BatchOut,
    responses=problems(*SHARED, *CHANGES),
)
def create(body: BatchIn, change: Change = changing("shipments:write")) -> Response:
    """Ask for each row to be booked exactly once; the worker calls the carriers.

    A row is known by its `reference`: sent again it tells the booking that stands, and it is invalid
    when anything else in it has changed. A bad row stops no other. For more rows send several
    requests, or use `lanewise carrier book-batch`.
    """
    rows = _rows(body)
    carriers = change.visit.lanewise.carriers_of(change.visit.caller.tenant)

    def work(session: Session) -> Answer:
        batch_id = keep_batch(session, rows, carriers)
        session.flush()
        answer = BatchOut.model_validate(read_kept_batch(session, batch_id))
        return Answer(answer, 202, {"Location": f"/v1/batches/{batch_id}"})

    return change.once(work)


def _rows(body: BatchIn) -> list[BatchRow | BadRow]:
    if (body.rows is None) == (body.csv is None):
        raise invalid("rows", "give either rows or csv")
    rows = rows_from_objects(body.rows) if body.rows is not None else rows_from_csv(body.csv or "")
    if not 0 < len(rows) <= MOST_ROWS:
        raise invalid("csv", f"has {len(rows)} rows; a request takes 1 to {MOST_ROWS}")
    return rows


@router.get("", operation_id="list_batches", responses=problems(*SHARED))
def show_batches(paging: PagingDep, visit: Visit = allowed("shipments:read")) -> Page[BatchOut]:
    """Batches, newest first."""
    with visit.reading() as session:
        rows, cursor = paging.take(session, select(BookingBatchRow), BookingBatchRow.id)
        items = [_batch_out(read_kept_batch(session, row.id)) for row in rows]
    return Page[BatchOut](items=items, next_cursor=cursor)


@router.get("/{batch_id}", operation_id="read_batch", responses=problems(*SHARED, "not_found"))
def show_batch(batch_id: UUID, visit: Visit = allowed("shipments:read")) -> BatchOut:
    """How far a batch is."""
    with visit.reading() as session:
        return _batch_out(read_kept_batch(session, batch_id))


@router.get(
    "/{batch_id}/rows", operation_id="list_batch_rows", responses=problems(*SHARED, "not_found")
)
def show_rows(
    batch_id: UUID, paging: PagingDep, visit: Visit = allowed("shipments:read")
) -> Page[BatchRowOut]:
    """What became of each row, in the order they were sent."""
    after = 0 if paging.before is None else min(paging.before.int, MOST_ROWS)
    with visit.reading() as session:
        read_kept_batch(session, batch_id)
        found = read_batch_lines(session, batch_id, after=after, limit=paging.limit + 1)
    shown = found[: paging.limit]
    cursor = cursor_for(UUID(int=shown[-1].row)) if len(found) > len(shown) else None
    return Page[BatchRowOut](items=[_row_out(one) for one in shown], next_cursor=cursor)


@router.get(
    "/{batch_id}/rows/{row}/label",
    operation_id="read_batch_label",
    response_class=Response,
    responses={**LABEL_ANSWER, **problems(*SHARED, "not_found", "conflict", "expired")},
)
def label(
    batch_id: UUID,
    row: Annotated[int, Path(ge=1, le=MOST_ROWS)],
    label_format: LabelQuery = None,
    visit: Visit = allowed("shipments:read"),
) -> Response:
    """The label of a booked row as PDF or ZPL; 409 while there is none yet."""
    with visit.reading() as session:
        found = read_label(session, _booking(session, batch_id, row), label_format)
    return label_response(found, f"{batch_id}-{row}")


@router.post(
    "/{batch_id}/rows/{row}/void",
    operation_id="void_batch_row",
    response_model=BatchRowOut,
    responses=problems(*SHARED, "not_found", *CHANGES),
)
def void(
    batch_id: UUID,
    row: Annotated[int, Path(ge=1, le=MOST_ROWS)],
    change: Change = changing("shipments:write"),
) -> Response:
    """Cancel a row's booking: at once when nothing was sent, else by asking the carrier."""

    def work(session: Session) -> Answer:
        void_booking(session, _booking(session, batch_id, row))
        session.flush()
        (line,) = read_batch_lines(session, batch_id, after=row - 1, limit=1)
        return Answer(_row_out(line))

    return change.once(work)


def _booking(session: Session, batch_id: UUID, row: int) -> BookingId:
    line = session.scalar(
        select(BookingBatchLineRow).where(
            BookingBatchLineRow.batch_id == batch_id, BookingBatchLineRow.number == row
        )
    )
    if line is None or line.booking_id is None:
        raise NotFound("no such row, or it was never asked for")
    return BookingId(line.booking_id)


def _batch_out(batch: KeptBatch) -> BatchOut:
    return BatchOut.model_validate(batch)


def _row_out(outcome: RowOutcome) -> BatchRowOut:
    return BatchRowOut.model_validate(outcome)
