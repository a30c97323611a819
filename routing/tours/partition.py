"""The best plan that tours seen before can be put together to: set partitioning by CP-SAT.

The linear programme over the tours prices the stops. Tours that its prices rule out cannot be in a
better plan; of the rest, those nearest to it are tried first, in rounds that widen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.tours.ruin_arrays import Longs

FIRST_ROUND, LAST_ROUND = 500, 8_000
"""Tours in the first round and in the widest; each has twice as many as the one before."""

ROUND_WORK = 0.15  # CP-SAT's deterministic seconds a round
PRICED_AT_ONCE = 500  # tours that a round of pricing adds to the linear programme
MOST_PRICINGS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Tours that may be chosen, by index; no two of one type have the same stops."""

    stops: Longs  # of all tours, one behind the other
    first: Longs  # [tours + 1] where each tour's stops begin
    cost: Longs  # [tours] cost units
    kind: Longs  # [tours] the type of vehicle that can drive it

    def of(self, tour: int) -> list[int]:
        """The stops of a tour in their order."""
        found: list[int] = self.stops[self.first[tour] : self.first[tour + 1]].tolist()
        return found


@dataclass(frozen=True, slots=True)
class Task:
    """What a choice of tours must keep to; stops by index."""

    stops: int
    fleet: tuple[int, ...]  # vehicles of each type
    prizes: Mapping[int, int]  # what leaving a stop out costs, for those that may be left out
    most_tours: int


def recombine(
    task: Task, columns: Columns, plan: Sequence[int], enough: Callable[[], bool]
) -> list[int]:
    """The cheapest choice of tours found; never dearer than the `plan` there is.

    `enough` is asked before each round: true ends the search.
    """
    best, cost = list(plan), _cost(task, columns, plan)
    bound, dear = _price(task, columns, plan, enough)
    order = np.argsort(dear, kind="stable")
    size = FIRST_ROUND
    while not enough():
        promising = [int(c) for c in order[:size] if bound + dear[c] < cost]
        found = _choose(task, columns, sorted({*best, *promising}), best)
        if _cost(task, columns, found) < cost:
            best, cost = found, _cost(task, columns, found)
        if size >= LAST_ROUND or len(promising) < size:
            break
        size *= 2
    return best


def _cost(task: Task, columns: Columns, chosen: Sequence[int]) -> int:
    served = {i for c in chosen for i in columns.of(c)}
    lost = sum(prize for i, prize in task.prizes.items() if i not in served)
    return lost + sum(int(columns.cost[c]) for c in chosen)


def _price(
    task: Task, columns: Columns, plan: Sequence[int], enough: Callable[[], bool]
) -> tuple[float, Floats]:
    """The least cost of parts of tours, and what each whole tour adds to it at least; [tours].

    Starts with the plan and takes in the tours that its prices make worth most, a number at a time.
    """
    programme = _Programme(task)
    programme.take(columns, plan)
    inside = np.zeros(len(columns.cost), dtype=bool)
    inside[list(plan)] = True
    bound, dear = -np.inf, columns.cost.astype(np.float64)
    for _ in range(MOST_PRICINGS):
        if enough() or not programme.solve():
            break
        dear = programme.reduced_costs(columns)
        bound = programme.cost() + task.most_tours * min(0.0, float(dear.min(initial=0.0)))
        worth = np.flatnonzero((dear < -1e-6) & ~inside)
        if not len(worth):
            break
        few = worth[np.argsort(dear[worth], kind="stable")[:PRICED_AT_ONCE]]
        inside[few] = True
        programme.take(columns, few.tolist())
    return bound, dear


class _Programme:
    """Parts of tours that serve every stop, at least cost."""

    def __init__(self, task: Task) -> None:
        from ortools.linear_solver import pywraplp

        self._optimal = pywraplp.Solver.OPTIMAL
        self._solver: Any = pywraplp.Solver.CreateSolver("GLOP")
        endless = self._solver.infinity()
        self._objective = self._solver.Objective()
        self._objective.SetMinimization()
        self._served = [self._solver.Constraint(1.0, endless) for _ in range(task.stops)]
        self._used = [self._solver.Constraint(-endless, float(count)) for count in task.fleet]
        self._tours = self._solver.Constraint(-endless, float(task.most_tours))
        for i, prize in task.prizes.items():
            absent = self._solver.NumVar(0.0, endless, "")
            self._objective.SetCoefficient(absent, float(prize))
            self._served[i].SetCoefficient(absent, 1.0)

    def take(self, columns: Columns, tours: Sequence[int]) -> None:
        for c in tours:
            share = self._solver.NumVar(0.0, self._solver.infinity(), "")
            self._objective.SetCoefficient(share, float(columns.cost[c]))
            for i in columns.of(c):
                self._served[i].SetCoefficient(share, 1.0)
            self._used[int(columns.kind[c])].SetCoefficient(share, 1.0)
            self._tours.SetCoefficient(share, 1.0)

    def solve(self) -> bool:
        return bool(self._solver.Solve() == self._optimal)

    def cost(self) -> float:
        return float(self._objective.Value())

    def reduced_costs(self, columns: Columns) -> Floats:
        worth = np.array([row.dual_value() for row in self._served])
        fee = np.array([row.dual_value() for row in self._used]) + self._tours.dual_value()
        paid: Floats = np.add.reduceat(worth[columns.stops], columns.first[:-1])
        dear: Floats = columns.cost - paid - fee[columns.kind]
        return dear


def _choose(task: Task, columns: Columns, open_to: Sequence[int], best: Sequence[int]) -> list[int]:
    """The cheapest choice found among the tours `open_to`, from the best known one on."""
    from ortools.sat.python import cp_model

    model: Any = cp_model.CpModel()
    by_stop: list[list[Any]] = [[] for _ in range(task.stops)]
    by_kind: list[list[Any]] = [[] for _ in task.fleet]
    chosen = {c: model.new_bool_var("") for c in open_to}
    hinted = set(best)
    for c, var in chosen.items():
        model.add_hint(var, c in hinted)
        by_kind[columns.kind[c]].append(var)
        for i in columns.of(c):
            by_stop[i].append(var)
    served = {i for c in best for i in columns.of(c)}
    costs = [int(columns.cost[c]) * var for c, var in chosen.items()]
    for i, prize in task.prizes.items():
        absent = model.new_bool_var("")
        model.add_hint(absent, i not in served)
        by_stop[i].append(absent)
        costs.append(prize * absent)
    for choices in by_stop:
        model.add_exactly_one(choices)
    for count, choices in zip(task.fleet, by_kind, strict=True):
        model.add(sum(choices) <= count)
    model.add(sum(chosen.values()) <= task.most_tours)
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = ROUND_WORK
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return list(best)
    return [c for c, var in chosen.items() if solver.value(var)]
