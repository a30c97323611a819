"""`/drive/{token}`: a driver's tour on a phone: the next stop, a proof, what is done and to come.

The address is the key. It works without scripts; with them a signature can be drawn.
"""

import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Request, UploadFile
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from api.callers import lanewise_of
from api.pages.dispatch.words import page_values, tour_words
from api.pages.render import render
from core.errors import Conflict, InvalidInput, LanewiseError, NotFound, invalid
from routing.flows.follow_tour_link import follow_tour_link
from routing.flows.record_visit import MOST_PHOTO_BYTES, Proof, record_visit
from routing.tables import TourPlanRow, TourVisitRow

router = APIRouter(prefix="/drive")

Token = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
PATH_DATA = re.compile(r"^[ML0-9 ]{1,20000}$")
PHOTO_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")  # JPEG, PNG
PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@router.get("/{token}")
def drive(request: Request, token: Token) -> Response:
    """The tour as it stands."""
    return _page(request, token)


@router.post("/{token}/stops/{position}")
def tell(
    request: Request,
    token: Token,
    position: int,
    outcome: Annotated[str, Form(pattern="^(served|failed)$")],
    code: Annotated[str, Form(max_length=60)] = "",
    signature: Annotated[str, Form(max_length=20_000)] = "",
    note: Annotated[str, Form(max_length=200)] = "",
    photo: Annotated[UploadFile | None, File()] = None,
    stop: Annotated[int | None, Form()] = None,
) -> Response:
    """What happened at a stop; the same again changes nothing."""
    lanewise = lanewise_of(request)
    found = follow_tour_link(lanewise.sessions, token)
    try:
        proof = Proof(code.strip(), _drawn(signature), _photo(photo))
        with lanewise.sessions(found.tenant) as session:
            record_visit(
                session,
                found.plan,
                found.vehicle,
                position,
                served=outcome == "served",
                proof=proof,
                note=note.strip(),
                stop=stop,
            )
    except (InvalidInput, Conflict, NotFound) as error:  # a change may take a stop away
        return _page(request, token, _fault_key(error))
    return RedirectResponse(f"/drive/{token}", 303)


def _fault_key(error: LanewiseError) -> str:
    """Under which key the catalogue says what was wrong."""
    match error:
        case InvalidInput(faults=(first, *_)):
            return f"fault.{first.field}"
        case Conflict():
            return f"fault.{error.code}"
        case _:
            return "fault.gone"


def _drawn(signature: str) -> str:
    if signature and not PATH_DATA.match(signature):
        raise invalid("signature", "is not a drawing")
    return signature


def _photo(photo: UploadFile | None) -> bytes:
    if photo is None:
        return b""
    content = photo.file.read(MOST_PHOTO_BYTES + 1)
    if content and not content.startswith(PHOTO_HEADS):
        raise invalid("photo", "is neither JPEG nor PNG")
    return content


def _page(request: Request, token: str, fault: str = "") -> Response:
    """`fault` is the key of what was wrong with what was told."""
    lanewise = lanewise_of(request)
    found = follow_tour_link(lanewise.sessions, token)
    with lanewise.sessions(found.tenant, read_only=True) as session:
        plan = session.get_one(TourPlanRow, found.plan)
        stops = [_stop(row) for row in _visits(session, plan, found.vehicle)]
        name, zone = plan.name, plan.zone
    words = tour_words(request, zone)
    ahead = [stop for stop in stops if stop["state"] == "planned"]
    return render(
        request,
        "driver/drive.html",
        status=422 if fault else 200,
        headers=PRIVATE,
        token=token,
        fault=words.t(fault) if fault else "",
        name=name,
        vehicle=found.vehicle,
        zone=zone,
        next_stop=ahead[0] if ahead else None,
        ahead=ahead[1:],
        behind=[stop for stop in stops if stop["state"] != "planned"],
        total=len(stops),
        **page_values(words),
    )


def _visits(session: Session, plan: TourPlanRow, vehicle: int) -> list[TourVisitRow]:
    return list(
        session.scalars(
            select(TourVisitRow)
            .where(TourVisitRow.plan_id == plan.id, TourVisitRow.vehicle == vehicle)
            .order_by(TourVisitRow.position)
        )
    )


def _stop(row: TourVisitRow) -> dict[str, str | int | float | datetime | None]:
    shown = "position stop name what lat lon starts_at leaves_at state note proof ended_at".split()
    return {**{each: getattr(row, each) for each in shown}, "parcels": len(row.parcel_ids)}
