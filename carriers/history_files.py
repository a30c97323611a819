"""Reads service-choice rules (JSON) and shipped parcels (CSV) for a dry run, naming every fault. Pure."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from carriers.service_rules import NO_LIMIT, PastParcel, ServiceRule
from core.errors import Fault, InvalidInput, invalid
from core.money import Money
from core.places import Destination
from core.units import Dimensions

COLUMNS = (
    "shipped_on",
    "from_country",
    "from_postcode",
    "to_country",
    "to_postcode",
    "weight_g",
    "length_mm",
    "width_mm",
    "height_mm",
    "cost_minor",
    "currency",
)
_LIMITS = ("min_weight_g", "max_weight_g", "max_longest_mm")
_RULE_NAMES = frozenset({"name", "carrier", "service", "countries", *_LIMITS})


def rules_from_json(text: str) -> list[ServiceRule]:
    """Rules in order: `{"name", "carrier", "service", "countries", "min_weight_g", "max_weight_g",
    "max_longest_mm"}`; the last four may be left out. Raises InvalidInput with every fault."""
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise invalid("rules", f"is not JSON: {error}") from error
    if not isinstance(rows, list) or not rows:
        raise invalid("rules", "must be a list of rules")
    faults: list[Fault] = []
    rules: list[ServiceRule] = []
    for number, row in enumerate(rows):
        try:
            rules.append(_rule(row))
        except InvalidInput as error:
            faults += [Fault(f"[{number}].{one.field}", one.reason) for one in error.faults]
    names = [rule.name for rule in rules]
    faults += [Fault(name, "stands twice") for name in sorted(set(names)) if names.count(name) > 1]
    if faults:
        raise InvalidInput(faults=faults)
    return rules


def _rule(row: Any) -> ServiceRule:
    if not isinstance(row, dict):
        raise invalid("rule", "must be an object")
    faults = [Fault(str(name), "is not known") for name in sorted(row.keys() - _RULE_NAMES)]
    faults += [
        Fault(name, "must be a text")
        for name in ("name", "carrier", "service")
        if not isinstance(row.get(name), str) or not row[name]
    ]
    faults += [
        Fault(name, "must be a whole number")
        for name in _LIMITS
        if not isinstance(row.get(name, 0), int) or isinstance(row.get(name), bool)
    ]
    countries = row.get("countries", [])
    if not isinstance(countries, list) or not all(
        isinstance(one, str) and len(one) == 2 and one.isupper() for one in countries
    ):
        faults.append(Fault("countries", "must be a list of ISO 3166-1 alpha-2 codes"))
    if faults:
        raise InvalidInput(faults=faults)
    return ServiceRule(
        name=row["name"],
        service=(row["carrier"], row["service"]),
        countries=frozenset(countries),
        min_weight_g=row.get("min_weight_g", 0),
        max_weight_g=row.get("max_weight_g", NO_LIMIT),
        max_longest_mm=row.get("max_longest_mm", NO_LIMIT),
    )


def history_from_csv(text: str) -> Iterator[PastParcel]:
    """Shipped parcels, one a line, with the columns `COLUMNS`; raises InvalidInput at a bad line."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInput(faults=[Fault(name, "is missing") for name in missing])
    try:
        for row in reader:
            try:
                yield _past(row)
            except InvalidInput as error:
                faults = [Fault(one.field, one.reason, row=reader.line_num) for one in error.faults]
                raise InvalidInput(faults=faults) from error
    except csv.Error as error:
        raise invalid(f"line {reader.line_num}", f"is not CSV: {error}") from error


def _past(row: Mapping[str, str | None]) -> PastParcel:
    def text(name: str) -> str:
        return (row.get(name) or "").strip()

    def whole(name: str) -> int:
        value = text(name)
        if not (value.isascii() and value.isdigit() and len(value) <= 12):
            raise invalid(name, f"{value[:40]!r} is not a whole number")
        return int(value)

    try:
        day = date.fromisoformat(text("shipped_on"))
    except ValueError:
        raise invalid("shipped_on", f"{text('shipped_on')[:40]!r} is not a date") from None
    if whole("weight_g") == 0:
        raise invalid("weight_g", "must be a positive whole number of grams")
    return PastParcel(
        Destination(text("from_country"), text("from_postcode")),
        Destination(text("to_country"), text("to_postcode")),
        whole("weight_g"),
        Dimensions(whole("length_mm"), whole("width_mm"), whole("height_mm")),
        day,
        Money(whole("cost_minor"), text("currency")),
    )
