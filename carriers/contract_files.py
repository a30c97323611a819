"""Reads and writes a shop's own carrier contract as JSON, naming every fault at once.

The shape is documented in `docs/reference/tariffs.md`; `tariff_to_json` and `tariff_from_json`
are inverse. Prices are minor units by zone, weights g, sides mm, rates decimal strings.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

from carriers.areas import Area
from carriers.contract_names import unknown_names
from carriers.tariffs import (
    Band,
    Basis,
    Format,
    FormatRates,
    Surcharge,
    Tariff,
    TariffTax,
    TariffVersion,
    Volumetric,
    Zone,
)
from core.errors import Fault, InvalidInput
from core.money import Rounding

Json = Mapping[str, Any]
T = TypeVar("T")


class _Faults:
    """Collects what is wrong while reading goes on; `at` is a path such as `versions[0].bands`."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.found: list[Fault] = []

    def add(self, at: str, reason: str) -> None:
        self.found.append(Fault(at, reason, file=self.file))

    def make(self, at: str, build: Callable[[], T]) -> T | None:
        """The built value, or None with the reason noted."""
        try:
            return build()
        except InvalidInput as error:
            for fault in error.faults:
                self.add(f"{at}.{fault.field}", fault.reason)
        except KeyError as error:
            self.add(f"{at}.{error.args[0]}", "is missing")
        except (TypeError, ValueError, AttributeError, InvalidOperation) as error:
            self.add(at, f"is not readable: {error}")
        return None

    def each(self, at: str, rows: object, build: Callable[[Any, str], T]) -> tuple[T, ...]:
        """Every row built; rows that cannot be are noted and left out."""
        if not isinstance(rows, list):
            self.add(at, "must be a list")
            return ()
        made = []
        for index, row in enumerate(rows):
            place = f"{at}[{index}]"
            value = self.make(place, partial(build, row, place))
            if value is not None:
                made.append(value)
        return tuple(made)


def tariff_from_json(data: Json, *, file: str | None = None) -> Tariff:
    """The tariff, checked; raises InvalidInput with every fault (file, path, reason)."""
    faults = _Faults(file)
    for at, reason in unknown_names(data):
        faults.add(at, reason)
    zones = faults.each("zones", data.get("zones", []), _zone)
    known = {zone.code for zone in zones}
    versions = faults.each(
        "versions", data.get("versions", []), lambda row, at: _version(row, at, faults, known)
    )
    surcharges = faults.each("surcharges", data.get("surcharges", []), _surcharge)
    origins = faults.each("origins", data.get("origins", []), _area)
    excluded = faults.each("excluded", data.get("excluded", []), _area)
    _check_zones(zones, faults)
    tariff = None
    if not faults.found:
        tariff = faults.make(
            "tariff",
            lambda: Tariff(
                carrier=_name(data, "carrier"),
                service=_name(data, "service"),
                name=str(data.get("name") or data["service"]),
                currency=_text(data, "currency"),
                origins=origins,
                zones=zones,
                versions=versions,
                excluded=excluded,
                surcharges=surcharges,
                volumetric=_volumetric(data["volumetric"]) if data.get("volumetric") else None,
                tax=_tax(data["tax"]) if data.get("tax") else None,
                source=str(data.get("source", "")),
            ),
        )
    if faults.found or tariff is None:
        raise InvalidInput(faults=faults.found)
    return tariff


def tariff_to_json(tariff: Tariff) -> dict[str, Any]:
    """The tariff as JSON values, readable by `tariff_from_json`."""
    return {
        "carrier": tariff.carrier,
        "service": tariff.service,
        "name": tariff.name,
        "currency": tariff.currency,
        "source": tariff.source,
        "origins": [_area_json(area) for area in tariff.origins],
        "excluded": [_area_json(area) for area in tariff.excluded],
        "zones": [
            {"code": zone.code, "areas": [_area_json(area) for area in zone.areas]}
            for zone in tariff.zones
        ],
        "versions": [_version_json(version) for version in tariff.versions],
        "surcharges": [_surcharge_json(surcharge) for surcharge in tariff.surcharges],
        "volumetric": None
        if tariff.volumetric is None
        else {
            "divisor_mm3_per_g": tariff.volumetric.divisor_mm3_per_g,
            "above_volume_mm3": tariff.volumetric.above_volume_mm3,
            "above_longest_mm": tariff.volumetric.above_longest_mm,
        },
        "tax": None
        if tariff.tax is None
        else {
            "rate": str(tariff.tax.rate),
            "included": tariff.tax.included,
            "label": tariff.tax.label,
        },
    }


def _text(data: Json, key: str) -> str:
    value = data[key]
    if not isinstance(value, str) or not value:
        raise InvalidInput(faults=(Fault(key, "must be a text"),))
    return value


def _name(data: Json, key: str) -> str:
    """What bookings call it: they keep 100 characters."""
    value = _text(data, key)
    if len(value) > 100 or not value.isprintable():
        raise InvalidInput(faults=(Fault(key, "must be 1 to 100 characters that can be printed"),))
    return value


def _whole(data: Json, key: str, *, least: int = 0) -> int:
    value = data[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidInput(faults=(Fault(key, f"must be a whole number of at least {least}"),))
    return value


def _whole_or_none(data: Json, key: str) -> int | None:
    return None if data.get(key) is None else _whole(data, key)


def _flag(data: Json, key: str) -> bool:
    value = data[key]
    if not isinstance(value, bool):
        raise InvalidInput(faults=(Fault(key, "must be true or false"),))
    return value


def _day(data: Json, key: str) -> date | None:
    return None if data.get(key) is None else date.fromisoformat(data[key])


def _area(row: Any, at: str = "") -> Area:
    if isinstance(row, str):
        return Area(row)
    return Area(_text(row, "country"), str(row.get("first", "")), str(row.get("last", "")))


def _area_json(area: Area) -> str | dict[str, str]:
    if not area.first:
        return area.country
    return {"country": area.country, "first": area.first, "last": area.last}


def _zone(row: Any, at: str) -> Zone:
    return Zone(_text(row, "code"), tuple(_area(area) for area in row["areas"]))


def _check_zones(zones: Iterable[Zone], faults: _Faults) -> None:
    owner: dict[Area, str] = {}
    for zone in zones:
        for area in zone.areas:
            other = owner.setdefault(area, zone.code)
            if other != zone.code:
                place = f"{area.country} {area.first}..{area.last}" if area.first else area.country
                faults.add(f"zones.{zone.code}", f"{place} is already in zone {other}")


def _version(row: Any, at: str, faults: _Faults, zones: set[str]) -> TariffVersion:
    formats = faults.each(
        f"{at}.formats", row["formats"], lambda item, place: _format(item, place, faults, zones)
    )
    since = _day(row, "since")
    if since is None:
        raise KeyError("since")
    return TariffVersion(since, formats, _day(row, "until"))


def _format(row: Any, at: str, faults: _Faults, zones: set[str]) -> FormatRates:
    sides = row["max_sides_mm"]
    if not isinstance(sides, list) or len(sides) != 3 or not all(map(_is_side, sides)):
        raise InvalidInput(faults=(Fault("max_sides_mm", "must be three whole numbers of mm"),))
    longest, middle, shortest = sorted(sides, reverse=True)
    shape = Format(
        _text(row, "code"),
        (longest, middle, shortest),
        _whole_or_none(row, "max_length_plus_girth_mm"),
        _whole_or_none(row, "cover_minor"),
    )
    bands = faults.each(
        f"{at}.bands", row["bands"], lambda item, place: _band(item, place, faults, zones)
    )
    for lighter, heavier in pairwise(bands):
        for zone, price in lighter.prices_minor.items():
            if heavier.prices_minor.get(zone, price) < price:
                faults.add(
                    f"{at}.bands",
                    f"zone {zone}: {heavier.max_weight_g} g is cheaper than "
                    f"{lighter.max_weight_g} g",
                )
    return FormatRates(shape, bands)


def _is_side(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _band(row: Any, at: str, faults: _Faults, zones: set[str]) -> Band:
    prices = {zone: _whole(row["prices_minor"], zone) for zone in row["prices_minor"]}
    for zone in prices:
        if zone not in zones:
            faults.add(f"{at}.prices_minor", f"{zone!r} is not a zone of this tariff")
    return Band(_whole(row, "max_weight_g", least=1), prices)


def _surcharge(row: Any, at: str) -> Surcharge:
    return Surcharge(
        code=_text(row, "code"),
        label=str(row.get("label") or row["code"]),
        flat_minor=_whole_or_none(row, "flat_minor") or 0,
        per_kg_minor=_whole_or_none(row, "per_kg_minor") or 0,
        rate=Decimal(str(row.get("rate", "0"))),
        basis=Basis(row.get("basis", Basis.FREIGHT)),
        rounding=Rounding(row.get("rounding", Rounding.HALF_UP)),
        since=_day(row, "since"),
        until=_day(row, "until"),
        residential_only=_flag(row, "residential_only") if "residential_only" in row else False,
        areas=tuple(_area(area) for area in row.get("areas", ())),
        over_longest_mm=_whole_or_none(row, "over_longest_mm"),
        over_length_plus_girth_mm=_whole_or_none(row, "over_length_plus_girth_mm"),
        over_weight_g=_whole_or_none(row, "over_weight_g"),
    )


def _volumetric(row: Json) -> Volumetric:
    return Volumetric(
        _whole(row, "divisor_mm3_per_g", least=1),
        _whole_or_none(row, "above_volume_mm3") or 0,
        _whole_or_none(row, "above_longest_mm") or 0,
    )


def _tax(row: Json) -> TariffTax:
    return TariffTax(
        Decimal(str(row["rate"])), _flag(row, "included"), str(row.get("label", "VAT"))
    )


def _version_json(version: TariffVersion) -> dict[str, Any]:
    return {
        "since": version.since.isoformat(),
        "until": version.until.isoformat() if version.until else None,
        "formats": [
            {
                "code": rates.format.code,
                "max_sides_mm": list(rates.format.max_sides_mm),
                "max_length_plus_girth_mm": rates.format.max_length_plus_girth_mm,
                "cover_minor": rates.format.cover_minor,
                "bands": [
                    {"max_weight_g": band.max_weight_g, "prices_minor": dict(band.prices_minor)}
                    for band in rates.bands
                ],
            }
            for rates in version.formats
        ],
    }


def _surcharge_json(surcharge: Surcharge) -> dict[str, Any]:
    return {
        "code": surcharge.code,
        "label": surcharge.label,
        "flat_minor": surcharge.flat_minor,
        "per_kg_minor": surcharge.per_kg_minor,
        "rate": str(surcharge.rate),
        "basis": surcharge.basis.value,
        "rounding": surcharge.rounding.value,
        "since": surcharge.since.isoformat() if surcharge.since else None,
        "until": surcharge.until.isoformat() if surcharge.until else None,
        "residential_only": surcharge.residential_only,
        "areas": [_area_json(area) for area in surcharge.areas],
        "over_longest_mm": surcharge.over_longest_mm,
        "over_length_plus_girth_mm": surcharge.over_length_plus_girth_mm,
        "over_weight_g": surcharge.over_weight_g,
    }
