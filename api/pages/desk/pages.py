"""`/desk`: exceptions ranked by expected harm, parked calls, notices in doubt, orders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from api.callers import Visit
from api.pages.checkout.why_words import WhyWords
from api.pages.checkout.words import Names
from api.pages.customer.track import live_values
from api.pages.customer.words import words_for
from api.pages.desk.playbook import ALARM_PLAYBOOK, PLAYBOOK
from api.pages.render import language_of, render
from api.pages.staff import signed_form, signed_in
from carriers.booking import Direction, Finding, Resolution
from carriers.flows.resolve_parked import resolve_parked
from carriers.journal import CallState
from carriers.tables import CallRow
from core.calendars import zone_ending_last
from core.errors import InvalidInput
from core.ids import QuoteId
from core.places import zone
from routing.flows.load_snapshot import load_snapshot
from routing.flows.read_quote import read_quote
from routing.tables import OrderRow
from tracking.calibration import POOLED
from tracking.flows.open_link import RETURN, TRACK, open_link
from tracking.flows.settle_notice import settle_notice
from tracking.flows.view_order import view_order
from tracking.incidents import IncidentKind
from tracking.notices.compose import day_people_read
from tracking.tables import IncidentRow, NoticeRow, TrackedParcelRow, WebhookRow, open_alarms

router = APIRouter()


@dataclass(frozen=True, slots=True)
class WhyShown:
    """Why an order is planned as it is, and where its what-ifs stand."""

    href: str
    reasons: list[str]


MOST = 100  # rows of one list on the page


@router.get("/desk")
def desk(request: Request, visit: Visit = signed_in("events:read")) -> Response:
    """Everything that waits for a person, worst first."""
    with visit.reading() as session:
        values: dict[str, Any] = {
            "incidents": _incidents(session),
            "alarms": open_alarms(session),
            "parked": session.scalars(
                select(CallRow)
                .where(CallRow.state == CallState.PARKED.value)
                .order_by(CallRow.id)
                .limit(MOST)
            ).all(),
            "doubtful": session.scalars(
                select(NoticeRow)
                .where(NoticeRow.state.in_(("unknown", "failed")))
                .order_by(NoticeRow.id)
                .limit(MOST)
            ).all(),
            "unreadable": session.scalars(
                select(WebhookRow)
                .where(WebhookRow.fault.is_not(None))
                .order_by(WebhookRow.id.desc())
                .limit(10)
            ).all(),
            "parcels": session.scalars(
                select(TrackedParcelRow)
                .where(TrackedParcelRow.direction == Direction.OUTBOUND.value)
                .order_by(TrackedParcelRow.id.desc())
                .limit(30)
            ).all(),
        }
    return render(
        request,
        "desk/desk.html",
        nav=NAV,
        zone="UTC",
        playbook=PLAYBOOK,
        alarm_playbook=ALARM_PLAYBOOK,
        kinds=_KINDS,
        last_day=_last_day,
        pooled=POOLED,
        **values,
    )


def _last_day(parcel: TrackedParcelRow) -> datetime:
    """The promised day itself, not the midnight at its end."""
    return day_people_read(parcel.promised_by.astimezone(zone(parcel.zone)))


def _incidents(session: Session) -> list[tuple[IncidentRow, TrackedParcelRow]]:
    """Open incidents with their parcels, most expected harm first."""
    rows = session.execute(
        select(IncidentRow, TrackedParcelRow)
        .join(TrackedParcelRow, TrackedParcelRow.id == IncidentRow.parcel_id)
        .where(IncidentRow.closed_at.is_(None))
        .order_by(IncidentRow.harm.desc(), TrackedParcelRow.promised_by, IncidentRow.id)
        .limit(MOST)
    )
    return [(incident, parcel) for incident, parcel in rows]


@router.get("/desk/orders/{order_id}")
def desk_order(
    request: Request, order_id: UUID, visit: Visit = signed_in("events:read")
) -> Response:
    """One order: parcels, what is wrong, what the customer was told, and their pages."""
    with visit.writing() as session:
        view = view_order(session, order_id)
        incidents = session.scalars(
            select(IncidentRow).where(IncidentRow.order_id == order_id).order_by(IncidentRow.id)
        ).all()
        notices = session.scalars(
            select(NoticeRow).where(NoticeRow.order_id == order_id).order_by(NoticeRow.id)
        ).all()
        why = _why(request, session, order_id)
        links = (open_link(session, order_id, TRACK), open_link(session, order_id, RETURN))
    zone_name = view.parcels[0].plan.zone
    words = words_for(request, zone_name)
    return render(
        request,
        "desk/order.html",
        nav=NAV,
        zone=zone_name,
        incidents=incidents,
        notices=notices,
        links=links,
        why=why,
        playbook=PLAYBOOK,
        kinds=_KINDS,
        **live_values(view),
        **words.values(),
    )


def _why(request: Request, session: Session, order_id: UUID) -> WhyShown | None:
    """Why the order's option is as it is; None where nobody has quoted it here."""
    row = session.get(OrderRow, order_id)
    quote = None if row is None else read_quote(session, QuoteId(row.quote_id))
    option = None if row is None or quote is None else quote.option(row.option)
    if quote is None or option is None or not option.why:
        return None
    names = Names(load_snapshot(session, quote.network).network)
    words = WhyWords.of(
        language_of(request).replace("_", "-"),
        names,
        zone_ending_last(quote.zones, quote.at.date()),
        option,
    )
    href = f"/checkout/{quote.id}/why/{option.code}"
    return WhyShown(href, [words.why(sentence) for sentence in option.why])


@router.post("/desk/calls/{call_id}")
def settle_call(
    call_id: UUID,
    finding: Annotated[str, Form(max_length=30)],
    number: Annotated[str, Form(max_length=60)] = "",
    visit: Visit = signed_form("operations"),
) -> Response:
    """Say what became of a parked call to a carrier."""
    known = {one.value: one for one in Finding}
    if finding not in known:
        raise InvalidInput("choose what you have found out")
    with visit.writing() as session:
        resolve_parked(session, call_id, Resolution(known[finding], number.strip()))
    return RedirectResponse("/desk", 303)


@router.post("/desk/notices/{notice_id}")
def decide_notice(
    notice_id: UUID,
    again: Annotated[str, Form(max_length=10)] = "",
    visit: Visit = signed_form("operations"),
) -> Response:
    """Send a notice in doubt again, or let it be."""
    with visit.writing() as session:
        settle_notice(session, notice_id, is_sent_again=again == "yes")
    return RedirectResponse("/desk", 303)


NAV = (
    ("/desk", "Desk"),
    ("/desk/carriers", "Carriers"),
    ("/calibration", "Calibration"),
    ("/warehouse", "Warehouse"),
    ("/docs", "API"),
)
_KINDS = {kind.value: kind.value.replace("_", " ").capitalize() for kind in IncidentKind}
