"""Finds what is odd in a tariff that can be read: gaps, dead zones, dates, units. Pure.

An `ERROR` makes prices wrong or missing where the contract surely has one; a `WARNING` may be meant.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import combinations, pairwise

from carriers.areas import Area, best_match
from carriers.tariffs import FormatRates, Surcharge, Tariff, TariffVersion
from core.places import Destination

USUAL_DIVISORS = range(3000, 10_001)  # mm3 per g; carriers use 4000 to 6000
HEAVIEST_G = 2_000_000  # a heavier band is a mistake of unit


class Severity(StrEnum):
    """How sure it is that something is wrong."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is odd, and where (a path of the JSON shape)."""

    severity: Severity
    at: str
    reason: str


def check_tariff(tariff: Tariff, *, today: date, currencies: Set[str]) -> list[Finding]:
    """All findings, errors first; `currencies` are the codes in use (ISO 4217)."""
    found = [
        *_heads(tariff, currencies),
        *_zones(tariff),
        *_dates(tariff.versions, today),
        *(one for n, version in enumerate(tariff.versions) for one in _version(tariff, version, n)),
        *_surcharges(tariff),
    ]
    return sorted(found, key=lambda one: one.severity is Severity.WARNING)


def _error(at: str, reason: str) -> Finding:
    return Finding(Severity.ERROR, at, reason)


def _warning(at: str, reason: str) -> Finding:
    return Finding(Severity.WARNING, at, reason)


def _heads(tariff: Tariff, currencies: Set[str]) -> Iterator[Finding]:
    if tariff.currency not in currencies:
        yield _error("currency", f"{tariff.currency!r} is not a currency")
    if not tariff.origins:
        yield _error("origins", "no parcel may start anywhere")
    if tariff.tax is not None and not 0 <= tariff.tax.rate < 1:
        yield _error("tax.rate", f"{tariff.tax.rate} is not a share (0.19 is 19 %)")
    volumetric = tariff.volumetric
    if volumetric is not None and volumetric.divisor_mm3_per_g not in USUAL_DIVISORS:
        yield _warning(
            "volumetric.divisor_mm3_per_g",
            f"{volumetric.divisor_mm3_per_g} is unusual; 5000 cm3/kg is 5000 mm3/g",
        )


def _zones(tariff: Tariff) -> Iterator[Finding]:
    if not tariff.zones:
        yield _error("zones", "there is none")
    for zone in tariff.zones:
        at = f"zones.{zone.code}"
        if not zone.areas:
            yield _warning(at, "no area belongs to it")
        elif all(_is_covered(area, tariff.excluded) for area in zone.areas):
            yield _error(at, "all of it is excluded")
    codes = [zone.code for zone in tariff.zones]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield _error(f"zones.{code}", "stands twice")
    for one, other in combinations(tariff.zones, 2):
        for first in one.areas:
            for second in other.areas:
                if one.code != other.code and _are_ambiguous(first, second):
                    yield _error(
                        f"zones.{other.code}",
                        f"{_named(second)} overlaps {_named(first)} of zone {one.code}",
                    )


def _is_covered(area: Area, others: Iterable[Area]) -> bool:
    """Whether one other area holds both ends of this one."""
    return any(
        other.country == area.country
        and (not other.first or (bool(area.first) and _holds_end(other, area)))
        for other in others
    )


def _holds_end(outer: Area, inner: Area) -> bool:
    return outer.holds(Destination(inner.country, inner.first)) and outer.holds(
        Destination(inner.country, inner.last)
    )


def _are_ambiguous(one: Area, other: Area) -> bool:
    """Overlapping postal ranges of the same fineness: neither is the more specific one."""
    if one.country != other.country or not one.first or not other.first:
        return False
    if one == other or one.precision != other.precision:
        return False
    return any(
        outer.holds(Destination(inner.country, end))
        for outer, inner in ((one, other), (other, one))
        for end in (inner.first, inner.last)
    )


def _named(area: Area) -> str:
    return f"{area.country} {area.first}..{area.last}" if area.first else area.country


def _dates(versions: tuple[TariffVersion, ...], today: date) -> Iterator[Finding]:
    for number, version in enumerate(versions):
        if version.until is not None and version.until <= version.since:
            yield _error(f"versions[{number}].until", "is not after since")
    for number, (version, later) in enumerate(pairwise(versions)):
        if version.until is None or version.until <= version.since:
            continue
        if version.until < later.since:
            yield _error(
                f"versions[{number}].until", f"no price from {version.until} until {later.since}"
            )
        elif version.until > later.since:
            yield _warning(
                f"versions[{number}].until",
                f"{version.until} is not reached: the next version begins on {later.since}",
            )
    if versions[0].since > today:
        yield _warning("versions[0].since", f"no price before {versions[0].since}")
    last = versions[-1]
    if last.until is not None and last.until <= today:
        yield _error(f"versions[{len(versions) - 1}].until", f"no price since {last.until}")


def _version(tariff: Tariff, version: TariffVersion, number: int) -> Iterator[Finding]:
    at = f"versions[{number}]"
    if not version.formats:
        yield _error(f"{at}.formats", "there is none")
    priced = {
        zone for rates in version.formats for band in rates.bands for zone in band.prices_minor
    }
    for zone in tariff.zones:
        if zone.code not in priced:
            yield _warning(at, f"zone {zone.code} has no price: nothing goes there")
    for rates in version.formats:
        yield from _bands(f"{at}.formats.{rates.format.code}", rates)
    for one, other in combinations(version.formats, 2):
        if one.format.code == other.format.code:
            yield _error(f"{at}.formats.{one.format.code}", "stands twice")
        elif (one.format.max_sides_mm, one.format.cover_minor) == (
            other.format.max_sides_mm,
            other.format.cover_minor,
        ) and one.format.max_length_plus_girth_mm == other.format.max_length_plus_girth_mm:
            yield _warning(
                f"{at}.formats.{other.format.code}",
                f"holds the same parcels as {one.format.code}; the cheaper one counts",
            )


def _bands(at: str, rates: FormatRates) -> Iterator[Finding]:
    weights = [band.max_weight_g for band in rates.bands]
    if weights[-1] > HEAVIEST_G:
        yield _warning(f"{at}.bands", f"{weights[-1]} g: is that in g?")
    zones = sorted({zone for band in rates.bands for zone in band.prices_minor})
    for zone in zones:
        has = [zone in band.prices_minor for band in rates.bands]
        last = len(has) - 1 - has[::-1].index(True)
        for weight_g, next_g, priced in zip(weights, weights[1:], has[:last], strict=False):
            if not priced:
                yield _error(
                    f"{at}.bands",
                    f"zone {zone} has no price up to {weight_g} g; it would pay that of {next_g} g",
                )
    for band in rates.bands:
        free = sorted(zone for zone, price in band.prices_minor.items() if price == 0)
        if free:
            yield _warning(
                f"{at}.bands",
                f"up to {band.max_weight_g} g costs nothing in zone {', '.join(free)}",
            )


def _surcharges(tariff: Tariff) -> Iterator[Finding]:
    codes = [surcharge.code for surcharge in tariff.surcharges]
    for number, surcharge in enumerate(tariff.surcharges):
        at = f"surcharges[{number}]"
        if not (surcharge.flat_minor or surcharge.per_kg_minor or surcharge.rate):
            yield _error(at, f"{surcharge.code} has no amount")
        if not Decimal(-1) < surcharge.rate < Decimal(1):
            yield _error(f"{at}.rate", f"{surcharge.rate} is not a share (0.0725 is 7.25 %)")
        if surcharge.since and surcharge.until and surcharge.until <= surcharge.since:
            yield _error(f"{at}.until", "is not after since")
        if codes.index(surcharge.code) != number and not _are_apart(tariff, surcharge, number):
            yield _warning(at, f"{surcharge.code} stands twice: both may be charged")
        for area in surcharge.areas:
            served = any(_touches(area, one) for zone in tariff.zones for one in zone.areas)
            if not served:
                yield _warning(f"{at}.areas", f"{_named(area)} is in no zone")


def _are_apart(tariff: Tariff, surcharge: Surcharge, number: int) -> bool:
    """Whether earlier surcharges of the same code are never in force with this one."""
    return all(
        (other.until is not None and surcharge.since is not None and other.until <= surcharge.since)
        or (
            surcharge.until is not None
            and other.since is not None
            and surcharge.until <= other.since
        )
        for other in tariff.surcharges[:number]
        if other.code == surcharge.code
    )


def _touches(area: Area, zone_area: Area) -> bool:
    if zone_area.country == "*" or area.country == "*":
        return True
    if area.country != zone_area.country:
        return False
    if not area.first or not zone_area.first:
        return True
    ends = (area.first, area.last)
    return any(
        best_match((zone_area,), Destination(area.country, end)) is not None for end in ends
    ) or area.holds(Destination(area.country, zone_area.first))
