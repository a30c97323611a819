"""The least that would have to give for a vehicle to serve a stop beside what it has.

Found by trial: the rules that a tour with the stop breaks are lifted by as much as it breaks them,
and it is timed again, until nothing is broken. So what is told together does free the stop.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from routing.tours.loading import under_other_goods
from routing.tours.plan import RELOAD, Need, Violation
from routing.tours.problem import (
    UNREACHABLE,
    Kind,
    Loading,
    Matrix,
    Problem,
    Rules,
    Stop,
    VehicleType,
)
from routing.tours.schedule import Timed, time_tour

TIMES = frozenset({"window", "shift", "working_time", "release"})
AMOUNTS = frozenset({"capacity", "max_distance"})
STRUCTURE = frozenset({"carried_over_reload", "drop_before_pickup", "not_dropped"})
MOST_ROUNDS = 8
TRIED = 3
"""Of the places in a tour, how many are lifted until they fit: those that break least as they are."""

Order = tuple[int, ...]
Key = tuple[str, int | None, int | None]
Weight = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A vehicle's stops in order with the new one among them; `cost` once the needs are met."""

    stops: Order
    cost: int
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One vehicle's tour and what should come to it, in a problem of these stops alone."""

    day: Problem
    kind: VehicleType
    number: int
    base: Order
    added: Order  # the stop last; before it what cannot be served apart from it
    old: Order  # index in the whole problem of each stop of `day`
    tied: tuple[Need, ...]  # what no order changes

    def least(self) -> Place:
        """The place that needs least, and of those that need nothing the cheapest."""
        place = self._least()
        timed = [need for need in place.needs if need.rule in TIMES]
        stop = self.day.stops[self.added[-1]]
        if timed and stop.kind is Kind.DELIVER and stop.release_s > self.kind.shift[0]:
            place = self._if_earlier(place)
        needs = (*self.tied, *place.needs)
        order = sorted(needs, key=lambda need: (-_class(need.rule), need.rule))
        return replace(place, needs=tuple(self._outside(need) for need in order))

    def base_cost(self) -> int:
        """What the tour costs as it is, 0 when the vehicle stays at home."""
        if not any(i != RELOAD for i in self.base):
            return 0
        return time_tour(self.day, self.number, self.kind, self.base).tour.cost

    def _least(self) -> Place:
        order = self.base
        pairs = self.day.partner()
        left = list(self.added)
        best = Place(order, 0)
        broken: list[Need] = []
        while left:
            first = left.pop(0)
            second = pairs.get(first)
            if second is not None and second in left:
                left.remove(second)
                if self.day.stops[first].kind is Kind.DROP:
                    first, second = second, first
            found = self._ranked(order, first, second)
            if not found:  # no order pleases every rule of order
                broken.append(Need("order", 0, first))
                found = [(*order, first, *(() if second is None else (second,)))]
            best = min((self._lifted(stops) for stops in found), key=lambda p: weight(self.kind, p))
            order = best.stops
        return replace(best, needs=(*broken, *best.needs))

    def _ranked(self, order: Order, first: int, second: int | None) -> list[Order]:
        """The few most promising orders with the stop, or with both ends of its shipment."""
        found = []
        for stops in _places(order, first, second, self.kind.reloads):
            if self._out_of_order(stops):
                continue
            timed = time_tour(self.day, self.number, self.kind, stops)
            if any(violation.rule in STRUCTURE for violation in timed.violations):
                continue
            needs = _needs(self.day, self.kind, timed)
            found.append((weight(self.kind, Place(stops, timed.tour.cost, needs)), stops))
        found.sort()
        clean = [stops for key, stops in found if key[0] == 0]
        return clean[:1] or [stops for _, stops in found[:TRIED]]

    def _out_of_order(self, stops: Order) -> bool:
        at = {i: position for position, i in enumerate(stops)}
        return any(
            first in at and second in at and at[first] > at[second]
            for first, second in self.day.rules.before
        )

    def _lifted(self, stops: Order) -> Place:
        """That order with all that it needs."""
        day, kind = self.day, self.kind
        total: dict[Key, Need] = {}
        for _ in range(MOST_ROUNDS):
            timed = time_tour(day, self.number, kind, stops)
            needs = _needs(day, kind, timed)
            for need in needs:
                key = (need.rule, need.stop, need.dimension)
                amount = need.amount + (total[key].amount if key in total else 0)
                total[key] = replace(need, amount=amount)
            if not needs:
                break
            day, kind = lift(day, kind, needs)
        return Place(stops, timed.tour.cost, tuple(total.values()))

    def _if_earlier(self, place: Place) -> Place:
        """The goods told as the cause where nothing else of time is in the way; else as it was."""
        one = self.added[-1]
        sooner = replace(self, day=with_stop(self.day, one, release_s=0))
        found = sooner._lifted(place.stops)
        if any(need.rule in TIMES for need in found.needs):
            found = sooner._least()
        if any(need.rule in TIMES for need in found.needs):
            return place
        low, high = 0, self.day.stops[one].release_s
        while low < high:  # the latest release that still does
            middle = (low + high + 1) // 2
            trial = replace(self, day=with_stop(self.day, one, release_s=middle))
            if any(need.rule in TIMES for need in trial._lifted(found.stops).needs):
                high = middle - 1
            else:
                low = middle
        need = Need("release", self.day.stops[one].release_s - low, one)
        return replace(found, needs=(*found.needs, need))

    def _outside(self, need: Need) -> Need:
        """In stops of the whole problem; those of `tied` are already."""
        if need in self.tied or need.stop is None:
            return need
        return replace(need, stop=self.old[need.stop])


def ask(
    problem: Problem,
    number: int,
    kind: VehicleType,
    base: Order,
    added: Order,
    tied: tuple[Need, ...] = (),
) -> Asked:
    """Cut out of the problem what this vehicle's tour and the stops to come are about."""
    old = tuple(i for i in (*base, *added) if i != RELOAD)
    new = {i: position for position, i in enumerate(old)}
    locations = sorted({kind.start, kind.end, *(problem.stops[i].location for i in old)})
    row = {location: position for position, location in enumerate(locations)}
    matrix = problem.matrices[kind.profile]
    cut = Matrix(
        matrix.distance_m[locations][:, locations], matrix.duration_s[locations][:, locations]
    )
    own = replace(kind, numbers=(number,), start=row[kind.start], end=row[kind.end], profile=0)
    day = replace(
        problem,
        stops=tuple(
            replace(problem.stops[i], location=row[problem.stops[i].location]) for i in old
        ),
        vehicles=(own,),
        matrices=(cut,),
        shipments=tuple((new[a], new[b]) for a, b in problem.shipments if a in new and b in new),
        rules=Rules(
            before=tuple((new[a], new[b]) for a, b in problem.rules.before if {a, b} <= set(new))
        ),
    )
    inside = tuple(i if i == RELOAD else new[i] for i in base)
    return Asked(day, own, number, inside, tuple(new[i] for i in added), old, tied)


def lift(day: Problem, kind: VehicleType, needs: tuple[Need, ...]) -> tuple[Problem, VehicleType]:
    """The day and the vehicle with those rules lifted, by as much as they need."""
    for need in needs:
        match need.rule:
            case "window":
                assert need.stop is not None
                windows = day.stops[need.stop].windows
                wider = (*windows[:-1], (windows[-1][0], windows[-1][1] + need.amount))
                day = with_stop(day, need.stop, windows=wider)
            case "shift":
                kind = replace(kind, shift=(kind.shift[0], kind.shift[1] + need.amount))
            case "working_time":
                kind = replace(kind, overtime_s=kind.overtime_s + need.amount)
            case "max_distance":
                kind = replace(kind, max_distance_m=kind.max_distance_m + need.amount)
            case "capacity":
                assert need.dimension is not None
                room = [*kind.capacity, *[0] * (day.dimensions - len(kind.capacity))]
                room[need.dimension] += need.amount
                kind = replace(kind, capacity=tuple(room))
            case "break":
                kind = replace(kind, breaks=())
            case "reloads":
                kind = replace(kind, reloads=kind.reloads + need.amount)
            case "under_other_goods":
                kind = replace(kind, loading=Loading.ANY)
            case "unreachable":
                day = replace(day, matrices=tuple(_with_roads(each) for each in day.matrices))
    return day, kind


def _with_roads(matrix: Matrix) -> Matrix:
    """Roads that take no time where there are none: what else is in the way shows."""
    missing = np.maximum(matrix.distance_m, matrix.duration_s) >= UNREACHABLE
    return Matrix(np.where(missing, 0, matrix.distance_m), np.where(missing, 0, matrix.duration_s))


def with_stop(day: Problem, index: int, **changes: object) -> Problem:
    """The day with that stop changed."""
    changed: Stop = replace(day.stops[index], **changes)  # type: ignore[arg-type]
    return replace(day, stops=(*day.stops[:index], changed, *day.stops[index + 1 :]))


def weight(kind: VehicleType, place: Place) -> Weight:
    """Smaller is nearer: nothing, then times, then amounts, then a side door, then what
    else is yes or no; then fewer, then less (thousandths of the limits, then seconds), then cheaper."""
    worst = max((_class(need.rule) for need in place.needs), default=0)
    amounts = sum(_share(kind, need) for need in place.needs if need.rule in AMOUNTS)
    seconds = sum(need.amount for need in place.needs if need.rule in TIMES)
    return worst, len(place.needs), amounts, seconds, place.cost


def _class(rule: str) -> int:
    by_rule = {**dict.fromkeys(TIMES, 1), **dict.fromkeys(AMOUNTS, 2), "under_other_goods": 3}
    return by_rule.get(rule, 4)


def _share(kind: VehicleType, need: Need) -> int:
    limit = kind.max_distance_m
    if need.rule == "capacity" and need.dimension is not None:
        limit = kind.capacity[need.dimension] if need.dimension < len(kind.capacity) else 0
    return need.amount * 1000 // max(limit, 1)


def _needs(day: Problem, kind: VehicleType, timed: Timed) -> tuple[Need, ...]:
    """What this order breaks, each rule once and at its worst.

    Working time counts only when nothing else is broken: a tour that breaks a rule on its way is
    timed as leaving early.
    """
    found: dict[Key, Need] = {}
    on_the_way = [v for v in timed.violations if v.rule != "working_time"]
    for violation in on_the_way or timed.violations:
        need = _need(violation)
        key = (need.rule, need.stop, need.dimension)
        if key not in found or found[key].amount < need.amount:
            found[key] = need
    if kind.loading is Loading.LIFO:
        for i, above in under_other_goods(day, timed.tour.sequence.stops):
            found["under_other_goods", None, None] = Need("under_other_goods", above, i)
    return tuple(found.values())


def _need(violation: Violation) -> Need:
    match violation.rule:
        case "window" if violation.stop == RELOAD:
            return Need("shift", violation.excess)
        case "window":
            return Need("window", violation.excess, violation.stop)
        case "capacity":
            return Need("capacity", violation.excess, None, violation.dimension)
        case "unreachable" | "break":
            return Need(violation.rule)
        case rule:
            return Need(rule, violation.excess)


def _places(order: Order, first: int, second: int | None, reloads: int) -> Iterator[Order]:
    """Every order with the new stop in it, on a trip of its own too where the vehicle may reload."""
    again = order and order.count(RELOAD) < reloads
    for i in range(len(order) + 1):
        with_first = (*order[:i], first, *order[i:])
        if second is not None:
            for j in range(i + 1, len(with_first) + 1):
                yield (*with_first[:j], second, *with_first[j:])
            continue
        yield with_first
        if again:
            if i > 0:
                yield (*order[:i], RELOAD, first, *order[i:])
            if i < len(order):
                yield (*order[:i], first, RELOAD, *order[i:])


def ties(
    problem: Problem,
    number: int,
    kind: VehicleType,
    base: Order,
    added: Order,
    vehicle_of: Mapping[int, int],
) -> tuple[Need, ...]:
    """What keeps those stops off that vehicle in any order; `vehicle_of` of stops planned."""
    needs: dict[Need, None] = {}
    for i in added:
        stop = problem.stops[i]
        if not stop.skills <= kind.skills:
            needs[Need("skills", 0, i, what=", ".join(sorted(stop.skills - kind.skills)))] = None
        if stop.only is not None and number not in stop.only:
            needs[Need("not_this_vehicle", 0, i)] = None
        for group in problem.rules.same_vehicle:
            if i in group and any(vehicle_of.get(j, number) != number for j in group):
                needs[Need("same_vehicle", 0, i)] = None
        for first, second in problem.rules.before:
            other = first if second == i else second if first == i else None
            if other is not None and vehicle_of.get(other, number) != number:
                needs[Need("order", 0, i)] = None
    aboard = {problem.stops[i].goods for i in (*base, *added) if i != RELOAD}
    for pair in sorted(problem.rules.incompatible, key=sorted):
        if len(pair) == 2 and pair <= aboard:
            needs[Need("incompatible", what=", ".join(sorted(pair)))] = None
    return tuple(needs)
