"""Travel matrices without a road engine: great circle times a detour, at the speed of the hours.

Roads are longer than the crow flies: 1.3 is the usual detour in towns (Ballou, Rahardja, Sakai
2002 found 1.2 to 1.6 by country). Speeds by hour are averaged over the hours of the shift, so a
tour is planned at the day's mean speed, not at each hour's own.
"""

from collections.abc import Sequence

import numpy as np

from core.errors import invalid
from core.places import GeoPoint, distance_matrix_m
from routing.tours.problem import UNREACHABLE, Matrix

HOUR_S = 3600
DETOUR = 1.3
SPEED_KMH = 30.0


def geodesic_matrix(
    points: Sequence[GeoPoint], *, detour: float = DETOUR, speed_kmh: float = SPEED_KMH
) -> Matrix:
    """Metres and seconds between all points; raises InvalidInput for odd detours or speeds."""
    if not 1 <= detour <= 10:
        raise invalid("detour", f"{detour} is not between 1 and 10")
    if not 0 < speed_kmh <= 300:
        raise invalid("speed_kmh", f"{speed_kmh} is not between 0 and 300")
    distance = np.rint(distance_matrix_m(list(points)) * detour).astype(np.int64)
    duration = np.ceil(distance / (speed_kmh / 3.6)).astype(np.int64)
    return Matrix(distance, duration)


def mean_speed_kmh(by_hour: Sequence[float], shift: tuple[int, int]) -> float:
    """The speed at which the shift's hours, each at its own speed, cover the same ground."""
    if len(by_hour) != 24 or min(by_hour) <= 0:
        raise invalid("speed_kmh", "must be one number, or 24 positive ones")
    begin, end = shift
    if end - begin >= 24 * HOUR_S or end <= begin:
        return sum(by_hour) / 24
    weighted = 0.0
    at = begin
    while at < end:
        until = min(end, (at // HOUR_S + 1) * HOUR_S)
        weighted += by_hour[at // HOUR_S % 24] * (until - at)
        at = until
    return weighted / (end - begin)


def fill_missing(table: Matrix, fallback: Matrix) -> tuple[Matrix, int]:
    """The road engine's table with its missing cells taken from the fallback, and how many."""
    missing = (table.distance_m >= UNREACHABLE) | (table.duration_s >= UNREACHABLE)
    return (
        Matrix(
            np.where(missing, fallback.distance_m, table.distance_m),
            np.where(missing, fallback.duration_s, table.duration_s),
        ),
        int(missing.sum()),
    )
