"""Days that cannot be as they are: refused with the place of each fault, or planned with reasons."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.errors import InvalidInput
from routing.tours.checker import check
from routing.tours.day_file import read_day
from routing.tours.engines import ENGINES, choose
from routing.tours.hopeless import set_aside
from routing.tours.plan import Plan
from routing.tours.problem import UNREACHABLE, Matrix, Problem
from routing.tours.reasons import explain
from routing.tours.replan import CannotReplan, freeze
from tests.routing.tours.days import at, line_day, town
from tests.routing.tours.test_plan_tours import Counted


def table_day(distance: Any, **more: Any) -> dict[str, Any]:
    """A day whose travel is that table; rows are the depot and then the stops."""
    return {
        "currency": "EUR",
        "depots": [{}],
        "travel": {"distance_m": distance},
        "vehicles": [{"per_km_minor": 40, "shift": [0, 50_000]}],
        "stops": [{"number": i} for i in (1, 2)],
        **more,
    }


def planned(problem: Problem, engine: str) -> Plan:
    """Planned in this process as the flow plans in a child: what is hopeless is set aside."""
    easier, renumbered = set_aside(problem)
    found = ENGINES[engine].solve(easier, start=None, seed=1, watch=Counted(60))
    plan = check(problem, renumbered.back(found))
    assert isinstance(plan, Plan)
    return explain(problem, plan)


def able(problem: Problem) -> tuple[str, ...]:
    """The engines for what is left when the hopeless is set aside, but those made of others."""
    return tuple(name for name in choose(set_aside(problem)[0])[0] if name != "relay")


def test_a_stop_without_a_road_is_left_out_by_every_engine_and_told() -> None:
    day = line_day(at(1), at(2), at(3))
    table = day.matrices[0].distance_m.copy()
    table[2, :] = table[:, 2] = UNREACHABLE
    table[2, 2] = 0
    cut = replace(day, matrices=(Matrix(table, table),))
    assert set(able(cut)) >= {"ruin", "pyvrp", "ortools"}
    for engine in able(cut):
        plan = planned(cut, engine)
        assert [(note.stop, note.reason) for note in plan.unserved] == [(1, "unreachable")], engine


def test_a_road_one_way_only_is_driven_that_way_or_not_at_all() -> None:
    day = line_day(at(1), at(2))
    table = day.matrices[0].distance_m.copy()
    table[1, 2] = UNREACHABLE  # from stop 1 to stop 2 only by way of the depot's side
    one_way = replace(day, matrices=(Matrix(table, table),))
    for engine in able(one_way):
        plan = planned(one_way, engine)
        assert not plan.unserved, engine
        assert all(tour.sequence.stops != (0, 1) for tour in plan.tours), engine


def test_asymmetric_cells_are_driven_the_cheaper_way_round() -> None:
    day = read_day(table_day([[0, 10, 90], [90, 0, 10], [10, 90, 0]]))
    for engine in able(day):
        assert planned(day, engine).tours[0].distance_m == 30, engine


def test_null_cells_are_no_road() -> None:
    day = read_day(table_day([[0, 10, None], [10, 0, None], [None, None, 0]]))
    for engine in able(day):
        plan = planned(day, engine)
        assert [note.reason for note in plan.unserved] == ["unreachable"], engine


@pytest.mark.parametrize(
    "table",
    [
        [[0, 1], [1, 0]],
        [[0, 1, 2], [1, 0, 2], [1, 2]],
        [[0, 1, 2, 3]] * 4,
        [["a"] * 3] * 3,
        7,
    ],
)
def test_a_table_of_the_wrong_shape_is_refused(table: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_day(table_day(table))
    assert "travel" in str(caught.value.faults) or "distance" in str(caught.value.faults)


@pytest.mark.parametrize(
    ("stop", "word"),
    [
        ({"windows": [[500, 100]]}, "closes"),
        ({"load": {"parcels": -3}}, "parcels"),
        ({"load": {"weight_g": -1}}, "weight_g"),
        ({"service_s": -1}, "service"),
    ],
)
def test_a_stop_that_makes_no_sense_is_refused_with_its_place(
    stop: dict[str, Any], word: str
) -> None:
    stops = [{"number": 1, **stop}, {"number": 2}]
    with pytest.raises(InvalidInput) as caught:
        read_day(table_day([[0, 1, 2], [1, 0, 1], [2, 1, 0]], stops=stops))
    assert word in str(caught.value.faults) + str(caught.value.message)


def test_one_van_for_ten_days_work_serves_what_it_can_and_tells_the_rest() -> None:
    day = town(90, vehicles=1)
    assert able(day)[0] == "pyvrp"
    plan = planned(day, "pyvrp")
    served = sum(len(tour.visits) for tour in plan.tours)
    assert 10 <= served < 80
    assert served + len(plan.unserved) == 90
    reasons = {note.reason for note in plan.unserved}
    assert "fleet_full" in reasons
    assert reasons <= {"fleet_full", "not_found"}


def test_no_vehicle_no_matrix_and_twins_are_refused() -> None:
    day = line_day(at(1))
    for broken in ({"vehicles": ()}, {"matrices": ()}, {"stops": (at(1), at(1))}):
        with pytest.raises(InvalidInput):
            replace(day, **broken)  # type: ignore[arg-type]
    square = np.zeros((3, 2), dtype=np.int64)
    with pytest.raises(InvalidInput):
        replace(day, matrices=(Matrix(square, square),))


def test_replanning_after_everything_has_been_driven_leaves_nothing_to_plan() -> None:
    day = line_day(at(1), at(2))
    plan = check(day, planned(day, "ortools").sequences)
    assert isinstance(plan, Plan)
    late = freeze(day, plan, now_s=900)
    assert late.problem.stops == ()
    with pytest.raises(CannotReplan):
        freeze(replace(day, rules=replace(day.rules, before=((0, 1),))), plan, now_s=0)
