"""Read a planning case (`plan-checkout/1`) into a problem, naming the field of any fault.

The format and its meaning: `docs/reference/planning-cases.md`. A case's day is a stretch of 1440
minutes from a Monday 00:00 in the customer's zone.
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from core.errors import invalid
from routing.checkout import fields
from routing.checkout.case_rules import read_rules
from routing.checkout.case_tables import (
    priced_by_box,
    read_boxes_at,
    read_day_starts,
    read_fit,
)
from routing.checkout.problem import (
    NEVER,
    Box,
    Hub,
    IntArray,
    Item,
    Lane,
    Line,
    Location,
    Offer,
    Problem,
    Service,
    Tariff,
    Transit,
    Window,
)

SCHEMA = "plan-checkout/1"
DAY_MIN = 1440
PRICE = "co2_minor_per_tonne"
"""Optional: what CO2e counts in the choice beside the cost."""
MAX_DAYS = 4000
"""A horizon beyond this is a mistake in a time, not a plan."""


def problem_from_case(case: object) -> Problem:
    """The problem that a parsed case describes; raises `InvalidInput` naming the first bad field."""
    if not isinstance(case, dict):
        raise invalid("case", "must be an object")
    if case.get("schema") != SCHEMA:
        raise invalid("schema", f"must be {SCHEMA!r}")
    reliability = case.get("reliability", "per_leg")
    if reliability not in ("per_leg", "joint"):
        raise invalid("reliability", "must be 'per_leg' or 'joint'")
    items = read_items(case)
    lines = _lines(case, items)
    boxes = read_boxes(case)
    network = read_network(case, boxes)
    return Problem(
        id=fields.text(case, "id", ""),
        now=fields.whole(case, "now", ""),
        q=fields.decimal(case.get("q"), "q"),
        joint=reliability == "joint",
        lines=lines,
        offers=read_offers(case, items, network.locations),
        boxes=boxes,
        locations=network.locations,
        hubs=network.hubs,
        lanes=network.lanes,
        services=network.services,
        fit=read_fit(case, items, boxes),
        max_parcels=fields.whole(case, "max_parcels", "", 1),
        day_starts=network.day_starts,
        rules=read_rules(case, [line.id for line in lines]),
        co2_price=fields.whole(case, PRICE, "") if PRICE in case else 0,
    )


def read_items(case: Mapping[str, Any]) -> dict[str, Item]:
    """Items by SKU."""
    return {sku: _item(sku, row, path) for path, sku, row in fields.named(case, "items", "")}


def _item(sku: str, row: Mapping[str, Any], path: str) -> Item:
    dims = fields.wholes(row, "dims_mm", path, 1)
    if len(dims) != 3:
        raise invalid(f"{path}dims_mm", "must hold three sides")
    return Item(
        sku,
        fields.whole(row, "weight_g", path, 0),
        (dims[0], dims[1], dims[2]),
        frozenset(fields.texts(row, "flags", path)) if "flags" in row else frozenset(),
    )


def _lines(case: Mapping[str, Any], items: Mapping[str, Item]) -> tuple[Line, ...]:
    lines = tuple(read_line(row, path, items) for path, row in fields.objects(case, "lines", ""))
    if not lines:
        raise invalid("lines", "must hold at least one line")
    return lines


def read_line(row: Mapping[str, Any], path: str, items: Mapping[str, Item]) -> Line:
    """One line of a cart or of an order."""
    sku = fields.text(row, "sku", path)
    if sku not in items:
        raise invalid(f"{path}sku", f"{sku!r} is not in items")
    return Line(fields.text(row, "id", path), items[sku], fields.whole(row, "qty", path, 1))


def read_boxes(case: Mapping[str, Any]) -> tuple[Box, ...]:
    """All boxes of the case."""
    boxes = []
    for path, row in fields.objects(case, "boxes", ""):
        inner = fields.wholes(row, "inner_mm", path, 1)
        if len(inner) != 3:
            raise invalid(f"{path}inner_mm", "must hold three sides")
        boxes.append(
            Box(
                fields.text(row, "id", path),
                (inner[0], inner[1], inner[2]),
                fields.whole(row, "max_g", path),
                fields.whole(row, "tare_g", path),
                fields.whole(row, "cost", path),
            )
        )
    return tuple(boxes)


def read_offers(
    case: Mapping[str, Any], items: Mapping[str, Item], locations: tuple[Location, ...]
) -> tuple[Offer, ...]:
    """Offers of known items at known locations, at most one per item and location."""
    known = {location.id for location in locations}
    seen: set[tuple[str, str]] = set()
    offers = []
    for path, row in fields.objects(case, "offers", ""):
        sku, location = fields.text(row, "sku", path), fields.text(row, "location", path)
        if sku not in items:
            raise invalid(f"{path}sku", f"{sku!r} is not in items")
        if location not in known:
            raise invalid(f"{path}location", f"{location!r} is not in locations")
        if (sku, location) in seen:
            raise invalid(path.rstrip("."), f"a second offer of {sku!r} at {location!r}")
        seen.add((sku, location))
        offers.append(
            Offer(
                fields.text(row, "id", path),
                sku,
                location,
                fields.whole(row, "stock", path),
                fields.whole(row, "unit_cost", path),
                fields.whole(row, "lead_min", path),
            )
        )
    return tuple(offers)


class Network:
    """The part of a case that orders of one wave share."""

    def __init__(self, source: Mapping[str, Any], path: str, boxes: tuple[Box, ...]) -> None:
        self._boxes = boxes
        self.locations = tuple(
            Location(
                name,
                fields.text(row, "seller", at),
                fields.whole(row, "handling_min", at),
                _windows(row, at),
                read_boxes_at(row, at, boxes),
            )
            for at, name, row in fields.named(source, "locations", path)
        )
        self.hubs = tuple(
            Hub(
                name,
                _windows(row, at),
                fields.whole(row, "dwell_min", at),
                fields.whole(row, "parcel_fee", at),
                read_boxes_at(row, at, boxes),
            )
            for at, name, row in fields.named(source, "hubs", path)
        )
        self._locations = {location.id for location in self.locations}
        self._hubs = {hub.id for hub in self.hubs}
        for name in sorted(self._locations & self._hubs):
            raise invalid(f"{path}hubs.{name}", "is also the name of a location")
        self.lanes = tuple(self._lane(r, at) for at, r in fields.objects(source, "lanes", path))

    def read_services(
        self, source: Mapping[str, Any], path: str, zones: Mapping[str, Any]
    ) -> tuple[Service, ...]:
        """Services towards the customer whose zones are `zones` (node: zone)."""
        nodes = self._locations | self._hubs
        rows = list(fields.objects(source, "services", path))
        stated = read_day_starts(source)
        self.day_starts: IntArray = (
            np.arange(self._horizon_days(rows) + 1, dtype=np.int64) * DAY_MIN
            if stated is None
            else stated
        )
        days = len(self.day_starts) - 1
        services = []
        for at, row in rows:
            node = fields.text(row, "node", at)
            if node not in nodes:
                raise invalid(f"{at}node", f"{node!r} is neither a location nor a hub")
            zone = zones.get(node)
            if zone is None:
                raise invalid(f"zone_of.{node}", "is missing")
            services.append(self._service(row, at, node, zone, days))
        self.services = tuple(services)
        return self.services

    def _lane(self, row: Mapping[str, Any], path: str) -> Lane:
        location, hub = fields.text(row, "location", path), fields.text(row, "hub", path)
        if location not in self._locations:
            raise invalid(f"{path}location", f"{location!r} is not in locations")
        if hub not in self._hubs:
            raise invalid(f"{path}hub", f"{hub!r} is not in hubs")
        return Lane(
            location,
            hub,
            np.array(sorted(fields.wholes(row, "departures", path)), dtype=np.int64),
            _transit(fields.mapping(row, "transit_min", path), f"{path}transit_min."),
            fields.whole(row, "fixed", path),
            fields.whole(row, "per_kg", path),
            fields.whole(row, "co2_fixed_g", path),
            fields.whole(row, "co2_g_per_kg", path),
        )

    def _horizon_days(self, rows: list[tuple[str, dict[str, Any]]]) -> int:
        """Days enough for any arrival and its roll to a delivery day."""
        days = 1
        for at, row in rows:
            last = max(fields.wholes(row, "pickups", at), default=0)
            slowest = max(
                (
                    fields.whole_at(value, f"{at}transit_min.{zone}.{level}")
                    for zone, table in fields.mapping(row, "transit_min", at).items()
                    if isinstance(table, dict)
                    for level, value in table.items()
                ),
                default=0,
            )
            closed = max(fields.wholes(row, "holidays", at), default=0)
            days = max(days, (last + slowest) // DAY_MIN + 8, closed + 8)
        if days > MAX_DAYS:
            raise invalid("services", f"a service arrives more than {MAX_DAYS} days from now")
        return days

    def _service(
        self, row: Mapping[str, Any], path: str, node: str, zone: str, days: int
    ) -> Service:
        tables = fields.mapping(row, "transit_min", path)
        if not isinstance(tables.get(zone), dict):
            raise invalid(f"{path}transit_min.{zone}", "is missing")
        return Service(
            fields.text(row, "id", path),
            node,
            row.get("kind", ""),
            fields.whole(row, "max_g", path),
            self._tariff(row, path, zone),
            frozenset(fields.texts(row, "no_flags", path)) if "no_flags" in row else frozenset(),
            np.array(sorted(fields.wholes(row, "pickups", path)), dtype=np.int64),
            _transit(tables[zone], f"{path}transit_min.{zone}."),
            _delivery_day(
                fields.wholes(row, "delivery_dow", path), fields.wholes(row, "holidays", path), days
            ),
        )

    def _tariff(self, row: Mapping[str, Any], path: str, zone: str) -> Tariff:
        brackets = np.array(fields.wholes(row, "brackets_g", path), dtype=np.int64)
        if (np.diff(brackets) <= 0).any():
            raise invalid(f"{path}brackets_g", "must ascend")
        rates = self._per_bracket(row, path, "rate", zone, len(brackets))
        co2_g = self._per_bracket(row, path, "co2_g", zone, len(brackets))
        if "prices" in row:
            return priced_by_box(row, path, self._boxes, brackets, co2_g)
        limit = fields.whole(row, "oversize_mm", path)
        fee = fields.whole(row, "oversize_fee", path)
        fuel_bp = fields.whole(row, "fuel_bp", path)
        divisor = fields.whole(row, "divisor_cm3_per_kg", path, 1)
        fees = [fee if max(b.inner_mm) > limit > 0 else 0 for b in self._boxes]
        oversize = np.array(fees, dtype=np.int64)[:, None] + np.zeros_like(rates)
        price = rates[None, :] + oversize
        fuel = -(-price * fuel_bp // 10000)
        # 1 cm3/kg is 1 mm3/g
        volumetric = np.array([-(-b.volume_mm3 // divisor) for b in self._boxes], dtype=np.int64)
        parts = (("rate", price - oversize), ("oversize", oversize), ("fuel", fuel))
        return Tariff(brackets, price + fuel, co2_g, volumetric, parts)

    @staticmethod
    def _per_bracket(
        row: Mapping[str, Any], path: str, key: str, zone: str, count: int
    ) -> IntArray:
        values = fields.wholes(fields.mapping(row, key, path), zone, f"{path}{key}.")
        if len(values) != count:
            raise invalid(f"{path}{key}.{zone}", f"must hold {count} values, one per bracket")
        return np.array(values, dtype=np.int64)


def read_network(case: Mapping[str, Any], boxes: tuple[Box, ...]) -> Network:
    """Locations, hubs, lanes and services of a single-cart case."""
    network = Network(case, "", boxes)
    network.read_services(case, "", fields.mapping(case, "zone_of", ""))
    return network


def _windows(row: Mapping[str, Any], path: str) -> tuple[Window, ...]:
    windows = []
    for place, window in enumerate(fields.listed(row, "windows", path)):
        field = f"{path}windows[{place}]"
        if not isinstance(window, list) or len(window) != 3:
            raise invalid(field, "must be [open, close, cutoff]")
        opens, closes, cutoff = (fields.whole_at(value, field) for value in window)
        if closes < opens:
            raise invalid(field, "closes before it opens")
        windows.append(Window(opens, closes, cutoff))
    windows.sort()
    for before, after in pairwise(windows):
        if after.open < before.close:
            raise invalid(f"{path}windows", f"overlap at minute {after.open}")
    return tuple(windows)


def _transit(table: Mapping[str, Any], path: str) -> Transit:
    rows: list[tuple[Decimal, int]] = sorted(
        (fields.decimal(level, f"{path}{level}"), fields.whole_at(minutes, f"{path}{level}"))
        for level, minutes in table.items()
    )
    for (_, before), (level, after) in pairwise(rows):
        if after < before:
            raise invalid(f"{path}{level}", "is shorter than at a lower level")
    return Transit(tuple(level for level, _ in rows), tuple(minutes for _, minutes in rows))


def _delivery_day(weekdays: list[int], holidays: list[int], days: int) -> IntArray:
    """First delivery day at or after each day; NEVER past the horizon."""
    for place, weekday in enumerate(weekdays):
        if weekday > 6:
            raise invalid(f"delivery_dow[{place}]", "must lie between 0 (Monday) and 6")
    table = np.full(days, NEVER, dtype=np.int64)
    allowed, closed = set(weekdays), set(holidays)
    following = NEVER
    for day in range(days - 1, -1, -1):
        if day % 7 in allowed and day not in closed:
            following = day
        table[day] = following
    return table
