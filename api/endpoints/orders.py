"""Orders over HTTP: commit an option once, read what was ordered."""

import hashlib
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Visit, allowed
from api.endpoints.fields import Amount, Code, Given, Text
from api.endpoints.parcel_schemas import ParcelOut, bookings_of
from api.endpoints.quote_schemas import (
    ChargeOut,
    Country,
    DifferenceOut,
    Out,
    Postcode,
    PromiseOut,
    QuoteOut,
)
from api.idempotency import Answer, Change, changing
from api.paging import Page, PagingDep, cursor_for
from api.planning import Planner, PlanTask
from api.problems import KINDS, MEDIA_TYPE, SHARED, Problem, problems
from core.ids import OrderId, QuoteId
from core.places import Address
from routing.flows.cancel_order import cancel_order
from routing.flows.commit_option import Changed, Outdated, commit_option
from routing.flows.keep_quote import keep_quote
from routing.flows.list_orders import list_orders
from routing.flows.read_order import read_order

router = APIRouter(prefix="/v1/orders", tags=["checkout"])

Name = Annotated[Text, Field(min_length=1, max_length=100)]


class AddressIn(Given):
    """A postal address. It is kept encrypted, per person, and shown to nobody but carriers."""

    name: Name
    street: Name
    city: Name
    postcode: Postcode
    country: Country
    company: Annotated[Text, Field(max_length=100)] = ""
    street2: Annotated[Text, Field(max_length=100)] = ""
    region: Annotated[Text, Field(max_length=100)] = ""
    phone: str = Field("", pattern=r"^[0-9+ ()./-]*$", max_length=40)
    email: str = Field(
        "", pattern=r"^([^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+)?$", max_length=254
    )

    def value(self) -> Address:
        return Address(**self.model_dump())


class CommitIn(Given):
    """Which option of which quote, and for whom."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "quote_id": "0195e1c8-b7a2-7000-8000-000000000001",
                    "option": "o1",
                    "consignee": {
                        "name": "Claire Martin",
                        "street": "12 rue de la République",
                        "city": "Lyon",
                        "postcode": "69003",
                        "country": "FR",
                        "email": "claire@example.com",
                    },
                    "language": "fr",
                }
            ]
        },
    )

    quote_id: UUID
    option: Code = Field(description="Code or name of the option.")
    window: Code | None = Field(None, description="Code of one of the option's windows.")
    consignee: AddressIn
    language: str = Field("en", pattern=r"^[a-z]{2}(-[A-Z]{2})?$", description="BCP 47.")


class CommittedOut(Out):
    """The order stands: stock and capacity are reserved, the promise is on record."""

    order_id: UUID
    parcels: list[UUID]
    promise: PromiseOut
    charge: ChargeOut


class OrderHeadOut(Out):
    """What a list shows of an order."""

    id: UUID
    state: str
    placed_at: datetime
    promised_date: date
    country: str


class OrderLineOut(Out):
    """Units bought from one seller."""

    line: str
    sku: str
    name: str
    seller: str
    qty: int
    price: Amount
    shipment_id: UUID


class OrderOut(Out):
    """An order; a seller's key sees only its own lines and parcels, and no charge."""

    id: UUID
    state: str
    placed_at: datetime
    country: str
    zones: list[str]
    policy: str
    policy_version: int
    promise: PromiseOut
    charge: ChargeOut | None = None
    lines: list[OrderLineOut]
    parcels: list[ParcelOut]


class ChangeOut(BaseModel):
    """What has changed since the quote."""

    code: str = Field(
        description="quote_expired, stock_gone, capacity_gone, order_deadline_passed, "
        "address_treated_otherwise."
    )
    details: dict[str, str]


class ChangedProblem(Problem):
    """Nothing was reserved: why, and the options there are now."""

    because: list[ChangeOut]
    quote: QuoteOut
    instead: DifferenceOut | None = Field(
        None, description="The fresh quote's option nearest to the choice; how it differs."
    )


class CancelIn(Given):
    """Why an order is called off."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "ordered twice"}]}
    )

    reason: Text = ""


class CancelledOut(BaseModel):
    """The order is off; stock and capacity are free again."""

    order_id: UUID
    bookings: dict[UUID, str] = Field(
        description="By parcel: none, voided, refused, or voiding while the carrier is asked."
    )


class _OutdatedError(Exception):
    """Ends the commit's transaction, and with it the locks that it holds."""

    def __init__(self, outdated: Outdated) -> None:
        super().__init__()
        self.outdated = outdated


def _changed(changed: Changed, request_id: str) -> Answer:
    status, title = KINDS["conflict"]
    problem = ChangedProblem(
        type="/docs#problem-conflict",
        title=title,
        status=status,
        detail="the offer has changed since the quote: "
        + ", ".join(sorted({item.code for item in changed.because})),
        code="offer_changed",
        request_id=request_id,
        because=[ChangeOut(code=b.code, details=dict(b.details)) for b in changed.because],
        quote=QuoteOut.model_validate(changed.quote),
        instead=(
            None if changed.instead is None else DifferenceOut.model_validate(changed.instead)
        ),
    )
    return Answer(problem, status, media_type=MEDIA_TYPE)


def commit_key(key_id: UUID, key: str) -> str:
    """The order's own key, from the caller's: two callers may choose the same one."""
    return hashlib.sha256(f"{key_id}:{key}".encode()).hexdigest()


_CHANGED: dict[str, Any] = {
    "description": "The offer has changed, or the same request is being worked on",
    "content": {
        MEDIA_TYPE: {
            "schema": {
                "anyOf": [
                    {"$ref": "#/components/schemas/ChangedProblem"},
                    {"$ref": "#/components/schemas/Problem"},
                ]
            }
        }
    },
}


@router.post(
    "",
    operation_id="commit_order",
    status_code=201,
    response_model=CommittedOut,
    responses={
        **problems(*SHARED, "not_found", "idempotency_key_missing", "key_reused"),
        409: _CHANGED,
    },
)
def commit(body: CommitIn, change: Change = changing("orders:write")) -> Response:
    """Buy an option: reserves stock and capacity, and puts the promise on record.

    When something changed since the quote, nothing is reserved; the answer says what changed and
    offers a fresh quote.
    """
    caller = change.visit.caller

    def work(session: Session) -> Answer:
        outcome = commit_option(
            session,
            QuoteId(body.quote_id),
            body.option,
            body.consignee.value(),
            key=commit_key(caller.key_id, change.key),
            language=body.language,
            window=body.window or "",
        )
        if isinstance(outcome, Outdated):
            raise _OutdatedError(outcome)
        place = f"/v1/orders/{outcome.order_id}"
        return Answer(CommittedOut.model_validate(outcome), 201, {"Location": place})

    try:
        return change.once(work)
    except _OutdatedError as error:
        outdated = error.outdated
    planner: Planner = change.visit.request.app.state.planner
    fresh = planner.quote(PlanTask(caller.tenant, outdated.cart))

    def tell(session: Session) -> Answer:
        keep_quote(session, fresh)
        return _changed(outdated.beside(fresh), str(change.visit.request.state.request_id))

    return change.once(tell)


@router.get("", operation_id="list_orders", responses=problems(*SHARED))
def show_orders(
    paging: PagingDep,
    state: Annotated[Code | None, Query(description="Only orders in this state.")] = None,
    visit: Visit = allowed("orders:read", sellers=True),
) -> Page[OrderHeadOut]:
    """Orders, newest first."""
    before = None if paging.before is None else OrderId(paging.before)
    with visit.reading() as session:
        found = list_orders(
            session,
            seller=visit.caller.seller,
            state=state,
            before=before,
            limit=paging.limit + 1,
        )
    items = [OrderHeadOut.model_validate(head) for head in found[: paging.limit]]
    more = len(found) > paging.limit
    return Page[OrderHeadOut](items=items, next_cursor=cursor_for(items[-1].id) if more else None)


@router.get("/{order_id}", operation_id="read_order", responses=problems(*SHARED, "not_found"))
def show_order(order_id: UUID, visit: Visit = allowed("orders:read", sellers=True)) -> OrderOut:
    """One order with its lines and parcels. The consignee is not shown."""
    with visit.reading() as session:
        order = read_order(session, OrderId(order_id), seller=visit.caller.seller)
        bookings = bookings_of(session, [parcel.id for parcel in order.parcels])
        answer = OrderOut.model_validate(order)
        for parcel in answer.parcels:
            parcel.booking = bookings.get(parcel.id)
        return answer


@router.post(
    "/{order_id}/cancel",
    operation_id="cancel_order",
    response_model=CancelledOut,
    responses=problems(*SHARED, "not_found", "conflict", "idempotency_key_missing", "key_reused"),
)
def cancel(order_id: UUID, body: CancelIn, change: Change = changing("orders:write")) -> Response:
    """Call an order off before hand-over; refused once a parcel has left."""

    def work(session: Session) -> Answer:
        done = cancel_order(session, OrderId(order_id), reason=body.reason)
        return Answer(CancelledOut(order_id=done.order_id, bookings=dict(done.bookings)))

    return change.once(work)
