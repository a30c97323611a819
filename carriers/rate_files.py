"""Reads published price files (Royal Mail, PostNL, Colissimo) and a shop's own contract into tariffs.

Pure: takes parsed JSON, gives tariffs or every fault. The published files are those of
verbb/shippy (MIT, notice in `carriers/data/rates/NOTICE.md`); prices are minor units, g, mm.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from carriers.areas import ANYWHERE, Area
from carriers.tariffs import (
    Band,
    Format,
    FormatRates,
    Tariff,
    TariffTax,
    TariffVersion,
    Volumetric,
    Zone,
)

Json = Mapping[str, Any]

# Columns of "International Tracked (& Signed)" price tables, in the order printed.
_TRACKED_COLUMNS = (
    "IE FR DE ES IT CA CN JP AU NZ HK europe1 europe2 europe3 world1 world2 world3".split()
)
# The older tables of online International Tracked have 22 columns without names. Their packets of
# 2024 repeat, in all eight rows, the 17 named columns of that year's printed papers: so the last six
# are the zones and these nine countries' are known. Columns 0, 5, 7 and 8 (priced as europe1 in 2024)
# and 10 (as world1) belong to countries that nothing names, 12 and 13 to China and Hong Kong in some
# order. A zone is priced where every column that may be its own says the same.
_UNNAMED_TRACKED = 22
_UNNAMED_EUROPE = (0, 5, 7, 8)
_TRACKED_CANDIDATES: Mapping[str, tuple[int, ...]] = {
    "FR": (1,), "DE": (2,), "IE": (3,), "IT": (4,), "ES": (6,),
    "AU": (9,), "CA": (11,), "JP": (14,), "NZ": (15,), "CN": (12, 13), "HK": (12, 13),
    "europe1": (16, *_UNNAMED_EUROPE),
    "europe2": (17, *_UNNAMED_EUROPE),
    "europe3": (18, *_UNNAMED_EUROPE),
    "world1": (19, 10),
    "world2": (20, 10),
    "world3": (21,),
}  # fmt: skip
_ZONE_COLUMNS = "europe1 europe2 europe3 world1 world2 world3".split()
_DOMESTIC = ("GB", "GG", "JE", "IM")
# International letters and parcels share these limits (Royal Mail "How to post": parcels have
# length + width + depth of at most 900 mm, which the three parcel boxes state).
_PACKET_BOXES = ("long-parcel", "square-parcel", "parcel")
_SHIPPY = "verbb/shippy@dcbed618c597eb8ac99aea80c912dd9faa173403 (MIT)"
# The PostNL and Colissimo files carry no date: taken as in force since the start of 2024.
_UNDATED = date(2024, 1, 1)


def royal_mail_tariffs(data: Json) -> tuple[Tariff, ...]:
    """Royal Mail and Parcelforce, online and post office prices, in force by `rateYears`.

    Left out, because the file does not say what its columns mean: of online International Tracked
    what `_TRACKED_CANDIDATES` leaves open; and `printed-papers` everywhere (a content, not a shape).
    """
    starts = {key: date.fromisoformat(day) for key, day in data["zones"]["rateYears"].items()}
    tariffs = []
    for code, service in data["services"].items():
        channel, name = code.split("/")
        if name.startswith("Parcelforce") and "boxes" not in service:
            tariff = _parcelforce_abroad(data, code, name, service, starts)
        elif name.startswith("International"):
            tariff = _royal_mail_abroad(data, code, name, service, starts)
        else:
            tariff = _royal_mail_domestic(code, name, channel, service, starts)
        tariffs.append(tariff)
    return tuple(tariffs)


def postnl_tariffs(data: Json) -> tuple[Tariff, ...]:
    """PostNL consumer prices; the file's price keys 1, 2, 3 are its zones eur1, eur2, eur3."""
    codes = {"nl": "nl", "1": "eur1", "2": "eur2", "3": "eur3", "world": "world"}
    zones = [Zone("nl", (Area("NL"),))]
    for code in ("eur1", "eur2", "eur3", "world"):
        members = tuple(Area(c) for c in data["zones"][code] if len(c) == 2 and c.isalpha())
        zones.append(Zone(code, members))
    return tuple(
        _boxed("postnl", name, service, codes, tuple(zones), ("NL",))
        for name, service in data["services"].items()
    )


def colissimo_tariffs(data: Json) -> tuple[Tariff, ...]:
    """Colissimo retail prices; zone C is every country in no other zone.

    Germany is in zone A (the European Union): the file's list leaves it out by mistake.
    """
    codes = {
        "fr": "france",
        "dom": "DOM",
        "tom": "TOM",
        "international_a": "internationalZoneA",
        "international_b": "internationalZoneB",
        "international_c": "internationalZoneC",
    }
    zones = [
        Zone(code, tuple(Area(country) for country in data["zones"][code]))
        for code in codes.values()
        if code in data["zones"]
    ]
    zones = [
        Zone(zone.code, (*zone.areas, Area("DE"))) if zone.code == "internationalZoneA" else zone
        for zone in zones
    ]
    zones.append(Zone("internationalZoneC", (Area(ANYWHERE),)))
    return tuple(
        _boxed("colissimo", name, service, codes, tuple(zones), ("FR",))
        for name, service in data["services"].items()
    )


def _boxed(
    carrier: str,
    name: str,
    service: Json,
    codes: Mapping[str, str],
    zones: tuple[Zone, ...],
    origins: tuple[str, ...],
) -> Tariff:
    formats = []
    for box_code, box in service["boxes"].items():
        prices = {
            codes[key]: price
            for key, price in box["price"].items()
            if key in codes and isinstance(price, int)
        }
        shape = Format(box_code, _sides(box))
        formats.append(FormatRates(shape, (Band(box["weight"], prices),)))
    return Tariff(
        carrier=carrier,
        service=name,
        name=f"{carrier} {name}",
        currency="EUR",
        origins=tuple(Area(country) for country in origins),
        zones=zones,
        versions=(TariffVersion(_UNDATED, tuple(formats)),),
        source=_SHIPPY,
    )


def _sides(box: Json) -> tuple[int, int, int]:
    longest, middle, shortest = sorted((box["length"], box["width"], box["height"]), reverse=True)
    return longest, middle, shortest


def _royal_mail_domestic(
    code: str, name: str, channel: str, service: Json, starts: Mapping[str, date]
) -> Tariff:
    versions = []
    for year, by_format in service["bands"].items():
        formats = []
        for box_code, table in by_format.items():
            # Parcelforce renamed its one format (cover 200 to 150) and kept the box.
            box = service["boxes"].get(box_code) or next(iter(service["boxes"].values()))
            shape = Format(box_code, _sides(box), cover_minor=_cover(box_code, box))
            bands = tuple(
                Band(int(weight), {"domestic": price})
                for weight, price in sorted(table.items(), key=lambda item: int(item[0]))
            )
            formats.append(FormatRates(shape, bands))
        versions.append(TariffVersion(starts[year], tuple(formats)))
    parcelforce = name.startswith("Parcelforce")
    return Tariff(
        carrier="parcelforce" if parcelforce else "royalmail",
        service=code,
        name=f"{'Parcelforce' if parcelforce else 'Royal Mail'} {name} ({channel})",
        currency="GBP",
        origins=(Area("GB"),),
        zones=(Zone("domestic", tuple(Area(country) for country in _DOMESTIC)),),
        versions=tuple(sorted(versions, key=lambda version: version.since)),
        excluded=tuple(Area(country) for country in service.get("excluded", ())),
        tax=TariffTax(Decimal("0.20"), included=True) if parcelforce else None,
        source=_SHIPPY,
    )


def _cover(box_code: str, box: Json) -> int | None:
    """Included compensation in pence; `packet-750` includes 750 GBP."""
    pounds = box.get("itemValue")
    if pounds is None and box_code.startswith("packet-"):
        pounds = int(box_code.removeprefix("packet-"))
    return None if pounds is None else int(pounds) * 100


def _royal_mail_abroad(
    data: Json, code: str, name: str, service: Json, starts: Mapping[str, date]
) -> Tariff:
    boxes = data["zones"]["internationalDefaultBox"]
    versions = []
    for year, by_format in service["bands"].items():
        formats = [
            FormatRates(Format(box_code, _sides(boxes[box_code])), bands)
            for box_code, table in _abroad_tables(by_format)
            if (bands := tuple(_abroad_bands(table, year == "2026" and box_code in _PACKET_BOXES)))
        ]
        if formats:
            versions.append(TariffVersion(starts[year], tuple(formats)))
    zones = [*_royal_mail_zones(data)]
    if any("IE" in band.prices_minor for band in _bands(versions)):
        own = [column for column in _TRACKED_COLUMNS if len(column) == 2]
        zones = [Zone(country, (Area(country),)) for country in own] + [
            Zone(zone.code, tuple(area for area in zone.areas if area.country not in own))
            for zone in zones
        ]
    included = service.get("included")
    if included is not None:
        zones = [_narrowed(zone, set(included), zones) for zone in zones]
    return Tariff(
        carrier="royalmail",
        service=code,
        name=f"Royal Mail {name} ({code.split('/')[0]})",
        currency="GBP",
        origins=(Area("GB"),),
        zones=tuple(zones),  # some are empty: priced, but the service does not go there
        versions=tuple(sorted(versions, key=lambda version: version.since)),
        excluded=tuple(Area(country) for country in _DOMESTIC),
        source=_SHIPPY,
    )


def _abroad_tables(by_format: Json) -> Iterator[tuple[str, Json]]:
    for key in ("letter", "large-letter", "medium-parcel"):
        if key in by_format:
            yield key, by_format[key]
    if "packet" in by_format:
        for box_code in _PACKET_BOXES:
            yield box_code, by_format["packet"]


def _abroad_bands(table: Json, left_over: bool) -> Iterator[Band]:
    """Bands by zone column (one price, five, or six) or by country and zone column (17, or 22)."""
    countries = len(_TRACKED_COLUMNS)
    unnamed = _unnamed_columns(table)
    for weight, cell in sorted(table.items(), key=lambda item: int(item[0])):
        if isinstance(cell, int):
            prices = dict.fromkeys(_ZONE_COLUMNS, cell)
        elif len(cell) <= len(_ZONE_COLUMNS):
            prices = dict(zip(_ZONE_COLUMNS, cell, strict=False))
            prices.setdefault("world3", prices["world1"])  # older tables: US was in world zone 1
        elif len(cell) == countries or left_over:
            # The packets of 2026 have the 17 columns, then five left over from 2025.
            prices = dict(zip(_TRACKED_COLUMNS, cell[:countries], strict=True))
        elif unnamed:
            prices = {zone: cell[column] for zone, column in unnamed.items()}
        else:
            continue
        yield Band(int(weight), prices)


def _unnamed_columns(table: Json) -> Mapping[str, int]:
    """A column for each zone whose candidates agree in every row of a table with 22 columns."""
    rows = [cell for cell in table.values() if isinstance(cell, list)]
    if any(len(row) != _UNNAMED_TRACKED for row in rows):
        return {}
    return {
        zone: columns[0]
        for zone, columns in _TRACKED_CANDIDATES.items()
        if all(len({row[column] for column in columns}) == 1 for row in rows)
    }


def _bands(versions: Sequence[TariffVersion]) -> Iterator[Band]:
    for version in versions:
        for rates in version.formats:
            yield from rates.bands


def _royal_mail_zones(data: Json) -> Iterator[Zone]:
    for code, key in (
        ("europe1", "europeZone1"),
        ("europe2", "europeZone2"),
        ("europe3", "europeZone3"),
        ("world2", "worldZone2"),
        ("world3", "worldZone3"),
    ):
        yield Zone(code, tuple(Area(country) for country in data["zones"][key]))
    yield Zone("world1", (Area(ANYWHERE),))


def _narrowed(zone: Zone, included: set[str], zones: Sequence[Zone]) -> Zone:
    """The zone cut down to the countries a service goes to; the rest of the world is named."""
    named = {area.country for other in zones for area in other.areas}
    if zone.areas == (Area(ANYWHERE),):
        return Zone(zone.code, tuple(Area(country) for country in sorted(included - named)))
    return Zone(zone.code, tuple(area for area in zone.areas if area.country in included))


def _parcelforce_abroad(
    data: Json, code: str, name: str, service: Json, starts: Mapping[str, date]
) -> Tariff:
    """Weight-only bands by Parcelforce zone; prices include 20 % VAT, volume counts at 5000."""
    anything = Format("parcel", (1500, 1500, 1500), max_length_plus_girth_mm=3000)
    versions = []
    for year, by_zone in service["bands"].items():
        weights = sorted({int(weight) for table in by_zone.values() for weight in table})
        bands = tuple(
            Band(
                weight,
                {z: table[str(weight)] for z, table in by_zone.items() if str(weight) in table},
            )
            for weight in weights
        )
        versions.append(TariffVersion(starts[year], (FormatRates(anything, bands),)))
    return Tariff(
        carrier="parcelforce",
        service=code,
        name=f"Parcelforce {name.removeprefix('Parcelforce')}",
        currency="GBP",
        origins=(Area("GB"),),
        zones=tuple(_parcelforce_zones(data)),
        versions=tuple(sorted(versions, key=lambda version: version.since)),
        excluded=(Area("GB"),),
        volumetric=Volumetric(5000),
        tax=TariffTax(Decimal("0.20"), included=True),
        source=_SHIPPY,
    )


def _parcelforce_zones(data: Json) -> Iterator[Zone]:
    """Parcelforce Worldwide zones 4 to 12 (the file's zone lists, in order of precedence)."""
    taken: set[str] = set()
    listed: tuple[tuple[str, Sequence[str]], ...] = (
        ("4", ("JE", "GG", "IM")),
        ("5", ("IE",)),
        ("6", ("BE", "NL", "LU")),
        ("7", ("FR", "DE", "DK")),
        ("8", ("IT", "ES", "PT", "GR")),
        ("9", data["zones"]["euro"]),
        ("9_NON_EU", data["zones"]["europeNonEu"]),
        ("10", ("US", "CA")),
        ("11", (*data["zones"]["farEast"], *data["zones"]["australasia"])),
    )
    for code, countries in listed:
        fresh = [country for country in dict.fromkeys(countries) if country not in taken]
        taken.update(fresh)
        yield Zone(code, tuple(Area(country) for country in fresh))
    yield Zone("12", (Area(ANYWHERE),))
