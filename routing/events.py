"""What this room signals."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NetworkImported:
    """A new version of the network is active."""

    name: ClassVar[str] = "routing.network_imported"
    version: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class OrderCommitted:
    """An option was bought: stock and capacity are reserved, the promise is in the ledger."""

    name: ClassVar[str] = "routing.order_committed"
    order_id: UUID


@dataclass(frozen=True, slots=True)
class ParcelsPlanned:
    """These parcels of an order are to be made."""

    name: ClassVar[str] = "routing.parcels_planned"
    order_id: UUID
    parcel_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class ParcelReleased:
    """A parcel has gone to be booked with its carrier; its plan is final."""

    name: ClassVar[str] = "routing.parcel_released"
    parcel_id: UUID
    order_id: UUID
    booking_id: UUID


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """An order is called off before hand-over: stock and capacity are free again."""

    name: ClassVar[str] = "routing.order_cancelled"
    order_id: UUID
    parcel_ids: tuple[UUID, ...]
