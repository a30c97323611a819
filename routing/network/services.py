"""Carriers and their services: where they collect and deliver, how fast, how green."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from carriers.areas import Area
from core.calendars import Moments
from core.errors import invalid
from core.places import Destination
from core.units import Dimensions
from routing.network.places import TransitTable


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who moves parcels: the adapter that books with them, and the account they know us by."""

    code: str
    name: str
    adapter: str
    account: str = ""


class Duties(StrEnum):
    """Who pays import duties on a parcel that crosses a customs border (Incoterms 2020)."""

    DAP = "dap"  # the consignee, on delivery
    DDP = "ddp"  # the sender, beforehand


class DeliversTo(StrEnum):
    """Where a service leaves the parcel."""

    DOOR = "door"
    PICKUP_POINT = "pickup_point"


@dataclass(frozen=True, slots=True)
class CoverageRule:
    """An area that a service delivers to, or with `excluded` one that it does not.

    With `shape`, the name of a feature in `areas.geojson`, only destinations inside it count.
    """

    area: Area
    shape: str = ""
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A window of appointment on some weekdays (0 Monday), local minutes of the destination."""

    weekdays: frozenset[int]
    opens_min: int
    closes_min: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens_min < self.closes_min <= 1440:
            raise invalid("closes", "a window closes after it opens, on the same day")


@dataclass(frozen=True, slots=True)
class Vans:
    """Equal vehicles of an own fleet on some weekdays (0 Monday), and what each brings in a day."""

    weekdays: frozenset[int]
    count: int
    parcels: int  # that one van loads in a day, all rounds together
    shift_min: int | None = None  # time on the road
    min_per_parcel: int = 0  # driving and hand-over

    def __post_init__(self) -> None:
        if self.shift_min is not None and self.min_per_parcel <= 0:
            raise invalid("min_per_parcel", "a shift needs the minutes that a parcel takes")

    @property
    def daily_parcels(self) -> int:
        """By load and by time, whichever is less."""
        by_time = self.parcels
        if self.shift_min is not None:
            by_time = self.shift_min // self.min_per_parcel
        return self.count * min(self.parcels, by_time)


@dataclass(frozen=True, slots=True)
class Pickup:
    """When a service collects at a location (local times there)."""

    service: str
    location: str
    moments: Moments
    daily_parcels: int | None = None


@dataclass(frozen=True, slots=True)
class TransitRow:
    """A service's transit times from an origin (location code, country, or `*`) to an area."""

    service: str
    origin: str
    area: Area
    table: TransitTable

    def precision_for(self, location: str, country: str) -> int | None:
        """How specific the row's origin is for that location: 2, 1, 0; None when not for it."""
        if self.origin == location:
            return 2
        if self.origin == country:
            return 1
        return 0 if self.origin == "*" else None


@dataclass(frozen=True, slots=True)
class Co2eFactor:
    """How much CO2e a parcel causes, and where the figure comes from."""

    g_per_parcel: Decimal
    g_per_kg: Decimal
    g_per_tonne_km: Decimal
    method: str
    source: str
    year: int
    illustrative: bool = False

    def __post_init__(self) -> None:
        if min(self.g_per_parcel, self.g_per_kg, self.g_per_tonne_km) < 0:
            raise invalid("g_per_parcel", "CO2e factors are not negative")
        if not self.method or not self.source:
            raise invalid("method", "a CO2e factor names its method and source")


@dataclass(frozen=True, slots=True)
class Service:
    """A way to send a parcel: its tariff, limits, coverage and delivery days."""

    code: str
    carrier: str
    name: str
    tariff: str
    max_weight_g: int
    max_sides_mm: Dimensions
    coverage: tuple[CoverageRule, ...]
    delivery_weekdays: frozenset[int]
    tracked: bool = True
    delivers_on_holidays: bool = False
    refused_flags: frozenset[str] = frozenset()
    duties: Duties = Duties.DAP
    delivers_to: DeliversTo = DeliversTo.DOOR
    co2e: Co2eFactor | None = None
    max_length_plus_girth_mm: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    booked_as: str = ""
    """What the carrier calls it; empty: the same."""
    nominates: bool = False
    """Holds a parcel until the day that is asked for."""
    slots: tuple[Slot, ...] = ()
    """Windows in which it delivers by appointment."""
    fleet: tuple[Vans, ...] = ()
    """Own vehicles that bring its parcels, whatever place they leave; empty: no such limit."""

    def __post_init__(self) -> None:
        if self.max_weight_g <= 0:
            raise invalid("max_weight_g", "must be positive")
        if not self.delivery_weekdays:
            raise invalid("delivery_weekdays", "a service delivers on at least one weekday")

    def is_valid_on(self, day: date) -> bool:
        after = self.valid_from is None or self.valid_from <= day
        return after and (self.valid_to is None or day <= self.valid_to)

    @property
    def fleet_slot(self) -> str:
        """Under which name the parcels its fleet brings in a day are counted."""
        return f"{self.code}@"

    def fleet_parcels(self, day: date) -> int | None:
        """How many parcels its fleet takes out on that local day; None without a fleet."""
        if not self.fleet:
            return None
        return sum(vans.daily_parcels for vans in self.fleet if day.weekday() in vans.weekdays)

    def takes(self, outer: Dimensions) -> bool:
        """Whether a box of that outer size is within the limits, turned as needed."""
        limits = self.max_sides_mm.sorted_mm()
        if any(side > limit for side, limit in zip(outer.sorted_mm(), limits, strict=True)):
            return False
        if self.max_length_plus_girth_mm is None:
            return True
        return outer.longest_mm + outer.girth_mm <= self.max_length_plus_girth_mm


def transit_between(
    rows: Sequence[TransitRow], *, location: str, country: str, to: Destination
) -> TransitTable | None:
    """The most specific of one service's tables: the finer destination first, then the origin."""
    best: tuple[int, int] | None = None
    found: TransitTable | None = None
    for row in rows:
        origin = row.precision_for(location, country)
        if origin is None or not row.area.holds(to):
            continue
        rank = (row.area.precision, origin)
        if best is None or rank > best:
            best, found = rank, row.table
    return found
