"""PyVRP (MIT, Wouda, Lan, Kool 2024): iterated local search, the default for what it expresses."""

from typing import Any

import numpy as np

from routing.tours.engine import Sequences, TourWatch, Watch, cannot
from routing.tours.plan import RELOAD, Sequence
from routing.tours.problem import HORIZON_S, UNREACHABLE, Kind, Objective, Problem, VehicleType

UNABLE = ("last in, first out", "rules", "several windows", "breaks", "mixed with shipments")
FORBIDDEN = UNREACHABLE
NOT_SERVED_FACTOR = 20
TELL_EVERY = 3
"""Iterations between two whose tours are told; to read every route of each took 40 % of the time."""

TRY_WHOLE = 0.3  # of the budget, for a plan that serves everything


class PyVrpEngine:
    """Delivery, collection and shipments with windows, reloads, releases, prizes, mixed fleets."""

    name = "pyvrp"

    def lacks(self, problem: Problem) -> str:
        if any(stop.release_s and problem.shipments for stop in problem.stops):
            return "cannot express release times with shipments"
        return cannot(problem, UNABLE)

    def warm(self) -> None:
        import pyvrp  # noqa: F401

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        """A day on which not everything fits is searched again with every stop optional."""
        found = _search(_Model(problem), start, seed, watch, TRY_WHOLE)
        if not found and watch.share_used() < 1:
            found = _search(_Model(problem, all_optional=True), None, seed, watch, 1.0)
        return found


def _search(
    model: "_Model", start: Sequences | None, seed: int, watch: Watch, until: float
) -> Sequences:
    """The best found; with nothing feasible it ends at that share of the budget."""
    from pyvrp import IteratedLocalSearchParams, PenaltyParams, SolveParams, solve
    from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks

    best: list[Sequences] = [()]
    passed = watch.passed if isinstance(watch, TourWatch) else None
    told: set[tuple[int, int, int]] = set()

    class Told(IteratedLocalSearchCallbacks):
        count = 0

        def on_start(self, algorithm: Any) -> None:
            if algorithm.initial_solution.is_feasible():
                self.on_best(algorithm.initial_solution)

        def on_best(self, solution: Any) -> None:
            best[0] = model.read(solution)
            watch.better(best[0])

        def on_iteration(self, current: Any, candidate: Any, best: Any, evaluator: Any) -> None:
            self.count += 1
            if passed is None or self.count % TELL_EVERY:
                return
            for route in candidate.routes():
                look = (route.vehicle_type(), route.distance(), route.duration())
                if look not in told and route.is_feasible():
                    told.add(look)
                    passed(model.types[route.vehicle_type()][0][0], model.stops_of(route))

    solve(
        model.data,
        stop=lambda _: watch.share_used() >= (1 if best[0] else until),
        seed=seed,
        collect_stats=False,
        params=SolveParams(
            ils=IteratedLocalSearchParams(callbacks=Told()),
            penalty=PenaltyParams(max_penalty=_highest_penalty(model.problem)),
        ),
        initial_solution=model.write(start) if start else None,
    )
    return best[0]


class _Model:
    """The problem in PyVRP's words, and its solutions in ours."""

    def __init__(self, problem: Problem, *, all_optional: bool = False) -> None:
        from pyvrp import Client, Depot, Location, ProblemData, Shipment

        self.problem = problem
        places = {v.start for v in problem.vehicles} | {v.end for v in problem.vehicles}
        self.depots = sorted(places)
        self.clients = [
            i for i, s in enumerate(problem.stops) if s.kind in (Kind.DELIVER, Kind.COLLECT)
        ]
        self.types = _types(problem)
        locations = [Location(0, 0) for _ in range(len(problem.matrices[0].distance_m))]
        self.penalty = _penalty(problem)
        lost = _worth(problem) if all_optional else 0  # by leaving out what must be served
        clients = []
        for i in self.clients:
            stop = problem.stops[i]
            load = _padded(stop.load, problem.dimensions)
            nothing = [0] * problem.dimensions
            clients.append(
                Client(
                    location=stop.location,
                    delivery=load if stop.kind is Kind.DELIVER else nothing,
                    pickup=load if stop.kind is Kind.COLLECT else nothing,
                    service_duration=stop.service_s,
                    tw_early=stop.windows[0][0],
                    tw_late=stop.windows[0][1],
                    release_time=stop.release_s if stop.kind is Kind.DELIVER else 0,
                    prize=lost if stop.prize is None else stop.prize,
                    required=stop.required and not all_optional,
                )
            )
        shipments = []
        for pickup, drop in problem.shipments:
            a, b = problem.stops[pickup], problem.stops[drop]
            prize = sum(lost if end.prize is None else end.prize for end in (a, b))
            shipments.append(
                Shipment(
                    a.location,
                    b.location,
                    *(a.windows[0][0], a.windows[0][1], a.service_s),
                    *(b.windows[0][0], b.windows[0][1], b.service_s),
                    amount=_padded(a.load, problem.dimensions),
                    prize=prize,
                    required=(a.required or b.required) and not all_optional,
                )
            )
        vehicles, distances, durations = self._fleet()
        self.data = ProblemData(
            locations,
            clients,
            [Depot(location=place) for place in self.depots],
            vehicles,
            distances,
            durations,
            shipments=shipments,
        )

    def _fleet(self) -> tuple[list[Any], list[Any], list[Any]]:
        from pyvrp import VehicleType as PyVehicleType

        problem = self.problem
        profiles: dict[tuple[int, frozenset[int]], int] = {}
        vehicles: list[Any] = []
        distances: list[Any] = []
        durations: list[Any] = []
        for numbers, kind in self.types:
            banned = frozenset(
                i
                for i, stop in enumerate(problem.stops)
                if not stop.skills <= kind.skills
                or (stop.only is not None and not set(numbers) <= stop.only)
            )
            key = (kind.profile, banned)
            if key not in profiles:
                profiles[key] = len(profiles)
                matrix = problem.matrices[kind.profile]
                distance = np.minimum(matrix.distance_m, FORBIDDEN)
                duration = np.minimum(matrix.duration_s, FORBIDDEN)
                rows = [problem.stops[i].location for i in banned]
                if rows:
                    distance, duration = distance.copy(), duration.copy()
                    for table in (distance, duration):
                        table[rows, :] = FORBIDDEN
                        table[:, rows] = FORBIDDEN
                        np.fill_diagonal(table, 0)
                distances.append(distance)
                durations.append(duration)
            depot = self.depots.index(kind.start)
            limits: dict[str, Any] = {}
            if kind.max_distance_m < HORIZON_S or rows_banned(distances[profiles[key]]):
                limits["max_distance"] = min(kind.max_distance_m, FORBIDDEN - 1)
            if kind.paid_s < HORIZON_S:
                limits["shift_duration"] = kind.paid_s
                limits["max_overtime"] = kind.overtime_s
            vehicles.append(
                PyVehicleType(
                    num_available=len(numbers),
                    capacity=list(_padded(kind.capacity, problem.dimensions)),
                    start_depot=depot,
                    end_depot=self.depots.index(kind.end),
                    fixed_cost=kind.fixed_cost + self.penalty,
                    tw_early=kind.shift[0],
                    tw_late=kind.shift[1],
                    unit_distance_cost=kind.cost_per_m,
                    unit_duration_cost=kind.cost_per_s,
                    unit_overtime_cost=kind.cost_per_overtime_s,
                    profile=profiles[key],
                    reload_depots=[depot] if kind.reloads else [],
                    max_reloads=kind.reloads,
                    **limits,
                )
            )
        return vehicles, distances, durations

    def read(self, solution: Any) -> Sequences:
        free = {k: list(numbers) for k, (numbers, _) in enumerate(self.types)}
        return tuple(
            Sequence(free[route.vehicle_type()].pop(0), self.stops_of(route))
            for route in solution.routes()
        )

    def stops_of(self, route: Any) -> tuple[int, ...]:
        stops: list[int] = []
        for activity in list(route)[1:-1]:
            if activity.is_depot():
                stops.append(RELOAD)
            elif activity.is_client():
                stops.append(self.clients[activity.idx])
            else:
                stops.append(self.problem.shipments[activity.idx][0 if activity.is_pickup() else 1])
        return tuple(stops)

    def write(self, sequences: Sequences) -> Any:
        from pyvrp import Activity, ActivityType, Route, Solution

        client = {i: c for c, i in enumerate(self.clients)}
        shipment = {}
        for s, (pickup, drop) in enumerate(self.problem.shipments):
            shipment[pickup] = (ActivityType.PICKUP, s)
            shipment[drop] = (ActivityType.DELIVERY, s)
        routes = []
        for sequence in sequences:
            k = next(k for k, (numbers, _) in enumerate(self.types) if sequence.vehicle in numbers)
            depot = self.depots.index(self.types[k][1].start)
            activities = []
            for i in sequence.stops:
                if i == RELOAD:
                    activities.append(Activity(ActivityType.DEPOT, depot))
                elif i in client:
                    activities.append(Activity(ActivityType.CLIENT, client[i]))
                else:
                    activities.append(Activity(*shipment[i]))
            routes.append(Route(self.data, activities, k))
        return Solution(self.data, routes)


def rows_banned(distance: object) -> bool:
    return bool(np.max(np.asarray(distance)) >= FORBIDDEN)


def _types(problem: Problem) -> list[tuple[tuple[int, ...], VehicleType]]:
    """Vehicle types, one a vehicle where stops name the vehicles that may serve them."""
    if any(stop.only is not None for stop in problem.stops):
        return [((number,), problem.vehicles[k]) for number, k in problem.fleet()]
    return [(kind.numbers, kind) for kind in problem.vehicles if kind.numbers]


def _penalty(problem: Problem) -> int:
    """What a vehicle costs on top when vehicles count first: more than any tour could save."""
    if problem.objective is not Objective.VEHICLES:
        return 0
    return NOT_SERVED_FACTOR * max(
        int(np.median(problem.matrices[kind.profile].distance_m)) * max(kind.cost_per_m, 1)
        for kind in problem.vehicles
    )


def _worth(problem: Problem) -> int:
    """A stop's prize when all are optional: more than any way there and back by a further van."""
    dear = 1
    for kind in problem.vehicles:
        cells = problem.matrices[kind.profile].distance_m
        longest = int(cells[cells < FORBIDDEN].max(initial=1))
        dear = max(dear, 4 * (kind.cost_per_m + kind.cost_per_s) * longest + 2 * kind.fixed_cost)
    return dear


def _highest_penalty(problem: Problem) -> float:
    """PyVRP's own limit, raised for problems whose costs come in finer units than metres."""
    edge = max(
        float(np.median(problem.matrices[kind.profile].distance_m)) * kind.cost_per_m
        for kind in problem.vehicles
    )
    return float(min(1e9, 1e5 * max(1.0, edge / 1e4)))


def _padded(load: tuple[int, ...], dimensions: int) -> list[int]:
    return list(load) + [0] * (dimensions - len(load))
