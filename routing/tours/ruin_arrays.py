"""A problem as the arrays the ruin-and-recreate kernels work on, and tours in and out of them.

Nodes are 0..n-1 stops, then a start and an end node for each vehicle (n+v, n+V+v). Places are the
stops (place = node) and then the distinct depots.
"""

from itertools import pairwise
from math import gcd
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from routing.tours.engine import Sequences
from routing.tours.plan import Sequence
from routing.tours.problem import Objective, Problem

FAR = 5 * 10**8
"""No road, in the kernels' 32-bit matrices; two of them still fit."""

NEIGHBOURS = 100  # how far strings look for the next tour to break open

Longs = NDArray[np.int64]
Shorts = NDArray[np.int32]


class Data(NamedTuple):
    """What does not change during the search."""

    distance: Shorts  # [places, places]
    duration: Shorts
    distance_back: Shorts  # transposed, so that one stop's row holds both ways
    duration_back: Shorts
    place: Longs  # [nodes]
    opens: Longs  # [nodes] start of service
    closes: Longs
    service: Longs
    load: Longs  # [n, dimensions]
    capacity: Longs  # [vehicles, dimensions]
    unit: Longs  # [vehicles] cost of a metre
    fixed: Longs  # [vehicles]
    first_of: Longs  # [types + 1] where each type's vehicles begin
    allowed: NDArray[np.uint8]  # [n, vehicles]
    near: Shorts  # [n, k] other stops by closeness, -1 ends the list
    home: Longs  # [n] vehicle it should stay with, -1 for none
    away: Longs  # [2] price of leaving home: the step's at present, and the caller's
    orders: Longs  # [7, n] sort keys for reinsertion


class State(NamedTuple):
    """Tours as linked lists with what O(1) insertion needs."""

    links: Shorts  # [4, nodes] next, previous, vehicle (-1: absent), metres to next
    times: Shorts  # [2, nodes] earliest and latest start of service
    room: Longs  # [vehicles, dimensions] free capacity
    total: Longs  # [2] cost with absents and moves; stops away from home
    touched: Longs  # [vehicles + 1] count, then tours changed since the last copy


class Linked(Protocol):
    """What the kernels for stops and for shipments share of a state."""

    @property
    def links(self) -> Shorts: ...
    @property
    def times(self) -> Shorts: ...
    @property
    def room(self) -> Longs: ...
    @property
    def total(self) -> Longs: ...
    @property
    def touched(self) -> Longs: ...


def build(problem: Problem, *, home: dict[int, int] | None = None, away_cost: int = 0) -> Data:
    """The arrays of a problem without shipments; `home` maps stop index to vehicle number."""
    fleet = problem.fleet()
    kinds = [problem.vehicles[k] for _, k in fleet]
    n, vehicles = len(problem.stops), len(fleet)
    depots = sorted({v.start for v in kinds} | {v.end for v in kinds})
    rows = [*(stop.location for stop in problem.stops), *depots]
    matrix = problem.matrices[kinds[0].profile]
    metres, rates = matrix.distance_m[np.ix_(rows, rows)], kinds[0]
    paid = rates.cost_per_s > 0
    if paid:  # cost of driving in place of metres, in the largest unit both rates allow
        step = gcd(rates.cost_per_m, rates.cost_per_s)
        seconds = np.minimum(matrix.duration_s[np.ix_(rows, rows)], FAR)
        metres = np.minimum(metres, FAR) * (rates.cost_per_m // step)
        metres = metres + seconds * (rates.cost_per_s // step)
    distance = np.minimum(metres, FAR).astype(np.int32)
    duration = np.minimum(matrix.duration_s[np.ix_(rows, rows)], FAR).astype(np.int32)
    dimensions = max(problem.dimensions, 1)
    opens, closes, service = (np.zeros(n + 2 * vehicles, dtype=np.int64) for _ in range(3))
    place = np.arange(n + 2 * vehicles, dtype=np.int64)
    load = np.zeros((n, dimensions), dtype=np.int64)
    for i, stop in enumerate(problem.stops):
        opens[i], closes[i] = stop.windows[0]
        service[i] = stop.service_s
        load[i, : len(stop.load)] = stop.load
    capacity = np.zeros((vehicles, dimensions), dtype=np.int64)
    for v, kind in enumerate(kinds):
        capacity[v, : len(kind.capacity)] = kind.capacity
        place[n + v] = n + depots.index(kind.start)
        place[n + vehicles + v] = n + depots.index(kind.end)
        for node in (n + v, n + vehicles + v):
            opens[node], closes[node] = kind.shift
    numbers = {number: v for v, (number, _) in enumerate(fleet)}
    back = np.ascontiguousarray(distance.T)
    same = bool(np.array_equal(distance, duration))
    return Data(
        distance=distance,
        duration=distance if same else duration,
        distance_back=back,
        duration_back=back if same else np.ascontiguousarray(duration.T),
        place=place,
        opens=opens,
        closes=closes,
        service=service,
        load=load,
        capacity=capacity,
        unit=np.array(
            [gcd(kind.cost_per_m, kind.cost_per_s) if paid else kind.cost_per_m for kind in kinds],
            dtype=np.int64,
        ),
        fixed=np.array([kind.fixed_cost for kind in kinds], dtype=np.int64),
        first_of=np.cumsum([0, *(len(kind.numbers) for kind in problem.vehicles)]).astype(np.int64),
        allowed=_allowed(problem),
        near=_near(distance, n),
        home=np.array([numbers.get((home or {}).get(i, -1), -1) for i in range(n)], dtype=np.int64),
        away=np.array([away_cost, away_cost], dtype=np.int64),
        orders=_orders(load, opens, closes, distance, n),
    )


def absent_costs(problem: Problem) -> Longs:
    """What leaving each stop out costs: its prize, or more than any detour; int64 [n]."""
    dear = 1
    for kind in problem.vehicles:
        cells = problem.matrices[kind.profile].distance_m
        reachable = cells[cells < FAR]
        longest = int(reachable.max()) if reachable.size else 1
        rate = kind.cost_per_m + kind.cost_per_s
        dear = max(dear, 4 * rate * longest + 2 * kind.fixed_cost)
    dear *= 10
    costs = [dear if stop.prize is None else stop.prize for stop in problem.stops]
    return np.array(costs, dtype=np.int64)


def empty_state(data: Data) -> State:
    """No tours: every stop absent; costs are the kernel's to count."""
    n, vehicles = len(data.load), len(data.unit)
    links = np.full((4, n + 2 * vehicles), -1, dtype=np.int32)
    times = np.zeros((2, n + 2 * vehicles), dtype=np.int32)
    for v in range(vehicles):
        start, end = n + v, n + vehicles + v
        links[0, start], links[1, end] = end, start
        links[2, start] = links[2, end] = v
        times[0, start], times[1, end] = data.opens[start], data.closes[end]
        times[0, end], times[1, start] = data.opens[end], data.closes[start]
    return State(
        links,
        times,
        data.capacity.copy(),
        np.zeros(2, np.int64),
        np.zeros(len(data.unit) + 1, np.int64),
    )


def read(problem: Problem, state: State) -> Sequences:
    """The tours of a state."""
    n = len(problem.stops)
    found = []
    following = state.links[0]
    for v, (number, _) in enumerate(problem.fleet()):
        stops = []
        node = int(following[n + v])
        while node < n:
            stops.append(node)
            node = int(following[node])
        if stops:
            found.append(Sequence(number, tuple(stops)))
    return tuple(found)


def write(problem: Problem, data: Data, sequences: Sequences) -> State:
    """The state of given tours; times and costs are for the kernel's `refresh` to fill."""
    state = empty_state(data)
    n = len(problem.stops)
    vehicles = len(data.unit)
    position = {number: v for v, (number, _) in enumerate(problem.fleet())}
    for sequence in sequences:
        v = position[sequence.vehicle]
        nodes = [n + v, *sequence.stops, n + vehicles + v]
        for a, b in pairwise(nodes):
            state.links[0, a], state.links[1, b] = b, a
        for i in sequence.stops:
            state.links[2, i] = v
            state.room[v] -= data.load[i]
    return state


def _allowed(problem: Problem) -> NDArray[np.uint8]:
    fleet = problem.fleet()
    table = np.ones((len(problem.stops), len(fleet)), dtype=np.uint8)
    for i, stop in enumerate(problem.stops):
        if stop.skills or stop.only is not None:
            for v, (number, k) in enumerate(fleet):
                able = stop.skills <= problem.vehicles[k].skills
                table[i, v] = able and (stop.only is None or number in stop.only)
    return table


def _near(distance: Shorts, n: int) -> Shorts:
    """The closest other stops of each stop."""
    if n < 2:
        return np.full((n, 1), -1, dtype=np.int32)
    metres = np.minimum(distance[:n, :n], distance[:n, :n].T).astype(np.int64)
    np.fill_diagonal(metres, FAR * 2)
    few = min(NEIGHBOURS, n - 1)
    return np.argsort(metres, axis=1, kind="stable")[:, :few].astype(np.int32)


def _orders(load: Longs, opens: Longs, closes: Longs, distance: Shorts, n: int) -> Longs:
    """Keys to sort stops by before reinsertion, ascending: the orders of Christiaens & Vanden
    Berghe (2020): random (row 0, filled by the kernel), demand, far, close, window width, opening,
    closing."""
    depot = distance[n, :n].astype(np.int64) if n else np.zeros(0, dtype=np.int64)
    scale = np.maximum(load.max(axis=0, initial=1), 1)
    size = (load * 1000 // scale).sum(axis=1)
    rows = [np.zeros(n), -size, -depot, depot, (closes - opens)[:n], opens[:n], -closes[:n]]
    return np.array(rows, dtype=np.int64).reshape(7, n)


def fewest_first(problem: Problem) -> bool:
    return problem.objective is Objective.VEHICLES
