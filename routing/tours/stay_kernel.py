"""Ruin and recreate near a plan there is: at most so many of its stops change vehicle in the end.

Steps begin at stops that are new or away from home, because that is where the plan must change. On
its way the search may go beyond the limit, at a price of a move that rises while it is beyond and
falls while there is room; only a plan within the limit is kept. Each step draws a price of leaving
on top, so that the room is not spent on the first small gain. Whole numbers throughout.
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

RHYTHM = 256  # steps between two looks at the price of a move
PRICE_SHIFT = 2  # each look changes it by a quarter
DEAREST_SHIFT = 5  # at most 32 times the mean cost of a stop, far below what leaving one out costs
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
    """Every other time a stop that is new or away from home, else any."""
    n = data.load.shape[0]
    if below(seed, 2) == 0:
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
    limits: Longs,
) -> int:
    """Run so many steps from `current`; `best` keeps the best, the number of its gains returned.

    `heat` is [start, end, mean cost of a stop], the first two times 16; `work` is scratch and
    equals `current` between steps. `data.away[1]` is the caller's price of a move, which counts;
    `data.away[0]` is the step's own, which does not. `limits` is [moves that `best` may have, moves
    that the search may have, the search's price of a move], the last kept up to date.
    """
    n = data.load.shape[0]
    most, most_on_the_way, toll = limits[0], limits[1], np.int64(limits[2])
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
    current.total[0] += toll * current.total[1]
    work.total[0] += toll * work.total[1]
    for step in range(steps):
        if step % RHYTHM == 0:
            before = toll
            if current.total[1] > most:
                toll = min(toll + 1 + (toll >> PRICE_SHIFT), heat[2] << DEAREST_SHIFT)
            elif current.total[1] < most - 1:
                toll -= toll >> PRICE_SHIFT
            change = toll - before
            current.total[0] += change * current.total[1]
            work.total[0] += change * work.total[1]
        price = data.away[1] + toll
        kind = below(seed, PRICES)
        if kind > 0:
            price += below(seed, 1 + (int(heat[2]) >> (kind - 1)))
        data.away[0] = price
        work.total[0] += (price - data.away[1] - toll) * work.total[1]
        for i in range(absent_count):
            removed[i] = lonely[i]
            work.total[0] -= absent[lonely[i]]
        centre = pick_centre(data, work, hot, seed)
        count = open_up(data, work, removed, absent_count, centre, 1 + below(seed, 4), seed)
        sort_removed(data, removed, count, seed, keys)
        left = 0
        for i in range(count):
            c = removed[i]
            where, cost = best_place(data, work, c, absent[c], most_on_the_way, seed)
            if where >= 0:
                insert(data, work, where, c)
                work.total[0] += cost
            else:
                work.total[0] += absent[c]
                removed[left] = c
                left += 1
        work.total[0] -= (price - data.away[1] - toll) * work.total[1]
        temperature = heat[0] + (heat[1] - heat[0]) * step // steps
        slack = (temperature * logs[draw(seed) >> (32 - LOG_BITS)]) >> 20
        if work.total[0] < current.total[0] + slack:
            for i in range(left):
                lonely[i] = removed[i]
                current.links[2, removed[i]] = -1
            absent_count = left
            copy_touched(data, work, current)
            moved = current.total[1]
            if moved <= most and current.total[0] - toll * moved < best.total[0]:
                copy_state(current, best)
                best.total[0] -= toll * moved
                gains += 1
        else:
            for i in range(absent_count):
                work.links[2, lonely[i]] = -1
            copy_touched(data, current, work)
    current.total[0] -= toll * current.total[1]
    work.total[0] -= toll * work.total[1]
    limits[2] = toll
    data.away[0] = data.away[1]
    return gains
