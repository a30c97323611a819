"""A shipment: goods from one seller to one consignee under one promise, told from its order's parcels."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from core.ids import OrderId, ShipmentId
from routing.order import OrderLine, OrderParcel
from routing.quote import Promise

ShipmentState = Literal["refused", "planned", "released", "booked", "handed_over", "cancelled"]

# From least far to furthest. What needs a person comes first, so that it is never hidden.
STATES: tuple[ShipmentState, ...] = ("refused", "planned", "released", "booked", "handed_over")


@dataclass(frozen=True, slots=True)
class ShipmentHead:
    """What a list shows of a shipment."""

    id: ShipmentId
    order_id: OrderId
    seller: str
    country: str
    placed_at: datetime
    promised_date: date
    state: ShipmentState
    parcels: int


@dataclass(frozen=True, slots=True)
class Shipment:
    """One seller's part of an order: lines, and the parcels that hold them, shared ones included."""

    id: ShipmentId
    order_id: OrderId
    seller: str
    country: str
    zones: tuple[str, ...]
    placed_at: datetime
    promise: Promise
    state: ShipmentState
    lines: tuple[OrderLine, ...]
    parcels: tuple[OrderParcel, ...]


def shipment_state(parcels: Iterable[str]) -> ShipmentState:
    """That of the parcel which is least far; cancelled when none is left."""
    states = set(parcels)
    return next((state for state in STATES if state in states), "cancelled")
