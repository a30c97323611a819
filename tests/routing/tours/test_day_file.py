"""Lanewise's own JSON: costs in exact units, every fault told with its place."""

from typing import Any

import pytest

from core.errors import InvalidInput
from routing.tours.checker import check
from routing.tours.day_file import UNITS_PER_MINOR, read_day
from routing.tours.plan import Plan, Sequence
from routing.tours.problem import UNREACHABLE, Kind
from routing.tours.travel import mean_speed_kmh


def day(**changes: Any) -> dict[str, Any]:
    return {
        "currency": "EUR",
        "depots": [{}],
        "travel": {"distance_m": [[0, 1000], [1000, 0]], "duration_s": [[0, 100], [100, 0]]},
        "vehicles": [
            {
                "capacity": {"weight_g": 1000},
                "shift": [0, 3600],
                "fixed_minor": 500,
                "per_km_minor": 50,
                "per_hour_minor": 1800,
            }
        ],
        "stops": [{"number": 7, "load": {"weight_g": 900}, "service_s": 40}],
        **changes,
    }


def test_kilometres_and_hours_are_priced_without_rounding() -> None:
    problem = read_day(day())
    plan = check(problem, [Sequence(1, (0,))])
    assert isinstance(plan, Plan)
    assert plan.cost == UNITS_PER_MINOR * (500 + 2 * 50 + 240 * 1800 // 3600)


def test_a_null_cell_is_no_road() -> None:
    problem = read_day(day(travel={"distance_m": [[0, None], [1000, 0]]}))
    assert problem.matrices[0].distance_m[0, 1] == UNREACHABLE


def test_shipments_bring_their_two_stops() -> None:
    place = {"lat": 48.0, "lon": 16.0}
    problem = read_day(
        day(
            depots=[place],
            travel={},
            stops=[],
            shipments=[
                {
                    "pickup": {"number": 1, **place},
                    "delivery": {"number": 2, **place},
                    "load": {"parcels": 1},
                }
            ],
        )
    )
    assert [stop.kind for stop in problem.stops] == [Kind.PICKUP, Kind.DROP]
    assert problem.shipments == ((0, 1),)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"stops": [{"number": 7, "load": {"weight_g": -1}}]}, "at least 0"),
        ({"stops": [{"number": 7, "windows": [[9, 5]]}]}, "closes"),
        ({"stops": [{"number": 7, "colour": "red"}]}, "colour"),
        ({"stops": [{"number": 0}]}, "at least 1"),
        ({"stops": [{"number": True}]}, "whole number"),
        ({"vehicles": []}, "at least one"),
        ({"vehicles": [{"shift": [5, 1]}]}, "closes"),
        ({"depots": []}, "at least one"),
        ({"travel": {"distance_m": [[0, 1, 2], [1, 0, 2]]}}, "must be 2x2"),
        ({"travel": {"distance_m": [[0, "x"], [1, 0]]}}, "table of numbers"),
        ({"travel": {"speed_kmh": 0}, "depots": [{"lat": 1.0, "lon": 1.0}], "stops": []}, "speed"),
        ({"travel": {}}, "must be a number"),
        ({"rules": {"before": [[7, 8]]}}, "does not exist"),
        ({"objective": "joy"}, "not one of"),
        ({"name": "Tues\x00day"}, "name: has a control"),
        ({"currency": "eur"}, "currency: 'eur' is not an ISO 4217"),
        ({"stops": [{"number": 7, "name": "Bakery\x00"}]}, "stop 7.name: has a control"),
        ({"vehicles": [{"name": "\ud800"}]}, r"vehicles\[0\].name: has a control"),
    ],
)
def test_each_fault_is_told(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        read_day(day(**changes))


def test_speed_by_hour_is_weighted_by_the_hours_of_the_shift() -> None:
    by_hour = [10.0] * 8 + [20.0] * 8 + [40.0] * 8
    assert mean_speed_kmh(by_hour, (8 * 3600, 10 * 3600)) == 20
    assert mean_speed_kmh(by_hour, (15 * 3600 + 1800, 16 * 3600 + 1800)) == 30
