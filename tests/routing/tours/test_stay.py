"""The search near a plan: the limit on moves is never broken, and its price is counted."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from routing.tours import ruin_arrays, ruin_kernel, stay_kernel
from routing.tours.checker import check
from routing.tours.engine import Sequences
from routing.tours.plan import Plan
from routing.tours.ruin_engine import RuinEngine
from routing.tours.stay_engine import StayEngine
from tests.routing.tours.test_ruin import Silent, random_day


def homes(sequences: Sequences) -> dict[int, int]:
    return {i: s.vehicle for s in sequences for i in s.stops}


@pytest.mark.parametrize("most", [0, 2, 5])
def test_no_more_stops_leave_their_vehicle_than_allowed(most: int) -> None:
    problem = random_day(11, stops=20)
    first = RuinEngine(most_steps=5).solve(problem, start=None, seed=1, watch=Silent())
    engine = StayEngine(home=homes(first), most_away=most, most_steps=3000)
    second = engine.solve(problem, start=first, seed=2, watch=Silent())
    now = homes(second)
    assert sum(now.get(i, v) != v for i, v in homes(first).items()) <= most
    before, after = check(problem, first), check(problem, second)
    assert isinstance(before, Plan) and isinstance(after, Plan)
    assert len(after.unserved) <= len(before.unserved)


def test_the_search_goes_beyond_the_limit_and_keeps_only_a_plan_within_it() -> None:
    problem = random_day(11, stops=20)
    first = RuinEngine(most_steps=5).solve(problem, start=None, seed=1, watch=Silent())
    data = ruin_arrays.build(problem, home=homes(first))
    absent = ruin_arrays.absent_costs(problem)
    current = ruin_arrays.write(problem, data, first)
    ruin_kernel.refresh(data, current, absent)
    work, best = ruin_arrays.empty_state(data), ruin_arrays.empty_state(data)
    ruin_kernel.copy_state(current, work)
    ruin_kernel.copy_state(current, best)
    heat = np.array([16 * 30, 16 * 30, 30], dtype=np.int64)
    limits = np.array([2, 6, 0], dtype=np.int64)
    logs, random = ruin_kernel.log_table(), np.array([3])
    seen = []
    for _ in range(20):
        stay_kernel.improve_near(data, current, work, best, absent, heat, logs, random, 30, limits)
        seen.append(int(current.total[1]))
        assert best.total[1] <= 2
    assert 2 < max(seen) <= 6
    assert 0 < limits[2] <= 32 * 30


def test_a_price_above_all_gains_keeps_every_stop_with_its_vehicle() -> None:
    problem = random_day(5, stops=18)
    first = RuinEngine(most_steps=5).solve(problem, start=None, seed=1, watch=Silent())
    engine = StayEngine(home=homes(first), most_away=18, away_cost=10**6, most_steps=2000)
    now = homes(engine.solve(problem, start=first, seed=2, watch=Silent()))
    assert all(now.get(i, v) == v for i, v in homes(first).items())


@pytest.mark.parametrize("seed", range(6))
def test_the_total_is_the_judges_cost_and_the_price_of_each_move(seed: int) -> None:
    problem = random_day(seed, stops=16)
    first = RuinEngine(most_steps=3).solve(problem, start=None, seed=1, watch=Silent())
    data = ruin_arrays.build(problem, home=homes(first), away_cost=7)
    absent = ruin_arrays.absent_costs(problem)
    current = ruin_arrays.write(problem, data, first)
    ruin_kernel.refresh(data, current, absent)
    work, best = ruin_arrays.empty_state(data), ruin_arrays.empty_state(data)
    ruin_kernel.copy_state(current, work)
    ruin_kernel.copy_state(current, best)
    heat = np.array([16 * 30, 16, 30], dtype=np.int64)
    logs, random = ruin_kernel.log_table(), np.array([seed + 1])
    limits = np.array([4, 4, 9], dtype=np.int64)
    stay_kernel.improve_near(data, current, work, best, absent, heat, logs, random, 400, limits)
    for state in (current, best):
        again = ruin_arrays.write(problem, data, ruin_arrays.read(problem, state))
        ruin_kernel.refresh(data, again, absent)
        assert list(again.total) == list(state.total)
        assert state.total[1] <= 4


def test_counted_steps_give_the_same_answer_compiled_or_not() -> None:
    code = (
        "from tests.routing.tours.test_stay import homes, random_day, Silent\n"
        "from routing.tours.ruin_engine import RuinEngine\n"
        "from routing.tours.stay_engine import StayEngine\n"
        "day = random_day(7)\n"
        "old = RuinEngine(most_steps=9).solve(day, start=None, seed=3, watch=Silent())\n"
        "near = StayEngine(home=homes(old), most_away=3, most_steps=200)\n"
        "print(near.solve(day, start=old, seed=3, watch=Silent()))"
    )
    answers = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[3],
            env={**os.environ, "NUMBA_DISABLE_JIT": off, "PYTHONPATH": "."},
        ).stdout
        for off in ("0", "1")
    ]
    assert answers[0] == answers[1] and "Sequence" in answers[0]
