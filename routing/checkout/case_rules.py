"""The optional field `rules` of a planning case: side constraints on its cart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.errors import InvalidInput, invalid
from routing.checkout import fields
from routing.checkout.rules import NO_RULES, Pin, PinTo, Rules, Without, faults_of

KEYS = frozenset("max_parcels_per_seller whole_lines without_sellers without together pins".split())


def read_rules(case: Mapping[str, Any], lines: Sequence[str]) -> Rules:
    """The rules of a case, NO_RULES without any; raises InvalidInput naming the field."""
    if "rules" not in case:
        return NO_RULES
    given = fields.mapping(case, "rules", "")
    unknown = given.keys() - KEYS
    if unknown:
        raise invalid(f"rules.{min(unknown)}", "unknown field")
    most = given.get("max_parcels_per_seller")
    rules = Rules(
        max_parcels_per_seller=None
        if most is None
        else fields.whole_at(most, "rules.max_parcels_per_seller", 1),
        whole_lines=tuple(_texts(given, "whole_lines")),
        without_sellers=tuple(_texts(given, "without_sellers")),
        without=tuple(
            Without(fields.text(row, "line", path), fields.text(row, "seller", path))
            for path, row in _rows(given, "without")
        ),
        together=tuple(_groups(given)),
        pins=tuple(_pin(row, path) for path, row in _rows(given, "pins")),
    )
    faults = faults_of(rules, dict.fromkeys(lines, ""))
    if faults:
        raise InvalidInput(faults=faults)
    return rules


def rules_as_json(rules: Rules) -> dict[str, Any]:
    """`{"rules": …}` for a case, empty without rules; the most parcels are the case's own field."""
    rules = replace(rules, max_parcels=None)
    if not rules.any:
        return {}
    written: dict[str, Any] = {
        "max_parcels_per_seller": rules.max_parcels_per_seller,
        "whole_lines": list(rules.whole_lines),
        "without_sellers": list(rules.without_sellers),
        "without": [{"line": one.line, "seller": one.seller} for one in rules.without],
        "together": [list(group) for group in rules.together],
        "pins": [{"line": pin.line, "to": pin.to.value, "code": pin.code} for pin in rules.pins],
    }
    return {"rules": {key: value for key, value in written.items() if value}}


def _texts(given: Mapping[str, Any], key: str) -> list[str]:
    return fields.texts(given, key, "rules.") if key in given else []


def _rows(given: Mapping[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return fields.objects(given, key, "rules.") if key in given else iter(())


def _groups(given: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    rows = fields.listed(given, "together", "rules.") if "together" in given else []
    for place, group in enumerate(rows):
        name = f"together[{place}]"
        yield tuple(fields.texts({name: group}, name, "rules."))


def _pin(row: Mapping[str, Any], path: str) -> Pin:
    to = fields.text(row, "to", path)
    if to not in set(PinTo):
        raise invalid(f"{path}to", f"must be one of {', '.join(PinTo)}")
    return Pin(fields.text(row, "line", path), PinTo(to), fields.text(row, "code", path))
