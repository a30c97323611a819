"""Tracking over HTTP: events in and out, journeys of parcels and orders, open incidents."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Visit, allowed
from api.endpoints.fields import Code, Given, Instant, Text
from api.idempotency import Answer, Change, changing
from api.paging import Page, PagingDep
from api.problems import SHARED, problems
from api.tracking_jobs import public_url
from carriers.status import EventTime, Party, Reason, Status, TimeBasis, offset_text
from core.errors import NotFound
from store.session import now
from tracking.event import CarrierEvent, event_id
from tracking.flows.open_link import RETURN, TRACK, open_link
from tracking.flows.record_event import record_event
from tracking.flows.view_order import view_order
from tracking.flows.view_parcel import view_parcel
from tracking.incidents import IncidentKind
from tracking.journey import NextStep, next_step
from tracking.tables import EventRow, IncidentRow, TrackedParcelRow, is_of_seller
from tracking.views import ParcelView

router = APIRouter(prefix="/v1", tags=["tracking"])


class EventIn(Given):
    """Something that happened to a parcel, as a person or a system of ours tells it."""

    parcel_id: UUID
    state: Status
    occurred_at: Instant = Field(description="When it happened, with its offset.")
    reason: Reason | None = None
    place: Text = ""
    code: Code | None = Field(None, description="The teller's own code, kept raw.")
    text: Text = ""


class EventOut(BaseModel):
    """A tracking event as it is kept."""

    id: str = Field(description="Deterministic: the same thing told twice has one id.")
    parcel_id: UUID
    carrier: str
    state: Status
    reason: Reason | None
    party: Party | None = Field(description="Who answers for it.")
    occurred_at: datetime
    occurred_local: str = Field(description="As written, without offset.")
    offset: str | None
    time_basis: TimeBasis
    place: str
    code: str
    text: str
    source: str
    received_at: datetime


class RecordedOut(BaseModel):
    """Whether the event was news, and where the parcel is now."""

    is_new: bool
    state: Status


class JourneyOut(BaseModel):
    """Where a parcel is and when it arrives."""

    parcel_id: UUID
    order_id: UUID
    seller: str
    carrier: str
    service: str
    tracking_number: str
    state: Status
    since: datetime | None
    next_step: NextStep
    reason: Reason | None
    party: Party | None
    promised_by: datetime
    zone: str = Field(description="IANA zone of the destination.")
    earliest: datetime | None = Field(description="5 % point of the arrival.")
    likely: datetime | None = Field(description="Median of the arrival.")
    latest: datetime | None = Field(description="95 % point of the arrival.")
    late_permille: int | None = Field(description="Chance to miss the promise, in thousandths.")
    because: str | None = Field(description="What the estimate rests on.")
    unknown_events: int = Field(description="Events that no table of codes knows.")


class OrderJourneyOut(BaseModel):
    """One view over all sellers and parcels."""

    order_id: UUID
    reference: str
    state: Status
    since: datetime | None
    next_step: NextStep
    parcels: list[JourneyOut]


class LinksOut(BaseModel):
    """The customer's pages of an order: unguessable, expiring; whoever has them sees the order."""

    track: str
    returns: str


class IncidentOut(BaseModel):
    """Something that threatens a promise, the most harmful first."""

    id: UUID
    kind: IncidentKind
    harm: int = Field(description="Expected harm in points, 0 to 100.")
    parcel_id: UUID
    order_id: UUID
    opened_at: datetime
    times: int = Field(description="How often it was opened for this parcel.")


@router.post(
    "/events",
    status_code=201,
    operation_id="record_event",
    response_model=RecordedOut,
    responses=problems(
        *SHARED, "not_found", "in_progress", "idempotency_key_missing", "key_reused"
    ),
)
def record(body: EventIn, change: Change = changing("events:write")) -> Response:
    """Record an event of a followed parcel. Telling the same event again changes nothing."""

    def work(session: Session) -> Answer:
        row = session.get(TrackedParcelRow, body.parcel_id)
        if row is None:
            raise NotFound("no such parcel is followed")
        is_new = record_event(session, _event(session, body, row))
        return Answer(RecordedOut(is_new=is_new, state=Status(row.state)), 201)

    return change.once(work)


def _event(session: Session, body: EventIn, row: TrackedParcelRow) -> CarrierEvent:
    local = body.occurred_at.replace(tzinfo=None).isoformat()
    offset = offset_text(body.occurred_at)
    time = EventTime(local, offset, body.occurred_at, TimeBasis.OFFSET)
    code = body.code or ""
    return CarrierEvent(
        id=event_id(str(row.id), row.carrier, body.state, time, code),
        parcel=str(row.id),
        carrier=row.carrier,
        state=body.state,
        occurred_at=body.occurred_at,
        occurred_local=local,
        offset=offset,
        time_basis=TimeBasis.OFFSET,
        received_at=now(session),
        reason=body.reason,
        party=body.reason.party if body.reason else None,
        place=body.place,
        code=code,
        text=body.text,
        source=f"api:{session.info['actor']}",
    )


@router.get("/events", operation_id="list_events", responses=problems(*SHARED))
def list_events(
    paging: PagingDep,
    parcel_id: Annotated[UUID | None, Query(description="Only this parcel's.")] = None,
    visit: Visit = allowed("events:read", sellers=True),
) -> Page[EventOut]:
    """Tracking events, newest first; a seller's key sees those of its own parcels."""
    query = select(EventRow)
    if parcel_id is not None:
        query = query.where(EventRow.parcel_id == parcel_id)
    if visit.caller.seller is not None:
        own = select(TrackedParcelRow.id).where(is_of_seller(visit.caller.seller))
        query = query.where(EventRow.parcel_id.in_(own))
    with visit.reading() as session:
        rows, cursor = paging.take(session, query, EventRow.id)
        return Page[EventOut](items=[_event_out(row) for row in rows], next_cursor=cursor)


def _event_out(row: EventRow) -> EventOut:
    return EventOut(
        id=row.event_key,
        parcel_id=row.parcel_id,
        carrier=row.carrier,
        state=Status(row.state),
        reason=Reason(row.reason) if row.reason else None,
        party=Party(row.party) if row.party else None,
        occurred_at=row.occurred_at,
        occurred_local=row.occurred_local,
        offset=row.utc_offset,
        time_basis=TimeBasis(row.time_basis),
        place=row.place,
        code=row.code,
        text=row.text,
        source=row.source,
        received_at=row.received_at,
    )


@router.get(
    "/journeys/parcels/{parcel_id}",
    operation_id="read_parcel_journey",
    responses=problems(*SHARED, "not_found"),
)
def read_parcel_journey(
    parcel_id: Annotated[UUID, Path()], visit: Visit = allowed("events:read", sellers=True)
) -> JourneyOut:
    """Where a parcel is and when it arrives."""
    with visit.reading() as session:
        return _journey_out(view_parcel(session, parcel_id, seller=visit.caller.seller))


@router.get(
    "/journeys/orders/{order_id}",
    operation_id="read_order_journey",
    responses=problems(*SHARED, "not_found"),
)
def read_order_journey(
    order_id: Annotated[UUID, Path()], visit: Visit = allowed("events:read", sellers=True)
) -> OrderJourneyOut:
    """Where an order is; a seller's key sees its own parcels only."""
    with visit.reading() as session:
        view = view_order(session, order_id, seller=visit.caller.seller)
    return OrderJourneyOut(
        order_id=view.order,
        reference=view.reference,
        state=view.journey.state,
        since=view.journey.since,
        next_step=view.journey.next_step,
        parcels=[_journey_out(parcel) for parcel in view.parcels],
    )


@router.post(
    "/journeys/orders/{order_id}/links",
    operation_id="open_customer_links",
    response_model=LinksOut,
    responses=problems(
        *SHARED, "not_found", "in_progress", "idempotency_key_missing", "key_reused"
    ),
)
def open_links(order_id: UUID, change: Change = changing("orders:read")) -> Response:
    """The addresses of the customer's pages; the same ones while they last."""

    def work(session: Session) -> Answer:
        view_order(session, order_id)
        base = public_url(change.visit.lanewise).rstrip("/")
        track = f"{base}/track/{open_link(session, order_id, TRACK)}"
        return Answer(
            LinksOut(track=track, returns=f"{base}/returns/{open_link(session, order_id, RETURN)}")
        )

    return change.once(work)


def _journey_out(view: ParcelView) -> JourneyOut:
    plan, journey = view.plan, view.journey
    return JourneyOut(
        parcel_id=plan.parcel,
        order_id=plan.order,
        seller=plan.seller,
        carrier=plan.carrier,
        service=plan.service,
        tracking_number=plan.tracking_number,
        state=journey.state,
        since=journey.since,
        next_step=next_step(journey.state, journey.party),
        reason=journey.reason,
        party=journey.party,
        promised_by=plan.promised_by,
        zone=plan.zone,
        earliest=view.earliest,
        likely=view.likely,
        latest=view.latest,
        late_permille=view.late_permille,
        because=view.because,
        unknown_events=journey.unknown_events,
    )


@router.get("/incidents", operation_id="list_incidents", responses=problems(*SHARED))
def list_incidents(
    paging: PagingDep,
    is_open: Annotated[bool, Query(description="Only what is still wrong.")] = True,
    visit: Visit = allowed("events:read"),
) -> Page[IncidentOut]:
    """Incidents, newest first; `harm` ranks them."""
    query = select(IncidentRow)
    if is_open:
        query = query.where(IncidentRow.closed_at.is_(None))
    with visit.reading() as session:
        rows, cursor = paging.take(session, query, IncidentRow.id)
        items = [IncidentOut.model_validate(row, from_attributes=True) for row in rows]
        return Page[IncidentOut](items=items, next_cursor=cursor)
