"""The pages of a warehouse: places, board, parcel, manifest, hand-over. They work without scripts."""

from datetime import date
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.callers import Visit
from api.endpoints.labels import MEDIA
from api.endpoints.manifests import find_manifest, manifest_file
from api.endpoints.parcels import label_of
from api.pages.checkout.words import weight
from api.pages.render import render
from api.pages.staff import signed_form, signed_in
from api.pages.warehouse.board import (
    BoardParcel,
    Step,
    batches_at,
    busy_places,
    inbound_from,
    manifests_at,
    on_board,
    parcels_at,
    parcels_of,
    pick_list,
)
from carriers.flows.close_manifest import close_manifest
from carriers.flows.open_manifest import open_manifest
from carriers.flows.read_manifest import read_manifest
from carriers.manifest_paper import totals
from carriers.ports import LabelFormat
from carriers.tables import find_booking
from core.errors import Conflict, NotFound
from core.ids import ManifestId, OrderId, ParcelId
from routing.flows.load_snapshot import load_snapshot
from routing.flows.read_parcel import read_parcel
from routing.network.places import Location
from routing.tables import OrderRow
from tracking.flows.hand_over_parcel import hand_over_parcel

router = APIRouter(prefix="/warehouse")

READ, WRITE = "shipments:read", "shipments:write"
ScannedCode = Annotated[str, Form(max_length=120)]


def _place(session: Session, code: str) -> Location:
    return load_snapshot(session).network.location(code)


@router.get("")
def places(request: Request, visit: Visit = signed_in(READ)) -> HTMLResponse:
    """Every place with what waits there."""
    with visit.reading() as session:
        network = load_snapshot(session).network
        busy = busy_places(session)
        found = [
            (place, parcels_at(session, place.code) if place.code in busy else [])
            for place in network.locations
        ]
    rows = [
        (place, _count(board, Step.TO_PACK), _count(board, Step.TO_HAND_OVER), _next(board))
        for place, board in found
    ]
    rows.sort(key=lambda row: (not (row[1] or row[2]), row[0].address.city))
    return render(request, "warehouse/places.html", rows=rows)


def _count(board: list[BoardParcel], step: Step) -> int:
    return sum(item.step is step for item in board)


def _next(board: list[BoardParcel]) -> BoardParcel | None:
    waiting = (Step.TO_PACK, Step.TO_HAND_OVER)
    return next((item for item in board if item.step in waiting), None)


@router.get("/parcels/{parcel_id}")
def parcel(request: Request, parcel_id: UUID, visit: Visit = signed_in(READ)) -> HTMLResponse:
    """One parcel: what goes in, its box, its label."""
    with visit.reading() as session:
        found = read_parcel(session, ParcelId(parcel_id))
        item = on_board(session, [found])[0]
        place = _place(session, found.origin)
    return render(
        request,
        "warehouse/parcel.html",
        item=item,
        place=place,
        zone=place.calendar.zone,
        weight_of=weight,
    )


@router.get("/parcels/{parcel_id}/label.{kind}")
def label(parcel_id: UUID, kind: str, visit: Visit = signed_in(READ)) -> Response:
    """The label's file."""
    formats = {"pdf": None, "zpl": LabelFormat.ZPL_203}
    if kind not in formats:
        raise NotFound
    with visit.reading() as session:
        found = label_of(session, visit, ParcelId(parcel_id), formats[kind])
    return Response(
        found.content,
        media_type=MEDIA[found.format.value.split("_")[0]],
        headers={"Cache-Control": "no-store"},
    )


@router.get("/manifests/{manifest_id}")
def manifest(request: Request, manifest_id: UUID, visit: Visit = signed_in(READ)) -> HTMLResponse:
    """One manifest: what is on it, what is not and why."""
    with visit.reading() as session:
        row = find_manifest(session, manifest_id)
        paper = read_manifest(session, ManifestId(manifest_id))
        place = _place(session, row.location)
        head = {name: getattr(row, name) for name in "id number state reason carrier".split()}
    return render(
        request,
        "warehouse/manifest.html",
        manifest=head,
        paper=paper,
        totals=totals(paper),
        place=place,
        weight_of=weight,
    )


@router.get("/manifests/{manifest_id}/paper.pdf")
def manifest_paper(request: Request, manifest_id: UUID, visit: Visit = signed_in(READ)) -> Response:
    """The manifest to sign."""
    with visit.reading() as session:
        paper = read_manifest(session, ManifestId(manifest_id))
    return manifest_file(request, paper)


@router.post("/manifests/{manifest_id}/close")
def close(manifest_id: UUID, visit: Visit = signed_form(WRITE)) -> Response:
    """Submit it to the carrier."""
    with visit.writing() as session:
        close_manifest(session, ManifestId(manifest_id))
    return RedirectResponse(f"/warehouse/manifests/{manifest_id}", 303)


@router.get("/{place_code}")
def board(
    request: Request,
    place_code: str,
    said: Annotated[str, Query(max_length=200)] = "",
    fault: Annotated[str, Query(max_length=200)] = "",
    visit: Visit = signed_in(READ),
) -> HTMLResponse:
    """What this place has to do now."""
    with visit.reading() as session:
        place = _place(session, place_code)
        found = parcels_at(session, place_code)
        inbound = inbound_from(session, place_code)
        batches = batches_at(session, place_code)
        manifests = [
            {name: getattr(row, name) for name in "id number state mailing_date carrier".split()}
            for row in manifests_at(session, place_code)
        ]
    return render(
        request,
        "warehouse/board.html",
        place=place,
        zone=place.calendar.zone,
        to_do=[item for item in found if item.step not in (Step.GONE, Step.CANCELLED)],
        gone=[item for item in found if item.step is Step.GONE],
        picks=pick_list(found, place_code),
        inbound=inbound,
        batches=batches,
        manifests=manifests,
        said=said,
        fault=fault,
        weight_of=weight,
    )


@router.post("/{place_code}/find")
def find(place_code: str, code: ScannedCode, visit: Visit = signed_form(READ)) -> Response:
    """Go to the parcel whose number, or whose order's number, was scanned."""
    with visit.reading() as session:
        target = _found(session, code.strip())
    if target is None:
        return _back(place_code, fault=f"Nothing has the number {code.strip()}.")
    return RedirectResponse(f"/warehouse/parcels/{target}", 303)


def _found(session: Session, code: str) -> UUID | None:
    for booking in find_booking(session, code):
        return booking.parcel_id
    try:
        identity = UUID(code)
    except ValueError:
        return None
    if session.scalar(select(OrderRow.id).where(OrderRow.id == identity)) is not None:
        parcels = parcels_of(session, OrderId(identity))
        return parcels[0].parcel.id if parcels else None
    try:
        return read_parcel(session, ParcelId(identity)).id
    except NotFound:
        return None


@router.post("/{place_code}/hand-over")
def hand_over(place_code: str, code: ScannedCode, visit: Visit = signed_form(WRITE)) -> Response:
    """Record the scan at the door."""
    scanned = code.strip()
    try:
        with visit.writing() as session:
            hand_over_parcel(session, scanned)
    except (NotFound, Conflict) as error:
        return _back(place_code, fault=f"{scanned}: {error.message}")
    return _back(place_code, said=f"{scanned} is handed over.")


@router.post("/{place_code}/manifests")
def make_manifest(
    place_code: str,
    carrier: Annotated[str, Form(max_length=100)],
    account: Annotated[str, Form(max_length=100)],
    mailing_date: Annotated[date, Form()],
    visit: Visit = signed_form(WRITE),
) -> Response:
    """Put every booked parcel of one account and day on a manifest."""
    with visit.writing() as session:
        manifest_id = open_manifest(
            session,
            carrier=carrier,
            account=account,
            location=place_code,
            mailing_date=mailing_date,
        )
    return RedirectResponse(f"/warehouse/manifests/{manifest_id}", 303)


def _back(place_code: str, **told: str) -> Response:
    query = "&".join(f"{name}={quote(text)}" for name, text in told.items())
    return RedirectResponse(f"/warehouse/{quote(place_code)}?{query}", 303)
