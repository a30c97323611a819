"""Times, loads and cost of one tour: leaves as late as it may without coming back later."""

from dataclasses import dataclass
from itertools import pairwise

from routing.tours.plan import RELOAD, Tour, Violation, Visit
from routing.tours.problem import UNREACHABLE, Break, Kind, Problem, VehicleType, Windows


@dataclass(frozen=True, slots=True)
class Timed:
    """A tour with everything it breaks; feasible when `violations` is empty."""

    tour: Tour
    violations: tuple[Violation, ...]


def time_tour(problem: Problem, vehicle: int, kind: VehicleType, stops: tuple[int, ...]) -> Timed:
    """Time the sequence on that vehicle.

    Rules: goods of a trip are loaded after their latest release; a break is taken at a stop,
    never on the road, and only falls away when the tour leaves after or is back before its
    window; the tour leaves as late as it can without coming back later.
    """
    first = _release(problem, stops, 0)
    earliest = max(kind.shift[0], first)
    walk = _walk(problem, vehicle, kind, stops, earliest)
    latest = _latest_leave(problem, vehicle, kind, stops, earliest, walk)
    if latest > earliest:
        walk = _walk(problem, vehicle, kind, stops, latest)
    distance = _distance(problem, kind, stops)
    tour = Tour(
        vehicle=vehicle,
        visits=tuple(walk.visits),
        leave_s=max(earliest, latest),
        back_s=walk.back_s,
        distance_m=distance,
        cost=tour_cost(kind, distance, walk.back_s - max(earliest, latest)),
        loaded=walk.loaded,
    )
    found = walk.violations + _limits(kind, tour)
    no_road = [violation for violation in found if violation.rule == "unreachable"]
    return Timed(tour, tuple(no_road or found))


def tour_cost(kind: VehicleType, distance_m: int, duration_s: int) -> int:
    """Fixed, distance, time and overtime, in cost units."""
    overtime = max(0, duration_s - kind.paid_s)
    return (
        kind.fixed_cost
        + kind.cost_per_m * distance_m
        + kind.cost_per_s * duration_s
        + kind.cost_per_overtime_s * overtime
    )


class _Walk:
    __slots__ = ("back_s", "loaded", "violations", "visits")

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.violations: list[Violation] = []
        self.back_s = 0
        self.loaded: tuple[int, ...] = ()


def _release(problem: Problem, stops: tuple[int, ...], begin: int) -> int:
    """Latest release among the stops of the trip that starts at position `begin`."""
    release = 0
    for i in stops[begin:]:
        if i == RELOAD:
            break
        if problem.stops[i].kind is Kind.DELIVER:
            release = max(release, problem.stops[i].release_s)
    return release


def _trip_load(problem: Problem, stops: tuple[int, ...], begin: int) -> list[int]:
    load = [0] * problem.dimensions
    for i in stops[begin:]:
        if i == RELOAD:
            break
        if problem.stops[i].kind is Kind.DELIVER:
            for d, amount in enumerate(problem.stops[i].load):
                load[d] += amount
    return load


def open_at(windows: Windows, arrive_s: int) -> int | None:
    """The first moment from `arrive_s` on when service may start; None after the last closing."""
    for opens, closes in windows:
        if arrive_s <= closes:
            return max(arrive_s, opens)
    return None


def _rest(
    pending: list[Break], now_s: int, free_until_s: int, next_s: int, eager: bool
) -> tuple[int, list[Break]]:
    """Seconds spent on breaks at this moment (waiting for one included), and those still due.

    A break that fits before `free_until_s` costs nothing and is taken; an eager driver takes one
    as soon as its window is open, a lazy one when the next chance (`next_s`) would come too late.
    """
    spent, left = 0, []
    for pause in sorted(pending, key=lambda p: p.latest_s):
        begin = max(now_s + spent, pause.earliest_s)
        free = begin + pause.duration_s <= free_until_s
        is_open = begin == now_s + spent
        if begin <= pause.latest_s and (
            free or (eager and is_open) or next_s + spent > pause.latest_s
        ):
            spent = begin + pause.duration_s - now_s
        else:
            left.append(pause)
    return spent, left


def _walk(
    problem: Problem, vehicle: int, kind: VehicleType, stops: tuple[int, ...], leave_s: int
) -> _Walk:
    """Drive the sequence; with breaks, eagerly first and lazily when that breaks a rule."""
    walk = _drive(problem, vehicle, kind, stops, leave_s, eager=True)
    if walk.violations and kind.breaks:
        lazy = _drive(problem, vehicle, kind, stops, leave_s, eager=False)
        if not lazy.violations:
            return lazy
    return walk


def _drive(
    problem: Problem,
    vehicle: int,
    kind: VehicleType,
    stops: tuple[int, ...],
    leave_s: int,
    *,
    eager: bool,
) -> _Walk:
    walk = _Walk()
    travel = problem.matrices[kind.profile].duration_s
    load = _trip_load(problem, stops, 0)
    walk.loaded = tuple(load)
    _check_load(walk, kind, load, vehicle, None)
    now, here = leave_s, kind.start
    pending = [pause for pause in kind.breaks if pause.latest_s >= leave_s]
    carried: set[int] = set()
    for position, i in enumerate(stops):
        target = _place(problem, kind, i)
        _check_road(walk, problem, kind, here, target, vehicle, i)
        arrive = now + int(travel[here, target])
        windows = ((0, kind.shift[1]),) if i == RELOAD else problem.stops[i].windows
        service = 0 if i == RELOAD else problem.stops[i].service_s
        ready = arrive
        rest = 0
        if pending:
            bare = open_at(windows, arrive)
            end = (arrive if bare is None else bare) + service
            rest, pending = _rest(pending, arrive, bare or arrive, end, eager and i == RELOAD)
            ready = arrive + rest
        if i == RELOAD:
            ready = max(ready, _release(problem, stops, position + 1))
            load = _trip_load(problem, stops, position + 1)
            if carried:
                walk.violations.append(Violation("carried_over_reload", vehicle, min(carried)))
        start = open_at(windows, ready)
        if start is None:
            walk.violations.append(Violation("window", vehicle, i, ready - windows[-1][1]))
            start = ready
        if i != RELOAD:
            _move_load(problem, i, load, carried, walk, vehicle)
        _check_load(walk, kind, load, vehicle, i)
        now = start + service
        after = 0
        if pending:
            onward = now + int(travel[target, _after(problem, kind, stops, position)])
            after, pending = _rest(pending, now, now, onward, eager)
            now += after
        walk.visits.append(
            Visit(i, arrive, start - arrive - rest, start, now, tuple(load), rest + after)
        )
        here = target
    _check_road(walk, problem, kind, here, kind.end, vehicle, None)
    walk.back_s = now + int(travel[here, kind.end])
    if any(pause.earliest_s < walk.back_s for pause in pending):
        walk.violations.append(Violation("break", vehicle, None, len(pending)))
    if carried:
        walk.violations.append(Violation("not_dropped", vehicle, min(carried)))
    return walk


def _check_road(
    walk: _Walk, problem: Problem, kind: VehicleType, a: int, b: int, vehicle: int, i: int | None
) -> None:
    matrix = problem.matrices[kind.profile]
    if max(int(matrix.duration_s[a, b]), int(matrix.distance_m[a, b])) >= UNREACHABLE:
        walk.violations.append(Violation("unreachable", vehicle, i))


def _after(problem: Problem, kind: VehicleType, stops: tuple[int, ...], position: int) -> int:
    """The location that follows the one at `position`."""
    if position + 1 == len(stops):
        return kind.end
    following = stops[position + 1]
    return kind.start if following == RELOAD else problem.stops[following].location


def _move_load(
    problem: Problem, i: int, load: list[int], carried: set[int], walk: _Walk, vehicle: int
) -> None:
    stop = problem.stops[i]
    sign = 1 if stop.kind in (Kind.COLLECT, Kind.PICKUP) else -1
    for d, amount in enumerate(stop.load):
        load[d] += sign * amount
    if stop.kind is Kind.PICKUP:
        carried.add(i)
    elif stop.kind is Kind.DROP:
        pickup = problem.partner()[i]
        if pickup in carried:
            carried.remove(pickup)
        else:
            walk.violations.append(Violation("drop_before_pickup", vehicle, i))


def _check_load(
    walk: _Walk, kind: VehicleType, load: list[int], vehicle: int, stop: int | None
) -> None:
    for d, amount in enumerate(load):
        room = kind.capacity[d] if d < len(kind.capacity) else 0
        if amount > room:
            walk.violations.append(Violation("capacity", vehicle, stop, amount - room, d))


def _latest_leave(
    problem: Problem,
    vehicle: int,
    kind: VehicleType,
    stops: tuple[int, ...],
    earliest: int,
    walk: _Walk,
) -> int:
    """The latest start that changes neither the end nor the feasibility of the tour."""
    if walk.violations or not stops:
        return earliest
    if kind.breaks or any(i != RELOAD and len(problem.stops[i].windows) > 1 for i in stops):
        return _search_leave(problem, vehicle, kind, stops, earliest, walk)
    travel = problem.matrices[kind.profile].duration_s
    latest = walk.back_s - int(travel[_place(problem, kind, stops[-1]), kind.end])
    for position in range(len(stops) - 1, -1, -1):
        i = stops[position]
        if i == RELOAD:
            latest = min(latest, kind.shift[1])
        else:
            latest = min(latest - problem.stops[i].service_s, problem.stops[i].windows[-1][1])
        before = kind.start if position == 0 else _place(problem, kind, stops[position - 1])
        latest -= int(travel[before, _place(problem, kind, i)])
    return max(earliest, latest)


def _search_leave(
    problem: Problem,
    vehicle: int,
    kind: VehicleType,
    stops: tuple[int, ...],
    earliest: int,
    walk: _Walk,
) -> int:
    """By bisection: leaving later never ends earlier, so the same end forms an interval."""
    low, high = earliest, walk.back_s
    while low < high:
        middle = (low + high + 1) // 2
        trial = _walk(problem, vehicle, kind, stops, middle)
        if not trial.violations and trial.back_s <= walk.back_s:
            low = middle
        else:
            high = middle - 1
    return low


def _place(problem: Problem, kind: VehicleType, i: int) -> int:
    return kind.start if i == RELOAD else problem.stops[i].location


def _distance(problem: Problem, kind: VehicleType, stops: tuple[int, ...]) -> int:
    distance = problem.matrices[kind.profile].distance_m
    places = [kind.start, *(_place(problem, kind, i) for i in stops), kind.end]
    return sum(int(distance[a, b]) for a, b in pairwise(places))


def _limits(kind: VehicleType, tour: Tour) -> list[Violation]:
    found = []
    if tour.back_s > kind.shift[1]:
        found.append(Violation("shift", tour.vehicle, None, tour.back_s - kind.shift[1]))
    allowed = kind.paid_s + kind.overtime_s
    if tour.duration_s > allowed:
        found.append(Violation("working_time", tour.vehicle, None, tour.duration_s - allowed))
    if tour.distance_m > kind.max_distance_m:
        found.append(
            Violation("max_distance", tour.vehicle, None, tour.distance_m - kind.max_distance_m)
        )
    trips = sum(1 for visit in tour.visits if visit.stop == RELOAD)
    if trips > kind.reloads:
        found.append(Violation("reloads", tour.vehicle, None, trips - kind.reloads))
    return found
