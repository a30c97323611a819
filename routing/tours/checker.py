"""The one judge: times and prices every engine's proposal from the problem alone, or refuses it."""

from collections.abc import Iterable

from routing.tours.loading import under_other_goods
from routing.tours.plan import RELOAD, NotFeasible, Plan, Sequence, Unserved, Violation
from routing.tours.problem import Loading, Problem, VehicleType
from routing.tours.schedule import time_tour


def check(
    problem: Problem,
    sequences: Iterable[Sequence],
    *,
    unserved: Iterable[Unserved] = (),
    engine: str = "",
    bound: int | None = None,
) -> Plan | NotFeasible:
    """The plan these tours make, or every rule they break.

    Every stop is served once or unserved; a required stop may be unserved (it costs nothing here
    but is told), an optional one costs its prize. Reasons are taken from `unserved` where given.
    """
    type_of = dict(problem.fleet())
    violations: list[Violation] = []
    tours = []
    times_served = [0] * len(problem.stops)
    used: set[int] = set()
    for sequence in sequences:
        if not any(i != RELOAD for i in sequence.stops):
            continue
        if sequence.vehicle not in type_of:
            violations.append(Violation("no_such_vehicle", sequence.vehicle))
            continue
        if sequence.vehicle in used:
            violations.append(Violation("vehicle_used_twice", sequence.vehicle))
        used.add(sequence.vehicle)
        if any(i != RELOAD and not 0 <= i < len(problem.stops) for i in sequence.stops):
            violations.append(Violation("no_such_stop", sequence.vehicle))
            continue
        kind = problem.vehicles[type_of[sequence.vehicle]]
        timed = time_tour(problem, sequence.vehicle, kind, sequence.stops)
        violations += timed.violations
        violations += _rules_broken(problem, sequence, kind)
        tours.append(timed.tour)
        for i in sequence.stops:
            if i != RELOAD:
                times_served[i] += 1
    violations += [
        Violation("served_twice", None, i) for i, times in enumerate(times_served) if times > 1
    ]
    violations += _ties_broken(problem, [tour.sequence for tour in tours])
    if violations:
        return NotFeasible(tuple(violations))
    told = {note.stop: note for note in unserved}
    left = [i for i, times in enumerate(times_served) if times == 0]
    cost = sum(tour.cost for tour in tours) + sum(problem.stops[i].prize or 0 for i in left)
    return Plan(
        tours=tuple(sorted(tours, key=lambda tour: tour.vehicle)),
        unserved=tuple(told.get(i, Unserved(i, "not_planned")) for i in left),
        cost=cost,
        bound=bound,
        engine=engine,
    )


def rank(problem: Problem, plan: Plan) -> tuple[int, int, int]:
    """Smaller is better: required stops left out, then tours if they count first, then cost."""
    missing = sum(1 for note in plan.unserved if problem.stops[note.stop].required)
    fleet = len(plan.tours) if problem.objective == "vehicles" else 0
    return missing, fleet, plan.cost


def _rules_broken(problem: Problem, sequence: Sequence, kind: VehicleType) -> list[Violation]:
    found = []
    aboard: set[str] = set()
    for i in sequence.stops:
        if i == RELOAD:
            continue
        stop = problem.stops[i]
        if not stop.skills <= kind.skills:
            found.append(Violation("skills", sequence.vehicle, i))
        if stop.only is not None and sequence.vehicle not in stop.only:
            found.append(Violation("not_this_vehicle", sequence.vehicle, i))
        if stop.goods:
            aboard.add(stop.goods)
    found += [
        Violation("incompatible", sequence.vehicle)
        for pair in sorted(problem.rules.incompatible, key=sorted)
        if len(pair) == 2 and pair <= aboard
    ]
    if kind.loading is Loading.LIFO:
        found += [
            Violation("under_other_goods", sequence.vehicle, i, above)
            for i, above in under_other_goods(problem, sequence.stops)
        ]
    return found


def _ties_broken(problem: Problem, sequences: list[Sequence]) -> list[Violation]:
    """Same vehicle, order, and both ends of a shipment."""
    place = {
        i: (sequence.vehicle, position)
        for sequence in sequences
        for position, i in enumerate(sequence.stops)
        if i != RELOAD
    }
    found = [
        Violation("same_vehicle", None, group[0])
        for group in problem.rules.same_vehicle
        if len({place[i][0] if i in place else None for i in group}) > 1
    ]
    for first, second in problem.rules.before:
        if second not in place:
            continue
        if (
            first not in place
            or place[first][0] != place[second][0]
            or place[first] > place[second]
        ):
            found.append(Violation("order", place[second][0], second))
    for pickup, drop in problem.shipments:
        if (pickup in place) != (drop in place):
            found.append(Violation("half_a_shipment", None, pickup))
    return found
