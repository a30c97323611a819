"""Verify the side constraints of a case (`rules`) on a plan, from the JSON of both alone."""

from collections.abc import Iterator, Mapping
from typing import Any


def broken_rules(case: Mapping[str, Any], parcels: list[dict[str, Any]]) -> Iterator[str]:
    """Each rule that these parcels break, in one line; they are known to be well formed."""
    rules = case.get("rules") or {}
    sellers = {name: place["seller"] for name, place in case["locations"].items()}
    kinds = {service["id"]: service.get("kind", "") for service in case["services"]}
    holds = [{row["line"] for row in parcel["contents"]} for parcel in parcels]
    groups = [*rules.get("together", []), *([line] for line in rules.get("whole_lines", []))]
    for group in groups:
        touched = [held for held in holds if held & set(group)]
        if len(touched) > 1:
            yield f"lines {', '.join(sorted(group))} are in {len(touched)} parcels, not in one"
    most = rules.get("max_parcels_per_seller", len(parcels))
    for seller in sorted(set(sellers.values())):
        count = sum(
            any(sellers[row["location"]] == seller for row in parcel["contents"])
            for parcel in parcels
        )
        if count > most:
            yield f"{count} parcels of seller {seller!r}, at most {most} allowed"
    barred = rules.get("without_sellers", [])
    apart = {(row["line"], row["seller"]) for row in rules.get("without", [])}
    for parcel in parcels:
        for row in parcel["contents"]:
            line, location = row["line"], row["location"]
            seller = sellers[location]
            if seller in barred or (line, seller) in apart:
                yield f"line {line!r} comes from seller {seller!r}, who is left out"
            seen = {
                "seller": seller,
                "location": location,
                "service": kinds[parcel["service"]],
                "hub": parcel["node"],
            }
            for pin in rules.get("pins", []):
                if pin["line"] == line and seen[pin["to"]] != pin["code"]:
                    yield f"line {line!r} is pinned to {pin['to']} {pin['code']!r}"
