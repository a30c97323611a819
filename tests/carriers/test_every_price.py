"""Every cell of every published table, worked out anew from the files themselves, to the penny.

Each cell is asked for at its boundary weight, one gram above it and one above the band before, on the
first and the last day of its table; `expected` reads the raw JSON and shares no code with the tariffs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from carriers.adapters.table.published import published_tariffs
from carriers.tariffs import MeasuredParcel, Price, RateLane, price_parcel
from core.places import Destination
from core.units import Dimensions
from tests.shared_data import shared_path

OPEN_END = date(2029, 12, 31)
Size = tuple[int, int, int]

ZONES = "europe1 europe2 europe3 world1 world2 world3".split()
NAMED_17 = "IE FR DE ES IT CA CN JP AU NZ HK".split() + ZONES
NAMED_22 = {"FR": 1, "DE": 2, "IE": 3, "IT": 4, "ES": 6, "AU": 9, "CA": 11, "JP": 14, "NZ": 15}
NAMED_22 |= {zone: 16 + place for place, zone in enumerate(ZONES)}
UNNAMED_22 = {"europe": (0, 5, 7, 8), "world": (10,)}
ABROAD = (
    "FR DE IE IT ES DK NL PL AT NO CH TR MC AU NZ SG US CA JP CN HK IN BR ZA KR AX".split()
)  # of every zone, with and without a column of its own


@dataclass(frozen=True)
class Table:
    """One service's prices to one country in one period: by box, the sides and the bands."""

    service: tuple[str, str]
    origin: str
    country: str
    first: date
    last: date
    boxes: dict[str, tuple[Size, dict[int, int]]]
    probes: tuple[Size, ...] = field(default=())  # default: each box filled to the millimetre

    def expected(self, size: Size, weight_g: int) -> int | None:
        """The least price of the boxes that hold it, each at its lightest band that does."""
        found = []
        for sides, bands in self.boxes.values():
            if all(a <= b for a, b in zip(sorted(size), sorted(sides), strict=True)):
                holding = [limit for limit in bands if weight_g <= limit]
                if holding:
                    found.append(bands[min(holding)])
        return min(found, default=None)

    def asks(self) -> Iterator[tuple[Size, int]]:
        weights = {1}
        for _, bands in self.boxes.values():
            weights |= {limit + more for limit in bands for more in (0, 1)}
        for size in self.probes or tuple(sides for sides, _ in self.boxes.values()):
            for weight_g in sorted(weights):
                yield size, weight_g


def read(name: str) -> Any:
    return json.loads((shared_path("data/rates") / f"{name}.json").read_text("utf-8"))


def sides_of(box: Any) -> Size:
    return box["length"], box["width"], box["height"]


def periods(data: Any, service: Any) -> Iterator[tuple[str, date, date]]:
    """Each table's year with its first and last day."""
    days = sorted((data["zones"]["rateYears"][year], year) for year in service["bands"])
    ends = [date.fromisoformat(day) - timedelta(days=1) for day, _ in days[1:]] + [OPEN_END]
    for (day, year), last in zip(days, ends, strict=True):
        yield year, date.fromisoformat(day), last


def whole(bands: Any) -> dict[int, int]:
    return {int(limit): price for limit, price in bands.items()}


def domestic(data: Any) -> Iterator[Table]:
    for code, service in data["services"].items():
        if "boxes" not in service:
            continue
        carrier = "parcelforce" if "Parcelforce" in code else "royalmail"
        only = next(iter(service["boxes"].values()))  # Parcelforce renamed its one box
        for year, first, last in periods(data, service):
            boxes = {
                name: (sides_of(service["boxes"].get(name, only)), whole(bands))
                for name, bands in service["bands"][year].items()
            }
            yield Table((carrier, code), "GB", "GB", first, last, boxes)


def zone_of(data: Any, country: str) -> str:
    keys = ("europeZone1", "europeZone2", "europeZone3", "worldZone2", "worldZone3")
    names = ("europe1", "europe2", "europe3", "world2", "world3")
    for key, name in zip(keys, names, strict=True):
        if country in data["zones"][key]:
            return name
    return "world1"


def columns_22(country: str, zone: str) -> tuple[int, ...]:
    """The columns that may be this country's in a table of 22."""
    if country in NAMED_22:
        return (NAMED_22[country],)
    if country in ("CN", "HK"):
        return (12, 13)
    if zone == "world3":
        return (NAMED_22[zone],)
    return (NAMED_22[zone], *UNNAMED_22[zone[:-1]])


def column_of(rows: list[Any], country: str, zone: str, *, left_over: bool) -> int | None:
    """Where the country's prices are, None where the file does not say."""
    width = len(rows[0])
    assert {len(row) for row in rows} == {width}
    if width == 5:
        return ZONES.index("world1" if zone == "world3" else zone)
    if width == 6:
        return ZONES.index(zone)
    if width == 17 or left_over:
        return NAMED_17.index(country if country in NAMED_17 else zone)
    columns = columns_22(country, zone)
    agreed = all(len({row[column] for column in columns}) == 1 for row in rows)
    return columns[0] if agreed else None


def abroad(data: Any) -> Iterator[Table]:
    default = data["zones"]["internationalDefaultBox"]
    shapes = {"letter": ["letter"], "large-letter": ["large-letter"]}
    shapes |= {"packet": ["long-parcel", "square-parcel", "parcel"]}
    shapes |= {"medium-parcel": ["medium-parcel"]}
    for code, service in data["services"].items():
        if "Parcelforce" in code or "International" not in code:
            continue
        for year, first, last in periods(data, service):
            for country in ABROAD:
                boxes: dict[str, tuple[Size, dict[int, int]]] = {}
                for name, table in service["bands"][year].items():
                    prices = abroad_prices(
                        data, table, country, year == "2026" and name == "packet"
                    )
                    for shape in shapes.get(name, []):
                        boxes[shape] = (sides_of(default[shape]), prices)
                if country not in service.get("included", [country]):
                    boxes = {shape: (sides, {}) for shape, (sides, _) in boxes.items()}
                yield Table(("royalmail", code), "GB", country, first, last, boxes)


def abroad_prices(data: Any, table: Any, country: str, left_over: bool) -> dict[int, int]:
    rows = list(table.values())
    if isinstance(rows[0], int):
        return whole(table)
    zone = zone_of(data, country)
    # 22 columns also in the packets of 2026: the 17, and five left over from 2025.
    column = column_of(rows, country, zone, left_over=left_over)
    return {} if column is None else {int(w): row[column] for w, row in table.items()}


def parcelforce_abroad(data: Any) -> Iterator[Table]:
    """By weight alone; a small box, so that volume does not count."""
    to = {"4": "JE", "5": "IE", "6": "BE", "7": "FR", "8": "ES", "9": "PL", "9_NON_EU": "NO"}
    to |= {"10": "US", "11": "JP", "12": "BR"}
    for code, service in data["services"].items():
        if "Parcelforce" not in code or "boxes" in service:
            continue
        for year, first, last in periods(data, service):
            for zone, bands in service["bands"][year].items():
                boxes = {"any": ((1500, 1500, 1500), whole(bands))}
                probes = ((100, 100, 100),)
                key = ("parcelforce", code)
                yield Table(key, "GB", to[zone], first, last, boxes, probes)


def boxed(name: str, origin: str, to: dict[str, list[str]]) -> Iterator[Table]:
    """PostNL and Colissimo: a box, a weight, a price by zone; every country of each zone."""
    for code, service in read(name)["services"].items():
        for zone, countries in to.items():
            boxes = {
                key: (sides_of(box), {box["weight"]: price} if isinstance(price, int) else {})
                for key, box in service["boxes"].items()
                for price in [box["price"].get(zone)]
            }
            for country in countries:
                yield Table((name, code), origin, country, date(2024, 1, 1), OPEN_END, boxes)


def countries(names: list[str]) -> list[str]:
    return [name for name in names if len(name) == 2 and name.isalpha()]


def postnl() -> Iterator[Table]:
    zones = read("postnl")["zones"]
    to = {"nl": ["NL"], "1": zones["eur1"], "2": zones["eur2"], "3": zones["eur3"]}
    to["world"] = zones["world"][:40]
    yield from boxed("postnl", "NL", {zone: countries(list(names)) for zone, names in to.items()})


def colissimo() -> Iterator[Table]:
    zones = read("colissimo")["zones"]
    to = {"fr": ["FR"], "dom": zones["DOM"], "tom": zones["TOM"]}
    to["international_a"] = [*zones["internationalZoneA"], "DE"]
    to["international_b"] = zones["internationalZoneB"]
    to["international_c"] = ["US", "JP", "BR", "ZA"]
    yield from boxed("colissimo", "FR", {zone: countries(list(c)) for zone, c in to.items()})


def royal_mail(kind: str) -> Iterator[Table]:
    data = read("royalmail")
    made = {"domestic": domestic, "abroad": abroad, "parcelforce abroad": parcelforce_abroad}
    yield from made[kind](data)


TABLES = {
    "Royal Mail and Parcelforce at home": (lambda: royal_mail("domestic"), 3000),
    "Royal Mail abroad": (lambda: royal_mail("abroad"), 50_000),
    "Parcelforce abroad": (lambda: royal_mail("parcelforce abroad"), 4000),
    "PostNL": (postnl, 2000),
    "Colissimo": (colissimo, 2000),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_cell_is_the_published_price_at_its_edges(name: str) -> None:
    make, least = TABLES[name]
    asked, wrong = 0, []
    for table in make():
        tariff = published_tariffs()[table.service]
        lane = RateLane(Destination(table.origin), Destination(table.country))
        for size, weight_g in table.asks():
            parcel = MeasuredParcel(weight_g, Dimensions(*size))
            expected = table.expected(size, weight_g)
            for day in (table.first, table.last):
                found = price_parcel(tariff, parcel, lane, day)
                seen = found.total.minor if isinstance(found, Price) else None
                asked += 1
                if seen != expected:
                    where = (table.service[1], table.country, str(day), size, weight_g)
                    wrong.append((where, expected, seen))
    assert not wrong[:5], f"{len(wrong)} of {asked} prices"
    assert asked >= least


def test_nothing_is_priced_before_the_first_table() -> None:
    for (carrier, service), tariff in published_tariffs().items():
        day = tariff.versions[0].since - timedelta(days=1)
        parcel = MeasuredParcel(100, Dimensions(100, 100, 4))
        lane = RateLane(Destination(tariff.origins[0].country), Destination("FR"))
        assert not isinstance(price_parcel(tariff, parcel, lane, day), Price), (carrier, service)


def test_the_columns_without_names_repeat_the_named_ones_of_the_same_year() -> None:
    bands = read("royalmail")["services"]["online/InternationalTracked"]["bands"]["2024"]
    unnamed, named = bands["packet"], bands["printed-papers"]
    assert list(unnamed) == list(named)
    for place, name in enumerate(NAMED_17):
        columns = (NAMED_22[name],) if name in NAMED_22 else (12, 13)
        for weight, row in named.items():
            assert {unnamed[weight][column] for column in columns} == {row[place]}, (name, weight)
    for weight, row in unnamed.items():  # and those of nobody are priced like a zone
        assert {row[column] for column in UNNAMED_22["europe"]} == {row[16]}, weight
        assert row[10] == row[19]
