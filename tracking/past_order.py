"""Orders that another system planned and promised: what is known of them, as values."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from carriers.status import Status
from core.units import Dimensions

PROMISED_ELSEWHERE = "marketplace"
"""The model's name in the promise ledger for promises that we did not make."""


@dataclass(frozen=True, slots=True)
class PastEvent:
    """Something that happened to a parcel: local wall time as written, and its instant, UTC."""

    state: Status
    occurred_at: datetime
    occurred_local: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class PastLine:
    """Units of one SKU from the parcel's seller; the price of one in minor units."""

    line: str
    sku: str
    name: str
    qty: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class PastParcel:
    """What one seller sent; `transit` is (levels, minutes), `freight_minor` what was charged."""

    seller: str
    seller_name: str
    origin: str
    carrier: str
    service: str
    box: str
    size: Dimensions
    weight_g: int
    leaves_at: datetime
    transit: tuple[tuple[Decimal, ...], tuple[int, ...]]
    freight_minor: int
    lines: tuple[PastLine, ...]
    events: tuple[PastEvent, ...]


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order with the promise made elsewhere: a date without a stated reliability."""

    source: str
    reference: str
    country: str
    postcode: str
    region: str
    zone: str
    currency: str
    placed_at: datetime
    promised_date: date
    promise_ends_at: datetime
    is_cancelled: bool
    parcels: tuple[PastParcel, ...]

    @property
    def key(self) -> str:
        """What makes the order the same one when it is imported again."""
        return f"{self.source}:{self.reference}"

    @property
    def freight_minor(self) -> int:
        return sum(parcel.freight_minor for parcel in self.parcels)
