"""Cover the whole cart with parcels: the cheapest for every number of parcels. Kernels.

States and parts are those of `states.py`; amounts are whole numbers, `UNREACHED` is none.
"""

import numpy as np

from core.kernels import kernel
from routing.checkout.problem import IntArray

UNREACHED = 1 << 62
TOO_LONG = -1
"""In place of steps: more than the limit were needed; what was computed is not to be used."""


@kernel
def cheapest_parcels(
    state: IntArray, amount: IntArray, day: IntArray, days: int, size: int
) -> tuple[IntArray, IntArray]:
    """[days, S] (least amount, its parcel) of one parcel holding a state by each day.

    `day` [P] is the index of a parcel's day, -1 for never.
    """
    best = np.full((days, size), 1 << 62, dtype=np.int64)
    which = np.full((days, size), -1, dtype=np.int64)
    for i in range(len(state)):
        if day[i] >= 0 and amount[i] < best[day[i], state[i]]:
            best[day[i], state[i]] = amount[i]
            which[day[i], state[i]] = i
    for d in range(1, days):
        for x in range(size):
            if best[d - 1, x] <= best[d, x]:
                best[d, x] = best[d - 1, x]
                which[d, x] = which[d - 1, x]
    return best, which


@kernel
def least_covers(
    best: IntArray, start: IntArray, parts: IntArray, most: int, limit: int
) -> tuple[IntArray, int]:
    """([N+1, S] least amount that covers a state with at most n parcels, steps counted).

    `best` [S] is that of one parcel. Rows after a fixed point repeat it. TOO_LONG beyond `limit`.
    """
    size = len(best)
    cover = np.full((most + 1, size), 1 << 62, dtype=np.int64)
    cover[:, 0] = 0
    steps = 0
    for n in range(1, most + 1):
        if steps > limit:
            return cover, TOO_LONG
        changed = False
        for x in range(1, size):
            least = cover[n - 1, x]
            for k in range(start[x], start[x + 1]):
                y = parts[k]
                rest = cover[n - 1, x - y]
                if best[y] < 1 << 62 and rest < 1 << 62 and best[y] + rest < least:
                    least = best[y] + rest
            steps += start[x + 1] - start[x]
            if least < cover[n - 1, x]:
                changed = True
            cover[n, x] = least
        if not changed:
            for later in range(n + 1, most + 1):
                cover[later] = cover[n]
            break
    return cover, steps


@kernel
def all_covers(
    best: IntArray, start: IntArray, parts: IntArray, most: int, limit: int
) -> tuple[IntArray, int]:
    """`least_covers` for every day: ([D, N+1, S], steps). Days without news copy the last."""
    days, size = best.shape
    covers = np.empty((days, most + 1, size), dtype=np.int64)
    steps = 0
    for d in range(days):
        same = d > 0
        if same:
            for x in range(size):
                if best[d, x] != best[d - 1, x]:
                    same = False
                    break
        if same:
            covers[d] = covers[d - 1]
        else:
            cover, some = least_covers(best[d], start, parts, most, limit - steps)
            if some < 0:
                return covers, TOO_LONG
            covers[d] = cover
            steps += some
    return covers, steps


@kernel
def trace_cover(
    best: IntArray, start: IntArray, parts: IntArray, cover: IntArray, n: int, x: int
) -> IntArray:
    """The parts of a cheapest cover of x by at most n parcels."""
    chosen = np.empty(n, dtype=np.int64)
    used = 0
    while x > 0:
        while cover[n - 1, x] == cover[n, x]:
            n -= 1
        for k in range(start[x], start[x + 1]):
            y = parts[k]
            rest = cover[n - 1, x - y]
            if best[y] < 1 << 62 and rest < 1 << 62 and best[y] + rest == cover[n, x]:
                chosen[used] = y
                used += 1
                x -= y
                n -= 1
                break
    return chosen[:used].copy()
