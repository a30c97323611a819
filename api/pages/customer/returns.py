"""`/returns/{token}`: bring goods back, and see how far the return is."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response

from api.callers import lanewise_of
from api.pages.customer.words import words_for
from api.pages.render import render
from carriers.flows.read_label import read_label
from core.errors import Conflict, InvalidInput, NotFound
from returns.eligibility import Eligible, NotEligible, Wish
from returns.flows.cancel_return import cancel_return
from returns.flows.check_returns import LineAnswers, check_returns
from returns.flows.request_return import Refused, request_return
from returns.flows.view_returns import RmaView, view_returns
from returns.policy import Cause
from store.session import new_id
from tracking.flows.follow_link import Followed, follow_link
from tracking.flows.open_link import RETURN, TRACK, open_link
from tracking.flows.view_order import view_order
from tracking.parcel import JOINS_SELLERS
from tracking.views import OrderView

router = APIRouter()
Token = Annotated[str, Path(max_length=100)]
MOST_FIELDS = 200


@router.get("/returns/{token}")
def show(request: Request, token: Token) -> Response:
    """What may come back until when, and the returns there are."""
    return _page(request, token)


@router.get("/returns/{token}/live")
def live(request: Request, token: Token) -> Response:
    """The part that changes, for the page's script."""
    return _page(request, token, template="customer/returns_live.html")


def _page(
    request: Request,
    token: str,
    *,
    template: str = "customer/returns.html",
    refused: tuple[NotEligible, ...] = (),
    nothing: bool = False,
    sent_before: bool = False,
) -> Response:
    lanewise = lanewise_of(request)
    followed = follow_link(lanewise.sessions, token, RETURN)
    with lanewise.sessions(followed.tenant, actor="customer") as session:
        lines = check_returns(session, followed.order)
        rmas = view_returns(session, order_id=followed.order)
        view = view_order(session, followed.order)
        track = open_link(session, followed.order, TRACK)
        nonce = new_id(session).hex + lanewise.entropy(8).hex()
    zone = view.parcels[0].plan.zone
    words = words_for(request, zone)
    return render(
        request,
        template,
        status=409 if sent_before else 422 if refused or nothing else 200,
        nav=(),
        zone=zone,
        headers={"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"},
        token=token,
        track_token=track,
        reference=view.reference,
        lines=lines,
        sellers=_seller_names(view),
        names={one.line.line: one.line.name for one in lines},
        causes=tuple(Cause),
        answer_of=best_answer,
        rmas=rmas,
        refused={one.line: one.code.value for one in refused},
        nothing=nothing,
        sent_before=sent_before,
        nonce=nonce,
        **words.values(),
    )


def _seller_names(view: OrderView) -> dict[str, str]:
    """Names by code, also of sellers who share a parcel."""
    names: dict[str, str] = {}
    for parcel in view.parcels:
        codes, said = parcel.plan.seller.split(JOINS_SELLERS), parcel.plan.seller_name.split(", ")
        if len(codes) == len(said):
            names.update(zip(codes, said, strict=True))
    return names


def best_answer(one: LineAnswers) -> Eligible | NotEligible:
    """What the page says of a line: the answer for a change of mind, else for a fault."""
    plain = one.answers[Cause.CHANGED_MIND]
    return plain if isinstance(plain, Eligible) else one.answers[Cause.DEFECTIVE]


@router.post("/returns/{token}")
async def register(request: Request, token: Token) -> Response:
    """Register the return; the form's nonce makes a second click the same return."""
    async with request.form(max_fields=MOST_FIELDS, max_files=0) as form:
        given = {name: value for name, value in form.items() if isinstance(value, str)}
    lanewise = lanewise_of(request)
    followed = follow_link(lanewise.sessions, token, RETURN)
    wishes = _wishes(given)
    if not wishes:
        return _page(request, token, nothing=True)
    key = f"page:{followed.order}:{given.get('nonce', '')[:60]}"
    try:
        with lanewise.sessions(followed.tenant, actor="customer") as session:
            answer = request_return(session, followed.order, wishes, key=key)
    except Conflict as problem:
        if problem.code != "key_reused":
            raise
        return _page(request, token, sent_before=True)  # by the back button, with other wishes
    if isinstance(answer, Refused):
        return _page(request, token, refused=answer.answers)
    worker = getattr(request.app.state, "worker", None)
    if worker is not None:
        worker.wake()
    return RedirectResponse(f"/returns/{token}", 303)


def _wishes(given: dict[str, str]) -> list[Wish]:
    wishes = []
    for name, value in given.items():
        if not name.startswith("qty:") or value in ("", "0"):
            continue
        line = name.removeprefix("qty:")
        cause = given.get(f"cause:{line}", "")
        if not value.isascii() or not value.isdigit() or len(value) > 4:
            raise InvalidInput("a number of units is not a number")
        if cause not in {one.value for one in Cause}:
            raise InvalidInput("the reason is not one of the list")
        wishes.append(Wish(line, int(value), Cause(cause)))
    return wishes


@router.post("/returns/{token}/{rma_id}/cancel")
def cancel(request: Request, token: Token, rma_id: UUID) -> Response:
    """The customer keeps the goods."""
    lanewise = lanewise_of(request)
    followed = follow_link(lanewise.sessions, token, RETURN)
    with lanewise.sessions(followed.tenant, actor="customer") as session:
        _own(view_returns(session, rma_id=rma_id), followed)
        cancel_return(session, rma_id)
    return RedirectResponse(f"/returns/{token}", 303)


@router.get("/returns/{token}/{rma_id}/labels/{number}")
def label(request: Request, token: Token, rma_id: UUID, number: int) -> Response:
    """The label of one of the return's parcels, as the carrier made it."""
    lanewise = lanewise_of(request)
    followed = follow_link(lanewise.sessions, token, RETURN)
    with lanewise.sessions(followed.tenant, read_only=True) as session:
        view = _own(view_returns(session, rma_id=rma_id), followed)
        parcel = next((one for one in view.parcels if one.number == number), None)
        if parcel is None or parcel.booking is None or not parcel.has_label:
            raise NotFound("there is no label yet")
        file = read_label(session, parcel.booking)
    is_pdf = file.format.value.startswith("pdf")
    media = "application/pdf" if is_pdf else "application/zpl"
    return Response(file.content, media_type=media, headers={"Cache-Control": "no-store"})


@router.get("/returns/{token}/{rma_id}/code.svg")
def code(request: Request, token: Token, rma_id: UUID) -> Response:
    """The signed slip as a QR code."""
    lanewise = lanewise_of(request)
    followed = follow_link(lanewise.sessions, token, RETURN)
    with lanewise.sessions(followed.tenant, read_only=True) as session:
        view = _own(view_returns(session, rma_id=rma_id), followed)
    return Response(
        qr_svg(view.code), media_type="image/svg+xml", headers={"Cache-Control": "no-store"}
    )


def qr_svg(text: str) -> str:
    """A QR code as SVG, with a quiet zone of four modules (ISO/IEC 18004)."""
    from carriers.labels.symbols import qr_code

    symbol = qr_code(text)
    bars = "".join(f"M{x:g} {y:g}h{w:g}v{h:g}h-{w:g}z" for x, y, w, h in symbol.bars)
    width, height = symbol.width + 8, symbol.height + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 {width:g} {height:g}">'
        f'<rect x="-4" y="-4" width="{width:g}" height="{height:g}" fill="#fff"/>'
        f'<path d="{bars}" fill="#000" shape-rendering="crispEdges"/></svg>'
    )


def _own(views: tuple[RmaView, ...], followed: Followed) -> RmaView:
    """The one return, if it is of the link's order."""
    if not views or views[0].row.order_id != followed.order:
        raise NotFound("no such return")
    return views[0]
