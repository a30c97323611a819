"""From import files to a network, all or nothing: every fault with its file, row and field.

Pure: files come as text by name. `published` holds the bundled price lists that `tariffs.json` may
name, by `carrier/service`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from carriers.areas import Area
from core.calendars import DaysOff, Hours, Moments, WorkCalendar, public_holidays
from core.errors import Fault, InvalidInput
from core.money import Money
from core.places import Address, GeoPoint
from core.units import Dimensions
from routing.network.destinations import PostalRow
from routing.network.documents import (
    Published,
    read_marketplace,
    read_policies,
    read_shapes,
    read_tariffs,
)
from routing.network.goods import Box, Offer, Sku
from routing.network.network import Network
from routing.network.places import Hub, InboundLane, Location, LocationKind, Seller, TransitTable
from routing.network.records import MOST_FAULTS, Record, Records, read_records
from routing.network.services import (
    Carrier,
    Co2eFactor,
    CoverageRule,
    DeliversTo,
    Duties,
    Pickup,
    Service,
    Slot,
    TransitRow,
    Vans,
)
from routing.network.trade import Customs, DutyRate, ExchangeRate, TaxRate
from routing.network.validate import contradictions

Value = TypeVar("Value")
Groups = dict[Any, list[Record]]
HOLIDAY_PROBE_YEAR = 2026  # any year does: it only asks whether the library knows the place


def read_network(files: Mapping[str, str], published: Published) -> Network:
    """The network that these files describe; raises InvalidInput listing every fault found."""
    records = read_records(files)
    faults = records.faults
    builder = _Builder(records, faults)
    marketplace = read_marketplace(files, faults)
    tariffs = read_tariffs(files, published, faults)
    currency = marketplace.currency if marketplace is not None else None
    policies = read_policies(files, faults, currency=currency)
    shapes_json = read_shapes(files, faults)
    parts = builder.build(
        {code for code, _ in tariffs}, set(json.loads(shapes_json)), tariffs_known=not faults
    )
    faults.extend(contradictions(records))
    if faults or marketplace is None:
        raise InvalidInput(faults=faults[:MOST_FAULTS])
    return Network(
        marketplace=marketplace,
        tariffs=tariffs,
        policies=policies,
        shapes_json=shapes_json,
        **parts,
    )


def _area(record: Record) -> Area:
    first = record["first"]
    return Area(record["country"], first, record["last"] or first)


def _money(record: Record, prefix: str) -> Money:
    return Money(record[f"{prefix}_minor"], record["currency"])


def _sides(record: Record, prefix: str = "") -> Dimensions:
    return Dimensions(*(record[f"{prefix}{side}_mm"] for side in ("length", "width", "height")))


def _days_off(text: str) -> DaysOff:
    country, _, subdivision = text.partition("-")
    if country:
        public_holidays(country, subdivision, year=HOLIDAY_PROBE_YEAR)
    return DaysOff(country, subdivision)


def _weekly(rows: list[Record]) -> tuple[tuple[Hours, ...], ...]:
    week: list[list[Hours]] = [[] for _ in range(7)]
    for row in rows:
        cutoff = row["closes"] if row["cutoff"] is None else row["cutoff"]
        for weekday in row["weekdays"]:
            week[weekday].append(Hours(row["opens"], row["closes"], cutoff))
    return tuple(tuple(hours) for hours in week)


def _moments(rows: list[Record], zone: str) -> Moments:
    week: list[list[int]] = [[] for _ in range(7)]
    for row in rows:
        for weekday in row["weekdays"]:
            week[weekday].append(row["at"])
    return Moments(zone, tuple(tuple(minutes) for minutes in week))


def _transit_table(rows: list[Record]) -> TransitTable:
    ordered = sorted(rows, key=lambda row: row["level"])
    return TransitTable(
        tuple(row["level"] for row in ordered), tuple(row["minutes"] for row in ordered)
    )


class _Builder:
    """Makes values of records; a value that refuses its fields becomes a fault of its row."""

    def __init__(self, records: Records, faults: list[Fault]) -> None:
        self.records = records
        self.faults = faults

    def each(self, name: str, make: Callable[[Record], Value]) -> tuple[Value, ...]:
        made = []
        for record in self.records.of(name):
            value = self.attempt(record, partial(make, record))
            if value is not None:
                made.append(value)
        return tuple(made)

    def attempt(self, record: Record, make: Callable[[], Value]) -> Value | None:
        try:
            return make()
        except InvalidInput as error:
            self.faults.extend(record.fault(fault.field, fault.reason) for fault in error.faults)
            if not error.faults:
                self.faults.append(record.fault("row", error.message))
            return None

    def groups(self, name: str, *columns: str) -> Groups:
        grouped: Groups = {}
        for record in self.records.of(name):
            key = record[columns[0]] if len(columns) == 1 else tuple(record[c] for c in columns)
            grouped.setdefault(key, []).append(record)
        return grouped

    def build(self, tariffs: set[str], shapes: set[str], *, tariffs_known: bool) -> dict[str, Any]:
        locations = self.locations()
        zones = {location.code: location.calendar.zone for location in locations}
        if tariffs_known or tariffs:
            self.check_documents(tariffs, shapes)
        return {
            "sellers": self.each("sellers", _seller),
            "locations": locations,
            "skus": self.each("skus", _sku),
            "offers": self.each("offers", _offer),
            "boxes": self.each("boxes", _box),
            "carriers": self.each(
                "carriers", lambda r: Carrier(r["carrier"], r["name"], r["adapter"], r["account"])
            ),
            "services": self.services(),
            "pickups": self.pickups(zones),
            "transit": self.transit(),
            "hubs": self.each(
                "hubs",
                lambda r: Hub(
                    r["hub"], r["dwell_min"], _money(r, "parcel_fee"), r["daily_parcels"]
                ),
            ),
            "lanes": self.lanes(zones),
            "postcodes": self.each("postcodes", _postal_row),
            "exchange_rates": self.each(
                "exchange_rates",
                lambda r: ExchangeRate(r["base"], r["quote"], r["rate"], r["date"], r["source"]),
            ),
            "taxes": self.each("taxes", _tax_rate),
            "customs": Customs(
                self.each("customs", lambda r: (r["country"], r["territory"])),
                self.each("duties", _duty_rate),
            ),
        }

    def check_documents(self, tariffs: set[str], shapes: set[str]) -> None:
        for record in self.records.of("services"):
            if record["tariff"] not in tariffs:
                self.faults.append(
                    record.fault("tariff", f"{record['tariff']!r} is not in tariffs")
                )
        for record in self.records.of("coverage"):
            if record["shape"] and record["shape"] not in shapes:
                reason = f"{record['shape']!r} is not in areas.geojson"
                self.faults.append(record.fault("shape", reason))

    def locations(self) -> tuple[Location, ...]:
        openings, special = (
            self.groups("openings", "location"),
            self.groups("special_days", "location"),
        )

        def make(record: Record) -> Location:
            code = record["location"]
            calendar = WorkCalendar(
                record["zone"],
                self.hours(openings.get(code, [])),
                _days_off(record["holidays"]),
                self.special_days(special.get(code, [])),
            )
            return _location(record, calendar)

        return self.each("locations", make)

    def hours(self, rows: list[Record]) -> tuple[tuple[Hours, ...], ...]:
        """The week; a fault in a row is told at that row, and the week stays empty."""
        week = self.attempt(rows[0], lambda: _weekly(rows)) if rows else None
        return week if week is not None else ((),) * 7

    def special_days(self, rows: list[Record]) -> tuple[tuple[Any, tuple[Hours, ...]], ...]:
        by_day: dict[Any, list[Hours]] = {}
        for row in rows:
            hours = by_day.setdefault(row["date"], [])
            if row["opens"] is None and row["closes"] is None:
                continue
            if row["opens"] is None or row["closes"] is None:
                self.faults.append(row.fault("closes", "give both opens and closes, or neither"))
                continue
            cutoff = row["closes"] if row["cutoff"] is None else row["cutoff"]
            made = self.attempt(
                row,
                lambda row=row, cutoff=cutoff: Hours(row["opens"], row["closes"], cutoff),  # type: ignore[misc]
            )
            hours.extend([made] if made is not None else [])
        return tuple((day, tuple(hours)) for day, hours in by_day.items())

    def services(self) -> tuple[Service, ...]:
        coverage = self.groups("coverage", "service")
        slots = self.groups("slots", "service")
        fleets = self.groups("fleets", "service")
        factors = dict(self.each("co2e", lambda r: (r["service"], _co2e(r))))

        def make(record: Record) -> Service:
            rules = tuple(
                rule
                for row in coverage.get(record["service"], [])
                if (rule := self.attempt(row, lambda row=row: _coverage(row))) is not None  # type: ignore[misc]
            )
            windows = tuple(
                slot
                for row in slots.get(record["service"], [])
                if (slot := self.attempt(row, lambda row=row: _slot(row))) is not None  # type: ignore[misc]
            )
            fleet = tuple(
                vans
                for row in fleets.get(record["service"], [])
                if (vans := self.attempt(row, lambda row=row: _vans(row))) is not None  # type: ignore[misc]
            )
            made = _service(record, rules, factors.get(record["service"]), windows)
            return replace(made, fleet=fleet)

        return self.each("services", make)

    def pickups(self, zones: Mapping[str, str]) -> tuple[Pickup, ...]:
        made = []
        for (service, location), rows in self.groups("pickups", "service", "location").items():
            limits = [row["daily_parcels"] for row in rows if row["daily_parcels"] is not None]
            if location not in zones:
                continue  # told already
            moments = self.attempt(rows[0], lambda: _moments(rows, zones[location]))  # noqa: B023
            if moments is not None:
                made.append(Pickup(service, location, moments, min(limits, default=None)))
        return tuple(made)

    def transit(self) -> tuple[TransitRow, ...]:
        columns = ("service", "origin", "country", "first", "last")
        made = []
        for (service, origin, *_), rows in self.groups("transit", *columns).items():
            row = self.attempt(
                rows[0],
                lambda: TransitRow(service, origin, _area(rows[0]), _transit_table(rows)),  # noqa: B023
            )
            made.extend([row] if row is not None else [])
        return tuple(made)

    def lanes(self, zones: Mapping[str, str]) -> tuple[InboundLane, ...]:
        departures, transit = self.groups("departures", "lane"), self.groups("lane_transit", "lane")

        def make(record: Record) -> InboundLane:
            code = record["lane"]
            return InboundLane(
                code,
                record["origin"],
                record["hub"],
                _moments(departures.get(code, []), zones.get(record["origin"], "UTC")),
                _transit_table(transit.get(code, [])),
                _money(record, "fixed"),
                _money(record, "per_kg"),
                record["co2_g_per_kg"],
            )

        return self.each("lanes", make)


def _seller(record: Record) -> Seller:
    return Seller(
        record["seller"],
        record["name"],
        record["legal_name"],
        record["email"],
        record["country"],
        record["returns_to"],
    )


def _location(record: Record, calendar: WorkCalendar) -> Location:
    address = Address(
        name=record["name"],
        street=record["street"],
        city=record["city"],
        postcode=record["postcode"],
        country=record["country"],
        region=record["region"],
    )
    return Location(
        code=record["location"],
        seller=record["seller"],
        kind=LocationKind(record["kind"]),
        address=address,
        point=GeoPoint(record["lat"], record["lon"]),
        calendar=calendar,
        handling_min=record["handling_min"],
        box_set=record["box_set"],
        daily_parcels=record["daily_parcels"],
    )


def _sku(record: Record) -> Sku:
    return Sku(
        code=record["sku"],
        name=record["name"],
        size=_sides(record),
        weight_g=record["weight_g"],
        flags=record["flags"],
        hazmat_class=record["hazmat_class"],
        nest_mm=record["nest_mm"],
        category=record["category"],
        tax_category=record["tax_category"],
        origin=record["origin"],
        hs_code=record["hs_code"],
    )


def _offer(record: Record) -> Offer:
    return Offer(
        seller=record["seller"],
        sku=record["sku"],
        location=record["location"],
        price=_money(record, "price"),
        stock=record["stock"],
        lead_min=record["lead_min"],
        unit_cost=_money(record, "unit_cost") if record["unit_cost_minor"] else None,
        valid_from=record["valid_from"],
        valid_to=record["valid_to"],
    )


def _box(record: Record) -> Box:
    return Box(
        box_set=record["box_set"],
        code=record["box"],
        inner=_sides(record, "inner_"),
        outer=_sides(record, "outer_"),
        tare_g=record["tare_g"],
        max_g=record["max_g"],
        cost=_money(record, "cost"),
    )


def _coverage(record: Record) -> CoverageRule:
    return CoverageRule(_area(record), record["shape"], record["excluded"])


def _co2e(record: Record) -> Co2eFactor:
    return Co2eFactor(
        g_per_parcel=record["g_per_parcel"],
        g_per_kg=record["g_per_kg"],
        g_per_tonne_km=record["g_per_tonne_km"],
        method=record["method"],
        source=record["source"],
        year=record["year"],
        illustrative=record["illustrative"],
    )


def _slot(record: Record) -> Slot:
    return Slot(record["weekdays"], record["opens"], record["closes"])


def _vans(record: Record) -> Vans:
    return Vans(
        record["weekdays"],
        record["vans"],
        record["van_parcels"],
        record["shift_min"],
        record["min_per_parcel"],
    )


def _service(
    record: Record,
    coverage: tuple[CoverageRule, ...],
    co2e: Co2eFactor | None,
    slots: tuple[Slot, ...],
) -> Service:
    return Service(
        code=record["service"],
        carrier=record["carrier"],
        name=record["name"],
        booked_as=record["booked_as"],
        tariff=record["tariff"],
        max_weight_g=record["max_weight_g"],
        max_sides_mm=_sides(record, "max_"),
        coverage=coverage,
        delivery_weekdays=record["delivery_weekdays"],
        tracked=record["tracked"],
        delivers_on_holidays=record["delivers_on_holidays"],
        refused_flags=record["refused_flags"],
        duties=Duties(record["duties"]),
        delivers_to=DeliversTo(record["delivers_to"]),
        nominates=record["nominates"],
        slots=slots,
        co2e=co2e,
        max_length_plus_girth_mm=record["max_length_plus_girth_mm"],
        valid_from=record["valid_from"],
        valid_to=record["valid_to"],
    )


def _postal_row(record: Record) -> PostalRow:
    point = GeoPoint(record["lat"], record["lon"])
    return PostalRow(_area(record), point, record["zone"], record["region"])


def _tax_rate(record: Record) -> TaxRate:
    names = ("country", "category", "rate", "included", "valid_from", "valid_to")
    return TaxRate(*(record[name] for name in names))


def _duty_rate(record: Record) -> DutyRate:
    return DutyRate(
        territory=record["territory"],
        hs_prefix=record["hs_prefix"],
        rate=record["rate"],
        free_below=_money(record, "free_below"),
        source=record["source"],
        valid_from=record["valid_from"],
        valid_to=record["valid_to"],
    )
