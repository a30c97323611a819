"""Small days to plan, for tests."""

from typing import Any

import numpy as np

from routing.tours.day_file import read_day
from routing.tours.problem import Matrix, Problem, Stop, VehicleType


def line_day(
    *stops: Stop, vehicles: tuple[VehicleType, ...] | None = None, size: int = 12, **more: Any
) -> Problem:
    """Places 0, 1, 2, … on a line, one metre and one second apart; the depot at 0."""
    places = np.arange(size)
    table = np.abs(places[:, None] - places[None, :]).astype(np.int64)
    fleet = vehicles or (VehicleType(numbers=(1, 2), capacity=(10,), shift=(0, 1000)),)
    return Problem("line", tuple(stops), fleet, (Matrix(table, table),), **more)


def at(place: int, **more: Any) -> Stop:
    """A stop at that place with that number, one unit of load."""
    return Stop(**{"number": place, "location": place, "load": (1,), **more})


def town(count: int, *, seed: int = 1, vehicles: int = 4, **more: Any) -> Problem:
    """A seeded town: stops within some 8 km of the depot, two-hour windows, vans."""
    rng = np.random.default_rng(seed)
    stops = []
    for number in range(1, count + 1):
        opens = int(rng.integers(8 * 3600, 15 * 3600))
        stops.append(
            {
                "number": number,
                "lat": float(48.2 + rng.normal(0, 0.03)),
                "lon": float(16.37 + rng.normal(0, 0.04)),
                "load": {"weight_g": int(rng.integers(500, 20_000)), "parcels": 1},
                "windows": [[opens, opens + 7200]],
                "service_s": 180,
            }
        )
    return read_day(
        {
            "name": f"town {seed}",
            "currency": "EUR",
            "depots": [{"lat": 48.2, "lon": 16.37}],
            "travel": {"detour": 1.3, "speed_kmh": 25},
            "vehicles": [
                {
                    "count": vehicles,
                    "name": "van",
                    "capacity": {"weight_g": 600_000, "parcels": 80},
                    "shift": [7 * 3600, 18 * 3600],
                    "fixed_minor": 4000,
                    "per_km_minor": 40,
                    "per_hour_minor": 2000,
                }
            ],
            "stops": stops,
            **more,
        }
    )
