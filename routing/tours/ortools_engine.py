"""OR-Tools routing (Apache-2.0): the engine that knows every rule but reloads."""

from itertools import combinations, pairwise
from typing import Any

import numpy as np

from routing.tours.engine import Sequences, Watch, cannot
from routing.tours.loading import order_of_loading_matters
from routing.tours.plan import Sequence
from routing.tours.problem import HORIZON_S, UNREACHABLE, Kind, Loading, Objective, Problem

UNABLE = ("reloads",)
MANY = 10**12


class OrToolsEngine:
    """Cheapest insertion, then guided local search."""

    name = "ortools"

    def lacks(self, problem: Problem) -> str:
        return cannot(problem, UNABLE)

    def warm(self) -> None:
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2  # noqa: F401

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2

        model = _Model(problem, pywrapcp)
        routing = model.routing
        best: list[tuple[int, Sequences]] = []

        def heard() -> None:
            cost = routing.CostVar().Min()
            if best and best[-1][0] <= cost:
                return
            found = model.read_next(lambda index: routing.NextVar(index).Value())
            best[:] = [(cost, found)]
            watch.better(found)

        routing.AddAtSolutionCallback(heard)
        routing.AddSearchMonitor(routing.solver().CustomLimit(lambda: watch.share_used() >= 1))
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = (
            routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        )
        parameters.local_search_metaheuristic = (
            routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        )
        parameters.time_limit.seconds = 7 * 24 * 3600  # the watch decides; without any it stops
        if start:
            routing.CloseModelWithParameters(parameters)
            routes = model.write(start)
            assignment = routing.ReadAssignmentFromRoutes(routes, True)
            if assignment is not None:
                routing.SolveFromAssignmentWithParameters(assignment, parameters)
                return best[-1][1] if best else ()
        routing.SolveWithParameters(parameters)
        return best[-1][1] if best else ()


class _Model:
    def __init__(self, problem: Problem, pywrapcp: Any) -> None:
        self.problem = problem
        self.fleet = problem.fleet()
        self.depots = sorted(
            {v.start for v in problem.vehicles} | {v.end for v in problem.vehicles}
        )
        self.places = [*self.depots, *(stop.location for stop in problem.stops)]
        kinds = [problem.vehicles[k] for _, k in self.fleet]
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.places),
            len(self.fleet),
            [self.depots.index(v.start) for v in kinds],
            [self.depots.index(v.end) for v in kinds],
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.kinds = kinds
        self._costs()
        self._times()
        self._loads()
        self._last_in_first_out(pywrapcp.RoutingModel.PICKUP_AND_DELIVERY_LIFO)
        self._who()
        self._ties()
        self._optional()

    def index(self, stop: int) -> int:
        found: int = self.manager.NodeToIndex(len(self.depots) + stop)
        return found

    def _cells(self, table: Any) -> Any:
        return np.minimum(table[np.ix_(self.places, self.places)], UNREACHABLE)

    def _costs(self) -> None:
        known: dict[tuple[int, int], int] = {}
        for v, kind in enumerate(self.kinds):
            key = (kind.profile, kind.cost_per_m)
            if key not in known:
                cells = self._cells(self.problem.matrices[kind.profile].distance_m)
                cells = np.where(cells >= UNREACHABLE, MANY, cells * kind.cost_per_m)
                known[key] = self.routing.RegisterTransitMatrix(cells.tolist())
            self.routing.SetArcCostEvaluatorOfVehicle(known[key], v)
            first = 0
            if self.problem.objective is Objective.VEHICLES:
                first = MANY // 1000
            self.routing.SetFixedCostOfVehicle(kind.fixed_cost + first, v)
        if any(kind.max_distance_m < HORIZON_S for kind in self.kinds):
            by_profile = [
                self.routing.RegisterTransitMatrix(self._cells(m.distance_m).tolist())
                for m in self.problem.matrices
            ]
            self.routing.AddDimensionWithVehicleTransitAndCapacity(
                [by_profile[kind.profile] for kind in self.kinds],
                0,
                [kind.max_distance_m for kind in self.kinds],
                True,
                "distance",
            )

    def _times(self) -> None:
        routing, problem = self.routing, self.problem
        service = np.array(
            [0] * len(self.depots) + [stop.service_s for stop in problem.stops], dtype=np.int64
        )
        by_profile = [
            routing.RegisterTransitMatrix((self._cells(m.duration_s) + service[:, None]).tolist())
            for m in problem.matrices
        ]
        horizon = max(kind.shift[1] for kind in self.kinds)
        routing.AddDimensionWithVehicleTransits(
            [by_profile[kind.profile] for kind in self.kinds], horizon, horizon, False, "time"
        )
        time = routing.GetDimensionOrDie("time")
        self.time = time
        for i, stop in enumerate(problem.stops):
            cumul = time.CumulVar(self.index(i))
            cumul.SetRange(stop.windows[0][0], min(stop.windows[-1][1], horizon))
            for (_, closes), (opens, _) in pairwise(stop.windows):
                if opens > closes + 1:
                    cumul.RemoveInterval(closes + 1, opens - 1)
        for v, kind in enumerate(self.kinds):
            time.CumulVar(routing.Start(v)).SetRange(*kind.shift)
            time.CumulVar(routing.End(v)).SetRange(*kind.shift)
            if kind.paid_s < HORIZON_S:
                time.SetSpanUpperBoundForVehicle(min(kind.paid_s + kind.overtime_s, horizon), v)
            if kind.cost_per_s:
                time.SetSpanCostCoefficientForVehicle(kind.cost_per_s, v)
            routing.AddVariableMinimizedByFinalizer(time.CumulVar(routing.End(v)))
        self._breaks(service)
        self._releases()

    def _breaks(self, service: Any) -> None:
        if not any(kind.breaks for kind in self.kinds):
            return
        solver = self.routing.solver()
        visits = [
            int(service[self.manager.IndexToNode(index)]) for index in range(self.routing.Size())
        ]
        for v, kind in enumerate(self.kinds):
            pauses = [
                solver.FixedDurationIntervalVar(
                    pause.earliest_s, pause.latest_s, pause.duration_s, False, f"break {v} {b}"
                )
                for b, pause in enumerate(kind.breaks)
            ]
            if pauses:
                self.time.SetBreakIntervalsOfVehicle(pauses, v, visits)

    def _releases(self) -> None:
        solver = self.routing.solver()
        for i, stop in enumerate(self.problem.stops):
            if stop.release_s and stop.kind is Kind.DELIVER:
                where = self.routing.VehicleVar(self.index(i))
                for v in range(len(self.kinds)):
                    here = solver.IsEqualCstVar(where, v)
                    begin = self.time.CumulVar(self.routing.Start(v))
                    solver.Add(begin >= here * stop.release_s)

    def _loads(self) -> None:
        """One signed dimension a unit: delivered goods leave what was loaded at the start."""
        sign = {Kind.DELIVER: -1, Kind.DROP: -1, Kind.COLLECT: 1, Kind.PICKUP: 1}
        for d in range(self.problem.dimensions):
            moves = [0] * len(self.depots) + [
                sign[s.kind] * (s.load[d] if d < len(s.load) else 0) for s in self.problem.stops
            ]
            if not any(moves):
                continue
            evaluator = self.routing.RegisterUnaryTransitVector(moves)
            self.routing.AddDimensionWithVehicleCapacity(
                evaluator,
                0,
                [kind.capacity[d] if d < len(kind.capacity) else 0 for kind in self.kinds],
                False,
                f"load {d}",
            )

    def _last_in_first_out(self, policy: int) -> None:
        """Shipments by the library's own rule; what comes from or goes to the depot by counting.

        Goods from the depot lie at the bottom and goods for it stay on top to the end. So at such a
        stop no shipment may be on board, and nothing for the depot where some comes from it.
        """
        if not order_of_loading_matters(self.problem):
            return
        lifo = [kind.loading is Loading.LIFO for kind in self.kinds]
        for v in (v for v, last_first in enumerate(lifo) if last_first):
            self.routing.SetPickupAndDeliveryPolicyOfVehicle(policy, v)
        moves = {"collected": {Kind.COLLECT: 1}, "shipped": {Kind.PICKUP: 1, Kind.DROP: -1}}
        nothing_at = {"collected": (Kind.DELIVER,), "shipped": (Kind.DELIVER, Kind.COLLECT)}
        for name, change in moves.items():
            counts = [change.get(stop.kind, 0) for stop in self.problem.stops]
            still = self.routing.RegisterUnaryTransitVector([0] * len(self.places))
            count = self.routing.RegisterUnaryTransitVector([*[0] * len(self.depots), *counts])
            self.routing.AddDimensionWithVehicleTransits(
                [count if last_first else still for last_first in lifo],
                *(0, len(self.places), True, name),
            )
            aboard = self.routing.GetDimensionOrDie(name)
            for i, stop in enumerate(self.problem.stops):
                if stop.kind in nothing_at[name]:
                    aboard.CumulVar(self.index(i)).SetMax(0)

    def _who(self) -> None:
        for i, stop in enumerate(self.problem.stops):
            if not stop.skills and stop.only is None:
                continue
            may = [
                v
                for v, (number, _) in enumerate(self.fleet)
                if stop.skills <= self.kinds[v].skills
                and (stop.only is None or number in stop.only)
            ]
            self.routing.VehicleVar(self.index(i)).SetValues([-1, *may])

    def _ties(self) -> None:
        routing, solver, problem = self.routing, self.routing.solver(), self.problem
        for pickup, drop in problem.shipments:
            a, b = self.index(pickup), self.index(drop)
            routing.AddPickupAndDelivery(a, b)
            solver.Add(routing.VehicleVar(a) == routing.VehicleVar(b))
            solver.Add(self.time.CumulVar(a) <= self.time.CumulVar(b))
        for group in problem.rules.same_vehicle:
            for i, j in pairwise(group):
                solver.Add(routing.VehicleVar(self.index(i)) == routing.VehicleVar(self.index(j)))
        for first, second in problem.rules.before:
            a, b = self.index(first), self.index(second)
            solver.Add(routing.VehicleVar(a) == routing.VehicleVar(b))
            solver.Add(self.time.CumulVar(a) <= self.time.CumulVar(b))
        classes = sorted({stop.goods for stop in problem.stops if stop.goods})
        if problem.rules.incompatible and classes:
            for i, stop in enumerate(problem.stops):
                if stop.goods:
                    routing.SetVisitType(
                        self.index(i),
                        classes.index(stop.goods),
                        type(routing).TYPE_ADDED_TO_VEHICLE,
                    )
            for a, b in combinations(range(len(classes)), 2):
                if frozenset({classes[a], classes[b]}) in problem.rules.incompatible:
                    routing.AddHardTypeIncompatibility(a, b)

    def _optional(self) -> None:
        """A required stop may be dropped too, for more than any detour costs."""
        dear = MANY // 10
        for i, stop in enumerate(self.problem.stops):
            self.routing.AddDisjunction([self.index(i)], dear if stop.prize is None else stop.prize)

    def read_next(self, next_of: Any) -> Sequences:
        found = []
        for v, (number, _) in enumerate(self.fleet):
            stops = []
            index = next_of(self.routing.Start(v))
            while not self.routing.IsEnd(index):
                stops.append(self.manager.IndexToNode(index) - len(self.depots))
                index = next_of(index)
            if stops:
                found.append(Sequence(number, tuple(stops)))
        return tuple(found)

    def write(self, sequences: Sequences) -> list[list[int]]:
        by_number = {sequence.vehicle: sequence.stops for sequence in sequences}
        return [[self.index(i) for i in by_number.get(number, ())] for number, _ in self.fleet]
