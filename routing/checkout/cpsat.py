"""The same problem as a CP-SAT model: oracle of the planner, and its fallback under tying rules.

Parcels are slots. Each chooses a service, a box and a tariff bracket; units go to slots from
locations. One model answers one question: the least cost by a day, with at most so many parcels,
each leg at the problem's level. OR-Tools is imported when asked (0.5 s, 90 MB), runs on one worker
with a fixed seed and a deterministic time, so that answers repeat.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import gcd
from typing import Any

import numpy as np

from routing.checkout.depot import Depot, Option
from routing.checkout.evaluate import Evaluator
from routing.checkout.problem import (
    CO2_UNKNOWN_G,
    GRAMS_PER_TONNE,
    Content,
    Plan,
    PlannedParcel,
    Problem,
    VolumeRule,
)

SLOTS = 12
"""Most parcels a model offers; carts that need more are not for it."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best plan found, a lower bound on its cost, and whether there is proof."""

    plan: Plan | None
    bound: int | None
    proven: bool
    infeasible: bool


def is_whole(problem: Problem) -> bool:
    """Whether the model knows every plan of the problem, so that finding none proves it."""
    units = sum(line.qty for line in problem.lines)
    by_volume = isinstance(problem.fit, VolumeRule)
    return by_volume and not problem.joint and min(problem.max_parcels, units) <= SLOTS


def cheapest(
    problem: Problem,
    *,
    by_day: int | None = None,
    most_parcels: int | None = None,
    below: int | None = None,
    deterministic_s: float = 20.0,
) -> Found:
    """The cheapest plan that arrives by a day (None: any) in at most so many parcels.

    With `below`, only plans that cost less count: `infeasible` then proves that there is none.
    Where CO2e has a price, the plan with the least `Plan.weighed` is found, and no bound is told
    (`below` is for problems without one).

    Under joint reliability legs are taken at the highest tabulated level, and the plan's date is
    its joint one: a plan, but perhaps not the best. Real packing (`problem.fit` other than the
    volume rule) is not modelled: boxes are chosen anew, a plan that fits none is not returned.
    """
    from ortools.sat.python import cp_model

    level = problem.q
    if problem.joint:
        known = [one for service in problem.services for one in service.transit.levels]
        level = max(known, default=problem.q)
    depot = Depot(problem, level)
    units = sum(line.qty for line in problem.lines)
    slots = min(problem.max_parcels, units, SLOTS, most_parcels or SLOTS)
    model = _Model(cp_model.CpModel(), depot, slots, by_day)
    if below is not None:
        model.model.add(model.cost < below)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = deterministic_s
    status = solver.solve(model.model)
    proven = status == cp_model.OPTIMAL
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Found(None, None, False, status == cp_model.INFEASIBLE)
    evaluator = Evaluator(problem)
    boxed = [_boxed(evaluator, parcel) for parcel in model.parcels(solver)]
    parcels = tuple(parcel for parcel in boxed if parcel is not None)
    plan = evaluator.plan(parcels) if len(parcels) == len(boxed) else None
    exact = is_whole(problem)
    plain = not problem.joint and not problem.co2_price
    bound = round(solver.best_objective_bound) if plain else None
    return Found(plan, bound, proven and exact and plan is not None, False)


def _boxed(evaluator: Evaluator, parcel: PlannedParcel) -> PlannedParcel | None:
    """The parcel in the cheapest box that the problem's own fit accepts; None: there is none."""
    problem = evaluator.problem
    if isinstance(problem.fit, VolumeRule):
        return parcel
    place = evaluator.locations.get(parcel.node) or evaluator.hubs[parcel.node]
    items = [evaluator.lines[one.line].item for one in parcel.contents]
    counts = np.array([[0] * len(items), [one.qty for one in parcel.contents]], dtype=np.int64)
    fits = problem.fit.fits(counts, items, problem.boxes)[1]
    grams = evaluator.weight_g(parcel.contents)
    most_g = evaluator.services[parcel.service].max_g
    found = []
    for number, box in enumerate(problem.boxes):
        here = place.boxes is None or box.id in place.boxes
        if fits[number] and here and grams <= min(box.max_g, most_g - box.tare_g):
            other = replace(parcel, box=box.id)
            cost = evaluator.cost(other)
            if cost is not None:
                found.append((cost.total, number, other))
    return min(found, default=(0, 0, None))[2]


@dataclass(slots=True, eq=False)
class _Slot:
    """Variables of one parcel."""

    units: list[tuple[Option, Any]] = field(default_factory=list)
    choices: list[tuple[int, int, int, Any]] = field(default_factory=list)
    """(service, box, bracket, chosen)"""
    cost: list[tuple[int, Any]] = field(default_factory=list)


class _Model:
    """Builds the model slot by slot, then what slots share."""

    def __init__(self, model: Any, depot: Depot, slots: int, by_day: int | None) -> None:
        self.model = model
        self.depot = depot
        self.by_day = by_day if by_day is not None else len(depot.problem.day_starts)
        self.slots = [self._slot(number) for number in range(slots)]
        self._demand_and_stock()
        self._rules()
        self._symmetry()
        self.cost = sum(cost * var for slot in self.slots for cost, var in slot.cost)
        model.minimize(self.cost)

    def _slot(self, number: int) -> _Slot:
        model, depot = self.model, self.depot
        problem = depot.problem
        slot = _Slot()
        for place, option in enumerate(depot.options):
            line = problem.lines[option.line]
            most = min(line.qty, problem.offers[option.offer].stock)
            var = model.new_int_var(0, most, f"x{number}.{place}")
            slot.units.append((option, var))
            slot.cost.append((self._weighed(option.unit_cost, option.unit_co2_g), var))
        self._choices(slot, number)
        model.add_at_most_one(var for *_, var in slot.choices)
        self._box_and_tariff(slot)
        self._time_and_flags(slot)
        self._feeders(slot, number)
        return slot

    def _weighed(self, cost: int, co2_g: int) -> int:
        """Cost, with CO2e at its price, in the largest units that are whole."""
        price = self.depot.problem.co2_price
        unit = gcd(price, GRAMS_PER_TONNE)
        return (cost * GRAMS_PER_TONNE + co2_g * price) // unit if price else cost

    def _co2_g(self, service: int, bracket: int) -> int:
        known = self.depot.services[service].co2_known
        return int(self.depot.tariffs.co2_g[service, bracket]) if known else CO2_UNKNOWN_G

    def _choices(self, slot: _Slot, number: int) -> None:
        tariffs = self.depot.tariffs
        for s in range(len(self.depot.services)):
            for box in range(len(self.depot.box_room)):
                for k in range(int(tariffs.bracket_count[s])):
                    price = int(tariffs.cost[s, box, k])
                    if price < 0 or int(tariffs.brackets_g[s, k]) < tariffs.volumetric_g[s, box]:
                        continue
                    var = self.model.new_bool_var(f"z{number}.{s}.{box}.{k}")
                    slot.choices.append((s, box, k, var))
                    slot.cost.append((self._weighed(price, self._co2_g(s, k)), var))

    def _box_and_tariff(self, slot: _Slot) -> None:
        model, depot = self.model, self.depot
        tariffs = depot.tariffs
        grams = sum(int(depot.weight_g[option.line]) * var for option, var in slot.units)
        bulk = sum(int(depot.volume[option.line]) * var for option, var in slot.units)
        room, most, least = [], [], []
        for s, box, k, var in slot.choices:
            tare = int(depot.box_tare_g[box])
            top = min(int(tariffs.brackets_g[s, k]), int(tariffs.max_g[s])) - tare
            room.append(int(depot.box_room[box]) * var)
            most.append(min(top, int(depot.box_max_g[box])) * var)
            below = int(tariffs.brackets_g[s, k - 1]) if k else -1
            if below >= int(tariffs.volumetric_g[s, box]):
                least.append((below + 1 - tare) * var)
        model.add(bulk <= sum(room))
        model.add(grams <= sum(most))
        if least:
            model.add(grams >= sum(least))

    def _time_and_flags(self, slot: _Slot) -> None:
        """Units go only into a slot whose service leaves their node, in time, and takes them."""
        depot = self.depot
        by_choice: dict[tuple[int, int], list[Any]] = {}
        for s, box, _, var in slot.choices:
            by_choice.setdefault((s, box), []).append(var)
        for place, (option, units) in enumerate(slot.units):
            rank = int(depot.option_rank[place])
            line = option.line
            good = [
                var
                for (s, box), chosen in by_choice.items()
                if depot.node_number[depot.services[s].node] == option.node
                and self._carries(line, s)
                and 0 <= depot.arrival[s, rank] <= self.by_day
                and not int(depot.refuses[s]) & int(depot.line_flags[line])
                and int(depot.boxes_ok[line]) >> box & 1
                for var in chosen
            ]
            self.model.add(units <= depot.problem.lines[line].qty * sum(good))

    def _carries(self, line: int, service: int) -> bool:
        way, problem = self.depot.services[service], self.depot.problem
        return problem.rules.carries(problem.lines[line].id, way.kind, way.node)

    def _feeders(self, slot: _Slot, number: int) -> None:
        by_feeder: dict[tuple[int, int], list[tuple[Option, Any]]] = {}
        for option, var in slot.units:
            if option.fixed:
                by_feeder.setdefault((option.node, option.place), []).append((option, var))
        for (node, place), fed in by_feeder.items():
            used = self.model.new_bool_var(f"f{number}.{node}.{place}")
            fixed = self._weighed(fed[0][0].fixed, fed[0][0].fixed_co2_g)
            slot.cost.append((fixed, used))
            for option, var in fed:
                self.model.add(var <= self.depot.problem.lines[option.line].qty * used)

    def _all_units(self) -> Iterable[tuple[Option, Any]]:
        for slot in self.slots:
            yield from slot.units

    def _demand_and_stock(self) -> None:
        problem = self.depot.problem
        by_line: dict[int, list[Any]] = {number: [] for number in range(len(problem.lines))}
        by_offer: dict[int, list[Any]] = {}
        for option, var in self._all_units():
            by_line[option.line].append(var)
            by_offer.setdefault(option.offer, []).append(var)
        for number, line in enumerate(problem.lines):
            self.model.add(sum(by_line[number]) == line.qty)
        for offer, taken in by_offer.items():
            self.model.add(sum(taken) <= problem.offers[offer].stock)

    def _rules(self) -> None:
        problem = self.depot.problem
        rules = problem.rules
        tied = (*rules.together, *((line,) for line in rules.whole_lines))
        groups = [[n for n, line in enumerate(problem.lines) if line.id in one] for one in tied]
        self._seller_parcels(rules.max_parcels_per_seller)
        for number, group in enumerate(groups):
            for place, slot in enumerate(self.slots):
                here = self.model.new_bool_var(f"t{number}.{place}")
                for line in group:
                    held = sum(var for option, var in slot.units if option.line == line)
                    self.model.add(held == problem.lines[line].qty * here)

    def _seller_parcels(self, most: int | None) -> None:
        if most is None:
            return
        problem = self.depot.problem
        for seller in sorted({place.seller for place in problem.locations}):
            used = []
            for number, slot in enumerate(self.slots):
                here = self.model.new_bool_var(f"s{seller}.{number}")
                used.append(here)
                for option, var in slot.units:
                    if problem.locations[option.place].seller == seller:
                        self.model.add(var <= problem.lines[option.line].qty * here)
            self.model.add(sum(used) <= most)

    def _symmetry(self) -> None:
        """Slots cost less and less: parcels have no order."""
        costs = [sum(c * var for c, var in slot.cost) for slot in self.slots]
        for left, right in pairwise(costs):
            self.model.add(left >= right)

    def parcels(self, solver: Any) -> tuple[PlannedParcel, ...]:
        problem = self.depot.problem
        found = []
        for slot in self.slots:
            held: dict[tuple[int, int], int] = {}
            for option, var in slot.units:
                if qty := solver.value(var):
                    key = (option.line, option.place)
                    held[key] = held.get(key, 0) + qty
            if not held:
                continue
            service, box = next((s, b) for s, b, _, var in slot.choices if solver.value(var))
            found.append(
                PlannedParcel(
                    self.depot.services[service].node,
                    self.depot.services[service].id,
                    problem.boxes[box].id,
                    tuple(
                        Content(problem.lines[line].id, problem.locations[place].id, qty)
                        for (line, place), qty in sorted(held.items())
                    ),
                )
            )
        return tuple(found)
