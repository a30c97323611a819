"""The round that collects for a hub: one stop a place, open when the goods are ready, due in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.calendars import Span
from core.places import GeoPoint
from routing.tours.travel import geodesic_matrix

SERVICE_S = 300  # at a place, whatever is loaded
SHIFT_S = (5 * 3600, 22 * 3600)
NEVER = [0, 0]  # before any van leaves
SPEED_KMH = 50  # towns and the roads between them
PER_KM_MINOR, PER_HOUR_MINOR, FIXED_MINOR = 40, 2000, 4000


@dataclass(frozen=True, slots=True)
class Waiting:
    """Goods at a place that parcels at the hub wait for."""

    place: str
    name: str
    point: GeoPoint
    openings: tuple[Span, ...]  # of that day
    ready_at: datetime  # the last of them
    due_at: datetime  # in the hub, so that the first parcel still leaves
    weight_g: int
    parcels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vans:
    """Equal vans that start and end at the hub."""

    count: int
    weight_g: int


def round_document(
    name: str,
    hub: GeoPoint,
    waiting: Sequence[Waiting],
    *,
    vans: Vans,
    day_starts: datetime,
    currency: str,
) -> dict[str, Any]:
    """The day in the tours format; stops are numbered from 1 in the order of `waiting`.

    A stop closes early enough to drive straight to the hub, and vans are back by the last due hour;
    a place whose goods are ready too late gets a window before the shift, and is told as not served.
    """
    matrix = geodesic_matrix([hub, *(each.point for each in waiting)], speed_kmh=SPEED_KMH)
    stops = []
    for number, each in enumerate(waiting, start=1):
        way_s = int(matrix.duration_s[number, 0]) + SERVICE_S
        windows = _windows(each, day_starts, way_s)
        stops.append(
            {
                "number": number,
                "name": each.name,
                "lat": each.point.lat,
                "lon": each.point.lon,
                "kind": "collect",
                "load": {"weight_g": each.weight_g, "parcels": len(each.parcels)},
                "windows": windows,
                "service_s": SERVICE_S,
            }
        )
    last_s = max(int((each.due_at - day_starts).total_seconds()) for each in waiting)
    return {
        "name": name,
        "currency": currency,
        "depots": [{"lat": hub.lat, "lon": hub.lon}],
        "travel": {"speed_kmh": SPEED_KMH},
        "vehicles": [
            {
                "count": vans.count,
                "name": "van",
                "capacity": {"weight_g": vans.weight_g},
                "shift": [SHIFT_S[0], max(SHIFT_S[0], min(SHIFT_S[1], last_s))],
                "fixed_minor": FIXED_MINOR,
                "per_km_minor": PER_KM_MINOR,
                "per_hour_minor": PER_HOUR_MINOR,
            }
        ],
        "stops": stops,
    }


def sources_of(waiting: Sequence[Waiting]) -> Mapping[str, Any]:
    """Stop number to its place and the parcels that wait for it."""
    return {
        str(number): {"place": each.place, "parcels": list(each.parcels)}
        for number, each in enumerate(waiting, start=1)
    }


def _windows(each: Waiting, day_starts: datetime, way_s: int) -> list[list[int]]:
    """Openings cut to when the goods are ready and still in time; seconds of the day.

    Cut to one window, the first that has both: engines for collections know one.
    """

    def second(instant: datetime) -> int:
        return int((instant - day_starts).total_seconds())

    ready, latest = second(each.ready_at), second(each.due_at) - way_s
    for span in each.openings:
        opens = max(second(span.opens), ready, 0)
        closes = min(second(span.closes), latest)
        if opens <= closes:
            return [[opens, closes]]
    return [NEVER]
