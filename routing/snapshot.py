"""The network compiled for planning: look-ups by code, timetables in minutes, prices settled.

Immutable but for what it remembers: timetables by first day, prices by day and zone. Minutes are
those since 1970-01-01T00:00Z, so that what is remembered serves every quote. Stock and used
capacity are not in it; they come with each cart.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.calendars import DaysOff, DeliveryDays, Moments, WorkCalendar, has_holidays, instant_at
from core.errors import NotFound
from core.places import Destination, GeoPoint
from routing.checkout.problem import NEVER, IntArray, Window
from routing.distributions.lead_times import LearnedLeadTimes, NetworkState
from routing.network.destinations import PostalIndex
from routing.network.goods import Box, Offer
from routing.network.network import Network
from routing.network.places import Hub, InboundLane, Location, LocationKind
from routing.network.policies import Policy
from routing.network.services import Pickup, Service, TransitRow

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
PUBLISHED, SHRUNK = "published-quantiles", "shrunk-quantiles"


def minute_of(instant: datetime) -> int:
    """Whole minutes since 1970, rounded up: work is never begun before it may."""
    return -((EPOCH - instant) // _MINUTE)


def instant_of(minute: int) -> datetime:
    return EPOCH + minute * _MINUTE


@dataclass(frozen=True, slots=True)
class Collection:
    """A service that collects at a place."""

    service: Service
    pickup: Pickup


@dataclass(slots=True)
class _Memory:
    """Answers that repeat; safe to lose, safe to compute twice."""

    windows: dict[tuple[str, date], tuple[Window, ...]] = field(default_factory=dict)
    moments: dict[tuple[Moments, date], IntArray] = field(default_factory=dict)
    days: dict[tuple[tuple[str, ...], date], IntArray] = field(default_factory=dict)
    delivery: dict[tuple[frozenset[int], str, date], IntArray] = field(default_factory=dict)
    other: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One version of the network, ready to plan on."""

    version: str
    """Hash of the canonical network."""
    network: Network
    postal: PostalIndex
    offers_of: Mapping[str, tuple[Offer, ...]]
    boxes_of: Mapping[str, tuple[Box, ...]]
    collections_at: Mapping[str, tuple[Collection, ...]]
    transit_of: Mapping[str, tuple[TransitRow, ...]]
    lanes_from: Mapping[str, tuple[InboundLane, ...]]
    hubs: Mapping[str, Hub]
    shapes: Mapping[str, Any]
    """Prepared shapely polygons by name."""
    pickup_points: tuple[Location, ...] = ()
    memory: _Memory = field(default_factory=_Memory)
    lead_times: LearnedLeadTimes | NetworkState | None = None
    """What was learned from deliveries: model and network state, or the state alone."""

    @property
    def lead_times_name(self) -> str:
        """What its probabilities come from, as the promise ledger names it."""
        if isinstance(self.lead_times, LearnedLeadTimes):
            return self.lead_times.name
        return PUBLISHED if self.lead_times is None else f"{SHRUNK}@{self.lead_times.name}"

    @property
    def horizon_days(self) -> int:
        return self.network.marketplace.horizon_days

    def policy(self, code: str, day: date) -> Policy:
        """The newest version in force of a policy; empty code: the first one listed."""
        wanted = code or self.network.policies[0].code
        found = [p for p in self.network.policies if p.code == wanted and p.is_valid_on(day)]
        if not found:
            raise NotFound(f"no policy {wanted!r} in force", code="unknown_policy")
        return max(found, key=lambda policy: policy.version)

    def windows(self, location: Location, first: date) -> tuple[Window, ...]:
        """The openings of a place from `first` on, over the horizon."""
        key = (location.code, first)
        known = self.memory.windows.get(key)
        if known is None:
            known = self.memory.windows[key] = _windows(location.calendar, first, self.horizon_days)
        return known

    def moments(self, moments: Moments, first: date) -> IntArray:
        """Pickups or departures from `first` on, ascending, int64 minutes."""
        key = (moments, first)
        known = self.memory.moments.get(key)
        if known is None:
            minutes = [
                minute_of(instant)
                for n in range(self.horizon_days)
                for instant in moments.on(first + timedelta(days=n))
            ]
            known = self.memory.moments[key] = np.array(sorted(set(minutes)), dtype=np.int64)
        return known

    def day_starts(self, zones: tuple[str, ...], first: date) -> IntArray:
        """[horizon_days + 1] minutes at which local days begin; the latest of several zones."""
        key = (zones, first)
        known = self.memory.days.get(key)
        if known is None:
            days = [first + timedelta(days=n) for n in range(self.horizon_days + 1)]
            minutes = [max(minute_of(instant_at(z, day, 0)) for z in zones) for day in days]
            known = self.memory.days[key] = np.array(minutes, dtype=np.int64)
        return known

    def delivery_days(self, service: Service, country: str, first: date) -> IntArray:
        """[horizon_days] index of the first day >= d on which the service delivers, or NEVER."""
        key = (service.delivery_weekdays, "" if service.delivers_on_holidays else country, first)
        known = self.memory.delivery.get(key)
        if known is None:
            known = self.memory.delivery[key] = _delivery_days(*key, self.horizon_days)
        return known

    def covers(self, service: Service, destination: Destination, point: GeoPoint) -> bool:
        """Whether the service delivers there: the most specific rule decides, exclusions first."""
        best: tuple[int, bool] | None = None
        for rule in service.coverage:
            if not rule.area.holds(destination):
                continue
            if rule.shape and not self.shapes[rule.shape].contains(_shapely_point(point)):
                continue
            rank = (rule.area.precision, rule.excluded)
            if best is None or rank > best:
                best = rank
        return best is not None and not best[1]


def _shapely_point(point: GeoPoint) -> Any:
    from shapely.geometry import Point

    return Point(*point.lon_lat)


def _windows(calendar: WorkCalendar, first: date, horizon_days: int) -> tuple[Window, ...]:
    return tuple(
        Window(minute_of(span.opens), minute_of(span.closes), minute_of(span.cutoff))
        for n in range(horizon_days)
        for span in calendar.spans_on(first + timedelta(days=n))
    )


def _delivery_days(
    weekdays: frozenset[int], country: str, first: date, horizon_days: int
) -> NDArray[np.int64]:
    days = DeliveryDays(weekdays, _holidays_of(country))
    table = np.full(horizon_days, NEVER, dtype=np.int64)
    upcoming = NEVER
    for index in range(horizon_days - 1, -1, -1):
        if first + timedelta(days=index) in days:
            upcoming = index
        table[index] = upcoming
    return table


def _holidays_of(country: str) -> DaysOff:
    return DaysOff(country) if has_holidays(country) else DaysOff()


def compile_snapshot(network: Network, version: str) -> Snapshot:
    """Index a validated network; `version` names its content."""
    pickups: dict[str, list[Collection]] = {}
    services = {service.code: service for service in network.services}
    for pickup in network.pickups:
        collection = Collection(services[pickup.service], pickup)
        pickups.setdefault(pickup.location, []).append(collection)
    return Snapshot(
        version=version,
        network=network,
        postal=PostalIndex(network.postcodes),
        offers_of=_grouped(network.offers, "sku"),
        boxes_of=_grouped(network.boxes, "box_set"),
        collections_at={code: tuple(found) for code, found in pickups.items()},
        transit_of=_grouped(network.transit, "service"),
        lanes_from=_grouped(network.lanes, "origin"),
        hubs={hub.location: hub for hub in network.hubs},
        shapes=_prepared(json.loads(network.shapes_json)),
        pickup_points=tuple(
            place for place in network.locations if place.kind is LocationKind.PICKUP_POINT
        ),
    )


def _grouped(values: Sequence[Any], attribute: str) -> dict[str, tuple[Any, ...]]:
    groups: dict[str, list[Any]] = {}
    for value in values:
        groups.setdefault(getattr(value, attribute), []).append(value)
    return {key: tuple(group) for key, group in groups.items()}


def _prepared(geometries: Mapping[str, Any]) -> dict[str, Any]:
    if not geometries:
        return {}
    from shapely.geometry import shape
    from shapely.prepared import prep

    return {name: prep(shape(geometry)) for name, geometry in geometries.items()}
