"""Ruin and recreate for shipments: a pick-up and its drop leave and enter a tour together.

As `ruin_kernel`, after Christiaens & Vanden Berghe (2020), with their search for fewer tours: one
tour is dissolved and a state is better when the shipments without a tour have been harder to
place, counted over the whole search.
"""

import numpy as np

from core.kernels import kernel
from routing.tours.eject_kernel import eject
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

EJECT_EVERY = 30  # steps of the search for fewer tours


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
def best_pair_place(
    data: Data, state: PairState, a: int, b: int, limit: int, free: int, seed: Longs
) -> tuple[int, int, int]:
    """Where to put pick-up a and drop b: node before each (a itself when b follows at once).

    An empty vehicle is used only when `free` says so. Also the added cost; (-1, -1, limit) when
    nothing is cheaper than `limit`. One function with all its loops: in a kernel, passing the
    arrays on to another costs more than a position's work.
    """
    n = data.load.shape[0]
    following, edge = state.links[0], state.links[3]
    early, late, board, load = state.times[0], state.times[1], state.board, data.load[a]
    place, service, opens, closes = data.place, data.service, data.opens, data.closes
    duration = data.duration
    to_a, to_b = data.distance_back[a], data.distance_back[b]  # from each place
    from_a, from_b = data.distance[a], data.distance[b]
    ride_a, ride_b, on_a, on_b = (
        data.duration_back[a],
        data.duration_back[b],
        data.duration[a],
        data.duration[b],
    )
    last_a, last_b, stay_b = closes[a], closes[b], service[b]
    straight, ride = np.int64(from_a[b]), np.int64(on_a[b])
    best, at_a, at_b = np.int64(limit), np.int64(-1), np.int64(-1)
    for group in range(data.first_of.shape[0] - 1):
        opened = False
        for v in range(data.first_of[group], data.first_of[group + 1]):
            p = np.int64(n + v)
            q = np.int64(following[p])
            empty = q >= n
            if data.allowed[a, v] == 0 or data.allowed[b, v] == 0:
                continue
            if empty and (free <= 0 or opened):
                continue  # one empty vehicle is like the next of its type
            opened = opened or empty
            unit = data.unit[v]
            base = data.fixed[v] + unit * edge[p] if empty else np.int64(0)
            capacity = data.capacity[v]
            while True:
                pp, pq = place[p], place[q]
                cost_a = base + unit * (np.int64(to_a[pp]) + from_a[pq] - edge[p])
                able = cost_a < best
                for d in range(load.shape[0]):
                    if board[p, d] + load[d] > capacity[d]:
                        able = False
                time_a = max(early[p] + service[p] + ride_a[pp], opens[a])
                if able and time_a <= last_a:
                    leave_a = time_a + service[a]
                    time_b = max(leave_a + ride, opens[b])
                    if time_b <= last_b and time_b + stay_b + on_b[pq] <= late[q]:
                        cost = np.int64(to_a[pp]) + straight + from_b[pq] - edge[p]
                        cost = base + unit * cost
                        if cost < best and below(seed, BLINK_MEAN) != 0:
                            best, at_a, at_b = cost, p, np.int64(a)
                    time = max(leave_a + on_a[pq], opens[q])
                    node = q
                    while node < n and time <= late[node] and time <= last_b:
                        fits = True
                        for d in range(load.shape[0]):
                            if board[node, d] + load[d] > capacity[d]:
                                fits = False
                        if not fits:
                            break
                        r = np.int64(following[node])
                        pn, pr = place[node], place[r]
                        cost = cost_a + unit * (np.int64(to_b[pn]) + from_b[pr] - edge[node])
                        leave = time + service[node]
                        if cost < best:
                            time_b = max(leave + ride_b[pn], opens[b])
                            in_time = time_b + stay_b + on_b[pr] <= late[r]
                            if time_b <= last_b and in_time and below(seed, BLINK_MEAN) != 0:
                                best, at_a, at_b = cost, p, node
                        time = max(leave + duration[pn, pr], opens[r])
                        node = r
                if q >= n or early[q] > last_a:
                    break
                p = q
                q = np.int64(following[p])
    return int(at_a), int(at_b), int(best)


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
def turn_out(
    data: Data,
    pairs: Pairs,
    current: PairState,
    work: PairState,
    absent: Longs,
    hard: Longs,
    lonely: Longs,
    waiting: int,
    seed: Longs,
) -> int:
    """Let easier shipments make room for a waiting one, in `current` and `work` alike.

    `lonely` are the waiting ones; how many wait then is returned.
    """
    pick = below(seed, waiting)
    m = lonely[pick]
    count = eject(data, pairs, work, m, hard, lonely, waiting)
    if count > waiting:
        work.total[0] -= absent[m]
        for i in range(waiting, count):
            work.total[0] += absent[lonely[i]]
            current.links[2, pairs.pickup[lonely[i]]] = -1
            current.links[2, pairs.drop[lonely[i]]] = -1
        count -= 1
        lonely[pick] = lonely[count]
        copy_touched_pairs(data, work, current)
    return count


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
    for step in range(steps):
        if hunting and step % EJECT_EVERY == 0:
            waiting = turn_out(data, pairs, current, work, absent, hard, lonely, waiting, seed)
            if waiting == 0:
                return gains
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
