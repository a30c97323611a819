"""Ruin and recreate near a plan there is: at most so many of its stops change vehicle, ever.

Steps begin at stops that are new or away from home, because that is where the plan must change. A
stop may leave its home vehicle only while the limit leaves room, and each step draws a price for
leaving, so that the room is not spent on the first small gain. Whole numbers throughout.
"""

import numpy as np

from core.kernels import kernel
from routing.tours.ruin_arrays import Data, Longs, State
from routing.tours.ruin_kernel import (
    LOG_BITS,
    best_place,
    copy_state,
    copy_touched,
    cut_string,
    sort_removed,
)
from routing.tours.tour_links import (
    backward_all,
    below,
    draw,
    forward_all,
    insert,
    remove,
    touch,
)

PRICES = 6  # a step's price for leaving home is 0, or up to 2 ** -k of the mean cost of a stop


@kernel
def open_up(
    data: Data, state: State, removed: Longs, count: int, centre: int, most: int, seed: Longs
) -> int:
    """Remove strings near `centre` from up to `most` tours; the new count is returned."""
    n, vehicles = data.load.shape[0], data.unit.shape[0]
    following, vehicle = state.links[0], state.links[2]
    marks = np.full(most, -1, np.int64)
    longest = 1 + below(seed, 10)
    broken = 0
    for rank in range(-1, data.near.shape[1]):
        c = centre if rank < 0 else int(data.near[centre, rank])
        if c < 0 or broken == most:
            break
        v = int(vehicle[c])
        if v < 0:
            continue
        seen = False
        for t in range(broken):
            if marks[t] == v:
                seen = True
        if seen or (rank >= 0 and below(seed, 8) == 0):
            continue
        marks[broken] = v
        broken += 1
        touch(state, v)
        count = cut_string(data, state, removed, count, c, longest, seed)
        if not forward_all(data, state, n + v):
            while following[n + v] < n:
                removed[count] = following[n + v]
                remove(data, state, removed[count])
                count += 1
            forward_all(data, state, n + v)
        backward_all(data, state, n + vehicles + v)
    return count


@kernel
def pick_centre(data: Data, state: State, hot: Longs, seed: Longs) -> int:
    """Three times of four a stop that is new or away from home, else any."""
    n = data.load.shape[0]
    if below(seed, 4) == 0:
        return below(seed, n)
    count = 0
    for c in range(n):
        if data.home[c] < 0 or (state.links[2, c] >= 0 and state.links[2, c] != data.home[c]):
            hot[count] = c
            count += 1
    if count == 0:
        return below(seed, n)
    return int(hot[below(seed, count)])


@kernel
def improve_near(
    data: Data,
    current: State,
    work: State,
    best: State,
    absent: Longs,
    heat: Longs,
    logs: Longs,
    seed: Longs,
    steps: int,
    most_away: int,
) -> int:
    """Run so many steps from `current`; `best` keeps the best, the number of its gains returned.

    `heat` is [start, end, mean cost of a stop], the first two times 16; `work` is scratch and
    equals `current` between steps. `data.away[1]` is the caller's price of a move, which counts;
    `data.away[0]` is the step's own, which does not.
    """
    n = data.load.shape[0]
    removed = np.zeros(n + 1, np.int64)
    keys = np.zeros(n + 1, np.int64)
    lonely = np.zeros(n + 1, np.int64)
    hot = np.zeros(n + 1, np.int64)
    count = 0
    for c in range(n):
        if current.links[2, c] < 0:
            lonely[count] = c
            count += 1
    absent_count = count
    gains = 0
    for step in range(steps):
        price = data.away[1]
        kind = below(seed, PRICES)
        if kind > 0:
            price += below(seed, 1 + (int(heat[2]) >> (kind - 1)))
        data.away[0] = price
        work.total[0] += (price - data.away[1]) * work.total[1]
        for i in range(absent_count):
            removed[i] = lonely[i]
            work.total[0] -= absent[lonely[i]]
        centre = pick_centre(data, work, hot, seed)
        count = open_up(data, work, removed, absent_count, centre, 1 + below(seed, 4), seed)
        sort_removed(data, removed, count, seed, keys)
        left = 0
        for i in range(count):
            c = removed[i]
            where, cost = best_place(data, work, c, absent[c], most_away, seed)
            if where >= 0:
                insert(data, work, where, c)
                work.total[0] += cost
            else:
                work.total[0] += absent[c]
                removed[left] = c
                left += 1
        work.total[0] -= (price - data.away[1]) * work.total[1]
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
    data.away[0] = data.away[1]
    return gains
