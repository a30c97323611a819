"""Sellers, their locations with hours, hubs, and the lanes that feed a hub."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.calendars import Moments, WorkCalendar
from core.errors import invalid
from core.money import Money
from core.places import Address, Destination, GeoPoint


class LocationKind(StrEnum):
    """What a place is for."""

    WAREHOUSE = "warehouse"
    STORE = "store"
    HUB = "hub"
    PICKUP_POINT = "pickup_point"


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells: the party that the responsibility block names, and how to reach them."""

    code: str
    name: str
    legal_name: str
    email: str
    country: str
    returns_to: str = ""
    """Code of the location that takes returns; empty: the location that shipped."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place with hours. `seller` is empty for the marketplace's own and for shared places."""

    code: str
    seller: str
    kind: LocationKind
    address: Address
    point: GeoPoint
    calendar: WorkCalendar
    handling_min: int
    """Working minutes from order to ready, before an offer's own lead time."""
    box_set: str = ""
    daily_parcels: int | None = None

    def __post_init__(self) -> None:
        if self.handling_min < 0:
            raise invalid("handling_min", "must not be negative")
        if self.daily_parcels is not None and self.daily_parcels < 0:
            raise invalid("daily_parcels", "must not be negative")

    @property
    def as_destination(self) -> Destination:
        """Its country and postcode, as tariffs ask for an origin."""
        return Destination(self.address.country, self.address.postcode, self.address.region)


@dataclass(frozen=True, slots=True)
class TransitTable:
    """Transit time as a distribution: at most `minutes[k]` with probability `levels[k]`.

    Levels ascend within (0, 1), minutes never decrease; the rest, 1 - last level, never arrives.
    """

    levels: tuple[Decimal, ...]
    minutes: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.levels or len(self.levels) != len(self.minutes):
            raise invalid("level", "a transit table needs a minute for each level")
        if any(not 0 < level < 1 for level in self.levels):
            raise invalid("level", "levels lie between 0 and 1, both excluded")
        if list(self.levels) != sorted(set(self.levels)):
            raise invalid("level", "levels must rise")
        if list(self.minutes) != sorted(self.minutes) or self.minutes[0] < 0:
            raise invalid("minutes", "minutes must not fall as the level rises, nor be negative")

    def quantile_min(self, level: Decimal) -> int | None:
        """The minutes at the smallest tabulated level >= `level`; None beyond the last."""
        for tabulated, minutes in zip(self.levels, self.minutes, strict=True):
            if tabulated >= level:
                return minutes
        return None


@dataclass(frozen=True, slots=True)
class Hub:
    """Where parcels of several sellers are joined: its dwell is working time of the location."""

    location: str
    dwell_min: int
    parcel_fee: Money
    """Paid for each feeder location of each parcel that leaves."""
    daily_parcels: int | None = None

    def __post_init__(self) -> None:
        if self.dwell_min < 0:
            raise invalid("dwell_min", "must not be negative")


@dataclass(frozen=True, slots=True)
class InboundLane:
    """A fixed connection from a location to a hub."""

    code: str
    origin: str
    hub: str
    departures: Moments
    transit: TransitTable
    fixed: Money
    """Paid once for each outbound parcel that holds something from the origin."""
    per_kg: Money
    co2_g_per_kg: Decimal | None
    """None: unknown, and a parcel through it never wins `greenest`."""
