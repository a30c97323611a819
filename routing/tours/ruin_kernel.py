"""Slack induction by string removals (Christiaens & Vanden Berghe 2020) with O(1) insertion checks.

Each step takes strings of neighbouring stops out of neighbouring tours and puts them back greedily
with blinks; a threshold that cools decides what is kept. Whole numbers throughout: the same answer
compiled or not.
"""

import numpy as np

from core.kernels import kernel
from routing.tours.ruin_arrays import Data, Longs, State
from routing.tours.tour_links import (
    backward_all,
    below,
    copy_tour,
    draw,
    forward_all,
    insert,
    remove,
    touch,
)

MEAN_REMOVED = 10  # the paper's mean number of stops removed in a step
LONGEST_STRING = 10
SPLIT_SHARE = 128  # of 256: how often a string keeps stops in its middle
BLINK_MEAN = 100  # one position in so many is overlooked
INFINITE = 1 << 60
LOG_BITS = 12
ORDER_WEIGHTS = (4, 4, 2, 1, 2, 2, 2)  # random, demand, far, close, width, opening, closing


def log_table() -> Longs:
    """-ln(u) * 2**16 at the middle of 4096 equal slices of (0, 1)."""
    slices = 1 << LOG_BITS
    u = (np.arange(slices) + 0.5) / slices
    table: Longs = np.rint(-np.log(u) * 65536).astype(np.int64)
    return table


@kernel
def refresh(data: Data, state: State, absent: Longs) -> None:
    """Times and total cost of a state from its links alone."""
    n, vehicles = data.load.shape[0], data.unit.shape[0]
    following, previous = state.links[0], state.links[1]
    total = np.int64(0)
    away = np.int64(0)
    for v in range(vehicles):
        start, end = n + v, n + vehicles + v
        state.times[0, start] = data.opens[start]
        state.times[1, end] = data.closes[end]
        node = start
        while node != end:
            nxt = following[node]
            a, b = data.place[node], data.place[nxt]
            state.links[3, node] = data.distance[a, b]
            if following[start] != end:
                total += data.unit[v] * data.distance[a, b]
            if nxt < n and data.home[nxt] >= 0 and data.home[nxt] != v:
                total += data.away[0]
                away += 1
            time = (
                state.times[0, node]
                + data.service[node]
                + data.duration[data.place[node], data.place[nxt]]
            )
            state.times[0, nxt] = max(time, data.opens[nxt])
            node = nxt
        if following[start] != end:
            total += data.fixed[v]
        while node != start:
            prv = previous[node]
            time = (
                state.times[1, node]
                - data.service[prv]
                - data.duration[data.place[prv], data.place[node]]
            )
            state.times[1, prv] = min(time, data.closes[prv])
            node = prv
    for c in range(n):
        if state.links[2, c] < 0:
            total += absent[c]
    state.total[0] = total
    state.total[1] = away


@kernel
def ruin(data: Data, state: State, removed: Longs, count: int, seed: Longs) -> int:
    """Remove strings near a random stop; the removed are appended to `removed`, count returned."""
    n, vehicles = data.load.shape[0], data.unit.shape[0]
    following, vehicle = state.links[0], state.links[2]
    used, planned = 0, 0
    for v in range(vehicles):
        if following[n + v] < n:
            used += 1
    planned = n - count
    if used == 0 or planned == 0:
        return count
    longest = min(LONGEST_STRING, max(1, planned // used))
    most = (1024 * MEAN_REMOVED) // (1 + longest) - 256  # 256ths of a string
    strings = (256 + below(seed, max(1, most))) >> 8
    touched = np.full(strings, -1, np.int64)
    broken = 0
    centre = below(seed, n)
    for rank in range(-1, data.near.shape[1]):
        c = centre if rank < 0 else data.near[centre, rank]
        if c < 0 or broken == strings:
            break
        v = vehicle[c]
        if v < 0:
            continue
        seen = False
        for t in range(broken):
            if touched[t] == v:
                seen = True
        if seen:
            continue
        touched[broken] = v
        broken += 1
        touch(state, v)
        count = cut_string(data, state, removed, count, c, longest, seed)
        if not forward_all(data, state, n + v):
            # the way between the neighbours is longer than through what was removed
            while following[n + v] < n:
                removed[count] = following[n + v]
                remove(data, state, removed[count])
                count += 1
            forward_all(data, state, n + v)
        backward_all(data, state, n + vehicles + v)
    return count


@kernel
def cut_string(
    data: Data, state: State, removed: Longs, count: int, c: int, longest: int, seed: Longs
) -> int:
    """Remove a string of stops around c, sometimes keeping a few in its middle."""
    n = data.load.shape[0]
    following, previous = state.links[0], state.links[1]
    behind, ahead = 0, 0
    node = previous[c]
    while node < n and behind < longest:
        behind += 1
        node = previous[node]
    node = following[c]
    while node < n and ahead < longest:
        ahead += 1
        node = following[node]
    size = behind + ahead + 1
    length = 1 + below(seed, min(longest, size))
    kept = 0
    if length > 1 and below(seed, 256) < SPLIT_SHARE:
        while length + kept < size:
            kept += 1
            if below(seed, 100) != 0:
                break
    whole = length + kept
    low = max(0, whole - 1 - ahead)
    high = min(whole - 1, behind)
    back = low + below(seed, high - low + 1)
    node = c
    for _ in range(back):
        node = previous[node]
    skip_from = 1 + below(seed, length - 1) if kept > 0 else whole
    for position in range(whole):
        nxt = following[node]
        if position < skip_from or position >= skip_from + kept:
            remove(data, state, node)
            removed[count] = node
            count += 1
        node = nxt
    return count


@kernel
def sort_removed(data: Data, removed: Longs, count: int, seed: Longs, keys: Longs) -> None:
    """Put the removed in one of seven orders, drawn by weight."""
    pick = below(seed, 17)
    row = 0
    for order in range(7):
        if pick < ORDER_WEIGHTS[order]:
            row = order
            break
        pick -= ORDER_WEIGHTS[order]
    for i in range(count):
        keys[i] = draw(seed) if row == 0 else data.orders[row, removed[i]]
    for i in range(1, count):
        key, c = keys[i], removed[i]
        j = i - 1
        while j >= 0 and keys[j] > key:
            keys[j + 1], removed[j + 1] = keys[j], removed[j]
            j -= 1
        keys[j + 1], removed[j + 1] = key, c


@kernel
def best_place(
    data: Data, state: State, c: int, limit: int, most_away: int, seed: Longs
) -> tuple[int, int]:
    """The node to insert c behind and the added cost, or (-1, limit) when none is cheaper.

    Looks at every position that is not overlooked; leaves a tour where it is too late for c. Once
    `most_away` stops have left home, c may go to its own home only. Nothing but the blink is called
    in the loops: to pass all arrays on costs more than the work itself.
    """
    n = data.load.shape[0]
    following, edge = state.links[0], state.links[3]
    early, late = state.times[0], state.times[1]
    to, into = data.distance[c], data.distance_back[c]
    ride, ride_into = data.duration[c], data.duration_back[c]
    opens, closes, stay, home = data.opens[c], data.closes[c], data.service[c], data.home[c]
    place, service, room, load = data.place, data.service, state.room, data.load[c]
    allowed, first_of = data.allowed[c], data.first_of
    only_home = home >= 0 and state.total[1] >= most_away
    best, where = np.int64(limit), np.int64(-1)
    for group in range(first_of.shape[0] - 1):
        opened = False
        for v in range(first_of[group], first_of[group + 1]):
            p = np.int64(n + v)
            q = np.int64(following[p])
            empty = q >= n
            if (only_home and v != home) or (empty and opened and v != home):
                continue  # one empty vehicle is like the next of its type
            opened = opened or empty
            able = allowed[v] != 0
            for d in range(load.shape[0]):
                if load[d] > room[v, d]:
                    able = False
            if not able:
                continue
            unit = data.unit[v]
            more = data.away[0] if home >= 0 and home != v else np.int64(0)
            if empty:  # is taken out
                more += data.fixed[v] + unit * edge[p]
            while True:
                here, at = place[p], place[q]
                cost = more + unit * (np.int64(into[here]) + to[at] - edge[p])
                if cost < best:
                    time = max(early[p] + service[p] + ride_into[here], opens)
                    if (
                        time <= closes
                        and time + stay + ride[at] <= late[q]
                        and below(seed, BLINK_MEAN) != 0
                    ):
                        best, where = cost, p
                if q >= n or early[q] > closes:
                    break
                p = q
                q = np.int64(following[p])
    return int(where), int(best)


@kernel
def copy_touched(data: Data, source: State, target: State) -> None:
    """As `copy_state` for the tours that `source` or `target` has marked as touched."""
    touched = target.touched
    many = np.int64(0)
    for side in range(2):
        marks = source.touched if side == 0 else target.touched
        for i in range(1, marks[0] + 1):
            copy_tour(data, source, target, marks[i])
    touched[0] = many
    source.touched[0] = many
    target.total[:] = source.total


@kernel
def copy_state(source: State, target: State) -> None:
    target.links[:, :] = source.links
    target.times[:, :] = source.times
    target.room[:, :] = source.room
    target.total[:] = source.total


@kernel
def improve(
    data: Data,
    current: State,
    work: State,
    best: State,
    absent: Longs,
    heat: Longs,
    logs: Longs,
    seed: Longs,
    steps: int,
) -> int:
    """Run so many steps from `current`; `best` keeps the best, the number of its gains returned.

    `heat` is [start, end], cost units times 16; `work` is scratch and equals `current` between
    steps.
    """
    n = data.load.shape[0]
    removed = np.zeros(n + 1, np.int64)
    keys = np.zeros(n + 1, np.int64)
    lonely = np.zeros(n + 1, np.int64)
    count = 0
    for c in range(n):
        if current.links[2, c] < 0:
            lonely[count] = c
            count += 1
    absent_count = count
    gains = 0
    for step in range(steps):
        for i in range(absent_count):
            removed[i] = lonely[i]
            work.total[0] -= absent[lonely[i]]
        count = ruin(data, work, removed, absent_count, seed)
        sort_removed(data, removed, count, seed, keys)
        left = 0
        for i in range(count):
            c = removed[i]
            where, cost = best_place(data, work, c, absent[c], n, seed)
            if where >= 0:
                insert(data, work, where, c)
                work.total[0] += cost
            else:
                work.total[0] += absent[c]
                removed[left] = c
                left += 1
        temperature = heat[0] + (heat[1] - heat[0]) * step // steps
        slack = (temperature * logs[draw(seed) >> (32 - LOG_BITS)]) >> 20
        if work.total[0] < current.total[0] + slack:
            for i in range(left):
                lonely[i] = removed[i]
                current.links[2, removed[i]] = -1
            absent_count = left
            copy_touched(data, work, current)
            if current.total[0] < best.total[0]:
                copy_state(current, best)
                gains += 1
        else:
            for i in range(absent_count):
                work.links[2, lonely[i]] = -1
            copy_touched(data, current, work)
    return gains
