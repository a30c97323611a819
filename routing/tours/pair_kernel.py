"""Ruin and recreate for shipments: a pick-up and its drop leave and enter a tour together.

As `ruin_kernel`, after Christiaens & Vanden Berghe (2020), with their search for fewer tours: one
tour is dissolved and a state is better when the shipments without a tour have been harder to
place, counted over the whole search.
"""

import numpy as np

from core.kernels import kernel
from routing.tours.pair_links import (
    Pairs,
    PairState,
    board_all,
    copy_pairs,
    copy_touched_pairs,
    remove_pair,
    retime,
    tours_used,
)
from routing.tours.ruin_arrays import Data, Longs
from routing.tours.ruin_kernel import (
    BLINK_MEAN,
    LOG_BITS,
    LONGEST_STRING,
    MEAN_REMOVED,
    ORDER_WEIGHTS,
)
from routing.tours.tour_links import below, draw, insert, touch


@kernel
def ruin_pairs(
    data: Data, pairs: Pairs, state: PairState, removed: Longs, count: int, seed: Longs
) -> int:
    """Remove the shipments of strings near a random stop; the new count is returned."""
    n = data.load.shape[0]
    following, previous, vehicle = state.links[0], state.links[1], state.links[2]
    used = tours_used(data, state)
    if used == 0:
        return count
    longest = min(LONGEST_STRING, max(1, (n - 2 * count) // used))
    most = (1024 * MEAN_REMOVED) // (1 + longest) - 256
    strings = (256 + below(seed, max(1, most))) >> 8
    marks = np.full(strings, -1, np.int64)
    string = np.zeros(LONGEST_STRING, np.int64)
    broken = 0
    centre = below(seed, n)
    for rank in range(-1, data.near.shape[1]):
        c = np.int64(centre) if rank < 0 else np.int64(data.near[centre, rank])
        if c < 0 or broken == strings:
            break
        v = vehicle[c]
        if v < 0:
            continue
        seen = False
        for t in range(broken):
            if marks[t] == v:
                seen = True
        if seen:
            continue
        marks[broken] = v
        broken += 1
        touch(state, v)
        length = 1 + below(seed, longest)
        back = below(seed, length)
        node = c
        while back > 0 and previous[node] < n:
            node = np.int64(previous[node])
            back -= 1
        size = 0
        while size < length and node < n:
            string[size] = node
            size += 1
            node = np.int64(following[node])
        for s in range(size):
            if vehicle[string[s]] >= 0:
                count = remove_pair(data, pairs, state, pairs.shipment[string[s]], removed, count)
        if not retime(data, pairs, state, v):
            while following[n + v] < n:
                m = pairs.shipment[following[n + v]]
                count = remove_pair(data, pairs, state, m, removed, count)
            retime(data, pairs, state, v)
    return count


@kernel
def fits_load(data: Data, state: PairState, node: int, a: int, v: int) -> bool:
    """True when a's goods can come on board behind `node`."""
    for d in range(data.load.shape[1]):
        if state.board[node, d] + data.load[a, d] > data.capacity[v, d]:
            return False
    return True


@kernel
def best_pair_place(
    data: Data, state: PairState, a: int, b: int, limit: int, free: int, seed: Longs
) -> tuple[int, int, int]:
    """Where to put pick-up a and drop b: node before each (a itself when b follows at once).

    An empty vehicle is used only when `free` says so. Also the added cost; (-1, -1, limit) when nothing is cheaper than `limit`.
    """
    n, vehicles = data.load.shape[0], data.unit.shape[0]
    following = state.links[0]
    best, at_a, at_b = int(limit), -1, -1
    group, opened = 0, False
    for v in range(vehicles):
        while v >= data.first_of[group + 1]:
            group, opened = group + 1, False
        start = n + v
        is_empty = following[start] >= n
        if data.allowed[a, v] == 0 or data.allowed[b, v] == 0:
            continue
        if is_empty and (free <= 0 or opened):
            continue  # one empty vehicle is like the next of its type
        base = int(data.fixed[v]) if is_empty else 0
        opened = opened or is_empty
        p = int(start)
        while p < n or p == start:
            if p < n and state.times[0, p] > data.closes[a]:
                break
            q = int(following[p])
            cost, where = after_pickup(data, state, p, q, a, b, v, best - base, seed)
            if where != -1:
                best, at_a, at_b = cost + base, p, where
            p = q
    return int(at_a), int(at_b), int(best)


@kernel
def after_pickup(
    data: Data, state: PairState, p: int, q: int, a: int, b: int, v: int, limit: int, seed: Longs
) -> tuple[int, int]:
    """With a between p and q, the cheapest place for b: (cost, node before it), or (limit, -1)."""
    n = data.load.shape[0]
    following, early, late = state.links[0], state.times[0], state.times[1]
    place, duration, distance = data.place, data.duration, data.distance
    unit = data.unit[v]
    pp, pq = place[p], place[q]
    empty = p >= n and q >= n
    direct = 0 if empty else int(distance[pp, pq])
    best, where = int(limit), -1
    cost_a = unit * (int(distance[pp, a]) + distance[a, pq] - direct)
    if cost_a >= best or not fits_load(data, state, p, a, v):
        return int(best), int(where)
    time_a = max(early[p] + data.service[p] + duration[pp, a], data.opens[a])
    if time_a > data.closes[a]:
        return int(best), int(where)
    leave_a = time_a + data.service[a]
    time_b = max(leave_a + duration[a, b], data.opens[b])
    if time_b <= data.closes[b] and time_b + data.service[b] + duration[b, pq] <= late[q]:
        cost = unit * (int(distance[pp, a]) + distance[a, b] + distance[b, pq] - direct)
        if cost < best and below(seed, BLINK_MEAN) != 0:
            best, where = int(cost), int(a)
    time = max(leave_a + duration[a, pq], data.opens[q])
    node = int(q)
    while node < n and time <= late[node]:
        if time > data.closes[b] or not fits_load(data, state, node, a, v):
            break
        r = int(following[node])
        pn, pr = place[node], place[r]
        cost = cost_a + unit * (int(distance[pn, b]) + distance[b, pr] - distance[pn, pr])
        if cost < best:
            time_b = max(time + data.service[node] + duration[pn, b], data.opens[b])
            fits = time_b + data.service[b] + duration[b, pr] <= late[r]
            if time_b <= data.closes[b] and fits and below(seed, BLINK_MEAN) != 0:
                best, where = int(cost), node
        time = max(time + data.service[node] + duration[pn, pr], data.opens[r])
        node = r
    return int(best), int(where)


@kernel
def sort_pairs(
    data: Data, pairs: Pairs, removed: Longs, count: int, seed: Longs, keys: Longs
) -> None:
    """Put the removed shipments in one of seven orders by their pick-up, drawn by weight."""
    pick = below(seed, 17)
    row = 0
    for order in range(7):
        if pick < ORDER_WEIGHTS[order]:
            row = order
            break
        pick -= ORDER_WEIGHTS[order]
    for i in range(count):
        keys[i] = draw(seed) if row == 0 else data.orders[row, pairs.pickup[removed[i]]]
    for i in range(1, count):
        key, m = keys[i], removed[i]
        j = i - 1
        while j >= 0 and keys[j] > key:
            keys[j + 1], removed[j + 1] = keys[j], removed[j]
            j -= 1
        keys[j + 1], removed[j + 1] = key, m


@kernel
def improve_pairs(
    data: Data,
    pairs: Pairs,
    current: PairState,
    work: PairState,
    best: PairState,
    absent: Longs,
    hard: Longs,
    heat: int,
    logs: Longs,
    seed: Longs,
    steps: int,
    most_tours: int,
) -> int:
    """Run so many steps; the gains of `best` are counted.

    At most `most_tours` tours are used. With shipments left out while that is a limit, those
    hardest to place so far (`hard`, counted) decide, and the search ends once all are placed.
    """
    shipments = pairs.pickup.shape[0]
    removed = np.zeros(shipments + 1, np.int64)
    keys = np.zeros(shipments + 1, np.int64)
    lonely = np.zeros(shipments + 1, np.int64)
    waiting = 0
    for m in range(shipments):
        if current.links[2, pairs.pickup[m]] < 0:
            lonely[waiting] = m
            waiting += 1
    hunting = most_tours < data.unit.shape[0] and waiting > 0
    gains = 0
    for _ in range(steps):
        for i in range(waiting):
            removed[i] = lonely[i]
            work.total[0] -= absent[lonely[i]]
        count = ruin_pairs(data, pairs, work, removed, waiting, seed)
        sort_pairs(data, pairs, removed, count, seed, keys)
        left = 0
        free = most_tours - tours_used(data, work)
        for i in range(count):
            m = removed[i]
            a, b = pairs.pickup[m], pairs.drop[m]
            at_a, at_b, cost = best_pair_place(data, work, a, b, absent[m], free, seed)
            if at_a >= 0:
                n = data.load.shape[0]
                if at_a >= n and work.links[0, at_a] >= n:
                    free -= 1
                insert(data, work, at_a, a)
                insert(data, work, at_b, b)
                board_all(data, pairs, work, work.links[2, a])
                work.total[0] += cost
            else:
                work.total[0] += absent[m]
                removed[left] = m
                left += 1
        slack = (heat * logs[draw(seed) >> (32 - LOG_BITS)]) >> 20
        if hunting:
            lack, lack_now = np.int64(0), np.int64(0)
            for i in range(left):
                lack += hard[removed[i]]
            for i in range(waiting):
                lack_now += hard[lonely[i]]
            for i in range(left):
                hard[removed[i]] += 1
            same = left <= waiting and work.total[0] < current.total[0] + slack
            accept = lack < lack_now or left == 0 or same
        else:
            accept = work.total[0] < current.total[0] + slack
        if accept:
            for i in range(left):
                lonely[i] = removed[i]
                current.links[2, pairs.pickup[removed[i]]] = -1
                current.links[2, pairs.drop[removed[i]]] = -1
            waiting = left
            copy_touched_pairs(data, work, current)
            if current.total[0] < best.total[0]:
                copy_pairs(current, best)
                gains += 1
            if hunting and waiting == 0:
                return gains
        else:
            for i in range(waiting):
                work.links[2, pairs.pickup[lonely[i]]] = -1
                work.links[2, pairs.drop[lonely[i]]] = -1
            copy_touched_pairs(data, current, work)
    return gains
