"""Returns over HTTP: what may come back, registering, receiving, refunds to be paid."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Visit, allowed
from api.endpoints.fields import Amount, Given, Text
from api.idempotency import Answer, Change, changing
from api.problems import SHARED, problems
from carriers.status import Status
from core.errors import Fault, InvalidInput, NotFound
from core.money import Money
from returns.eligibility import Eligible, RefusalCode, Wish
from returns.flows.cancel_return import cancel_return
from returns.flows.check_returns import LineAnswers, check_returns
from returns.flows.receive_return import receive_return
from returns.flows.request_return import Refused, request_return
from returns.flows.view_returns import RmaView, view_returns
from returns.policy import Basis, Cause
from returns.tables import RefundRow
from store.session import new_id

router = APIRouter(prefix="/v1/returns", tags=["returns"])
CHANGES = ("not_found", "conflict", "in_progress", "idempotency_key_missing", "key_reused")


class WishIn(Given):
    """Units of a line that the customer sends back, and why."""

    line: Text = Field(examples=["1"])
    qty: int = Field(ge=1, le=10_000)
    cause: Cause


class ReturnIn(Given):
    """A return to be registered."""

    order_id: UUID
    lines: list[WishIn] = Field(min_length=1, max_length=200)


class CountIn(Given):
    """How many units of a line came."""

    line: Text
    qty: int = Field(ge=0, le=10_000)


class ReceiptIn(Given):
    """Goods that are back: the slip's code or the return's id."""

    code: Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[A-Za-z0-9._-]+$")]
    counted: list[CountIn] = Field([], max_length=200, description="Default: everything came.")


class JudgedOut(BaseModel):
    """Whether a line may come back for a cause; `last_day` is a local day at the destination."""

    cause: Cause
    is_eligible: bool
    basis: Basis | None = None
    last_day: date | None = None
    seller_pays: bool | None = None
    refusal: RefusalCode | None = None


class LineOut(BaseModel):
    """A line of the order with its answers."""

    line: str
    sku: str
    name: str
    seller: str
    qty: int
    returned: int
    price: Amount
    delivered_at: datetime | None
    answers: list[JudgedOut]


class EligibilityOut(BaseModel):
    """What of an order may come back."""

    order_id: UUID
    lines: list[LineOut]


class ReturnLineOut(BaseModel):
    """Units of a line in a return."""

    line: str
    sku: str
    qty: int
    received_qty: int | None
    cause: Cause
    basis: Basis
    last_day: date | None


class RefundLineOut(BaseModel):
    """One line of a refund: goods, delivery, fee."""

    code: str
    line: str
    amount: Amount


class RefundOut(BaseModel):
    """What the shop is to pay back, and by when."""

    id: UUID
    return_id: UUID
    amount: Amount
    lines: list[RefundLineOut]
    due_on: date
    instructed_at: datetime


class ReturnParcelOut(BaseModel):
    """A parcel in which goods go back: those that came in one parcel, in its box."""

    id: UUID
    number: int
    units: dict[str, int] = Field(description="Units by line.")
    weight_g: int
    booking: UUID | None
    has_label: bool = Field(description="It can be printed now.")
    label_state: str = Field(description="Of the label's booking; `none` when there is none.")
    carrier: str
    tracking_number: str
    state: Status
    since: datetime | None


class ReturnOut(BaseModel):
    """A return of goods to one seller."""

    id: UUID
    order_id: UUID
    seller: str
    state: Literal["requested", "in_transit", "arrived", "received", "cancelled"]
    noticed_at: datetime
    send_by: date
    refund_by: date
    code: str = Field(description="Text of the signed QR code.")
    public_key: str = Field(description="Checks the code offline: Ed25519, base64url.")
    parcels: list[ReturnParcelOut]
    lines: list[ReturnLineOut]
    refund: RefundOut | None


class ReturnsOut(BaseModel):
    """Returns, oldest first."""

    items: list[ReturnOut]


def _amount(minor: int, currency: str) -> Amount:
    return Amount.of(Money(minor, currency))


def _refund_out(row: RefundRow) -> RefundOut:
    return RefundOut(
        id=row.id,
        return_id=row.rma_id,
        amount=_amount(row.amount_minor, row.currency),
        lines=[
            RefundLineOut(
                code=line["code"],
                line=line["line"],
                amount=_amount(line["amount_minor"], row.currency),
            )
            for line in row.lines
        ],
        due_on=row.due_on,
        instructed_at=row.instructed_at,
    )


def _return_out(view: RmaView) -> ReturnOut:
    row = view.row
    return ReturnOut(
        id=row.id,
        order_id=row.order_id,
        seller=row.seller,
        state=row.state,
        noticed_at=row.noticed_at,
        send_by=row.send_by,
        refund_by=row.refund_by,
        code=view.code,
        public_key=view.public_key,
        parcels=[
            ReturnParcelOut.model_validate(parcel, from_attributes=True) for parcel in view.parcels
        ],
        lines=[ReturnLineOut.model_validate(line, from_attributes=True) for line in view.lines],
        refund=_refund_out(view.refund) if view.refund else None,
    )


def _line_out(one: LineAnswers) -> LineOut:
    line, answers = one.line, []
    for cause, answer in one.answers.items():
        if isinstance(answer, Eligible):
            judged = JudgedOut(
                cause=cause,
                is_eligible=True,
                basis=answer.basis,
                last_day=answer.last_day,
                seller_pays=answer.seller_pays,
            )
        else:
            judged = JudgedOut(
                cause=cause, is_eligible=False, last_day=answer.last_day, refusal=answer.code
            )
        answers.append(judged)
    return LineOut(
        line=line.line,
        sku=line.sku,
        name=line.name,
        seller=line.seller,
        qty=line.qty,
        returned=line.returned,
        price=Amount.of(line.price),
        delivered_at=line.delivered_at,
        answers=answers,
    )


@router.get(
    "/eligibility",
    operation_id="check_returns",
    responses=problems(*SHARED, "not_found"),
)
def check(
    order_id: Annotated[UUID, Query()], visit: Visit = allowed("returns:read")
) -> EligibilityOut:
    """For each line and cause: whether it may come back, on what ground, until which day."""
    with visit.reading() as session:
        lines = check_returns(session, order_id)
    return EligibilityOut(order_id=order_id, lines=[_line_out(one) for one in lines])


@router.get("", operation_id="list_returns", responses=problems(*SHARED))
def list_returns(
    order_id: Annotated[UUID, Query(description="Returns of this order.")],
    visit: Visit = allowed("returns:read", sellers=True),
) -> ReturnsOut:
    """The returns of an order; a seller's key sees its own only."""
    with visit.reading() as session:
        views = view_returns(session, order_id=order_id, seller=visit.caller.seller)
        return ReturnsOut(items=[_return_out(view) for view in views])


@router.get("/{return_id}", operation_id="read_return", responses=problems(*SHARED, "not_found"))
def read_return(return_id: UUID, visit: Visit = allowed("returns:read", sellers=True)) -> ReturnOut:
    """One return."""
    with visit.reading() as session:
        return _one(session, return_id, visit.caller.seller)


def _one(session: Session, return_id: UUID, seller: str | None = None) -> ReturnOut:
    views = view_returns(session, rma_id=return_id, seller=seller)
    if not views:
        raise NotFound("no such return")
    return _return_out(views[0])


@router.post(
    "",
    status_code=201,
    operation_id="request_return",
    response_model=ReturnsOut,
    responses=problems(*SHARED, *CHANGES),
)
def register(body: ReturnIn, change: Change = changing("returns:write")) -> Response:
    """Register a return, all lines or none; one return a seller comes of it.

    A line that may not come back is a 422 that names it with its reason.
    """

    def work(session: Session) -> Answer:
        wishes = [Wish(one.line, one.qty, one.cause) for one in body.lines]
        key = f"api:{new_id(session)}"  # the Idempotency-Key already stands for one change
        answer = request_return(session, body.order_id, wishes, key=key)
        if isinstance(answer, Refused):
            faults = [Fault(f"lines[{one.line}]", one.code.value) for one in answer.answers]
            raise InvalidInput(faults=faults, code="not_returnable")
        session.flush()
        return Answer(ReturnsOut(items=[_one(session, one) for one in answer.rmas]), 201)

    return change.once(work)


@router.post(
    "/receipts",
    status_code=201,
    operation_id="receive_return",
    response_model=RefundOut,
    responses=problems(*SHARED, *CHANGES),
)
def receive(body: ReceiptIn, change: Change = changing("returns:write")) -> Response:
    """Take returned goods in by the slip's code; answers the refund that is now to be paid."""

    def work(session: Session) -> Answer:
        counted = {one.line: one.qty for one in body.counted}
        return Answer(_refund_out(receive_return(session, body.code, counted=counted)), 201)

    return change.once(work)


@router.post(
    "/{return_id}/cancel",
    operation_id="cancel_return",
    response_model=ReturnOut,
    responses=problems(*SHARED, *CHANGES),
)
def cancel(return_id: UUID, change: Change = changing("returns:write")) -> Response:
    """The customer keeps the goods."""

    def work(session: Session) -> Answer:
        cancel_return(session, return_id)
        return Answer(_one(session, return_id))

    return change.once(work)
