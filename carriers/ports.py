"""What flows ask of a carrier: one small port, and the values that cross it.

Every method may raise `CarrierRejected` (the carrier refused; `code` says why, `credentials`, `busy`
and `rate_limit` that it takes nothing from us now) or `CarrierUnavailable` (no answer; `sent` says
whether it may have acted). A method whose capability is
not declared refuses with code `not_supported`: an option is refused, never dropped. A void of what
was cancelled before is answered again, or refused with code `voided`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from carriers.status import Scan
from core.errors import CarrierRejected, invalid
from core.money import Money
from core.places import Address, Destination, GeoPoint
from core.units import Dimensions


class Capability(StrEnum):
    """What a carrier can do through its adapter."""

    RATE = "rate"
    BOOK = "book"
    VOID = "void"
    LABEL = "label"
    MANIFEST = "manifest"
    PICKUP = "pickup"
    TRACK = "track"
    TRACK_WEBHOOK = "track_webhook"
    RETURN_LABEL = "return_label"
    POINTS = "points"


class Recovery(StrEnum):
    """How a call whose outcome is unknown is resolved."""

    KEY = "key"  # the same idempotency key gives the first answer again
    LOOK_UP = "look_up"  # the carrier finds its records by our reference
    NEITHER = "neither"  # a person must ask


class LabelFormat(StrEnum):
    """What a label file is, with its resolution where it has one."""

    PDF_4X6 = "pdf_4x6"
    PDF_A6 = "pdf_a6"
    ZPL_203 = "zpl_203"
    ZPL_300 = "zpl_300"


def companion(wanted: LabelFormat) -> LabelFormat:
    """The format that a warehouse may want beside this one: ZPL beside PDF, PDF beside ZPL."""
    return LabelFormat.ZPL_203 if wanted.value.startswith("pdf") else LabelFormat.PDF_4X6


@dataclass(frozen=True, slots=True)
class NumberSeries:
    """Serials that are ours to give out: `first`..`last` of a series, each once per installation."""

    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class CarrierProfile:
    """What an adapter declares about itself."""

    name: str
    capabilities: frozenset[Capability]
    recovery: Recovery
    label_formats: tuple[LabelFormat, ...] = ()
    services: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()  # of `BookingOrder.options`; any other is refused
    deadline: timedelta = timedelta(seconds=20)
    key_lives: timedelta | None = timedelta(hours=24)
    """How long the carrier remembers an idempotency key; None: for ever."""
    proven_refusals: frozenset[str] = frozenset()
    """Codes of refusals that prove, on a repeated call, that nothing was done the first time: those
    about the parcel itself (its address, its weight), never about the account, the date or the key."""
    numbers: NumberSeries | None = None  # where `BookingOrder.serial` comes from, if anywhere


@dataclass(frozen=True, slots=True)
class RateRequest:
    """One parcel to be priced by the carrier itself."""

    origin: Destination
    destination: Destination
    weight_g: int
    size: Dimensions
    mailing_date: date
    residential: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """A price of a service, good until it expires."""

    service: str
    price: Money
    rate_id: str = ""
    expires_at: datetime | None = None
    transit_days: int | None = None


@dataclass(frozen=True, slots=True)
class BookingOrder:
    """A parcel to be booked. `key` repeats on every try of one call; `reference` is unique for us."""

    key: str
    reference: str
    serial: int  # of the carrier's own `numbers`, never given twice; else our running number
    service: str
    account: str
    ship_from: Address
    ship_to: Address
    weight_g: int
    size: Dimensions
    mailing_date: date
    label_format: LabelFormat
    options: Mapping[str, str] = field(default_factory=dict)
    return_to_sender: bool = False
    rate_id: str = ""  # a rate that the carrier told and that is to hold; refused once expired

    def __post_init__(self) -> None:
        if self.weight_g <= 0:
            raise invalid("weight_g", "must be positive")
        if not self.reference or not self.key:
            raise invalid("reference", "a booking needs a reference and a key")


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label as bytes of a stated format."""

    format: LabelFormat
    content: bytes

    def __post_init__(self) -> None:
        magic = b"%PDF-" if self.format.value.startswith("pdf") else b"^XA"
        if not self.content.lstrip()[:64].startswith(magic):
            raise invalid("label", f"the content is not {self.format.value}")


@dataclass(frozen=True, slots=True)
class Booked:
    """The carrier has accepted the parcel; the label may come later."""

    tracking_number: str
    carrier_reference: str = ""
    cost: Money | None = None
    label: LabelFile | None = None
    more_labels: tuple[LabelFile, ...] = ()
    """The same label in other formats, where the carrier gives them at once."""


@dataclass(frozen=True, slots=True)
class BookedUnread:
    """The carrier said yes in words we could not read: booked, the number still to be found."""

    reason: str


@dataclass(frozen=True, slots=True)
class VoidRequest:
    """A booking to be cancelled before hand-over."""

    key: str
    tracking_number: str
    carrier_reference: str
    account: str


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """The closed list of parcels handed over on one day from one place."""

    key: str
    reference: str
    account: str
    ship_from: Address
    mailing_date: date
    tracking_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PickupRequest:
    """A collection: where, between which instants (UTC), how much."""

    key: str
    reference: str
    account: str
    place: Address
    earliest: datetime
    latest: datetime
    parcels: int
    weight_g: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """The carrier's acceptance of a void, manifest or pickup."""

    carrier_reference: str


@dataclass(frozen=True, slots=True)
class ServicePoint:
    """Where a parcel is dropped or collected."""

    point_id: str
    name: str
    at: GeoPoint
    address: Address


class Carrier(Protocol):
    """A carrier, as every flow sees it."""

    @property
    def profile(self) -> CarrierProfile: ...
    def rate(self, ask: RateRequest) -> tuple[Rate, ...]: ...
    def book(self, order: BookingOrder) -> Booked | BookedUnread: ...
    def return_label(self, order: BookingOrder) -> Booked | BookedUnread: ...
    def find(self, reference: str) -> Booked | None: ...
    def void(self, ask: VoidRequest) -> Receipt: ...
    def label(self, tracking_number: str, wanted: LabelFormat) -> LabelFile: ...
    def manifest(self, ask: ManifestRequest) -> Receipt: ...
    def pickup(self, ask: PickupRequest) -> Receipt: ...
    def find_receipt(self, reference: str) -> Receipt | None: ...
    def track(self, tracking_number: str) -> tuple[Scan, ...]: ...
    def points(self, near: Destination) -> tuple[ServicePoint, ...]: ...


def not_supported(profile: CarrierProfile, capability: Capability) -> CarrierRejected:
    """The refusal of something the carrier cannot do."""
    return CarrierRejected(f"{profile.name} cannot {capability.value}", code="not_supported")


UNKNOWN_CODES = frozenset({"unknown_service", "unknown_option", "label_format"})


def refuse_unknown(order: BookingOrder, profile: CarrierProfile) -> None:
    """Raise CarrierRejected, before anything is sent, for what the carrier does not have."""
    if profile.services and order.service not in profile.services:
        raise CarrierRejected(f"no such service: {order.service}", code="unknown_service")
    strange = sorted(set(order.options) - profile.options)
    if strange:
        raise CarrierRejected(f"no such option: {', '.join(strange)}", code="unknown_option")
    if order.label_format not in profile.label_formats:
        raise CarrierRejected(f"no {order.label_format.value} labels", code="label_format")


class RefusesEverything:
    """The start of an adapter: every method refuses until it is written."""

    profile: CarrierProfile

    def rate(self, ask: RateRequest) -> tuple[Rate, ...]:
        raise not_supported(self.profile, Capability.RATE)

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        raise not_supported(self.profile, Capability.BOOK)

    def return_label(self, order: BookingOrder) -> Booked | BookedUnread:
        raise not_supported(self.profile, Capability.RETURN_LABEL)

    def find(self, reference: str) -> Booked | None:
        raise not_supported(self.profile, Capability.BOOK)

    def void(self, ask: VoidRequest) -> Receipt:
        raise not_supported(self.profile, Capability.VOID)

    def label(self, tracking_number: str, wanted: LabelFormat) -> LabelFile:
        raise not_supported(self.profile, Capability.LABEL)

    def manifest(self, ask: ManifestRequest) -> Receipt:
        raise not_supported(self.profile, Capability.MANIFEST)

    def pickup(self, ask: PickupRequest) -> Receipt:
        raise not_supported(self.profile, Capability.PICKUP)

    def find_receipt(self, reference: str) -> Receipt | None:
        raise not_supported(self.profile, Capability.MANIFEST)

    def track(self, tracking_number: str) -> tuple[Scan, ...]:
        raise not_supported(self.profile, Capability.TRACK)

    def points(self, near: Destination) -> tuple[ServicePoint, ...]:
        raise not_supported(self.profile, Capability.POINTS)
