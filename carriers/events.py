"""What this room signals."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ParcelBooked:
    """A carrier has accepted a parcel."""

    name: ClassVar[str] = "carriers.parcel_booked"
    booking_id: UUID
    parcel_id: UUID
    direction: str
    carrier: str
    tracking_number: str


@dataclass(frozen=True, slots=True)
class BookingRefused:
    """A carrier has refused a parcel; `code` says why."""

    name: ClassVar[str] = "carriers.booking_refused"
    booking_id: UUID
    parcel_id: UUID
    direction: str
    carrier: str
    code: str


@dataclass(frozen=True, slots=True)
class BookingParked:
    """Nobody knows whether a carrier has accepted a parcel: a person must ask."""

    name: ClassVar[str] = "carriers.booking_parked"
    booking_id: UUID
    parcel_id: UUID
    direction: str
    carrier: str
    reason: str


@dataclass(frozen=True, slots=True)
class BookingVoided:
    """A booking was cancelled before hand-over."""

    name: ClassVar[str] = "carriers.booking_voided"
    booking_id: UUID
    parcel_id: UUID
    direction: str
    carrier: str


@dataclass(frozen=True, slots=True)
class LabelReady:
    """A label can be printed."""

    name: ClassVar[str] = "carriers.label_ready"
    booking_id: UUID
    parcel_id: UUID
    direction: str


@dataclass(frozen=True, slots=True)
class ManifestClosed:
    """A carrier has accepted a manifest: its parcels are handed over on it."""

    name: ClassVar[str] = "carriers.manifest_closed"
    manifest_id: UUID
    carrier: str
    parcels: int


@dataclass(frozen=True, slots=True)
class ManifestFailed:
    """A carrier has refused a manifest; its parcels are free for another."""

    name: ClassVar[str] = "carriers.manifest_failed"
    manifest_id: UUID
    carrier: str
    code: str


@dataclass(frozen=True, slots=True)
class PickupAgreed:
    """A carrier will come."""

    name: ClassVar[str] = "carriers.pickup_agreed"
    pickup_id: UUID
    carrier: str
    confirmation: str
