"""What a network must not say: contradictions between rows that each are fine alone."""

from collections.abc import Iterator

from core.errors import Fault
from routing.network.records import Record, Records


def contradictions(records: Records) -> list[Fault]:
    """Every contradiction, at the row that should change."""
    return [
        *_places(records),
        *_offers(records),
        *_services(records),
        *_lanes(records),
        *_validity(records),
    ]


def _places(records: Records) -> Iterator[Fault]:
    opening = {row["location"] for name in ("openings", "special_days") for row in records.of(name)}
    for row in records.of("locations"):
        if row["kind"] == "pickup_point":
            continue
        if not row["box_set"]:
            yield row.fault("box_set", f"{row['location']} has no boxes to pack into")
        if row["location"] not in opening:
            yield row.fault("location", f"{row['location']} never opens")
    kinds = _by(records, "locations", "location")
    for row in records.of("hubs"):
        place = kinds.get(row["hub"])
        if place is not None and place["kind"] != "hub":
            yield row.fault("hub", f"{row['hub']} is not a location of kind hub")
        if place is not None and place["seller"]:
            yield row.fault("hub", f"{row['hub']} belongs to a seller; a hub is the marketplace's")


def _offers(records: Records) -> Iterator[Fault]:
    places = _by(records, "locations", "location")
    for row in records.of("offers"):
        place = places.get(row["location"])
        if place is None:
            continue  # told already
        if place["seller"] not in ("", row["seller"]):
            reason = f"{place['location']} belongs to {place['seller']}, not {row['seller']}"
            yield row.fault("location", reason)
        if place["kind"] == "pickup_point":
            yield row.fault("location", f"{place['location']} is a pickup point")


def _services(records: Records) -> Iterator[Fault]:
    for file, lack in (
        ("coverage", "delivers nowhere"),
        ("pickups", "collects nowhere"),
        ("transit", "has no transit times"),
    ):
        named = {row.raw.get("service", "").strip() for row in records.raw.get(file, [])}
        for row in records.of("services"):
            if row["service"] not in named:
                yield row.fault("service", f"{row['service']} {lack}: no row in {file}")
    known = set(_by(records, "locations", "location"))
    for row in records.of("transit"):
        is_country = len(row["origin"]) == 2 and row["origin"].isupper()
        if row["origin"] != "*" and row["origin"] not in known and not is_country:
            yield row.fault("origin", f"{row['origin']!r} is neither a location, a country nor *")


def _lanes(records: Records) -> Iterator[Fault]:
    seen: dict[tuple[str, str], int] = {}
    departing = {row["lane"] for row in records.of("departures")}
    for row in records.of("lanes"):
        pair = (row["origin"], row["hub"])
        if pair in seen:
            yield row.fault("hub", f"{' to '.join(pair)} has a lane in row {seen[pair]} already")
        seen.setdefault(pair, row.row)
        if row["origin"] == row["hub"]:
            yield row.fault("origin", f"{row['hub']} feeds itself")
        if row["lane"] not in departing:
            yield row.fault("lane", f"{row['lane']} never departs: no row in departures")


def _validity(records: Records) -> Iterator[Fault]:
    for name in ("offers", "services", "taxes", "duties"):
        for row in records.of(name):
            first, last = row["valid_from"], row["valid_to"]
            if first is not None and last is not None and last < first:
                yield row.fault("valid_to", "ends before it begins")


def _by(records: Records, name: str, column: str) -> dict[str, Record]:
    return {row[column]: row for row in records.of(name)}
