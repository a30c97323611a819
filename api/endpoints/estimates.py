"""Estimates over HTTP: the earliest honest date for a product page, before an address is known."""

import datetime as dt
from decimal import Decimal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from api.callers import Visit, allowed
from api.endpoints.fields import Amount
from api.endpoints.quote_schemas import CartIn, Out, WhyNotOut
from api.endpoints.quotes import cart_of
from api.planning import Planner, PlanTask, planning_threads
from api.problems import SHARED, problems
from routing.quote import WhyNot

router = APIRouter(prefix="/v1/estimates", tags=["checkout"])


class EstimateOut(Out):
    """What a product page may say."""

    date: dt.date = Field(description="The fastest option's date, in the area's slowest part.")
    ends_at: dt.datetime
    level: Decimal
    charge_from: Amount = Field(description="The cheapest charge, in the area's dearest part.")
    precision: str = Field(description="How exactly the destination is known.")
    zones: list[str]
    everywhere: bool = Field(description="False: some part of the area is not served.")
    good_until: dt.datetime = Field(description="May be cached until then.")


class EstimateAnswer(BaseModel):
    """An estimate, or why there is none."""

    estimate: EstimateOut | None = None
    reasons: list[WhyNotOut] = Field(description="Why there is no estimate, if there is none.")


@router.post("", operation_id="estimate_delivery", responses=problems(*SHARED, "not_found"))
async def estimate(
    body: CartIn, request: Request, visit: Visit = allowed("quotes")
) -> EstimateAnswer:
    """The earliest date that checkout will keep, wherever in the country or region it goes.

    It keeps nothing and promises nothing; a quote does.
    """
    planner: Planner = request.app.state.planner
    task = PlanTask(visit.caller.tenant, cart_of(body, visit))
    found = await planning_threads(request).run(planner.estimate, task)
    reasons: tuple[WhyNot, ...] = getattr(found, "reasons", ())
    told = None if reasons else EstimateOut.model_validate(found)
    return EstimateAnswer(
        estimate=told, reasons=[WhyNotOut.model_validate(reason) for reason in reasons]
    )
