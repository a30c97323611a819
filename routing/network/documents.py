"""The import files that are JSON documents: marketplace, tariffs, policies, areas."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from carriers.contract_files import tariff_from_json
from carriers.tariffs import Surcharge, Tariff, TariffTax, Volumetric
from core.errors import Fault, InvalidInput, invalid
from core.places import zone
from routing.network import cells
from routing.network.canonical import from_plain, to_plain
from routing.network.network import Marketplace
from routing.network.policies import ChargePolicy, ChargeRule, Policy, SplitRules

Value = TypeVar("Value")
_MISSING = object()
Published = Mapping[tuple[str, str], Tariff]
"""Bundled price lists by (carrier, service)."""


def _parsed(files: Mapping[str, str], name: str, faults: list[Fault], *, required: bool) -> Any:
    if name not in files:
        if required:
            faults.append(Fault("file", "is missing", name))
        return _MISSING
    try:
        return json.loads(files[name].removeprefix("\ufeff"), parse_float=str)
    except ValueError as error:
        faults.append(Fault("file", f"not JSON: {error}", name))
        return _MISSING


def _attempt(
    name: str, row: int | None, faults: list[Fault], make: Callable[[], Value]
) -> Value | None:
    try:
        return make()
    except InvalidInput as error:
        faults.extend(Fault(fault.field, fault.reason, name, row) for fault in error.faults)
        return None


def _objects(plain: Any, name: str, faults: list[Fault]) -> list[tuple[int, dict[str, Any]]]:
    if not isinstance(plain, list):
        faults.append(Fault("file", "is not a list of objects", name))
        return []
    found = []
    for row, item in enumerate(plain, start=1):
        if isinstance(item, dict):
            found.append((row, item))
        else:
            faults.append(Fault("row", "is not an object", name, row))
    return found


def read_marketplace(files: Mapping[str, str], faults: list[Fault]) -> Marketplace | None:
    """`marketplace.json`: one object."""
    name = "marketplace.json"
    plain = _parsed(files, name, faults, required=True)
    if plain is _MISSING:
        return None

    def make() -> Marketplace:
        marketplace = from_plain(Marketplace, plain)
        zone(marketplace.zone)
        for field, parse in (("currency", cells.currency), ("country", cells.country)):
            try:
                parse(getattr(marketplace, field))
            except ValueError as error:
                raise invalid(field, str(error)) from None
        return marketplace

    return _attempt(name, None, faults, make)


def read_tariffs(
    files: Mapping[str, str], published: Published, faults: list[Fault]
) -> tuple[tuple[str, Tariff], ...]:
    """`tariffs.json`: published price lists by name, with surcharges of one's own, or contracts."""
    name = "tariffs.json"
    plain = _parsed(files, name, faults, required=True)
    if plain is _MISSING:
        return ()
    tariffs: dict[str, Tariff] = {}
    for row, item in _objects(plain, name, faults):
        code = item.get("tariff")
        if not isinstance(code, str) or not code:
            faults.append(Fault("tariff", "is missing", name, row))
            continue
        if code in tariffs:
            faults.append(Fault("tariff", f"{code!r} stands twice", name, row))
        made = _attempt(name, row, faults, lambda item=item: _tariff(item, published))  # type: ignore[misc]
        if made is not None:
            tariffs[code] = made
    return tuple(sorted(tariffs.items()))


def _tariff(item: dict[str, Any], published: Published) -> Tariff:
    unknown = item.keys() - {"tariff", "published", "contract", "surcharges", "volumetric", "tax"}
    if unknown:
        raise invalid(min(unknown), "unknown field")
    if ("published" in item) == ("contract" in item):
        raise invalid("published", "name a published price list or give a contract")
    if "contract" in item:
        if not isinstance(item["contract"], dict):
            raise invalid("contract", "is not an object")
        return tariff_from_json(item["contract"])
    carrier, _, service = str(item["published"]).partition("/")
    tariff = published.get((carrier, service))
    if tariff is None:
        raise invalid("published", f"there is no bundled price list {item['published']!r}")
    surcharges = tuple(
        from_plain(Surcharge, plain, f"surcharges[{n}]")
        for n, plain in enumerate(item.get("surcharges", []))
    )
    volumetric = item.get("volumetric")
    tax = item.get("tax")
    return dataclasses.replace(
        tariff,
        surcharges=surcharges or tariff.surcharges,
        volumetric=tariff.volumetric
        if volumetric is None
        else from_plain(Volumetric, volumetric, "volumetric"),
        tax=tariff.tax if tax is None else from_plain(TariffTax, tax, "tax"),
    )


def read_policies(
    files: Mapping[str, str], faults: list[Fault], *, currency: str | None = None
) -> tuple[Policy, ...]:
    """`policies.json`: a list of policies, the first code is the default one.

    Charges are stated in the settlement `currency` (None: not known, so not checked).
    """
    name = "policies.json"
    plain = _parsed(files, name, faults, required=True)
    if plain is _MISSING:
        return ()
    policies = []
    for row, item in _objects(plain, name, faults):
        policy = _attempt(name, row, faults, lambda item=item: _policy(item))  # type: ignore[misc]
        policies.extend([policy] if policy is not None else [])
        if policy is not None and currency is not None:
            foreign = sorted(_currencies(policy.charges) - {currency})
            reason = f"charges are stated in {currency}, not {', '.join(foreign)}"
            faults.extend([Fault("charges", reason, name, row)] if foreign else [])
    seen = [(policy.code, policy.version) for policy in policies]
    for code, version in sorted({key for key in seen if seen.count(key) > 1}):
        faults.append(Fault("version", f"{code} {version} stands twice", name))
    if not policies and not any(fault.file == name for fault in faults):
        faults.append(Fault("file", "holds no policy", name))
    return tuple(policies)


def _currencies(charges: ChargePolicy) -> set[str]:
    rules = [charges.default, *(rule for _, rule in (*charges.by_group, *charges.by_seller))]
    amounts = [amount for rule in rules for amount in (rule.amount, rule.free_above)]
    return {amount.currency for amount in amounts if amount is not None}


_POLICY_FIELDS = {
    "policy", "version", "level", "date_rule", "lateness_cost_days", "hold_min", "splits", "co2", "options", "charges",
    "valid_from", "valid_to", "returns", "notices",
}  # fmt: skip


def _policy(item: dict[str, Any]) -> Policy:
    unknown = item.keys() - _POLICY_FIELDS
    if unknown:
        raise invalid(min(unknown), "unknown field")
    hold = item.get("hold_min", 30)
    if not isinstance(hold, int) or isinstance(hold, bool):
        raise invalid("hold_min", "expected a whole number of minutes")
    charges = item.get("charges")
    if not isinstance(charges, dict):
        raise invalid("charges", "is missing")
    defaults = to_plain(SplitRules())
    given: dict[str, Any] = {
        "code": item.get("policy"),
        "version": item.get("version"),
        "charges": to_plain(_charges(charges)),
        "hold": hold * 60,
        "splits": {**defaults, **item.get("splits", {})},
        "returns_json": json.dumps(item.get("returns", {}), sort_keys=True),
        "notices_json": json.dumps(item.get("notices", {}), sort_keys=True),
    }
    as_they_are = ("level", "co2", "date_rule", "lateness_cost_days", "valid_from", "valid_to")
    given.update({key: item[key] for key in as_they_are if key in item})
    if "options" in item:
        given["option_names"] = item["options"]
    return from_plain(Policy, given)


def _charges(plain: dict[str, Any]) -> ChargePolicy:
    unknown = plain.keys() - {"default", "by_group", "by_seller"}
    if unknown:
        raise invalid(f"charges.{min(unknown)}", "unknown field")

    def rules(field: str) -> tuple[tuple[str, ChargeRule], ...]:
        return tuple(
            (who, from_plain(ChargeRule, rule, f"charges.{field}.{who}"))
            for who, rule in plain.get(field, {}).items()
        )

    default = from_plain(ChargeRule, plain.get("default"), "charges.default")
    return ChargePolicy(default, rules("by_group"), rules("by_seller"))


def read_shapes(files: Mapping[str, str], faults: list[Fault]) -> str:
    """`areas.geojson`: polygons by their property `area`, checked, as one canonical JSON text."""
    import shapely
    from shapely.geometry import shape

    name = "areas.geojson"
    plain = _parsed(files, name, faults, required=False)
    if plain is _MISSING:
        return "{}"
    shapes: dict[str, Any] = {}
    features = plain.get("features") if isinstance(plain, dict) else None
    if not isinstance(features, list):
        faults.append(Fault("features", "is not a GeoJSON FeatureCollection", name))
        return "{}"
    numbers = json.loads(files[name].removeprefix("\ufeff"))["features"]
    for row, feature in enumerate(numbers, start=1):
        code = (feature.get("properties") or {}).get("area") if isinstance(feature, dict) else None
        if not isinstance(code, str) or not code:
            faults.append(Fault("properties.area", "is missing", name, row))
            continue
        try:
            polygon = shape(feature["geometry"])
        except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError):
            faults.append(Fault("geometry", "is not a GeoJSON geometry", name, row))
            continue
        if polygon.geom_type not in ("Polygon", "MultiPolygon") or not polygon.is_valid:
            faults.append(Fault("geometry", "is not a valid polygon", name, row))
            continue
        shapes[code] = feature["geometry"]
    return json.dumps(shapes, sort_keys=True, separators=(",", ":"))
