"""Read Lanewise's own JSON of a day to plan; `docs/reference/tours-format.md` describes it.

Every fault is told with its place, all at once where possible.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.errors import Fault, InvalidInput, LanewiseError, invalid
from core.money import Money
from core.places import GeoPoint
from routing.tours.problem import (
    ALWAYS,
    HORIZON_S,
    Break,
    Kind,
    Loading,
    Matrix,
    Objective,
    Problem,
    Rules,
    Stop,
    VehicleType,
    Windows,
    clean_cells,
)
from routing.tours.travel import DETOUR, SPEED_KMH, geodesic_matrix, mean_speed_kmh

DIMENSIONS = ("weight_g", "volume_mm3", "parcels")
UNITS_PER_MINOR = 18_000
"""Cost units to a minor unit: one minor unit a kilometre is 18 a metre, one an hour 5 a second."""
PER_KM, PER_HOUR = 18, 5
NO_LIMIT = 10**12
NO_CURRENCY = "XXX"  # ISO 4217: costs in no currency

DAY_FIELDS = frozenset(
    "name currency objective depots travel vehicles stops shipments rules".split()
)
VEHICLE_FIELDS = frozenset(
    """number count name capacity shift start end fixed_minor per_km_minor per_hour_minor
    overtime_per_hour_minor paid_s overtime_s max_distance_m skills breaks reloads
    loading""".split()
)
STOP_FIELDS = frozenset(
    """number lat lon location kind load windows service_s release_s prize_minor skills goods
    vehicles name""".split()
)


def read_day(document: object, *, file: str = "") -> Problem:
    """A problem from the parsed JSON; raises InvalidInput with every fault found."""
    day = _object(document, "day", DAY_FIELDS)
    depots = [_object(d, f"depots[{i}]", None) for i, d in enumerate(_list(day, "depots"))]
    if not depots:
        raise invalid("depots", "there must be at least one")
    faults: list[Fault] = []
    stops: list[tuple[dict[str, Any], Kind | None]] = [
        (_object(s, f"stops[{i}]", STOP_FIELDS), None) for i, s in enumerate(_list(day, "stops"))
    ]
    shipments = []
    for i, item in enumerate(_list(day, "shipments")):
        shipment = _object(item, f"shipments[{i}]", frozenset({"pickup", "delivery", "load"}))
        both = []
        for end, kind in (("pickup", Kind.PICKUP), ("delivery", Kind.DROP)):
            place = _object(shipment.get(end), f"shipments[{i}].{end}", STOP_FIELDS)
            stops.append(({**place, "load": shipment.get("load", {})}, kind))
            both.append(len(stops) - 1)
        shipments.append((both[0], both[1]))
    vehicles = _vehicles(day, len(depots), faults)
    built = [
        _caught(_stop, faults, spec, kind, len(depots) + i) for i, (spec, kind) in enumerate(stops)
    ]
    if faults:
        raise InvalidInput(faults=[Fault(f.field, f.reason, file or None, f.row) for f in faults])
    ready = tuple(stop for stop in built if stop is not None)
    matrix = _matrix(day, depots, [spec for spec, _ in stops], vehicles)
    return Problem(
        name=_text(day, "name", "", file),
        stops=ready,
        vehicles=vehicles,
        matrices=(matrix,),
        shipments=tuple(shipments),
        rules=_rules(day, {stop.number: i for i, stop in enumerate(ready)}),
        objective=_choice(Objective, day.get("objective", "cost"), "objective"),
        scale=UNITS_PER_MINOR,
        currency=_currency(day),
        depot_at=_point(depots[0], "depots[0]").lon_lat if "lat" in depots[0] else None,
    )


def _vehicles(day: Mapping[str, Any], depots: int, faults: list[Fault]) -> tuple[VehicleType, ...]:
    found, next_number = [], 1
    for i, item in enumerate(_list(day, "vehicles")):
        where = f"vehicles[{i}]"
        try:
            spec = _object(item, where, VEHICLE_FIELDS)
            first = _whole(spec, "number", where, next_number, least=1)
            count = _whole(spec, "count", where, 1, least=1, most=10_000)
            vehicle = _vehicle(spec, where, first, count, depots)
        except InvalidInput as error:
            faults += error.faults
            continue
        next_number = first + count
        found.append(vehicle)
    if not found and not faults:
        faults.append(Fault("vehicles", "there must be at least one"))
    return tuple(found)


def _vehicle(
    spec: Mapping[str, Any], where: str, first: int, count: int, depots: int
) -> VehicleType:
    capacity = _object(spec.get("capacity", {}), f"{where}.capacity", frozenset(DIMENSIONS))
    shift = _span(spec.get("shift", [0, 86_400]), f"{where}.shift")
    start = _whole(spec, "start", where, 0, most=depots - 1)
    return VehicleType(
        numbers=tuple(range(first, first + count)),
        capacity=tuple(_whole(capacity, d, f"{where}.capacity", NO_LIMIT) for d in DIMENSIONS),
        start=start,
        end=_whole(spec, "end", where, start, most=depots - 1),
        shift=shift,
        fixed_cost=UNITS_PER_MINOR * _whole(spec, "fixed_minor", where, 0),
        cost_per_m=PER_KM * _whole(spec, "per_km_minor", where, 0),
        cost_per_s=PER_HOUR * _whole(spec, "per_hour_minor", where, 0),
        paid_s=_whole(spec, "paid_s", where, HORIZON_S),
        overtime_s=_whole(spec, "overtime_s", where, 0),
        cost_per_overtime_s=PER_HOUR * _whole(spec, "overtime_per_hour_minor", where, 0),
        max_distance_m=_whole(spec, "max_distance_m", where, HORIZON_S),
        skills=frozenset(_words(spec, "skills", where)),
        breaks=tuple(
            _break(item, f"{where}.breaks[{b}]") for b, item in enumerate(_list(spec, "breaks"))
        ),
        reloads=_whole(spec, "reloads", where, 0, most=1000),
        loading=_choice(Loading, spec.get("loading", "any"), f"{where}.loading"),
        name=_text(spec, "name", where),
    )


def _break(item: object, where: str) -> Break:
    spec = _object(item, where, frozenset({"window", "duration_s"}))
    earliest, latest = _span(spec.get("window"), f"{where}.window")
    return Break(earliest, latest, _whole(spec, "duration_s", where, 0))


def _stop(spec: Mapping[str, Any], kind: Kind | None, location: int) -> Stop:
    where = f"stop {spec.get('number', '?')}"
    number = _whole(spec, "number", where, None, least=1)
    load = _object(spec.get("load", {}), f"{where}.load", frozenset(DIMENSIONS))
    prize = spec.get("prize_minor")
    only = spec.get("vehicles")
    at = None
    if "lat" in spec and "lon" in spec:
        at = _point(spec, where).lon_lat
    return Stop(
        number=number,
        location=_whole(spec, "location", where, location),
        load=tuple(_whole(load, d, f"{where}.load", 0) for d in DIMENSIONS),
        kind=kind or _choice(Kind, spec.get("kind", "deliver"), f"{where}.kind"),
        windows=_windows(spec.get("windows"), f"{where}.windows"),
        service_s=_whole(spec, "service_s", where, 0),
        release_s=_whole(spec, "release_s", where, 0),
        prize=None if prize is None else UNITS_PER_MINOR * _whole(spec, "prize_minor", where, 0),
        skills=frozenset(_words(spec, "skills", where)),
        goods=_text(spec, "goods", where),
        only=None if only is None else frozenset(_numbers(only, f"{where}.vehicles")),
        name=_text(spec, "name", where),
        at=at,
    )


def _matrix(
    day: Mapping[str, Any],
    depots: Sequence[Mapping[str, Any]],
    stops: Sequence[Mapping[str, Any]],
    vehicles: Sequence[VehicleType],
) -> Matrix:
    fields = frozenset({"distance_m", "duration_s", "detour", "speed_kmh"})
    travel = _object(day.get("travel", {}), "travel", fields)
    if "distance_m" in travel or "duration_s" in travel:
        rows = travel.get("distance_m", travel.get("duration_s"))
        by_place = all("location" not in stop for stop in stops)
        size = len(depots) + len(stops) if by_place else len(rows) if isinstance(rows, list) else 0
        distance = clean_cells(rows, size=size, field_name="travel.distance_m")
        duration = clean_cells(
            travel.get("duration_s", rows), size=size, field_name="travel.duration_s"
        )
        return Matrix(distance, duration)
    speed = travel.get("speed_kmh", SPEED_KMH)
    shift = (min(v.shift[0] for v in vehicles), max(v.shift[1] for v in vehicles))
    if isinstance(speed, list):
        speed = mean_speed_kmh([_number(s, "travel.speed_kmh") for s in speed], shift)
    places = [
        *(_point(depot, f"depots[{i}]") for i, depot in enumerate(depots)),
        *(_point(stop, f"stop {stop.get('number', '?')}") for stop in stops),
    ]
    return geodesic_matrix(
        places,
        detour=_number(travel.get("detour", DETOUR), "travel.detour"),
        speed_kmh=_number(speed, "travel.speed_kmh"),
    )


def _rules(day: Mapping[str, Any], index: Mapping[int, int]) -> Rules:
    fields = frozenset({"same_vehicle", "before", "incompatible"})
    spec = _object(day.get("rules", {}), "rules", fields)

    def indices(item: object, where: str) -> tuple[int, ...]:
        numbers = _numbers(item, where)
        if any(number not in index for number in numbers):
            raise invalid(where, "names a stop that does not exist")
        return tuple(index[number] for number in numbers)

    before = []
    for item in _list(spec, "before"):
        pair = indices(item, "rules.before")
        if len(pair) != 2:
            raise invalid("rules.before", "must be pairs")
        before.append((pair[0], pair[1]))
    same = tuple(indices(item, "rules.same_vehicle") for item in _list(spec, "same_vehicle"))
    apart = frozenset(
        frozenset(str(word) for word in item) if isinstance(item, list) else frozenset({str(item)})
        for item in _list(spec, "incompatible")
    )
    return Rules(same_vehicle=same, before=tuple(before), incompatible=apart)


def _caught(build: Any, faults: list[Fault], *arguments: Any) -> Any:
    try:
        return build(*arguments)
    except InvalidInput as error:
        faults += error.faults
        return None


def _object(item: object, where: str, fields: frozenset[str] | None) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise invalid(where, "must be an object")
    unknown = sorted(set(item) - fields) if fields is not None else []
    if unknown:
        raise invalid(where, f"has an unknown field {unknown[0]!r}")
    return item


def _list(spec: Mapping[str, Any], name: str) -> list[Any]:
    value = spec.get(name, [])
    if not isinstance(value, list):
        raise invalid(name, "must be a list")
    return value


def _whole(
    spec: Mapping[str, Any],
    name: str,
    where: str,
    default: int | None,
    *,
    least: int = 0,
    most: int = 10**15,
) -> int:
    value = spec.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(f"{where}.{name}", "must be a whole number")
    if not least <= value <= most:
        limit = f"at least {least}" if value < least else f"at most {most}"
        raise invalid(f"{where}.{name}", f"is {value}, must be {limit}")
    return value


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(where, "must be a number")
    return float(value)


def _numbers(value: object, where: str) -> tuple[int, ...]:
    if not isinstance(value, list) or any(not isinstance(v, int) for v in value):
        raise invalid(where, "must be a list of whole numbers")
    return tuple(value)


def _currency(day: Mapping[str, Any]) -> str:
    """The day's currency; raises InvalidInput where it is no ISO 4217 code."""
    return Money.zero(_text(day, "currency", "") or NO_CURRENCY).currency


def _text(spec: Mapping[str, Any], name: str, where: str, default: str = "") -> str:
    text = str(spec.get(name, default))
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise invalid(f"{where}.{name}".lstrip("."), "has a control character")
    return text


def _words(spec: Mapping[str, Any], name: str, where: str) -> Iterable[str]:
    words = _list(spec, name)
    if any(not isinstance(word, str) for word in words):
        raise invalid(f"{where}.{name}", "must be a list of words")
    return words


def _span(value: object, where: str) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise invalid(where, "must be [from, to] in seconds of the day")
    begin, end = value
    if any(isinstance(v, bool) or not isinstance(v, int) for v in value) or begin < 0:
        raise invalid(where, "must be [from, to] in seconds of the day")
    if end < begin:
        raise invalid(where, f"closes ({end}) before it opens ({begin})")
    return begin, end


def _windows(value: object, where: str) -> Windows:
    if value is None:
        return ALWAYS
    if not isinstance(value, list) or not value:
        raise invalid(where, "must be a list of [from, to]")
    return tuple(sorted(_span(item, where) for item in value))


def _choice(words: Any, value: object, where: str) -> Any:
    try:
        return words(value)
    except ValueError as error:
        known = ", ".join(word.value for word in words)
        raise invalid(where, f"{value!r} is not one of {known}") from error


def _point(spec: Mapping[str, Any], where: str) -> GeoPoint:
    lat, lon = spec.get("lat"), spec.get("lon")
    try:
        return GeoPoint(_number(lat, f"{where}.lat"), _number(lon, f"{where}.lon"))
    except LanewiseError as error:
        raise invalid(where, error.message) from error
