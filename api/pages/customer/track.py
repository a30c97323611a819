"""`/track/{token}`: where an order is, kept fresh while the page is open."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from api.callers import lanewise_of
from api.pages.customer.words import words_for
from api.pages.render import render
from carriers.status import Status
from tracking.flows.follow_link import Followed, follow_link
from tracking.flows.open_link import RETURN, TRACK, open_link
from tracking.flows.set_notice_preference import ALL, set_notice_preference
from tracking.flows.view_order import view_order
from tracking.tables import NoticePreferenceRow
from tracking.views import OrderView, ParcelView

router = APIRouter()
Token = Annotated[str, Path(max_length=100)]

# How far along a state is on the page's four steps; None: the line of steps does not apply.
STEPS = (Status.PRE_TRANSIT, Status.ACCEPTED, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
STEP_OF = {
    Status.UNKNOWN: 0,
    Status.PRE_TRANSIT: 0,
    Status.ACCEPTED: 1,
    Status.IN_TRANSIT: 1,
    Status.OUT_FOR_DELIVERY: 2,
    Status.AVAILABLE_FOR_PICKUP: 2,
    Status.DELIVERED: 3,
}
NEVER_COMES = frozenset({Status.LOST, Status.RETURNING, Status.RETURNED})


@router.get("/track/{token}")
def track(request: Request, token: Token, saved: bool = False) -> Response:
    """The whole page."""
    return _page(request, token, "customer/track.html", saved=saved)


@router.get("/track/{token}/live")
def live(request: Request, token: Token) -> Response:
    """The part that changes, for the page's script."""
    return _page(request, token, "customer/track_live.html", saved=False)


def _page(request: Request, token: str, template: str, *, saved: bool) -> Response:
    lanewise = lanewise_of(request)
    followed = follow_link(lanewise.sessions, token, TRACK)
    with lanewise.sessions(followed.tenant, actor="customer") as session:
        view = view_order(session, followed.order)
        returns = open_link(session, followed.order, RETURN)
        wanted = True
        if view.consignee is not None:
            rows = session.query(NoticePreferenceRow).filter_by(
                person_id=view.consignee, occasion=ALL
            )
            wanted = all(row.is_wanted for row in rows)
    zone = view.parcels[0].plan.zone
    words = words_for(request, zone)
    return render(
        request,
        template,
        nav=(),
        zone=zone,
        headers={"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"},
        token=token,
        may_return=view.journey.delivered > 0,
        returns_token=returns,
        wanted=wanted,
        saved=saved,
        **live_values(view),
        **words.values(),
    )


def live_values(view: OrderView) -> dict[str, Any]:
    """What the part that changes shows; the desk shows it too."""
    likely = [parcel.likely for parcel in view.parcels if parcel.likely is not None]
    latest = [parcel.latest for parcel in view.parcels if parcel.latest is not None]
    return {
        "view": view,
        "judged": judge_promise(view),
        "steps": STEPS,
        "step_of": STEP_OF,
        "likely": max(likely, default=None),
        "latest": max(latest, default=None),
        "events_of": _events,
        "refreshed": max(parcel.refreshed_at for parcel in view.parcels),
    }


def judge_promise(view: OrderView) -> tuple[str, str] | None:
    """(badge kind, text key): whether the promise holds, over all parcels still meant to come.

    None when it cannot be said: nothing comes any more, or something never will.
    """
    due = [p for p in view.parcels if p.journey.state is not Status.CANCELLED]
    worst = max((p.late_permille for p in due if p.late_permille is not None), default=0)
    if worst >= 500:
        return "bad", "late"
    if not due or any(p.journey.state in NEVER_COMES for p in due):
        return None
    return ("warn", "at_risk") if worst >= 200 else ("good", "on_time")


def _events(parcel: ParcelView) -> list[object]:
    """What people are shown of the history, newest first: understood events only."""
    return [event for event in reversed(parcel.journey.events) if event.is_known]


@router.post("/track/{token}/messages")
def set_messages(
    request: Request, token: Token, wanted: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """Keep whether the customer wants to be written to."""
    lanewise = lanewise_of(request)
    followed: Followed = follow_link(lanewise.sessions, token, TRACK)
    with lanewise.sessions(followed.tenant, actor="customer") as session:
        view = view_order(session, followed.order)
        if view.consignee is not None:
            set_notice_preference(session, view.consignee, None, is_wanted=bool(wanted))
    return RedirectResponse(f"/track/{token}?saved=1", 303)
