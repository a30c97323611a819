"""Reads stock levels, page by page."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from routing.cart import OfferKey
from routing.tables import StockRow


@dataclass(frozen=True, slots=True)
class StockLevel:
    """Units on hand, reserved by orders, and free to promise."""

    seller: str
    sku: str
    location: str
    on_hand: int
    reserved: int
    free: int
    counted_at: datetime

    @property
    def key(self) -> OfferKey:
        return self.seller, self.sku, self.location


def read_stock(
    session: Session,
    *,
    seller: str | None = None,
    sku: str | None = None,
    after: OfferKey | None = None,
    limit: int = 100,
) -> tuple[StockLevel, ...]:
    """Levels by (seller, SKU, location), beginning after the key `after`."""
    query = select(StockRow).order_by(StockRow.seller, StockRow.sku, StockRow.location)
    if seller is not None:
        query = query.where(StockRow.seller == seller)
    if sku is not None:
        query = query.where(StockRow.sku == sku)
    if after is not None:
        query = query.where(tuple_(StockRow.seller, StockRow.sku, StockRow.location) > after)
    return tuple(
        StockLevel(*row.key, row.on_hand, row.reserved, row.free, row.counted_at)
        for row in session.scalars(query.limit(limit))
    )
