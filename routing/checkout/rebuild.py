"""Improve the plan of a large cart by taking units out of their parcels and putting them back.

Ruin and recreate (Schrimpf et al. 2000) on units: each step takes out related units, whole parcels
or what a hub could hold, and inserts each where it costs least; now and then a node's next parcel
looks cheaper than it is, so that a hub can open though its first unit alone would not pay. Whole
numbers and a Lehmer generator: the same steps on every machine. Kernels.

The arrays (U units, O options of lines, S services, N nodes, B boxes, K brackets, D days as ints):
an option is (node, location) of one line with its cost per unit, the fixed cost of a feeder new to
the parcel, the rank of its readiness at the node and the offer whose stock it uses.
"""

import numpy as np

from core.kernels import kernel
from routing.checkout.problem import BoolArray, IntArray

NO_PRICE = 1 << 40
"""Dearer than any plan."""


@kernel
def draw(seed: IntArray, below: int) -> int:
    """A number in 0..below-1; advances `seed` [1] (Lehmer, modulus 2^31 - 1)."""
    seed[0] = seed[0] * 48271 % 2147483647
    return int(seed[0] * below // 2147483647)


@kernel
def ship(
    node: int,
    weight_g: int,
    volume: int,
    boxes_ok: int,
    flags: int,
    rank: int,
    deadline: int,
    node_start: IntArray,
    refuses: IntArray,
    arrival: IntArray,
    brackets: IntArray,
    bracket_count: IntArray,
    cost: IntArray,
    volumetric: IntArray,
    service_max_g: IntArray,
    box_room: IntArray,
    box_max_g: IntArray,
    box_tare_g: IntArray,
) -> tuple[int, int, int]:
    """(cost, service, box) of the cheapest parcel in time; NO_PRICE when nothing takes it."""
    best = 1 << 40
    best_service = -1
    best_box = -1
    for s in range(node_start[node], node_start[node + 1]):
        day = arrival[s, rank]
        if day < 0 or day > deadline or (refuses[s] & flags) != 0:
            continue
        for box in range(len(box_room)):
            if (boxes_ok >> box) & 1 == 0 or volume > box_room[box] or weight_g > box_max_g[box]:
                continue
            gross = weight_g + box_tare_g[box]
            if gross > service_max_g[s]:
                continue
            billed = max(gross, volumetric[s, box])
            k = 0
            while k < bracket_count[s] and brackets[s, k] < billed:
                k += 1
            if k < bracket_count[s] and 0 <= cost[s, box, k] < best:
                best = cost[s, box, k]
                best_service = s
                best_box = box
    return best, best_service, best_box


@kernel
def improve(
    option: IntArray,
    parcel: IntArray,
    line: IntArray,
    weight_g: IntArray,
    volume: IntArray,
    boxes_ok: IntArray,
    flags: IntArray,
    option_start: IntArray,
    option_node: IntArray,
    option_place: IntArray,
    option_cost: IntArray,
    option_fixed: IntArray,
    option_rank: IntArray,
    option_offer: IntArray,
    stock: IntArray,
    near: BoolArray,
    places: int,
    node_start: IntArray,
    refuses: IntArray,
    arrival: IntArray,
    brackets: IntArray,
    bracket_count: IntArray,
    cost: IntArray,
    volumetric: IntArray,
    service_max_g: IntArray,
    box_room: IntArray,
    box_max_g: IntArray,
    box_tare_g: IntArray,
    deadline: int,
    parcel_penalty: int,
    most_parcels: int,
    steps: int,
    seed: IntArray,
) -> tuple[IntArray, IntArray, IntArray]:
    """([N+1] least cost by number of parcels, [N+1, U] options, [N+1, U] parcels) seen.

    `option`, `parcel` [U] are the start, parcels numbered from 0 and below `most_parcels` (N), -1
    for units to be placed first; `weight_g`, `volume`, `boxes_ok`, `flags` are per line; `near`
    [L, L] lines that could share a node.
    """
    units = len(line)
    room = most_parcels
    node = np.full(room, -1, dtype=np.int64)
    size = np.zeros(room, dtype=np.int64)
    grams = np.zeros(room, dtype=np.int64)
    bulk = np.zeros(room, dtype=np.int64)
    fits = np.full(room, -1, dtype=np.int64)
    bans = np.zeros(room, dtype=np.int64)
    rank = np.zeros(room, dtype=np.int64)
    price = np.zeros(room, dtype=np.int64)
    feeders = np.zeros((room, places), dtype=np.int64)
    left = stock.copy()
    waiting = np.empty(units, dtype=np.int64)
    best_cost = np.full(most_parcels + 1, 1 << 40, dtype=np.int64)
    best_option = np.full((most_parcels + 1, units), -1, dtype=np.int64)
    best_parcel = np.full((most_parcels + 1, units), -1, dtype=np.int64)
    # what the last accepted plan looked like
    kept_option = option.copy()
    kept_parcel = parcel.copy()
    current = 1 << 50
    leader = 1 << 50
    # what each option costs in a parcel of its own
    alone = np.empty(len(option_node), dtype=np.int64)
    for k in range(len(option_node)):
        own = 0
        while option_start[own + 1] <= k:
            own += 1
        alone[k], _, _ = ship(
            option_node[k], weight_g[own], volume[own], boxes_ok[own], flags[own], option_rank[k],
            deadline, node_start, refuses, arrival, brackets, bracket_count, cost, volumetric,
            service_max_g, box_room, box_max_g, box_tare_g,
        )  # fmt: skip
    for step in range(steps + 1):
        option[:] = kept_option
        parcel[:] = kept_parcel
        out = 0
        focus = -1
        if step > 0:
            kind = draw(seed, 10)
            first = draw(seed, units)
            target = 2 + draw(seed, min(12, units))
            if kind < 4:  # whole parcels near to the first
                p = parcel[first]
                for u in range(units):
                    if parcel[u] == p:
                        parcel[u] = -1
                for _ in range(1 + draw(seed, 2)):
                    other = draw(seed, units)
                    for _ in range(8):
                        if parcel[other] >= 0 and near[line[first], line[other]]:
                            break
                        other = draw(seed, units)
                    q = parcel[other]
                    if q >= 0:
                        for u in range(units):
                            if parcel[u] == q:
                                parcel[u] = -1
            elif kind < 8:  # units near to the first, from anywhere
                parcel[first] = -1
                for _ in range(4 * target):
                    other = draw(seed, units)
                    if near[line[first], line[other]]:
                        parcel[other] = -1
                        target -= 1
                        if target == 0:
                            break
            else:  # what one node could hold
                o = option_start[line[first]]
                o += draw(seed, option_start[line[first] + 1] - o)
                focus = option_node[o]
                whole = draw(seed, 2) == 0
                for u in range(units):
                    if not whole and draw(seed, 3) == 0:
                        continue
                    for k in range(option_start[line[u]], option_start[line[u] + 1]):
                        if option_node[k] == focus:
                            parcel[u] = -1
                            break
            if focus < 0 and draw(seed, 3) == 0:
                o = option_start[line[first]]
                o += draw(seed, option_start[line[first] + 1] - o)
                focus = option_node[o]
        # tables of what stays
        size[:] = 0
        grams[:] = 0
        bulk[:] = 0
        fits[:] = -1
        bans[:] = 0
        rank[:] = 0
        feeders[:] = 0
        left[:] = stock
        for u in range(units):
            p = parcel[u]
            if p < 0:
                waiting[out] = u
                out += 1
                continue
            o = option[u]
            node[p] = option_node[o]
            size[p] += 1
            grams[p] += weight_g[line[u]]
            bulk[p] += volume[line[u]]
            fits[p] &= boxes_ok[line[u]]
            bans[p] |= flags[line[u]]
            rank[p] = max(rank[p], option_rank[o])
            feeders[p, option_place[o]] += 1
            left[option_offer[o]] -= 1
        for p in range(room):
            if size[p]:
                price[p], _, _ = ship(
                    node[p], grams[p], bulk[p], fits[p], bans[p], rank[p], deadline, node_start,
                    refuses, arrival, brackets, bracket_count, cost, volumetric, service_max_g,
                    box_room, box_max_g, box_tare_g,
                )  # fmt: skip
                if price[p] >= 1 << 40:  # too late, too big: its units look for another place
                    for u in range(units):
                        if parcel[u] == p:
                            parcel[u] = -1
                            left[option_offer[option[u]]] += 1
                            waiting[out] = u
                            out += 1
                    size[p] = 0
                    grams[p] = 0
                    bulk[p] = 0
                    fits[p] = -1
                    bans[p] = 0
                    rank[p] = 0
                    feeders[p] = 0
        # the order of insertion: shuffled, or heavy ones first
        for i in range(out - 1, 0, -1):
            j = draw(seed, i + 1)
            waiting[i], waiting[j] = waiting[j], waiting[i]
        if step == 0 or draw(seed, 2) == 0:
            for i in range(1, out):
                u = waiting[i]
                j = i
                while j > 0 and volume[line[waiting[j - 1]]] < volume[line[u]]:
                    waiting[j] = waiting[j - 1]
                    j -= 1
                waiting[j] = u
        blink = step > 0 and draw(seed, 2) == 0
        placed = True
        for i in range(out):
            u = waiting[i]
            own = line[u]
            least = 1 << 41
            least_option = -1
            least_parcel = -1
            empty = -1
            for p in range(room):
                if size[p] == 0:
                    empty = p
                    break
            for o in range(option_start[own], option_start[own + 1]):
                if left[option_offer[o]] <= 0:
                    continue
                n = option_node[o]
                for p in range(room):
                    if size[p] == 0 or node[p] != n:
                        continue
                    if blink and draw(seed, 20) == 0:
                        continue
                    more = option_cost[o]
                    if feeders[p, option_place[o]] == 0:
                        more += option_fixed[o]
                    if more >= least:  # its goods alone cost more than the best so far
                        continue
                    new, _, _ = ship(
                        n, grams[p] + weight_g[own], bulk[p] + volume[own],
                        fits[p] & boxes_ok[own], bans[p] | flags[own],
                        max(rank[p], option_rank[o]), deadline, node_start, refuses, arrival,
                        brackets, bracket_count, cost, volumetric, service_max_g, box_room,
                        box_max_g, box_tare_g,
                    )  # fmt: skip
                    if new >= 1 << 40:
                        continue
                    dearer = new - price[p]
                    more += dearer // 4 if n == focus else dearer
                    if more < least:
                        least = more
                        least_option = o
                        least_parcel = p
                if empty >= 0:
                    new = alone[o]
                    if new < 1 << 40:
                        more = option_cost[o] + option_fixed[o] + parcel_penalty + new
                        if n == focus:
                            more -= new * 3 // 4
                        if more < least:
                            least = more
                            least_option = o
                            least_parcel = empty
            if least_option < 0:
                placed = False
                break
            p = least_parcel
            o = least_option
            node[p] = option_node[o]
            size[p] += 1
            grams[p] += weight_g[own]
            bulk[p] += volume[own]
            fits[p] &= boxes_ok[own]
            bans[p] |= flags[own]
            rank[p] = max(rank[p], option_rank[o])
            feeders[p, option_place[o]] += 1
            left[option_offer[o]] -= 1
            option[u] = o
            parcel[u] = p
            price[p], _, _ = ship(
                node[p], grams[p], bulk[p], fits[p], bans[p], rank[p], deadline, node_start,
                refuses, arrival, brackets, bracket_count, cost, volumetric, service_max_g,
                box_room, box_max_g, box_tare_g,
            )  # fmt: skip
        if not placed:
            continue
        total = 0
        count = 0
        for p in range(room):
            if size[p]:
                total += price[p]
                count += 1
        for u in range(units):
            total += option_cost[option[u]]
            p = parcel[u]
            # each feeder of a parcel pays once: its first unit clears the count
            if feeders[p, option_place[option[u]]] > 0:
                total += option_fixed[option[u]]
                feeders[p, option_place[option[u]]] = 0
        if total < best_cost[count]:
            best_cost[count] = total
            best_option[count] = option
            best_parcel[count] = parcel
        score = total + parcel_penalty * count
        leader = min(leader, score)
        # a little worse than the best is accepted, less and less of it
        slack = leader * (steps - step) // (max(steps, 1) * 40)
        if score < current or score <= leader + slack:
            current = score
            kept_option[:] = option
            kept_parcel[:] = parcel
    return best_cost, best_option, best_parcel
