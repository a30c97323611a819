"""From country and postal code to a point and a zone: the longest postal match wins."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from carriers.areas import Area
from core.places import Destination, GeoPoint, normal_postcode, zone


class Precision(StrEnum):
    """How exactly a destination is known."""

    POSTCODE = "postcode"
    REGION = "region"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class PostalRow:
    """An area by postal range, region (no range) or country (neither): its centre and zone."""

    area: Area
    point: GeoPoint
    zone: str
    region: str = ""

    def __post_init__(self) -> None:
        zone(self.zone)


@dataclass(frozen=True, slots=True)
class ResolvedDestination:
    """Where a cart goes, as far as planning knows; with several zones the later day end counts."""

    destination: Destination
    point: GeoPoint
    zones: tuple[str, ...]
    precision: Precision
    region: str = ""


@dataclass(frozen=True, slots=True)
class UnknownDestination:
    """No row of the imported postcodes covers this country."""

    country: str


class PostalIndex:
    """Looks destinations up; built once per network version."""

    def __init__(self, rows: Sequence[PostalRow]) -> None:
        self._by_start: dict[tuple[str, str], list[PostalRow]] = {}
        self._ranges: dict[str, list[PostalRow]] = {}
        self._regions: dict[tuple[str, str], list[PostalRow]] = {}
        self._countries: dict[str, list[PostalRow]] = {}
        for row in rows:
            country, first = row.area.country, normal_postcode(row.area.first)
            if not first and row.region:
                self._regions.setdefault((country, row.region.casefold()), []).append(row)
            elif not first:
                self._countries.setdefault(country, []).append(row)
            elif first == normal_postcode(row.area.last):
                self._by_start.setdefault((country, first), []).append(row)
            else:
                self._ranges.setdefault(country, []).append(row)
        for ranged in self._ranges.values():
            ranged.sort(key=lambda row: -len(row.area.first))

    def resolve(self, destination: Destination) -> ResolvedDestination | UnknownDestination:
        """The finest row that holds the destination: postcode, else region, else country."""
        row = self._by_postcode(destination)
        if row is not None:
            return ResolvedDestination(
                destination, row.point, (row.zone,), Precision.POSTCODE, row.region
            )
        country = destination.country
        region = destination.region.casefold()
        rows = self._regions.get((country, region), []) if region else []
        if rows:
            return _joined(destination, rows, Precision.REGION)
        rows = self._countries.get(country, [])
        if rows:
            return _joined(destination, rows, Precision.COUNTRY)
        return UnknownDestination(country)

    def _by_postcode(self, destination: Destination) -> PostalRow | None:
        code = normal_postcode(destination.postcode)
        if not code:
            return None
        best: PostalRow | None = None
        for length in range(len(code), 0, -1):
            for row in self._by_start.get((destination.country, code[:length]), ()):
                if row.area.holds(destination):
                    best = row
                    break
            if best is not None:
                break
        for row in self._ranges.get(destination.country, ()):
            if best is not None and len(row.area.first) <= len(best.area.first):
                break
            if row.area.holds(destination):
                return row
        return best


def _joined(
    destination: Destination, rows: list[PostalRow], precision: Precision
) -> ResolvedDestination:
    zones = tuple(dict.fromkeys(row.zone for row in rows))
    return ResolvedDestination(
        destination,
        rows[0].point,
        zones,
        precision,
        rows[0].region if precision == "region" else "",
    )
