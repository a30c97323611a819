"""Makes room for a shipment that fits nowhere: one or two that are easier to place leave for it.

The ejection search of Nagata & Kobayashi (2010) for pick-up and delivery: of all tours and all
pairs of their shipments, those with the smallest count of failures so far leave, and only when
that is less than the newcomer's own, so that two shipments never turn each other out for ever.
"""

import numpy as np

from core.kernels import kernel
from routing.tours.pair_links import Pairs, PairState, remove_pair, retime
from routing.tours.ruin_arrays import Data, Longs
from routing.tours.tour_links import insert, touch

NOWHERE = (-1, -1, -1)
MOST_LEAVE = 2


@kernel
def eject(
    data: Data, pairs: Pairs, state: PairState, m: int, hard: Longs, removed: Longs, count: int
) -> int:
    """Put m into a tour that others leave; they are appended to `removed`, the new count returned.

    Nothing changes, and `count` is returned, when nobody easier can make room. Costs follow but
    for those of absent shipments, which are the caller's to count.
    """
    v, first, second = who_leaves(data, pairs, state, m, hard)
    if v < 0:
        return count
    touch(state, v)
    count = remove_pair(data, pairs, state, first, removed, count)
    if second >= 0:
        count = remove_pair(data, pairs, state, second, removed, count)
    retime(data, pairs, state, v)
    n = data.load.shape[0]
    nodes = np.zeros(n + 2, np.int64)
    size = tour_nodes(state, n + v, nodes)
    at_a, at_b, cost = place_in(data, pairs, nodes, size, m, v, -1, -1)
    insert(data, state, at_a, pairs.pickup[m])
    insert(data, state, at_b, pairs.drop[m])
    retime(data, pairs, state, v)
    state.total[0] += cost
    return count


@kernel
def tour_nodes(state: PairState, start: int, nodes: Longs) -> int:
    """Write a tour's nodes, both ends included; how many."""
    following = state.links[0]
    node, size = np.int64(start), 0
    while node >= 0:
        nodes[size] = node
        size += 1
        node = np.int64(following[node])
    return size


@kernel
def who_leaves(
    data: Data, pairs: Pairs, state: PairState, m: int, hard: Longs
) -> tuple[int, int, int]:
    """The vehicle, and the one or two shipments (-1: one) that leave it for m; -1s when none can."""
    n, vehicles = data.load.shape[0], data.unit.shape[0]
    nodes = np.zeros(n + 2, np.int64)
    least = np.int64(hard[m])
    where, first, second = -1, -1, -1
    for v in range(vehicles):
        size = tour_nodes(state, n + v, nodes)
        if size < 4 or not (data.allowed[pairs.pickup[m], v] and data.allowed[pairs.drop[m], v]):
            continue
        for i in range(1, size - 1):
            one = pairs.shipment[nodes[i]]
            if pairs.pickup[one] != nodes[i] or hard[one] >= least:
                continue
            at_a, _, _ = place_in(data, pairs, nodes, size, m, v, one, -1)
            if at_a >= 0:
                least, where, first, second = np.int64(hard[one]), v, int(one), -1
                continue
            for j in range(i + 1, size - 1):
                other = pairs.shipment[nodes[j]]
                if pairs.pickup[other] != nodes[j] or hard[one] + hard[other] >= least:
                    continue
                at_a, _, _ = place_in(data, pairs, nodes, size, m, v, one, other)
                if at_a >= 0:
                    least = np.int64(hard[one] + hard[other])
                    where, first, second = v, int(one), int(other)
    return where, first, second


@kernel
def place_in(
    data: Data, pairs: Pairs, nodes: Longs, size: int, m: int, v: int, one: int, other: int
) -> tuple[int, int, int]:
    """Where m goes in a tour without two of its shipments: node before each end, and the cost.

    The tour is given by all its nodes; (-1, -1, -1) when m fits nowhere.
    """
    place, service, opens, closes = data.place, data.service, data.opens, data.closes
    distance, duration, load, shipment = data.distance, data.duration, data.load, pairs.shipment
    dimensions, unit = load.shape[1], data.unit[v]
    tour = np.empty(size, np.int64)
    early, late = np.empty(size, np.int64), np.empty(size, np.int64)
    board = np.zeros((size, dimensions), np.int64)
    kept = 0
    for i in range(size):
        node = nodes[i]
        inside = i > 0 and i < size - 1
        if inside and (shipment[node] == one or shipment[node] == other):
            continue
        tour[kept] = node
        time = opens[node]
        if kept > 0:
            before = tour[kept - 1]
            ride = duration[place[before], place[node]]
            time = max(early[kept - 1] + service[before] + ride, time)
            board[kept] = board[kept - 1]
        if inside:
            sign = 1 if pairs.pickup[shipment[node]] == node else -1
            for d in range(dimensions):
                board[kept, d] += sign * load[node, d]
        early[kept] = time
        kept += 1
    for i in range(kept - 1, -1, -1):
        late[i] = closes[tour[i]]
        if i < kept - 1:
            ride = duration[place[tour[i]], place[tour[i + 1]]]
            late[i] = min(late[i + 1] - service[tour[i]] - ride, late[i])
        if early[i] > late[i]:
            return NOWHERE
    a, b = pairs.pickup[m], pairs.drop[m]
    best, at_a, at_b = np.int64(1) << 60, np.int64(-1), np.int64(-1)
    for i in range(kept - 1):
        p, q = tour[i], tour[i + 1]
        time = max(early[i] + service[p] + duration[place[p], a], opens[a])
        if early[i] > closes[a] or not under(board, i, load, a, data.capacity, v):
            continue
        if time > closes[a]:
            continue
        more = np.int64(distance[place[p], a]) - distance[place[p], place[q]]
        time, node = time + service[a], a  # ready to leave the last node
        for j in range(i, kept - 1):
            r = tour[j + 1]
            if j > i:  # tour[j] is served with m's goods on board
                node = tour[j]
                if time > late[j] or not under(board, j, load, a, data.capacity, v):
                    break
                time += service[node]
            at = place[node]
            time_b = max(time + duration[at, b], opens[b])
            if time_b <= closes[b] and time_b + service[b] + duration[b, place[r]] <= late[j + 1]:
                cost = more + np.int64(distance[at, b]) + distance[b, place[r]]
                if j > i:
                    cost += distance[a, place[q]] - np.int64(distance[at, place[r]])
                if cost < best:
                    best, at_a, at_b = cost, p, np.int64(node)
            time = max(time + duration[at, place[r]], opens[r])
    if at_a < 0:
        return NOWHERE
    return int(at_a), int(at_b), int(unit * best)


@kernel
def under(board: Longs, i: int, load: Longs, a: int, capacity: Longs, v: int) -> bool:
    """True when a's goods can be on board when leaving position i."""
    fits = True
    for d in range(load.shape[1]):
        fits = fits and board[i, d] + load[a, d] <= capacity[v, d]
    return bool(fits)
