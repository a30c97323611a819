"""What is asked of the booking journal: values that other rooms hand in and read back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from carriers.ports import LabelFormat
from core.errors import invalid
from core.ids import BookingId, ParcelId, SubjectId
from core.money import Money
from core.places import Address
from core.units import Dimensions


class Direction(StrEnum):
    """Which way a parcel goes between a place of ours and a person."""

    OUTBOUND = "outbound"
    RETURN = "return"


class BookingState(StrEnum):
    """Where a booking is, as other rooms see it."""

    REQUESTED = "requested"  # intent, sending or unknown: the journal is at it
    BOOKED = "booked"
    REFUSED = "refused"
    PARKED = "parked"  # a person must find out
    VOIDING = "voiding"  # asked of the carrier; one that refuses leaves it so, for a person
    VOIDED = "voided"  # never to be used again


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """One parcel to be booked. `place` is ours (`location` its code), `person` the other end."""

    parcel_id: ParcelId
    carrier: str
    account: str
    service: str
    location: str
    place: Address
    person: SubjectId
    weight_g: int
    size: Dimensions
    mailing_date: date
    label_format: LabelFormat = LabelFormat.PDF_4X6
    options: Mapping[str, str] = field(default_factory=dict)
    direction: Direction = Direction.OUTBOUND
    rate_id: str = ""  # a rate that the carrier told, where its price is to hold

    def __post_init__(self) -> None:
        if self.weight_g <= 0:
            raise invalid("weight_g", "must be a positive whole number of grams")
        for name in ("carrier", "account", "service", "location"):
            if not 0 < len(getattr(self, name)) <= 100:
                raise invalid(name, "has 1 to 100 characters")
        if len(self.rate_id) > 100:
            raise invalid("rate_id", "has at most 100 characters")


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking as it stands."""

    id: BookingId
    parcel_id: ParcelId
    direction: Direction
    carrier: str
    account: str
    service: str
    location: str
    person: SubjectId
    reference: str
    state: BookingState
    reason: str
    tracking_number: str | None
    cost: Money | None
    weight_g: int
    mailing_date: date
    has_label: bool
    manifest_id: UUID | None


@dataclass(frozen=True, slots=True)
class ParkedCall:
    """A call that waits for a person, with what is known."""

    call_id: UUID
    kind: str
    subject_id: UUID
    carrier: str
    account: str
    reference: str
    reason: str
    accepted: bool  # the carrier said yes: something exists there
    since: datetime


class Finding(StrEnum):
    """What a person found out about a parked call."""

    ACCEPTED = "accepted"  # it exists: with its number
    NEVER_ARRIVED = "never_arrived"  # it does not exist: send it again
    GIVEN_UP = "given_up"  # it does not exist, and shall not


@dataclass(frozen=True, slots=True)
class Resolution:
    """A person's answer to a parked call; `number` is the tracking or carrier's number."""

    finding: Finding
    number: str = ""

    def __post_init__(self) -> None:
        if self.finding is Finding.ACCEPTED and not self.number.strip():
            raise invalid("number", "what was accepted has a number")
