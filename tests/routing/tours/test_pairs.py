"""The own engine for shipments, and the race of two engines."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.tours import pair_engine, pair_kernel, ruin_arrays, ruin_kernel
from routing.tours.checker import check
from routing.tours.engine import Sequences, Watch
from routing.tours.engines import ENGINES
from routing.tours.pair_engine import PairEngine
from routing.tours.plan import Plan
from routing.tours.problem import Kind, Matrix, Objective, Problem, Stop, VehicleType
from routing.tours.race import Race
from tests.routing.tours.days import town
from tests.routing.tours.test_plan_tours import Counted
from tests.routing.tours.test_ruin import Silent


def courier_day(seed: int, *, shipments: int = 12, **more: Any) -> Problem:
    """A seeded day of shipments with windows, a mixed fleet and a matrix of no metric."""
    rng = np.random.default_rng(seed)
    n = 2 * shipments
    table = rng.integers(5, 60, size=(n + 1, n + 1)).astype(np.int64)
    np.fill_diagonal(table, 0)
    stops = []
    for m in range(shipments):
        load = (int(rng.integers(1, 5)), 1)
        prize = int(rng.integers(1, 90)) if rng.random() < 0.2 else None
        opens = int(rng.integers(0, 200))
        for end, kind in enumerate((Kind.PICKUP, Kind.DROP)):
            begin = opens + 60 * end
            stops.append(
                Stop(
                    number=2 * m + end + 1,
                    location=2 * m + end + 1,
                    load=load,
                    kind=kind,
                    windows=((begin, begin + int(rng.integers(40, 200))),),
                    service_s=int(rng.integers(0, 9)),
                    prize=prize,
                )
            )
    vans = (
        VehicleType(numbers=(1, 2, 4), capacity=(9, 4), shift=(0, 700), fixed_cost=50),
        VehicleType(numbers=(3,), capacity=(5, 2), shift=(20, 500), cost_per_m=2),
    )
    pairs = tuple((2 * m, 2 * m + 1) for m in range(shipments))
    return Problem("courier", tuple(stops), vans, (Matrix(table, table),), shipments=pairs, **more)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_kernels_total_is_the_judges_cost(seed: int) -> None:
    problem = courier_day(seed)
    search = pair_engine._Search(problem, None, seed + 1, Silent(), 100)
    search._improve(16 * 20, 200, most_tours=4)
    best = search.best
    plan = check(problem, ruin_arrays.read(problem, pair_engine._plain(best)))
    assert isinstance(plan, Plan), plan
    left = 0
    for m, (pickup, drop) in enumerate(problem.shipments):
        missing = any(note.stop == pickup for note in plan.unserved)
        both = (problem.stops[pickup].prize or 0) + (problem.stops[drop].prize or 0)
        left += (int(search.absent[m]) - both) if missing else 0
    assert plan.cost + left == int(best.total[0])


@pytest.mark.parametrize("objective", list(Objective))
def test_counted_steps_repeat_and_are_feasible(objective: Objective) -> None:
    problem = courier_day(5, objective=objective)
    engine = PairEngine(most_steps=600)
    found = [engine.solve(problem, start=None, seed=2, watch=Silent()) for _ in range(2)]
    assert found[0] == found[1]
    assert isinstance(check(problem, found[0]), Plan)


def test_fewer_tours_come_before_a_shorter_way() -> None:
    table = np.array(
        [
            [0, 9, 9, 9, 9],
            [9, 0, 1, 90, 90],
            [9, 1, 0, 90, 90],
            [9, 90, 90, 0, 1],
            [9, 90, 90, 1, 0],
        ]
    )
    stops = tuple(
        Stop(number=i, location=i, load=(1,), kind=Kind.PICKUP if i % 2 else Kind.DROP)
        for i in range(1, 5)
    )
    van = VehicleType(numbers=(1, 2), capacity=(3,), shift=(0, 1000))
    problem = Problem(
        "two far pairs", stops, (van,), (Matrix(table, table),), shipments=((0, 1), (2, 3))
    )
    cheap = PairEngine(most_steps=100).solve(problem, start=None, seed=1, watch=Silent())
    assert len(cheap) == 2
    few = Problem(
        "few",
        stops,
        (van,),
        problem.matrices,
        shipments=problem.shipments,
        objective=Objective.VEHICLES,
    )
    assert len(PairEngine(most_steps=200).solve(few, start=None, seed=1, watch=Silent())) == 1


class Broken:
    name = "broken"

    def lacks(self, problem: Problem) -> str:
        return ""

    def warm(self) -> None:
        pass

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        raise ArithmeticError


def test_a_race_goes_on_without_the_runner_that_fell() -> None:
    problem = town(12)
    race = Race(runners=(Broken(), ENGINES["pyvrp"]))
    plan = check(problem, race.solve(problem, start=None, seed=1, watch=Counted(300)))
    assert isinstance(plan, Plan) and not plan.unserved


def test_a_race_is_at_least_as_good_as_its_runners_at_the_start() -> None:
    problem = courier_day(3)
    found = ENGINES["race"].solve(problem, start=None, seed=1, watch=Counted(400))
    assert isinstance(check(problem, found), Plan)


def test_plain_python_and_compiled_kernels_share_one_table_of_logarithms() -> None:
    table = ruin_kernel.log_table()
    assert table[0] > table[-1] > 0
    assert pair_kernel.LOG_BITS == 12 and len(table) == 4096
