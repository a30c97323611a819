"""The tours that engines passed on their way, once each, and the best plan of them put together."""

from collections import OrderedDict
from collections.abc import Callable

import numpy as np

from routing.tours.engine import Sequences
from routing.tours.partition import Columns, Task, recombine
from routing.tours.plan import Sequence
from routing.tours.problem import Objective, Problem
from routing.tours.ruin_arrays import absent_costs

LEAST_STOPS = 50  # fewer are searched to the end without
MOST_TOURS = 50_000  # some 20 MB; those seen first are forgotten


def recombines(problem: Problem) -> bool:
    """Whether a tour costs and is allowed what it is whatever the others are.

    Not where time is paid for (the judge chooses when to leave), trips share a vehicle's day, stops
    of different tours are tied, or stops name their vehicles.
    """
    return (
        len(problem.stops) >= LEAST_STOPS
        and not problem.rules
        and not problem.shipments
        and not any(
            kind.reloads or kind.cost_per_s or kind.cost_per_overtime_s for kind in problem.vehicles
        )
        and all(stop.only is None for stop in problem.stops)
    )


class Seen:
    """Tours of one problem by type of vehicle and stops in their order."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._kind_of = dict(problem.fleet())
        self._tours: OrderedDict[tuple[int, tuple[int, ...]], None] = OrderedDict()

    def add(self, vehicle: int, stops: tuple[int, ...]) -> None:
        """A tour that `vehicle` can drive, or another of its type."""
        self._tours[self._kind_of[vehicle], stops] = None
        if len(self._tours) > MOST_TOURS:
            self._tours.popitem(last=False)

    def best_plan(self, plan: Sequences, enough: Callable[[], bool]) -> Sequences:
        """The cheapest plan of tours seen that is found until `enough`; at worst `plan`."""
        ours = [(self._kind_of[s.vehicle], s.stops) for s in plan]
        tours = self._cheapest(ours)
        found = recombine(self._task(plan), _columns(tours), list(range(len(ours))), enough)
        free = [list(kind.numbers) for kind in self._problem.vehicles]
        return tuple(Sequence(free[tours[c][0]].pop(0), tours[c][1]) for c in found)

    def _cheapest(
        self, ours: list[tuple[int, tuple[int, ...]]]
    ) -> list[tuple[int, tuple[int, ...], int]]:
        """(type, stops, cost) of our own tours, and then of each other set of stops the cheapest."""
        best: dict[tuple[int, frozenset[int]], tuple[int, tuple[int, ...], int]] = {}
        for kind, stops in (*ours, *self._tours):
            cost = self._cost(kind, stops)
            key = (kind, frozenset(stops))
            if key not in best or cost < best[key][2]:
                best[key] = (kind, stops, cost)
        return list(best.values())

    def _cost(self, kind: int, stops: tuple[int, ...]) -> int:
        van = self._problem.vehicles[kind]
        places = [van.start, *(self._problem.stops[i].location for i in stops), van.end]
        metres = self._problem.matrices[van.profile].distance_m[places[:-1], places[1:]].sum()
        return van.fixed_cost + van.cost_per_m * int(metres)

    def _task(self, plan: Sequences) -> Task:
        problem = self._problem
        served = {i for s in plan for i in s.stops}
        lost = absent_costs(problem)
        return Task(
            stops=len(problem.stops),
            fleet=tuple(len(kind.numbers) for kind in problem.vehicles),
            prizes={
                i: int(lost[i])
                for i, stop in enumerate(problem.stops)
                if not stop.required or i not in served
            },
            most_tours=(
                len(plan) if problem.objective is Objective.VEHICLES else len(self._kind_of)
            ),
        )


def _columns(tours: list[tuple[int, tuple[int, ...], int]]) -> Columns:
    sizes = [len(stops) for _, stops, _ in tours]
    return Columns(
        stops=np.array([i for _, stops, _ in tours for i in stops], dtype=np.int64),
        first=np.append(0, np.cumsum(sizes)).astype(np.int64),
        cost=np.array([cost for _, _, cost in tours], dtype=np.int64),
        kind=np.array([kind for kind, _, _ in tours], dtype=np.int64),
    )
