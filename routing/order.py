"""An order with its lines and parcels as readers see it; a seller sees only what is theirs."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from core.ids import OrderId, ParcelId, ShipmentId, SubjectId
from core.money import Money
from routing.charges import Charge
from routing.quote import CostLine, InboundLeg, OptionContent, Promise


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Units bought from one seller."""

    line: str
    sku: str
    name: str
    seller: str
    qty: int
    price: Money
    shipment_id: ShipmentId


@dataclass(frozen=True, slots=True)
class OrderParcel:
    """A parcel of an order as it stands."""

    id: ParcelId
    order_id: OrderId
    number: int
    state: str
    origin: str
    through_hub: bool
    carrier: str
    service: str
    box: str
    weight_g: int
    contents: tuple[OptionContent, ...]
    legs: tuple[InboundLeg, ...]
    sellers: tuple[str, ...]
    shipment_ids: tuple[ShipmentId, ...]
    ready_at: datetime
    leaves_at: datetime
    own_date: date
    promised_date: date
    promise_ends_at: datetime
    cost: Money | None
    """None for a seller who shares the parcel with others."""
    cost_lines: tuple[CostLine, ...]
    booking_id: UUID | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order; `charge` is None for a seller, who sees only their own lines and parcels."""

    id: OrderId
    state: str
    placed_at: datetime
    subject_id: SubjectId
    country: str
    zones: tuple[str, ...]
    policy: str
    policy_version: int
    promise: Promise
    charge: Charge | None
    lines: tuple[OrderLine, ...]
    parcels: tuple[OrderParcel, ...]
