"""Stock over HTTP: set it in batches, the newest count wins; read what is left."""

import base64
import json
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.callers import Visit, allowed
from api.endpoints.fields import Code, Given, Instant, Text
from api.paging import MOST
from api.problems import SHARED, problems
from core.errors import invalid
from routing.flows.read_stock import read_stock
from routing.flows.set_stock import StockChange, set_stock

router = APIRouter(prefix="/v1/stock", tags=["network"])

MOST_CHANGES = 10_000


class StockIn(Given):
    """What was counted."""

    seller: Code
    sku: Code
    location: Code
    on_hand: int = Field(ge=0, le=100_000_000, description="Units, reserved ones included.")
    counted_at: Instant = Field(description="When it was counted; an older count is ignored.")


class StockBatch(Given):
    """Counts of many offers at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "changes": [
                        {
                            "seller": "seller-1",
                            "sku": "SKU-0001",
                            "location": "seller-1-main",
                            "on_hand": 12,
                            "counted_at": "2026-03-02T09:00:00Z",
                        }
                    ]
                }
            ]
        },
    )

    changes: list[StockIn] = Field(min_length=1, max_length=MOST_CHANGES)


class StockAnswerOut(BaseModel):
    """What became of a batch."""

    applied: int
    stale: list[int] = Field(description="Places in `changes` that were older than what is known.")


class OfferNamed(BaseModel):
    """What names an offer."""

    model_config = ConfigDict(from_attributes=True)

    seller: str
    sku: str
    location: str


class StockOut(OfferNamed):
    """The stock of one offer."""

    on_hand: int
    reserved: int
    free: int = Field(description="Units that may be promised.")
    counted_at: datetime


class StockPage(BaseModel):
    """Part of the stock, by seller, SKU and location."""

    items: list[StockOut]
    next_cursor: str | None = None


@router.put("", operation_id="set_stock", responses=problems(*SHARED, "not_found"))
def put_stock(
    body: StockBatch, visit: Visit = allowed("stock:write", sellers=True)
) -> StockAnswerOut:
    """Set the stock of offers. Repeats safely; the newest `counted_at` wins whatever the order."""
    changes = [StockChange(**change.model_dump()) for change in body.changes]
    with visit.writing() as session:
        answer = set_stock(session, changes, seller=visit.caller.seller)
    return StockAnswerOut(applied=answer.applied, stale=list(answer.stale))


@router.get("", operation_id="list_stock", responses=problems(*SHARED))
def list_stock(
    seller: Annotated[Code | None, Query(description="Only this seller's.")] = None,
    sku: Annotated[Code | None, Query(description="Only this SKU.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[
        Text | None, Query(max_length=400, description="`next_cursor` of the page before.")
    ] = None,
    visit: Visit = allowed("stock:read", sellers=True),
) -> StockPage:
    """What is on hand and reserved."""
    after = None if cursor is None else read_offer_cursor(cursor)
    own = visit.own_seller(seller)
    with visit.reading() as session:
        levels = read_stock(session, seller=own, sku=sku, after=after, limit=limit + 1)
        items = [StockOut.model_validate(level) for level in levels[:limit]]
    more = len(levels) > limit
    return StockPage(items=items, next_cursor=offer_cursor(items[-1]) if more else None)


def offer_cursor(last: OfferNamed) -> str:
    """Where a page of offers ended."""
    return base64.urlsafe_b64encode(
        json.dumps([last.seller, last.sku, last.location]).encode()
    ).decode()


def read_offer_cursor(cursor: str) -> tuple[str, str, str]:
    """(seller, sku, location) of the last offer told; raises InvalidInput for a made-up cursor."""
    try:
        seller, sku, location = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return str(seller), str(sku), str(location)
    except (ValueError, TypeError):
        raise invalid("cursor", "is not a cursor that was given out", code="cursor") from None
