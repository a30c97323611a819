"""Tours seen before put together: the cheapest choice, never a dearer one, and only what may be."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.tours import seen as seen_tours
from routing.tours.checker import check
from routing.tours.engine import Sequences, TourWatch, Watch
from routing.tours.engines import ENGINES
from routing.tours.partition import Columns, Task, recombine
from routing.tours.plan import Plan, Sequence
from routing.tours.problem import Problem, Rules, VehicleType
from routing.tours.race import Relay
from routing.tours.seen import Seen, recombines
from tests.routing.tours.days import at, line_day, town
from tests.routing.tours.test_plan_tours import Counted, Crashing

STOPS = 5


def columns(*tours: tuple[tuple[int, ...], int, int]) -> Columns:
    """From (stops, cost, type)."""
    return Columns(
        stops=np.array([i for stops, _, _ in tours for i in stops], dtype=np.int64),
        first=np.append(0, np.cumsum([len(stops) for stops, _, _ in tours])).astype(np.int64),
        cost=np.array([cost for _, cost, _ in tours], dtype=np.int64),
        kind=np.array([kind for _, _, kind in tours], dtype=np.int64),
    )


def price(task: Task, tours: Columns, chosen: tuple[int, ...]) -> int | None:
    """What a choice costs; None where it breaks a limit or leaves out what must be served."""
    served = [i for c in chosen for i in tours.of(c)]
    left = set(range(task.stops)) - set(served)
    kinds = [int(tours.kind[c]) for c in chosen]
    if len(served) != len(set(served)) or not left <= set(task.prizes):
        return None
    if len(chosen) > task.most_tours or any(
        kinds.count(k) > count for k, count in enumerate(task.fleet)
    ):
        return None
    return sum(int(tours.cost[c]) for c in chosen) + sum(task.prizes[i] for i in left)


@st.composite
def choices(draw: st.DrawFn) -> tuple[Task, Columns]:
    """At most ten tours of five stops and two types; the first five, one stop each, are a plan."""
    several = st.sets(st.integers(0, STOPS - 1), min_size=1, max_size=4)
    tour = st.tuples(several.map(lambda s: tuple(sorted(s))), st.integers(1, 40), st.integers(0, 1))
    more = draw(st.lists(tour, max_size=5, unique_by=lambda t: (t[0], t[2])))
    more = [t for t in more if len(t[0]) > 1 or t[2] == 1]
    prizes = draw(st.dictionaries(st.integers(0, STOPS - 1), st.integers(1, 30), max_size=2))
    limits = draw(st.tuples(st.integers(STOPS, 6), st.integers(0, 2)))
    ones = [((i,), draw(st.integers(5, 30)), 0) for i in range(STOPS)]
    return Task(STOPS, limits, prizes, draw(st.integers(STOPS, 7))), columns(*ones, *more)


@settings(max_examples=25, deadline=None)
@given(choices())
def test_the_choice_is_the_cheapest_of_all(case: tuple[Task, Columns]) -> None:
    task, tours = case
    found = recombine(task, tours, range(STOPS), lambda: False)
    every = (
        price(task, tours, chosen)
        for size in range(STOPS + 1)
        for chosen in combinations(range(len(tours.cost)), size)
    )
    assert price(task, tours, tuple(found)) == min(p for p in every if p is not None)


def test_without_time_the_plan_stays_as_it_is() -> None:
    tours = columns(((0,), 9, 0), ((1,), 9, 0), ((0, 1), 2, 0))
    task = Task(2, (2,), {}, 2)
    assert recombine(task, tours, [0, 1], lambda: True) == [0, 1]
    assert recombine(task, tours, [0, 1], lambda: False) == [2]


class Telling(Crashing):
    """Tells tours that are in no plan, and one plan."""

    def __init__(self, plan: tuple[tuple[int, ...], ...], *passed: tuple[int, ...]) -> None:
        self.plan = tuple(Sequence(v, stops) for v, stops in enumerate(plan, start=1))
        self.tours = passed

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        for stops in self.tours if isinstance(watch, TourWatch) else ():
            watch.passed(1, stops)
        watch.better(self.plan)
        return self.plan


class Timed(Counted):
    """Knows how many seconds it has."""

    def __init__(self, calls: int, budget_s: float) -> None:
        super().__init__(calls)
        self.budget_s = budget_s


@pytest.mark.parametrize(("budget_s", "gathers"), [(10.0, False), (30.0, True)])
def test_a_short_budget_is_searched_to_the_end(
    monkeypatch: pytest.MonkeyPatch, budget_s: float, gathers: bool
) -> None:
    monkeypatch.setattr(seen_tours, "LEAST_STOPS", 4)
    day = line_day(at(3), at(4), at(9), at(10))
    first, second = Telling(((0, 2), (1, 3)), (3, 2)), Telling(((0, 3), (1, 2)), (1, 0))
    relay = Relay(runners=(first, second))
    found = relay.solve(day, start=None, seed=1, watch=Timed(1000, budget_s))
    together = {frozenset(s.stops) for s in found} == {frozenset({0, 1}), frozenset({2, 3})}
    assert together is gathers


def test_a_relay_puts_tours_of_both_engines_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_tours, "LEAST_STOPS", 4)
    van = VehicleType(numbers=(1, 2, 3, 4), capacity=(2,), shift=(0, 1000))
    day = line_day(at(3), at(4), at(9), at(10), vehicles=(van,))
    first = Telling(((0, 2), (1, 3)), (3, 2))
    second = Telling(((0, 3), (1, 2)), (1, 0))
    found = Relay(runners=(first, second)).solve(day, start=None, seed=1, watch=Counted(1000))
    assert {frozenset(s.stops) for s in found} == {frozenset({0, 1}), frozenset({2, 3})}


def test_of_two_orders_of_the_same_stops_the_cheaper_is_taken() -> None:
    day = line_day(at(2), at(4), at(6), at(8))
    seen = Seen(day)
    for stops in ((2, 0, 3, 1), (0, 1, 2, 3), (3, 1, 0)):
        seen.add(2, stops)
    plan = (Sequence(1, (2, 0)), Sequence(2, (3, 1)))
    assert seen.best_plan(plan, lambda: False) == (Sequence(1, (0, 1, 2, 3)),)


def test_when_too_many_are_seen_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_tours, "MOST_TOURS", 2)
    day = line_day(at(2), at(4), at(6), at(8))
    plan = (Sequence(1, (2, 0)), Sequence(2, (3, 1)))
    tours = [(0, 1, 2, 3), (3, 1, 0), (2, 1)]
    for order, found in ((tours, plan), (tours[::-1], (Sequence(1, tours[0]),))):
        seen = Seen(day)
        for stops in order:
            seen.add(2, stops)
        assert seen.best_plan(plan, lambda: False) == found


def test_pyvrp_tells_tours_that_the_judge_accepts() -> None:
    class Noting(Counted):
        def __init__(self, calls: int) -> None:
            super().__init__(calls)
            self.tours: set[tuple[int, tuple[int, ...]]] = set()

        def passed(self, vehicle: int, stops: tuple[int, ...]) -> None:
            self.tours.add((vehicle, stops))

    day = town(25)
    watch = Noting(60)
    ENGINES["pyvrp"].solve(day, start=None, seed=1, watch=watch)
    assert len(watch.tours) > 10
    assert all(isinstance(check(day, [Sequence(*tour)]), Plan) for tour in watch.tours)


@pytest.mark.parametrize(
    "change",
    [
        {"rules": Rules(before=((0, 1),))},
        {"vehicles": (VehicleType(numbers=(1,), capacity=(99,), reloads=1),)},
        {"vehicles": (VehicleType(numbers=(1,), capacity=(99,), cost_per_s=1),)},
        {"stops": tuple(at(i, location=1, only=frozenset({1})) for i in range(1, 61))},
        {"stops": (at(1), at(2))},
    ],
)
def test_tours_that_depend_on_others_are_not_put_together(change: dict[str, Any]) -> None:
    day = line_day(*(at(i, location=1) for i in range(1, 61)))
    assert recombines(day) and not recombines(replace(day, **change))
