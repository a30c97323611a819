"""Re-plan a running day: what is driven stays, few stops change vehicle, and why a stop cannot.

A vehicle's driven stops are those it has left for or served by `now_s`; it goes on from the last
one. Goods delivered from the depot are on board once the vehicle has left: only it can bring
them, and orders that come in later must be loaded by a vehicle that has not left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from routing.tours.engine import Sequences
from routing.tours.loading import order_of_loading_matters
from routing.tours.plan import Need, Plan, Sequence, Tour, Unserved
from routing.tours.problem import Kind, Problem, Rules, Stop, VehicleType

ON_BROKEN_VEHICLE = "on_broken_vehicle"


@dataclass(frozen=True, slots=True)
class Running:
    """A day as it stands: what is left to plan, from where, and what has been driven."""

    problem: Problem  # what is left, each vehicle starting where it is
    kept: tuple[int, ...]  # index in the full problem of each stop of `problem`
    start: Sequences  # the rest of the old tours, in indices of `problem`
    home: Mapping[int, int]  # stop of `problem` to the vehicle it is planned on
    driven: Mapping[int, tuple[int, ...]]  # vehicle on the road to stops of the full problem
    left: Mapping[int, int]  # vehicle on the road to when it left, s
    stranded: tuple[Unserved, ...]  # goods on board of broken vehicles
    nobody: bool = False  # no vehicle is left; `problem` then has those there were, and none may

    def whole(self, sequences: Sequences) -> Sequences:
        """Tours of the whole day in the full problem: driven stops, then the new rest."""
        rest = {s.vehicle: tuple(self.kept[i] for i in s.stops) for s in sequences}
        vehicles = sorted(set(rest) | {v for v, stops in self.driven.items() if stops})
        return tuple(Sequence(v, (*self.driven.get(v, ()), *rest.get(v, ()))) for v in vehicles)


@dataclass(frozen=True, slots=True)
class Churn:
    """How much of the old plan changes hands."""

    old_stops: int
    moved: int  # stops on another vehicle than before
    share: float


class CannotReplan(ValueError):
    """The day has a rule that re-planning does not know."""


def freeze(
    problem: Problem,
    plan: Plan,
    *,
    now_s: int,
    broken: frozenset[int] = frozenset(),
    reached: Mapping[int, int] | None = None,
) -> Running:
    """Split the day at `now_s`. `plan` is the old plan in stops of `problem`, which may have more.

    `reached` says how many stops of a vehicle's tour have ended for sure: a driver may be ahead of
    the plan. What lay on a broken vehicle in the old plan still does: its note is kept, and it is
    nobody's to plan. Raises CannotReplan for what `refuse_what_replanning_lacks` names.
    """
    refuse_what_replanning_lacks(problem)
    reached = reached or {}
    tours = {tour.vehicle: tour for tour in plan.tours}
    driven: dict[int, tuple[int, ...]] = {}
    stranded = [note for note in plan.unserved if note.reason == ON_BROKEN_VEHICLE]
    only: dict[int, frozenset[int]] = {}
    vehicles: list[VehicleType] = []
    waiting = frozenset(
        number
        for number, _ in problem.fleet()
        if number not in broken
        and not reached.get(number)
        and (number not in tours or tours[number].leave_s > now_s)
    )
    for number, k in problem.fleet():
        kind = replace(problem.vehicles[k], numbers=(number,))
        tour = tours.get(number)
        if tour is None or (tour.leave_s > now_s and not reached.get(number)):
            begins = max(kind.shift[0], now_s)
            if number not in broken and begins <= kind.shift[1]:
                vehicles.append(replace(kind, shift=(begins, kind.shift[1])))
            continue
        done = max(_driven(tour, now_s), reached.get(number, 0))
        driven[number] = tuple(visit.stop for visit in tour.visits[:done])
        ahead = [visit.stop for visit in tour.visits[done:]]
        for i in ahead:
            if problem.stops[i].kind is Kind.DELIVER:
                only[i] = frozenset({number})
        if number in broken:
            stranded += [
                Unserved(
                    i,
                    ON_BROKEN_VEHICLE,
                    f"on board of vehicle {number}",
                    needs=(Need("on_board", what=str(number)),),
                )
                for i in ahead
                if i in only
            ]
        else:
            vehicles.append(_on_the_road(problem, kind, tour, done, now_s))
    gone = {i for stops in driven.values() for i in stops} | {note.stop for note in stranded}
    kept = tuple(i for i in range(len(problem.stops)) if i not in gone)
    stops = []
    for i in kept:
        stop = problem.stops[i]
        allowed = only.get(i)
        if allowed is None and stop.kind is Kind.DELIVER:
            allowed = waiting  # still at the depot
        if i in only:
            stop = replace(stop, release_s=0)  # on board already
        stops.append(stop if allowed is None else _limited(stop, allowed))
    return _running(problem, plan, kept, tuple(stops), tuple(vehicles), driven, tuple(stranded))


def on_the_road(plan: Plan, *, now_s: int, reached: Mapping[int, int]) -> frozenset[int]:
    """Stops of vehicles that have left: what is delivered to them is on board."""
    return frozenset(
        visit.stop
        for tour in plan.tours
        if tour.leave_s <= now_s or reached.get(tour.vehicle)
        for visit in tour.visits
    )


def held(
    running: Running, home: Mapping[int, int], free: frozenset[int], most_away: int
) -> Problem:
    """The open day with every stop tied to its home vehicle, but for `free` and `most_away` more.

    Those are let go from tours with free stops, for engines that know no limit on moves.
    """
    near = [
        i
        for sequence in running.start
        if free & set(sequence.stops)
        for i in sequence.stops
        if i in home
    ]
    loose = free | frozenset(near[:most_away])
    stops = tuple(
        _limited(stop, frozenset({home[i]})) if i in home and i not in loose else stop
        for i, stop in enumerate(running.problem.stops)
    )
    return replace(running.problem, stops=stops)


def refuse_what_replanning_lacks(problem: Problem) -> None:
    """Raises CannotReplan for shipments, reloads, breaks, ties, and last in, first out."""
    if problem.shipments or problem.rules or any(v.reloads or v.breaks for v in problem.vehicles):
        raise CannotReplan("re-planning knows no shipments, reloads, breaks or ties between stops")
    if order_of_loading_matters(problem):
        raise CannotReplan("re-planning knows no goods that leave last in, first out")


def churn(problem: Problem, old: Plan, new: Plan) -> Churn:
    """Stops of the old plan that another vehicle serves in the new one."""
    del problem
    before = {visit.stop: tour.vehicle for tour in old.tours for visit in tour.visits}
    after = {visit.stop: tour.vehicle for tour in new.tours for visit in tour.visits}
    moved = sum(1 for i, vehicle in before.items() if after.get(i, vehicle) != vehicle)
    return Churn(len(before), moved, moved / len(before) if before else 0.0)


def _driven(tour: Tour, now_s: int) -> int:
    """How many stops are served or being driven to."""
    begun = tour.leave_s
    for position, visit in enumerate(tour.visits):
        if begun > now_s:
            return position
        begun = visit.leave_s
    return len(tour.visits)


def _on_the_road(
    problem: Problem, kind: VehicleType, tour: Tour, done: int, now_s: int
) -> VehicleType:
    """The vehicle from its last driven stop on; what it has spent is sunk."""
    last = tour.visits[done - 1] if done else None
    free_at = max(now_s, last.leave_s if last else tour.leave_s)
    collected = [0] * len(kind.capacity)
    for visit in tour.visits[:done]:
        stop = problem.stops[visit.stop]
        if stop.kind is Kind.COLLECT:
            for d, amount in enumerate(stop.load):
                collected[d] += amount
    spent = free_at - tour.leave_s
    return replace(
        kind,
        start=problem.stops[last.stop].location if last else kind.start,
        shift=(min(free_at, kind.shift[1]), kind.shift[1]),
        fixed_cost=0,
        capacity=tuple(c - collected[d] for d, c in enumerate(kind.capacity)),
        paid_s=max(0, kind.paid_s - spent),
    )


def _limited(stop: Stop, allowed: frozenset[int]) -> Stop:
    return replace(stop, only=allowed if stop.only is None else stop.only & allowed)


def _running(
    problem: Problem,
    plan: Plan,
    kept: tuple[int, ...],
    stops: tuple[Stop, ...],
    vehicles: tuple[VehicleType, ...],
    driven: Mapping[int, tuple[int, ...]],
    stranded: tuple[Unserved, ...],
) -> Running:
    new = {old: i for i, old in enumerate(kept)}
    able = {number for kind in vehicles for number in kind.numbers}
    start = tuple(
        Sequence(tour.vehicle, rest)
        for tour in plan.tours
        if tour.vehicle in able
        and (rest := tuple(new[v.stop] for v in tour.visits if v.stop in new))
    )
    home = {
        new[visit.stop]: tour.vehicle
        for tour in plan.tours
        for visit in tour.visits
        if visit.stop in new and tour.vehicle in able
    }
    nobody = not vehicles
    if nobody:
        stops = tuple(_limited(stop, frozenset()) for stop in stops)
    open_day = replace(problem, stops=stops, vehicles=vehicles or problem.vehicles, rules=Rules())
    left = {tour.vehicle: tour.leave_s for tour in plan.tours if tour.vehicle in driven}
    return Running(open_day, kept, start, home, driven, left, stranded, nobody)
