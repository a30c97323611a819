"""Pickups and drop-off points over HTTP: have a carrier collect, and ask it where parcels are taken."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Visit, allowed
from api.endpoints.fields import Code, Given, Instant
from api.endpoints.orders import AddressIn
from api.endpoints.quote_schemas import Country, Out, Postcode
from api.idempotency import Answer, Change, changing
from api.paging import Page, PagingDep
from api.problems import SHARED, problems
from carriers.adapters.deadline import ask_within
from carriers.flows.request_pickup import request_pickup
from carriers.ports import Capability, Carrier
from carriers.tables import PickupRow
from core.errors import NotFound, invalid
from core.places import Destination

router = APIRouter(prefix="/v1", tags=["shipments"])

CHANGES = ("not_found", "conflict", "in_progress", "idempotency_key_missing", "key_reused")


class PickupIn(Given):
    """Where a carrier shall collect, between which instants, and how much."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "carrier": "sandbox",
                    "account": "demo",
                    "location": "TIL",
                    "place": {
                        "name": "Klompen BV",
                        "street": "Industrieweg 7",
                        "city": "Tilburg",
                        "postcode": "5026 RA",
                        "country": "NL",
                    },
                    "earliest": "2026-05-04T12:00:00Z",
                    "latest": "2026-05-04T15:00:00Z",
                    "parcels": 12,
                    "weight_g": 18000,
                }
            ]
        },
    )

    carrier: Code
    account: Code
    location: Code
    place: AddressIn
    earliest: Instant
    latest: Instant
    parcels: Annotated[int, Field(ge=1, le=100_000)]
    weight_g: Annotated[int, Field(ge=1, le=2_000_000_000)]


class PickupOut(Out):
    """A collection as far as it is agreed."""

    id: UUID
    carrier: str
    account: str
    location: str
    earliest: datetime
    latest: datetime
    parcels: int
    weight_g: int
    state: Literal["requested", "agreed", "refused", "parked"]
    reason: str = Field(description="Why it was refused or parked; else empty.")
    confirmation: str | None = Field(None, description="The carrier's number for it.")
    created_at: datetime


class PointOut(BaseModel):
    """Where parcels are dropped or collected."""

    id: str
    name: str
    lat: float = Field(description="WGS 84.")
    lon: float
    street: str
    postcode: str
    city: str
    country: str


@router.post(
    "/pickups",
    operation_id="request_pickup",
    status_code=202,
    response_model=PickupOut,
    responses=problems(*SHARED, *CHANGES),
)
def create(body: PickupIn, change: Change = changing("shipments:write")) -> Response:
    """Ask the carrier to collect, exactly once; the answer does not wait for the carrier's."""
    _able(change.visit, body.carrier, Capability.PICKUP)

    def work(session: Session) -> Answer:
        given = {name: getattr(body, name) for name in PickupIn.model_fields if name != "place"}
        pickup_id = request_pickup(session, place=body.place.value(), **given)
        session.flush()
        answer = PickupOut.model_validate(_find(session, pickup_id))
        return Answer(answer, 202, {"Location": f"/v1/pickups/{pickup_id}"})

    return change.once(work)


@router.get("/pickups", operation_id="list_pickups", responses=problems(*SHARED))
def show_pickups(paging: PagingDep, visit: Visit = allowed("shipments:read")) -> Page[PickupOut]:
    """Pickups, newest first."""
    with visit.reading() as session:
        rows, cursor = paging.take(session, select(PickupRow), PickupRow.id)
        items = [PickupOut.model_validate(row) for row in rows]
    return Page[PickupOut](items=items, next_cursor=cursor)


@router.get(
    "/pickups/{pickup_id}", operation_id="read_pickup", responses=problems(*SHARED, "not_found")
)
def show_pickup(pickup_id: UUID, visit: Visit = allowed("shipments:read")) -> PickupOut:
    """One pickup."""
    with visit.reading() as session:
        return PickupOut.model_validate(_find(session, pickup_id))


@router.get(
    "/points",
    operation_id="list_points",
    responses=problems(*SHARED, "not_found", "carrier_rejected", "carrier_unavailable"),
)
def show_points(
    carrier: Annotated[Code, Query()],
    country: Annotated[Country, Query()],
    postcode: Annotated[Postcode, Query()] = "",
    visit: Visit = allowed("shipments:read"),
) -> list[PointOut]:
    """A carrier's drop-off points near a place, asked of it now; nearest first as it tells them."""
    able, near = _able(visit, carrier, Capability.POINTS), Destination(country, postcode)
    found = ask_within(able.profile.deadline, lambda: able.points(near))
    return [
        PointOut(
            id=point.point_id,
            name=point.name,
            lat=point.at.lat,
            lon=point.at.lon,
            street=point.address.street,
            postcode=point.address.postcode,
            city=point.address.city,
            country=point.address.country,
        )
        for point in found
    ]


def _able(visit: Visit, name: str, capability: Capability) -> Carrier:
    """The carrier; raises NotFound, or InvalidInput when it can't do that."""
    carrier = visit.lanewise.carriers_of(visit.caller.tenant).get(name)
    if carrier is None:
        raise NotFound(f"no such carrier: {name}")
    if capability not in carrier.profile.capabilities:
        raise invalid("carrier", f"{name} cannot {capability.value}", code="not_supported")
    return carrier


def _find(session: Session, pickup_id: UUID) -> PickupRow:
    row = session.get(PickupRow, pickup_id)
    if row is None:
        raise NotFound("no such pickup")
    return row
