"""Offers over HTTP: who sells what from where, at which price; they come with the network."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.callers import Visit, allowed
from api.endpoints.fields import Amount, Code, Text
from api.endpoints.stock import OfferNamed, offer_cursor, read_offer_cursor
from api.paging import MOST
from api.problems import SHARED, problems
from routing.flows.list_offers import list_offers
from routing.network.goods import Offer

router = APIRouter(prefix="/v1/offers", tags=["network"])


class OfferOut(OfferNamed):
    """A seller's SKU at a location."""

    price: Amount
    lead_min: int = Field(description="Working minutes on top of the location's handling.")
    valid_from: date | None = None
    valid_to: date | None = None
    free: int = Field(description="Units that may be promised now.")


class OfferPage(BaseModel):
    """Part of the offers, by seller, SKU and location."""

    items: list[OfferOut]
    next_cursor: str | None = None


@router.get("", operation_id="list_offers", responses=problems(*SHARED, "not_found"))
def show_offers(
    seller: Annotated[Code | None, Query(description="Only this seller's.")] = None,
    sku: Annotated[Code | None, Query(description="Only this SKU.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[
        Text | None, Query(max_length=400, description="`next_cursor` of the page before.")
    ] = None,
    visit: Visit = allowed("stock:read", sellers=True),
) -> OfferPage:
    """The offers of the active network, with what is free of each; changed by importing."""
    after = None if cursor is None else read_offer_cursor(cursor)
    own = visit.own_seller(seller)
    with visit.reading() as session:
        found = list_offers(session, seller=own, sku=sku, after=after, limit=limit + 1)
    items = [_out(offer, free) for offer, free in found[:limit]]
    return OfferPage(
        items=items, next_cursor=offer_cursor(items[-1]) if len(found) > limit else None
    )


def _out(offer: Offer, free: int) -> OfferOut:
    return OfferOut(
        seller=offer.seller,
        sku=offer.sku,
        location=offer.location,
        price=Amount.of(offer.price),
        lead_min=offer.lead_min,
        valid_from=offer.valid_from,
        valid_to=offer.valid_to,
        free=free,
    )
