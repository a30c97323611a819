"""Lists the active network's offers with what is free of each."""

from sqlalchemy.orm import Session

from routing.cart import OfferKey
from routing.flows.load_snapshot import load_snapshot
from routing.network.goods import Offer
from routing.tables import free_stock


def list_offers(
    session: Session,
    *,
    seller: str | None = None,
    sku: str | None = None,
    after: OfferKey | None = None,
    limit: int = 50,
) -> list[tuple[Offer, int]]:
    """(offer, units free) by seller, SKU and location, after a key; raises NotFound before import."""
    offers = sorted(load_snapshot(session).network.offers, key=lambda offer: offer.key)
    found = [
        offer
        for offer in offers
        if seller in (None, offer.seller)
        and sku in (None, offer.sku)
        and (after is None or offer.key > after)
    ][:limit]
    free = free_stock(session, sorted({offer.sku for offer in found}))
    return [(offer, free.get(offer.key, 0)) for offer in found]
