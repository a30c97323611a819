"""Ruins two to four equal bins at a time and fills them anew, until one comes out empty.

A refilling is kept when the squares of the loads do not fall, at first not fall much, so that
loads drift apart. Lengths in mm, loads in mm3; work counted as in `filling`.
"""

from core.kernels import kernel
from routing.packing.filling import construct
from routing.packing.numbers import LEHMER, MERSENNE, Ints

MOST_AT_ONCE = 160  # pieces in the bins that are refilled together
SQUARED = 1 << 30  # loads up to this are squared as they are: four such squares stay in 64 bits
SLACK = 200  # how much of the sum of squares a refilling may lose at first, in 1/8000


@kernel
def refill(
    count: int,
    queue: Ints,
    most: int,
    turns: Ints,
    extents: Ints,
    volumes: Ints,
    size: Ints,
    support_pct: int,
    skip: bool,
    first: int,
    rule: int,
    bins: Ints,
    spots: Ints,
    loads: Ints,
    sequence: Ints,
    brittle: Ints,
    who: Ints,
    place: Ints,
    fragile: Ints,
    points: Ints,
    keys: Ints,
    work: Ints,
) -> int:
    """Fill bins one after the other from the queue; how many it took, or more than `most`.

    bins[i] and spots[6 i ..] tell bin and place of queue[i]; loads[b] the volume in bin b.
    support_pct and skip as in `construct`: arguments, as it would compile again for constants.
    """
    for i in range(count):
        bins[i] = -1
    waiting = count
    used = 0
    while waiting > 0:
        if used == most:
            return most + 1
        k = 0
        for i in range(count):
            if bins[i] < 0:
                sequence[k] = queue[i]
                k += 1
        placed = construct(
            waiting,
            sequence,
            turns,
            extents,
            brittle,
            size,
            support_pct,
            first,
            rule,
            skip,
            who,
            place,
            fragile,
            points,
            keys,
            work,
        )
        loads[used] = 0
        i = 0
        for k in range(placed):
            while queue[i] != who[k]:  # both are in the same order
                i += 1
            bins[i] = used
            loads[used] += volumes[who[k]]
            for f in range(6):
                spots[6 * i + f] = place[6 * k + f]
        waiting -= placed
        used += 1
    return used


@kernel
def draw(generator: Ints) -> int:
    """The next number of the generator whose state is generator[0]."""
    generator[0] = generator[0] * LEHMER % MERSENNE
    return generator[0]


@kernel
def choose(bins: int, several: int, load_of: Ints, generator: Ints, chosen: Ints) -> bool:
    """Name bins to refill, each the emptiest of a few drawn; False when all drawn are taken."""
    for c in range(several):
        best = -1
        for _ in range(3 if c == 0 else 2):
            b = draw(generator) % bins
            known = False
            for d in range(c):
                if chosen[d] == b:
                    known = True
            if not known and (best < 0 or load_of[b] < load_of[best]):
                best = b
        if best < 0:
            return False
        chosen[c] = best
    return True


@kernel
def line_up(
    n: int,
    several: int,
    chosen: Ints,
    bin_of: Ints,
    extents: Ints,
    volumes: Ints,
    generator: Ints,
    queue: Ints,
    ranks: Ints,
) -> int:
    """Queue the pieces of the chosen bins, about the largest first; MOST_AT_ONCE + 1: too many.

    Large by volume, by face or by side, as drawn, each blurred by as much as drawn.
    """
    spread = 1 + draw(generator) % 1000
    measure = draw(generator) % 3
    state = generator[0]  # a number of its own: stores in the loop below cost a tenth of the time
    count = 0
    for u in range(n):
        inside = False
        for c in range(several):
            if bin_of[u] == chosen[c]:
                inside = True
        if not inside:
            continue
        if count == MOST_AT_ONCE:
            count += 1
            break
        x, y, z = extents[18 * u], extents[18 * u + 1], extents[18 * u + 2]
        if measure == 0:
            value = volumes[u]
        elif measure == 1:
            value = max(x * y, max(x * z, y * z))
        else:
            value = max(x, max(y, z))
        state = state * LEHMER % MERSENNE
        rank = value * (1000 + state % spread)
        k = count
        while k > 0 and ranks[k - 1] < rank:
            ranks[k] = ranks[k - 1]
            queue[k] = queue[k - 1]
            k -= 1
        ranks[k] = rank
        queue[k] = u
        count += 1
    generator[0] = state
    return count


@kernel
def squares(count: int, loads: Ints, coarse: int) -> int:
    """The sum of the squares of the loads, in units of 2**coarse mm3 so that it stays in range."""
    total = 0
    for c in range(count):
        load = loads[c] >> coarse
        total += load * load
    return total


@kernel
def adopt(
    n: int,
    bins: int,
    several: int,
    used: int,
    count: int,
    chosen: Ints,
    queue: Ints,
    new_bins: Ints,
    new_spots: Ints,
    new_loads: Ints,
    bin_of: Ints,
    spot_of: Ints,
    load_of: Ints,
) -> int:
    """Put a refilling in place of the chosen bins; how many bins there are then."""
    for i in range(count):
        u = queue[i]
        bin_of[u] = chosen[new_bins[i]]
        for f in range(6):
            spot_of[6 * u + f] = new_spots[6 * i + f]
    for c in range(used):
        load_of[chosen[c]] = new_loads[c]
    for c in range(used, several):
        # The last bin takes the number of the emptied one.
        bins -= 1
        gone = chosen[c]
        for d in range(several):
            if chosen[d] == bins:
                chosen[d] = gone
        load_of[gone] = load_of[bins]
        for u in range(n):
            if bin_of[u] == bins:
                bin_of[u] = gone
    return bins


@kernel
def improve(
    n: int,
    bins: int,
    least: int,
    turns: Ints,
    extents: Ints,
    volumes: Ints,
    size: Ints,
    support_pct: int,
    skip: bool,
    budget: int,
    generator: Ints,
    bin_of: Ints,
    spot_of: Ints,
    load_of: Ints,
    queue: Ints,
    ranks: Ints,
    new_bins: Ints,
    new_spots: Ints,
    new_loads: Ints,
    chosen: Ints,
    loads: Ints,
    sequence: Ints,
    brittle: Ints,
    who: Ints,
    place: Ints,
    fragile: Ints,
    points: Ints,
    keys: Ints,
    work: Ints,
) -> int:
    """Refill few bins at a time until `least` bins are reached or the work is spent; bins left."""
    coarse = 0
    while (size[0] * size[1] * size[2]) >> coarse > SQUARED:
        coarse += 1
    while bins > least and work[0] < budget:
        slack = 1 + SLACK * (budget - work[0]) // budget
        several = min(2 + draw(generator) % 3, bins)
        if not choose(bins, several, load_of, generator, chosen):
            continue
        count = line_up(n, several, chosen, bin_of, extents, volumes, generator, queue, ranks)
        work[0] += n
        if count > MOST_AT_ONCE:
            continue
        first = draw(generator) % 6
        rule = draw(generator) % 4
        used = refill(
            count,
            queue,
            several,
            turns,
            extents,
            volumes,
            size,
            support_pct,
            skip,
            first,
            rule,
            new_bins,
            new_spots,
            new_loads,
            sequence,
            brittle,
            who,
            place,
            fragile,
            points,
            keys,
            work,
        )
        if used > several:
            continue
        if used == several:
            for c in range(several):
                loads[c] = load_of[chosen[c]]
            now = squares(several, loads, coarse)
            if (
                squares(used, new_loads, coarse)
                < now - now // 1000 * (draw(generator) % slack) // 8
            ):
                continue
        bins = adopt(
            n, bins, several, used, count, chosen, queue,
            new_bins, new_spots, new_loads, bin_of, spot_of, load_of,
        )  # fmt: skip
    return bins
