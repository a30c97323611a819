"""Parcels over HTTP: what is to be made, its booking, its label, and the hand-over scan."""

import base64
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Visit, allowed
from api.endpoints.fields import Code, Given
from api.endpoints.labels import LABEL_ANSWER, LabelQuery, label_response
from api.endpoints.parcel_schemas import ParcelOut, bookings_of
from api.idempotency import Answer, Change, changing
from api.paging import MOST, Page
from api.problems import SHARED, problems
from carriers.booking import Direction
from carriers.flows.read_label import read_label
from carriers.flows.void_booking import void_booking
from carriers.ports import LabelFile, LabelFormat
from carriers.tables import live_booking
from core.errors import Conflict, NotAllowed, invalid
from core.ids import ParcelId
from routing.flows.list_parcels import list_parcels
from routing.flows.read_parcel import read_parcel
from routing.flows.release_parcel import release_parcel
from routing.order import OrderParcel
from tracking.flows.hand_over_parcel import hand_over_parcel

router = APIRouter(prefix="/v1/parcels", tags=["shipments"])

CHANGES = ("not_found", "conflict", "in_progress", "idempotency_key_missing", "key_reused")

ParcelState = Literal["planned", "released", "booked", "refused", "handed_over", "cancelled"]


def parcel_out(session: Session, parcel: OrderParcel) -> ParcelOut:
    """The answer for a parcel, with its booking."""
    answer = ParcelOut.model_validate(parcel)
    answer.booking = bookings_of(session, [parcel.id]).get(parcel.id)
    return answer


@router.get("", operation_id="list_parcels", responses=problems(*SHARED))
def show_parcels(
    state: Annotated[ParcelState | None, Query(description="Only in this state.")] = None,
    origin: Annotated[Code | None, Query(description="Only packed at this location.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[
        str | None, Query(max_length=100, description="`next_cursor` of the page before.")
    ] = None,
    visit: Visit = allowed("shipments:read", sellers=True),
) -> Page[ParcelOut]:
    """Parcels by when they leave, the most urgent first. A page may be short before the end."""
    after = None if cursor is None else _read_cursor(cursor)
    seller = visit.caller.seller
    with visit.reading() as session:
        found = list_parcels(
            session, state=state, origin=origin, seller=seller, after=after, limit=limit
        )
        bookings = bookings_of(session, [parcel.id for parcel in found])
    items = [ParcelOut.model_validate(parcel) for parcel in found]
    for item in items:
        item.booking = bookings.get(item.id)
    last = items[-1] if len(items) == limit else None
    return Page[ParcelOut](items=items, next_cursor=None if last is None else _cursor(last))


@router.get("/{parcel_id}", operation_id="read_parcel", responses=problems(*SHARED, "not_found"))
def show_parcel(
    parcel_id: UUID, visit: Visit = allowed("shipments:read", sellers=True)
) -> ParcelOut:
    """One parcel."""
    with visit.reading() as session:
        parcel = read_parcel(session, ParcelId(parcel_id), seller=visit.caller.seller)
        return parcel_out(session, parcel)


@router.post(
    "/{parcel_id}/release",
    operation_id="release_parcel",
    response_model=ParcelOut,
    responses=problems(*SHARED, *CHANGES),
)
def release(parcel_id: UUID, change: Change = changing("shipments:write")) -> Response:
    """Make the plan final and ask the carrier for a booking; the answer does not wait for it."""

    def work(session: Session) -> Answer:
        release_parcel(session, ParcelId(parcel_id))
        return Answer(parcel_out(session, read_parcel(session, ParcelId(parcel_id))))

    return change.once(work)


@router.post(
    "/{parcel_id}/void",
    operation_id="void_parcel",
    response_model=ParcelOut,
    responses=problems(*SHARED, *CHANGES),
)
def void(parcel_id: UUID, change: Change = changing("shipments:write")) -> Response:
    """Cancel the parcel's booking with its carrier, before it is on a submitted manifest."""

    def work(session: Session) -> Answer:
        parcel = read_parcel(session, ParcelId(parcel_id))
        booking = live_booking(session, parcel_id, Direction.OUTBOUND)
        if booking is None:
            raise Conflict("the parcel is not booked", code="not_booked")
        void_booking(session, booking.id)
        session.flush()
        return Answer(parcel_out(session, parcel))

    return change.once(work)


@router.get(
    "/{parcel_id}/label",
    operation_id="read_label",
    response_class=Response,
    responses={**LABEL_ANSWER, **problems(*SHARED, "not_found", "conflict", "expired")},
)
def label(
    parcel_id: UUID,
    label_format: LabelQuery = None,
    visit: Visit = allowed("shipments:read", sellers=True),
) -> Response:
    """The parcel's label as PDF or ZPL; 409 while the carrier has not given it yet."""
    with visit.reading() as session:
        found = label_of(session, visit, ParcelId(parcel_id), label_format)
    return label_response(found, str(parcel_id))


def label_of(
    session: Session, visit: Visit, parcel_id: ParcelId, wanted: LabelFormat | None
) -> LabelFile:
    """The label that this visitor may see: a seller's key only that of a parcel all its own."""
    parcel = read_parcel(session, parcel_id, seller=visit.caller.seller)
    shared = parcel.through_hub or parcel.cost is None
    if visit.caller.seller is not None and shared:
        raise NotAllowed("the parcel is shared with other sellers", code="shared_parcel")
    booking = live_booking(session, parcel_id, Direction.OUTBOUND)
    if booking is None:
        raise Conflict("the parcel is not booked yet", code="label_not_ready")
    return read_label(session, booking.id, wanted)


class HandOverIn(Given):
    """What the scanner read."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"code": "3SLANE0000000017"}]}
    )

    code: str = Field(
        min_length=1,
        max_length=60,
        pattern=r"^[A-Za-z0-9-]+$",
        description="Tracking number or parcel id.",
    )


class HandedOverOut(BaseModel):
    """The parcel is with its carrier from now on."""

    parcel_id: UUID


@router.post(
    "/hand-overs",
    operation_id="hand_over_parcel",
    status_code=201,
    response_model=HandedOverOut,
    responses=problems(*SHARED, *CHANGES),
)
def hand_over(
    body: HandOverIn, change: Change = changing("shipments:write", sellers=True)
) -> Response:
    """Record that a parcel was handed to its carrier; scanning it twice records one hand-over."""
    seller = change.visit.caller.seller

    def work(session: Session) -> Answer:
        parcel_id = hand_over_parcel(session, body.code, seller=seller)
        return Answer(HandedOverOut(parcel_id=parcel_id), 201)

    return change.once(work)


def _cursor(last: ParcelOut) -> str:
    text = f"{last.leaves_at.isoformat()}|{last.id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        instant, parcel_id = base64.urlsafe_b64decode(cursor.encode()).decode().split("|")
        leaves_at = datetime.fromisoformat(instant)
        if leaves_at.tzinfo is None:
            raise ValueError
        return leaves_at, UUID(parcel_id)
    except ValueError:
        raise invalid("cursor", "is not a cursor that was given out", code="cursor") from None
