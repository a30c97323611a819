"""Cover the cart when parcels weigh more than one thing: cost, CO2e and probability at once.

For one day, labels (parcels so far, a, b, probability) are grown parcel by parcel over what is
left of the cart; one is dropped when another is nowhere worse, when the least that its rest can
cost is already beaten by a known plan, or when its probability can no longer reach the level.
"""

import numpy as np

from core.kernels import kernel
from routing.checkout.arrivals import FloatArray
from routing.checkout.problem import IntArray

FULL = -1
"""The search ran out of room."""
TOO_LONG = -2
"""The search took more steps than it was given."""


@kernel
def choices_by_day(
    state: IntArray,
    a: IntArray,
    b: IntArray,
    pair: IntArray,
    probability: FloatArray,
    day: int,
    need: float,
    size: int,
) -> tuple[IntArray, IntArray]:
    """(start [S+1], parcels): the non-dominated parcels of each state for one day.

    Dominated in (a, b, probability by that day); below `need` they are no use at all.
    """
    first = np.full(size, -1, dtype=np.int64)
    after = np.full(len(state), -1, dtype=np.int64)
    for i in range(len(state)):
        p = probability[pair[i], day]
        if p < need:
            continue
        x = state[i]
        worse = False
        before = -1
        k = first[x]
        while k >= 0:
            other = probability[pair[k], day]
            if a[k] <= a[i] and b[k] <= b[i] and other >= p:
                worse = True
                break
            if a[i] <= a[k] and b[i] <= b[k] and p >= other:
                if before < 0:
                    first[x] = after[k]
                else:
                    after[before] = after[k]
            else:
                before = k
            k = after[k]
        if not worse:
            after[i] = first[x]
            first[x] = i
    start = np.zeros(size + 1, dtype=np.int64)
    chosen = np.empty(len(state), dtype=np.int64)
    count = 0
    for x in range(size):
        start[x] = count
        k = first[x]
        while k >= 0:
            chosen[count] = k
            count += 1
            k = after[k]
    start[size] = count
    return start, chosen[:count].copy()


@kernel
def best_choice(start: IntArray, chosen: IntArray, amount: IntArray) -> IntArray:
    """[S] the least amount among the choices of each state."""
    best = np.full(len(start) - 1, 1 << 62, dtype=np.int64)
    for x in range(len(start) - 1):
        for k in range(start[x], start[x + 1]):
            best[x] = min(best[x], amount[chosen[k]])
    return best


@kernel
def surest_covers(
    start: IntArray,
    parts: IntArray,
    choice_start: IntArray,
    chosen: IntArray,
    pair: IntArray,
    probability: FloatArray,
    day: int,
    most: int,
) -> FloatArray:
    """[N+1, S] the highest probability with which at most n parcels cover a state by a day."""
    size = len(choice_start) - 1
    best = np.zeros(size)
    for x in range(size):
        for k in range(choice_start[x], choice_start[x + 1]):
            best[x] = max(best[x], probability[pair[chosen[k]], day])
    sure = np.zeros((most + 1, size))
    sure[:, 0] = 1.0
    for n in range(1, most + 1):
        changed = False
        for x in range(1, size):
            highest = sure[n - 1, x]
            for k in range(start[x], start[x + 1]):
                highest = max(highest, best[parts[k]] * sure[n - 1, x - parts[k]])
            if highest > sure[n, x]:
                sure[n, x] = highest
            if highest > sure[n - 1, x]:
                changed = True
        if not changed:
            for later in range(n + 1, most + 1):
                sure[later] = sure[n]
            break
    return sure


@kernel
def bargain(
    end: int,
    most: int,
    start: IntArray,
    parts: IntArray,
    choice_start: IntArray,
    chosen: IntArray,
    a: IntArray,
    b: IntArray,
    pair: IntArray,
    probability: FloatArray,
    day: int,
    need: float,
    least_a: IntArray,
    least_b: IntArray,
    surest: FloatArray,
    plan_n: IntArray,
    plan_a: IntArray,
    plan_b: IntArray,
    plans: int,
    room: int,
    limit: int,
) -> tuple[int, int, IntArray, IntArray, IntArray]:
    """Find the plans for `end` by a day that none of the known plans dominates.

    Known plans are `plan_*[:plans]`; new ones are appended. Returns (number of plans, FULL
    or TOO_LONG beyond `limit` steps, steps, plan's label, label's parent, label's parcel).
    """
    size = len(choice_start) - 1
    rest = np.empty(room, dtype=np.int64)
    used = np.empty(room, dtype=np.int64)
    la = np.empty(room, dtype=np.int64)
    lb = np.empty(room, dtype=np.int64)
    lp = np.empty(room)
    parent = np.empty(room, dtype=np.int64)
    parcel = np.empty(room, dtype=np.int64)
    alive = np.ones(room, dtype=np.bool_)
    after = np.full(room, -1, dtype=np.int64)
    first = np.full(size, -1, dtype=np.int64)
    plan_label = np.full(len(plan_n), -1, dtype=np.int64)
    rest[0] = end
    used[0] = 0
    la[0] = 0
    lb[0] = 0
    lp[0] = 1.0
    parent[0] = -1
    parcel[0] = -1
    count = 1
    at = 0
    steps = 0
    while at < count:
        if steps > limit:
            return TOO_LONG, steps, plan_label, parent, parcel
        if alive[at] and used[at] < most:
            x = rest[at]
            n = used[at] + 1
            for j in range(start[x], start[x + 1]):
                y = parts[j]
                left = x - y
                if least_a[most - n, left] >= 1 << 62:
                    continue
                for c in range(choice_start[y], choice_start[y + 1]):
                    i = chosen[c]
                    steps += 1
                    na = la[at] + a[i]
                    nb = lb[at] + b[i]
                    np_ = lp[at] * probability[pair[i], day]
                    if np_ * surest[most - n, left] < need:
                        continue
                    hopeful = False
                    for more in range(0 if left == 0 else 1, most - n + 1):
                        if least_a[more, left] >= 1 << 62:
                            continue
                        if np_ * surest[more, left] < need:
                            continue
                        beaten = False
                        for k in range(plans):
                            steps += 1
                            if (
                                plan_n[k] <= n + more
                                and plan_a[k] <= na + least_a[more, left]
                                and plan_b[k] <= nb + least_b[more, left]
                            ):
                                beaten = True
                                break
                        if not beaten:
                            hopeful = True
                            break
                        if left == 0:
                            break
                    if not hopeful:
                        continue
                    if left == 0:
                        if plans == len(plan_n) or count == room:
                            return FULL, steps, plan_label, parent, parcel
                        plan_n[plans] = n
                        plan_a[plans] = na
                        plan_b[plans] = nb
                        plan_label[plans] = count
                        plans += 1
                    else:
                        worse = False
                        before = -1
                        k = first[left]
                        while k >= 0:
                            steps += 1
                            if used[k] <= n and la[k] <= na and lb[k] <= nb and lp[k] >= np_:
                                worse = True
                                break
                            if used[k] == n and na <= la[k] and nb <= lb[k] and np_ >= lp[k]:
                                alive[k] = False
                                if before < 0:
                                    first[left] = after[k]
                                else:
                                    after[before] = after[k]
                            else:
                                before = k
                            k = after[k]
                        if worse:
                            continue
                        if count == room:
                            return FULL, steps, plan_label, parent, parcel
                        after[count] = first[left]
                        first[left] = count
                    rest[count] = left
                    used[count] = n
                    la[count] = na
                    lb[count] = nb
                    lp[count] = np_
                    parent[count] = at
                    parcel[count] = i
                    if left == 0:
                        alive[count] = False
                    count += 1
        at += 1
    return plans, steps, plan_label, parent[:count].copy(), parcel[:count].copy()
