"""The form for a running day: what happened to it, read into a change."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.datastructures import FormData

from api.pages.dispatch.faults import FormFault
from core.errors import Conflict
from core.money import exponent
from core.places import zone
from routing.flows.read_tours import TourDay
from routing.tours.day_change import DayChange
from routing.tours.problem import Kind
from routing.tours.replan import CannotReplan, refuse_what_replanning_lacks

NEW_STOPS = 3  # rows of the form; more come with another change, or over HTTP
MOST_SECONDS = 60
MOST_VEHICLES = 40
MOST_TYPED = 200  # signs of a field that are read


def can_change(day: TourDay) -> bool:
    """False for a day with rules that re-planning does not know, or with its own matrices."""
    try:
        refuse_what_replanning_lacks(day.problem)
    except CannotReplan:
        return False
    return True


def may_be_late(day: TourDay) -> list[tuple[int, str]]:
    """Deliveries that no driver has ended: number and name."""
    ended = {visit.stop for visit in day.visits if visit.state != "planned"}
    return [
        (stop.number, stop.name)
        for stop in day.problem.stops
        if stop.kind is Kind.DELIVER and stop.number not in ended
    ]


def may_break(day: TourDay, broken: Iterable[int]) -> list[int]:
    """The vehicles of a small fleet; of a large one those that have tours or broke down already."""
    fleet = [number for number, _ in day.problem.fleet()]
    if len(fleet) > MOST_VEHICLES and day.plan is not None:
        fleet = [tour.vehicle for tour in day.plan.tours]
    return sorted({*fleet, *broken})


def revision(day: TourDay) -> str:
    """Another with every change and every plan of the day: a form holds the one it was made for."""
    row = day.row
    change = (row.task or {}).get("change")
    told = json.dumps([row.document, change, row.answer, str(row.ended_at)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def refuse_stale(form: FormData, day: TourDay) -> None:
    """Raises Conflict for a form made before the day was planned as it is, e.g. one sent twice."""
    if day.row.state in ("queued", "planning"):
        raise Conflict("the day is being planned", code="in_planning")
    if form.get("revision") != revision(day):
        raise Conflict("the day was planned anew since the form was opened", code="stale")


def typed(form: FormData | None) -> dict[str, list[str]]:
    """What a form says, by field, to be shown again; empty without one."""
    said: dict[str, list[str]] = {}
    for name, value in () if form is None else form.multi_items():
        if isinstance(value, str) and name not in ("csrf", "revision"):
            said.setdefault(name, []).append(value[:MOST_TYPED])
    return said


def read_change(form: FormData, day: TourDay) -> tuple[DayChange, int]:
    """The change, and for how many seconds to search; raises FormFault with what is wrong."""
    broken = frozenset(_whole("broken", value) for value in form.getlist("broken"))
    for number in sorted(broken - {number for number, _ in day.problem.fleet()}):
        raise FormFault("broken", "vehicle", number=number)
    late = _late(form, day)
    number = max((stop.number for stop in day.problem.stops), default=0)
    stops = []
    for row in range(1, NEW_STOPS + 1):
        stop = _new_stop(form, row, day)
        if stop is not None:
            number += 1
            stops.append({"number": number, **stop})
    if not (stops or broken or late):
        raise FormFault("", "nothing")
    share = _decimal("most_moved", _field(form, "most_moved") or "5", most=100)
    currency = day.problem.currency
    price = _decimal("price", _field(form, "price") or "0", most=10**6)
    change = DayChange(
        stops=tuple(stops),
        broken=broken,
        late=late,
        most_moved=float(share / 100),
        price_per_move_minor=int(price.scaleb(exponent(currency))),
    )
    seconds = int(_decimal("seconds", _field(form, "seconds") or "1", least=1, most=MOST_SECONDS))
    return change, seconds


def _late(form: FormData, day: TourDay) -> dict[int, int]:
    """When the goods of stops are ready, seconds of the day by number."""
    numbers = [_whole("late", value) for value in form.getlist("late")]
    kinds = {stop.number: stop.kind for stop in day.problem.stops}
    for number in numbers:
        if number not in kinds:
            raise FormFault("late", "stop", number=number)
        if kinds[number] is not Kind.DELIVER:
            raise FormFault("late", "collected", number=number)
    if not numbers:
        return {}
    ready_s = _seconds("late_at", _field(form, "late_at"), day)
    if ready_s is None:
        raise FormFault("late_at", "missing")
    return dict.fromkeys(numbers, ready_s)


def _new_stop(form: FormData, row: int, day: TourDay) -> dict[str, Any] | None:
    """A stop in the tours format but for its number; None where the row has no place."""
    lat, lon = _field(form, f"lat_{row}"), _field(form, f"lon_{row}")
    name = _field(form, f"name_{row}")
    if not (lat or lon or name):
        return None
    if not (lat and lon):
        raise FormFault(f"lon_{row}" if lat else f"lat_{row}", "place")
    if not name.isprintable():
        raise FormFault(f"name_{row}", "name")
    begins = _seconds(f"from_{row}", _field(form, f"from_{row}"), day)
    ends = _seconds(f"until_{row}", _field(form, f"until_{row}"), day)
    load = {
        "parcels": int(_decimal(f"parcels_{row}", _field(form, f"parcels_{row}") or "0")),
        "weight_g": int(1000 * _decimal(f"weight_{row}", _field(form, f"weight_{row}") or "0")),
    }
    stop: dict[str, Any] = {
        "name": name[:100],
        "lat": float(_decimal(f"lat_{row}", lat, least=-90, most=90)),
        "lon": float(_decimal(f"lon_{row}", lon, least=-180, most=180)),
        "kind": "collect" if _field(form, f"kind_{row}") == "collect" else "deliver",
        "load": load,
        "service_s": int(60 * _decimal(f"minutes_{row}", _field(form, f"minutes_{row}") or "0")),
    }
    if begins is not None or ends is not None:
        window = [begins or 0, 86_400 if ends is None else ends]
        if window[1] < window[0]:
            raise FormFault(f"until_{row}", "window")
        stop["windows"] = [window]
    return stop


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip()[:MOST_TYPED] if isinstance(value, str) else ""


def _whole(name: str, value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise FormFault(name, "whole", text=text[:MOST_TYPED])
    return int(text)


def _decimal(name: str, text: str, *, least: int = 0, most: int = 10**6) -> Decimal:
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise FormFault(name, "number", text=text) from error
    if not (value.is_finite() and least <= value <= most):
        raise FormFault(name, "range", least=least, most=most)
    return value


def _seconds(name: str, text: str, day: TourDay) -> int | None:
    """A time of the day's own zone as seconds from its start; None where none is given."""
    if not text:
        return None
    try:
        told = time.fromisoformat(text)
    except ValueError as error:
        raise FormFault(name, "time", text=text) from error
    place = zone(day.row.zone)
    local: date = (day.row.day_starts + timedelta(hours=2)).astimezone(place).date()
    instant = datetime.combine(local, told.replace(tzinfo=None), place)
    return max(0, int((instant - day.row.day_starts).total_seconds()))
