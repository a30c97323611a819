"""Shipments over HTTP: what one seller sends to one consignee under one promise."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from api.callers import Visit, allowed
from api.endpoints.fields import Amount, Code
from api.endpoints.parcel_schemas import BookingOut, bookings_of
from api.endpoints.quote_schemas import ContentOut, Out, PromiseOut
from api.paging import Page, PagingDep, cursor_for
from api.problems import SHARED, problems
from core.ids import OrderId, ShipmentId
from routing.flows.list_shipments import list_shipments
from routing.flows.read_shipment import read_shipment
from routing.order import OrderParcel
from routing.shipment import Shipment, ShipmentState

router = APIRouter(prefix="/v1/shipments", tags=["shipments"])

STATE = "That of the parcel which is least far (a refused one first); cancelled when all are."

Example = dict[str, Any]

_HEAD: Example = {
    "id": "0195e1c8-b7a2-7000-8000-000000000007",
    "order_id": "0195e1c8-b7a2-7000-8000-000000000002",
    "seller": "elbe-kaffee",
    "country": "FR",
    "placed_at": "2026-03-02T09:00:00Z",
    "state": "booked",
}
_PARCEL: Example = {
    "id": "0195e1c8-b7a2-7000-8000-000000000009",
    "number": 1,
    "state": "booked",
    "origin": "hamburg",
    "through_hub": False,
    "is_shared": False,
    "contents": [
        {
            "line": "1",
            "sku": "COFFEE-01",
            "name": "Coffee beans, 1 kg",
            "qty": 2,
            "seller": "elbe-kaffee",
            "location": "hamburg",
        }
    ],
    "leaves_at": "2026-03-02T16:00:00Z",
    "own_date": "2026-03-05",
    "booking": {
        "id": "0195e1c8-b7a2-7000-8000-00000000000a",
        "state": "booked",
        "reason": "",
        "carrier": "sandbox",
        "service": "standard",
        "tracking_number": "SB000000000017",
        "has_label": True,
        "mailing_date": "2026-03-02",
        "manifest_id": None,
    },
    "links": {
        "parcel": "/v1/parcels/0195e1c8-b7a2-7000-8000-000000000009",
        "journey": "/v1/journeys/parcels/0195e1c8-b7a2-7000-8000-000000000009",
        "label": "/v1/parcels/0195e1c8-b7a2-7000-8000-000000000009/label",
        "manifest": None,
    },
}
_LINE: Example = {
    "line": "1",
    "sku": "COFFEE-01",
    "name": "Coffee beans, 1 kg",
    "qty": 2,
    "price": {"minor": 1890, "currency": "EUR"},
}
_PROMISE: Example = {
    "date": "2026-03-05",
    "ends_at": "2026-03-05T23:00:00Z",
    "level": "0.95",
    "probability": "0.9612",
}


class ShipmentHeadOut(Out):
    """What a list shows of a shipment."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_HEAD, "promised_date": "2026-03-05", "parcels": 1}]}
    )

    id: UUID
    order_id: UUID
    seller: str
    country: str
    placed_at: datetime
    promised_date: date
    state: ShipmentState = Field(description=STATE)
    parcels: int = Field(description="How many hold something of it, shared ones included.")


class ShipmentLineOut(Out):
    """Units of the shipment's seller."""

    line: str
    sku: str
    name: str
    qty: int
    price: Amount


class ShipmentLinksOut(Out):
    """Where the parcel's papers are; absent while there are none, or when you may not have them."""

    parcel: str
    journey: str
    label: str | None = None
    manifest: str | None = None


class ShipmentParcelOut(Out):
    """A parcel that holds goods of the shipment; what others put in is not shown."""

    id: UUID
    number: int = Field(description="Counted within the order.")
    state: str = Field(description="planned, released, booked, refused, handed_over or cancelled.")
    origin: str
    through_hub: bool
    is_shared: bool = Field(description="Goods of other sellers travel in it too.")
    contents: list[ContentOut]
    leaves_at: datetime
    own_date: date = Field(description="The parcel's own date at the promise's level.")
    booking: BookingOut | None = Field(None, description="Absent before the parcel is released.")
    links: ShipmentLinksOut


class ShipmentOut(Out):
    """Goods from one seller to one consignee under one promise.

    The consignee is told by country and time zone only: who and where exactly is for carriers.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_HEAD,
                    "zones": ["Europe/Paris"],
                    "promise": _PROMISE,
                    "lines": [_LINE],
                    "parcels": [_PARCEL],
                }
            ]
        }
    )

    id: UUID
    order_id: UUID
    seller: str
    country: str
    zones: list[str] = Field(description="Time zones the destination may be in (IANA).")
    placed_at: datetime
    promise: PromiseOut
    state: ShipmentState = Field(description=STATE)
    lines: list[ShipmentLineOut]
    parcels: list[ShipmentParcelOut]


@router.get("", operation_id="list_shipments", responses=problems(*SHARED))
def show_shipments(
    paging: PagingDep,
    order_id: Annotated[UUID | None, Query(description="Only of this order.")] = None,
    seller: Annotated[Code | None, Query(description="Only this seller's.")] = None,
    visit: Visit = allowed("shipments:read", sellers=True),
) -> Page[ShipmentHeadOut]:
    """Shipments, newest first."""
    own = visit.own_seller(seller)
    with visit.reading() as session:
        found = list_shipments(
            session,
            seller=own,
            order=None if order_id is None else OrderId(order_id),
            before=None if paging.before is None else ShipmentId(paging.before),
            limit=paging.limit + 1,
        )
    items = [ShipmentHeadOut.model_validate(head) for head in found[: paging.limit]]
    more = len(found) > paging.limit
    next_cursor = cursor_for(items[-1].id) if more else None
    return Page[ShipmentHeadOut](items=items, next_cursor=next_cursor)


@router.get(
    "/{shipment_id}", operation_id="read_shipment", responses=problems(*SHARED, "not_found")
)
def show_shipment(
    shipment_id: UUID, visit: Visit = allowed("shipments:read", sellers=True)
) -> ShipmentOut:
    """One shipment with its lines, and its parcels with booking and papers."""
    own = visit.caller.seller
    with visit.reading() as session:
        shipment = read_shipment(session, ShipmentId(shipment_id), seller=own)
        bookings = bookings_of(session, [parcel.id for parcel in shipment.parcels])
    return _shipment(shipment, bookings, for_seller=own is not None)


def _shipment(
    shipment: Shipment, bookings: Mapping[UUID, BookingOut], *, for_seller: bool
) -> ShipmentOut:
    return ShipmentOut(
        id=shipment.id,
        order_id=shipment.order_id,
        seller=shipment.seller,
        country=shipment.country,
        zones=list(shipment.zones),
        placed_at=shipment.placed_at,
        promise=PromiseOut.model_validate(shipment.promise),
        state=shipment.state,
        lines=[ShipmentLineOut.model_validate(line) for line in shipment.lines],
        parcels=[
            _parcel(parcel, bookings.get(parcel.id), for_seller=for_seller)
            for parcel in shipment.parcels
        ],
    )


def _parcel(
    parcel: OrderParcel, booking: BookingOut | None, *, for_seller: bool
) -> ShipmentParcelOut:
    """The parcel, with links to what this reader is let in to; a shared label is not a seller's."""
    path = f"/v1/parcels/{parcel.id}"
    is_shared = parcel.cost is None
    may_print = not (for_seller and (is_shared or parcel.through_hub))
    manifest = None if booking is None or for_seller else booking.manifest_id
    return ShipmentParcelOut(
        id=parcel.id,
        number=parcel.number,
        state=parcel.state,
        origin=parcel.origin,
        through_hub=parcel.through_hub,
        is_shared=is_shared,
        contents=[ContentOut.model_validate(content) for content in parcel.contents],
        leaves_at=parcel.leaves_at,
        own_date=parcel.own_date,
        booking=booking,
        links=ShipmentLinksOut(
            parcel=path,
            journey=f"/v1/journeys/parcels/{parcel.id}",
            label=f"{path}/label" if booking and booking.has_label and may_print else None,
            manifest=None if manifest is None else f"/v1/manifests/{manifest}",
        ),
    )
