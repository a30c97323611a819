"""Orders, sellers and places of an Olist-format data set, as values."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.places import GeoPoint

ZONE = ZoneInfo("America/Sao_Paulo")  # all published timestamps are local Brazilian time
CURRENCY = "BRL"
COUNTRY = "BR"


@dataclass(frozen=True, slots=True)
class OlistItem:
    """One piece of an order: price and freight in centavos, mm and g (None: not published)."""

    product: str
    seller: str
    price_minor: int
    freight_minor: int
    category: str
    weight_g: int | None
    size_mm: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class OlistOrder:
    """An order with its history; instants in UTC, `promised_on` is the marketplace's own date."""

    order_id: str
    customer: str
    zip_prefix: int
    city: str
    state: str
    status: str
    purchased_at: datetime
    approved_at: datetime | None
    handed_over_at: datetime | None
    delivered_at: datetime | None
    promised_on: date
    items: tuple[OlistItem, ...]

    @property
    def sellers(self) -> tuple[str, ...]:
        """Each seller once, in order of appearance."""
        return tuple(dict.fromkeys(item.seller for item in self.items))

    @property
    def delivered_on(self) -> date | None:
        """Local day of delivery."""
        return None if self.delivered_at is None else self.delivered_at.astimezone(ZONE).date()

    @property
    def freight_minor(self) -> int:
        return sum(item.freight_minor for item in self.items)


@dataclass(frozen=True, slots=True)
class OlistSeller:
    """A seller's place."""

    seller: str
    zip_prefix: int
    city: str
    state: str


@dataclass(frozen=True, slots=True)
class OlistData:
    """A whole data set; `places` maps a 5-digit postcode prefix to its mean point and state."""

    orders: tuple[OlistOrder, ...]
    sellers: dict[str, OlistSeller]
    places: dict[int, tuple[GeoPoint, str]]
    source: str
