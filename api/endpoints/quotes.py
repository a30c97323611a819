"""Quotes over HTTP: options for a cart. Asking changes nothing, so it needs no Idempotency-Key."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from api.callers import Visit, allowed
from api.endpoints.quote_schemas import CartIn, QuoteOut, quote_out
from api.planning import Planner, PlanTask, QuoteTask, planning_threads
from api.problems import SHARED, problems
from api.quote_keeper import QuoteKeeper
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine
from routing.checkout.rules import NO_RULES
from routing.flows.read_quote import read_quote
from routing.quote import Quote

router = APIRouter(prefix="/v1/quotes", tags=["checkout"])


def cart_of(body: CartIn, visit: Visit) -> Cart:
    """The cart as routing takes it."""
    place = body.destination
    return Cart(
        destination=Destination(place.country, place.postcode, place.region),
        lines=tuple(
            CartLine(line.id or str(number), line.sku, line.qty, line.seller or "")
            for number, line in enumerate(body.lines, start=1)
        ),
        at=body.at or visit.lanewise.clock.now(),
        policy=body.policy or "",
        group=body.group or "",
        nominated_day=body.nominated_day,
        pickup_point=body.pickup_point or "",
        pickup_points=body.pickup_points,
        co2_minor_per_tonne=body.co2_minor_per_tonne,
        rules=NO_RULES if body.rules is None else body.rules.value(),
    )


def plan_and_keep(visit: Visit, planner: Planner, cart: Cart) -> Quote:
    """Plan where the planner plans, then keep the quote; blocks."""
    quote = planner.quote(PlanTask(visit.caller.tenant, cart))
    keeper: QuoteKeeper = visit.request.app.state.quote_keeper
    keeper.keep(visit.caller.tenant, quote)
    return quote


@router.post(
    "",
    operation_id="create_quote",
    status_code=201,
    responses=problems(*SHARED, "not_found"),
)
async def create_quote(
    body: CartIn, request: Request, visit: Visit = allowed("quotes")
) -> QuoteOut:
    """The delivery options of a cart: dates, charges, parcels, and who is responsible.

    With no option at all, `reasons` says why. The quote holds its prices and dates until
    `expires_at`.
    """
    cart = cart_of(body, visit)
    quote = await planning_threads(request).run(
        plan_and_keep, visit, request.app.state.planner, cart
    )
    return quote_out(quote)


@router.get(
    "/{quote_id}", operation_id="read_quote", responses=problems(*SHARED, "not_found", "expired")
)
def show_quote(quote_id: UUID, visit: Visit = allowed("quotes")) -> QuoteOut:
    """A quote that was made before."""
    with visit.reading() as session:
        return quote_out(read_quote(session, QuoteId(quote_id)))


@router.get(
    "/{quote_id}/case",
    operation_id="export_quote",
    responses=problems(*SHARED, "not_found", "conflict"),
)
async def export(
    quote_id: UUID, request: Request, visit: Visit = allowed("quotes")
) -> dict[str, Any]:
    """The quote as a planning case (`plan-checkout/1`) that `lanewise case solve` solves alike."""
    planner: Planner = request.app.state.planner
    task = QuoteTask(visit.caller.tenant, QuoteId(quote_id))
    return await planning_threads(request).run(planner.case, task)
