"""What tracking signals: states of a parcel that are newly true. Ids and instants only."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ParcelMoved:
    """The parcel's state changed."""

    name: ClassVar[str] = "parcel_moved"
    parcel_id: UUID
    order_id: UUID
    state: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class ReturnParcelMoved:
    """The state of a parcel on its way back to a seller changed."""

    name: ClassVar[str] = "return_parcel_moved"
    parcel_id: UUID
    order_id: UUID
    state: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class ParcelDelivered:
    """The parcel was delivered, in time or not."""

    name: ClassVar[str] = "parcel_delivered"
    parcel_id: UUID
    order_id: UUID
    delivered_at: datetime
    in_time: bool


@dataclass(frozen=True, slots=True)
class PromiseAtRisk:
    """The parcel will more likely than not arrive after the promised date, which is still ahead."""

    name: ClassVar[str] = "promise_at_risk"
    parcel_id: UUID
    order_id: UUID
    promised_by: datetime
    expected_by: datetime
    because: str


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    """Something else threatens or has broken the promise; `kind` is an `IncidentKind`."""

    name: ClassVar[str] = "incident_opened"
    parcel_id: UUID
    order_id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """What was wrong is over."""

    name: ClassVar[str] = "incident_closed"
    parcel_id: UUID
    order_id: UUID
    kind: str
