"""Splits a small order into parcels at least cost: a programme over all subsets of its pieces.

Every subset has a price per box, or none where it surely cannot go; the search refutes what it
could not pack and asks again. Subsets are bit masks over few pieces, equal ones adjacent.
"""

from core.kernels import kernel
from routing.packing.numbers import Ints

INFINITE = 1 << 50


@kernel
def rate_minor(
    billable_g: int, brackets: int, to_g: Ints, prices: Ints, extra_minor_per_kg: int
) -> int:
    """The price of the first bracket that reaches the weight; INFINITE beyond what is carried."""
    low = 0
    high = brackets
    while low < high:
        middle = (low + high) // 2
        if to_g[middle] < billable_g:
            low = middle + 1
        else:
            high = middle
    if low < brackets:
        return prices[low]
    if extra_minor_per_kg < 0:
        return INFINITE
    kilos = (billable_g - to_g[brackets - 1] + 999) // 1000
    if extra_minor_per_kg > 0 and kilos > INFINITE // extra_minor_per_kg:
        return INFINITE
    return prices[brackets - 1] + extra_minor_per_kg * kilos


@kernel
def price_subsets(
    n: int,
    boxes: int,
    weights: Ints,
    volumes: Ints,
    saved: Ints,
    before: Ints,
    friends: Ints,
    box_rows: Ints,
    brackets: int,
    to_g: Ints,
    prices: Ints,
    extra_minor_per_kg: int,
    canon: Ints,
    costs: Ints,
    best: Ints,
) -> None:
    """Fill costs[mask * boxes + b] and best[mask], the cheapest box of each subset (or -1).

    before[i] = index of the previous equal piece or -1; volumes in mm3, saved[i] = what nesting
    into that piece saves; friends[i * boxes + b] = mask of the pieces that may share box b with
    piece i (itself included when it fits at all); box_rows[5 b ..] = inner volume mm3, tare g,
    max gross g, volumetric g, cost; canon[mask] = the same multiset with its first copies. costs comes as zeros.
    """
    full = 1 << n
    canon[0] = 0
    for mask in range(1, full):
        high = n - 1
        while not mask >> high & 1:
            high -= 1
        rest = canon[mask ^ (1 << high)]
        spot = high
        while before[spot] >= 0 and not rest >> before[spot] & 1:
            spot = before[spot]
        canon[mask] = rest | 1 << spot
    for mask in range(1, full):
        best[mask] = -1
        if canon[mask] != mask:
            continue
        high = n - 1
        while not mask >> high & 1:
            high -= 1
        part = mask ^ (1 << high)
        weight = 0
        volume = 0
        for i in range(n):
            if mask >> i & 1:
                weight += weights[i]
                volume += volumes[i]
                if before[i] >= 0:
                    volume -= saved[i]
        least = INFINITE
        rated = -1
        rate = 0
        for b in range(boxes):
            cost = INFINITE
            gross = weight + box_rows[5 * b + 1]
            # What a box refuses to a part, by rules, volume or weight, it refuses to the whole.
            if (
                costs[part * boxes + b] < INFINITE
                and friends[high * boxes + b] & mask == mask
                and volume <= box_rows[5 * b]
                and gross <= box_rows[5 * b + 2]
            ):
                billable = max(gross, box_rows[5 * b + 3])
                if billable != rated:
                    rate = rate_minor(billable, brackets, to_g, prices, extra_minor_per_kg)
                    rated = billable
                cost = rate + box_rows[5 * b + 4]
            costs[mask * boxes + b] = cost
            if cost < least:
                least = cost
                best[mask] = b


@kernel
def refute(n: int, boxes: int, mask: int, box: int, canon: Ints, costs: Ints, best: Ints) -> None:
    """Note that a subset, and so every superset of it, does not go into a box."""
    for other in range(mask, 1 << n):
        if canon[other] == other and other & mask == mask:
            costs[other * boxes + box] = INFINITE
            if best[other] == box:
                least = INFINITE
                best[other] = -1
                for b in range(boxes):
                    if costs[other * boxes + b] < least:
                        least = costs[other * boxes + b]
                        best[other] = b


@kernel
def split(
    n: int,
    boxes: int,
    canon: Ints,
    costs: Ints,
    best: Ints,
    price: Ints,
    total: Ints,
    part: Ints,
) -> int:
    """The least total over all ways to split the pieces; part[mask] = the subset taken first.

    price and total are filled for every mask, part for canonical ones.
    """
    for mask in range(1, 1 << n):
        one = canon[mask]
        b = best[one]
        price[mask] = costs[one * boxes + b] if b >= 0 else INFINITE
    total[0] = 0
    for mask in range(1, 1 << n):
        if canon[mask] != mask:
            total[mask] = total[canon[mask]]
            continue
        lowest = mask & -mask
        rest = mask ^ lowest
        least = price[mask]
        taken = mask
        others = (rest - 1) & rest if rest else 0
        while rest:
            cost = price[others | lowest] + total[rest ^ others]
            if cost < least:
                least = cost
                taken = others | lowest
            if others == 0:
                break
            others = (others - 1) & rest
        total[mask] = least
        part[mask] = taken
    return total[(1 << n) - 1]
