"""Joins pieces into ever larger blocks, side by side or on top, until one holds them all.

Finds packings made of straight cuts, which tight orders often need, bottom-up over multisets of
pieces; a block that wastes more than the box has to spare is dropped, counting as waste every gap
that no piece can fill. Lengths in mm; work is counted in pairs of blocks looked at.
"""

from core.kernels import kernel
from routing.packing.numbers import Ints

BLOCK = 8  # code, dx, dy, dz, volume of pieces, number of pieces, place offset, next
CHAINS = 1021  # a prime, so that codes spread
NARROW = 128  # mm


@kernel
def reach(
    n: int, units: Ints, turns: Ints, extents: Ints, axis: int, span: int, at: int, sums: Ints
) -> None:
    """Fill sums[at + d] with how much of a gap d pieces can use up at best, each piece once.

    Only gaps below NARROW are worked out; a wider one counts as usable in full.
    """
    narrow = min(span, NARROW)
    for d in range(narrow + 1):
        sums[at + d] = 0
    for d in range(narrow + 1, span + 1):
        sums[at + d] = d
    for i in range(n):
        u = 18 * units[i] + axis
        for d in range(narrow, 0, -1):
            best = sums[at + d]
            for o in range(turns[units[i]]):
                length = extents[u + 3 * o]
                if length <= d and sums[at + d - length] + length > best:
                    best = sums[at + d - length] + length
            sums[at + d] = best


@kernel
def holds(
    below: int,
    above: int,
    flip: int,
    support_pct: int,
    blocks: Ints,
    places: Ints,
    brittle: Ints,
    work: Ints,
) -> bool:
    """True when the block above, mirrored by `flip`, may stand on the one below."""
    height = blocks[BLOCK * below + 3]
    wide = blocks[BLOCK * above + 1]
    deep = blocks[BLOCK * above + 2]
    na = blocks[BLOCK * above + 5]
    nb = blocks[BLOCK * below + 5]
    at_a = blocks[BLOCK * above + 6]
    at_b = blocks[BLOCK * below + 6]
    work[0] += na
    for i in range(na):
        p = at_a + 7 * i
        if places[p + 3] != 0:
            continue
        x, x2 = places[p + 1], places[p + 1] + places[p + 4]
        y, y2 = places[p + 2], places[p + 2] + places[p + 5]
        if flip & 1:
            x, x2 = wide - x2, wide - x
        if flip & 2:
            y, y2 = deep - y2, deep - y
        held = 0
        work[0] += nb
        for j in range(nb):
            q = at_b + 7 * j
            if places[q + 3] + places[q + 6] != height:
                continue
            a = min(x2, places[q + 1] + places[q + 4]) - max(x, places[q + 1])
            b = min(y2, places[q + 2] + places[q + 5]) - max(y, places[q + 2])
            if a > 0 and b > 0:
                if brittle[places[q]] != 0:
                    return False
                held += a * b
        if held * 100 < support_pct * (x2 - x) * (y2 - y):
            return False
    return True


@kernel
def join(one: int, other: int, axis: int, flip: int, into: int, blocks: Ints, places: Ints) -> None:
    """Write the placements of two joined blocks; the other one is moved along the axis."""
    to = blocks[BLOCK * into + 6]
    at = blocks[BLOCK * one + 6]
    count = 7 * blocks[BLOCK * one + 5]
    for i in range(count):
        places[to + i] = places[at + i]
    to += count
    at = blocks[BLOCK * other + 6]
    wide = blocks[BLOCK * other + 1]
    deep = blocks[BLOCK * other + 2]
    for i in range(blocks[BLOCK * other + 5]):
        p = at + 7 * i
        q = to + 7 * i
        for f in range(7):
            places[q + f] = places[p + f]
        if flip & 1:
            places[q + 1] = wide - places[p + 1] - places[p + 4]
        if flip & 2:
            places[q + 2] = deep - places[p + 2] - places[p + 5]
        places[q + 1 + axis] += blocks[BLOCK * one + 1 + axis]


@kernel
def dominated(code: int, x: int, y: int, z: int, chain: Ints, blocks: Ints) -> bool:
    """True when a known block of the same pieces is no larger in any direction."""
    b = chain[code % CHAINS] - 1
    while b >= 0:
        at = BLOCK * b
        if (
            blocks[at] == code
            and blocks[at + 1] <= x
            and blocks[at + 2] <= y
            and blocks[at + 3] <= z
        ):
            return True
        b = blocks[at + 7]
    return False


@kernel
def assemble(
    n: int,
    units: Ints,
    kinds: Ints,
    turns: Ints,
    extents: Ints,
    brittle: Ints,
    size: Ints,
    support_pct: int,
    fill_pct: int,
    room: int,
    budget: int,
    blocks: Ints,
    places: Ints,
    chain: Ints,
    sums: Ints,
    levels: Ints,
    who: Ints,
    place: Ints,
    work: Ints,
) -> int:
    """1 when all pieces form one block within the box, 0 when none was found, -1 when cut short.

    units = pieces, equal ones adjacent, kinds[u] equal for equal pieces; blocks emptier than
    `fill_pct` are not kept; room = how many blocks may be kept. On success who and place
    are as `filling.fill` leaves them.
    """
    stop = work[0] + budget
    # A multiset of pieces as one number: a field per kind with a guard bit that catches overflow.
    guards = 0
    bias = 0
    shift = 0
    i = 0
    volume = 0
    count = 0
    for c in range(CHAINS):
        chain[c] = 0
    while i < n:
        u = units[i]
        copies = 1
        while i + copies < n and kinds[units[i + copies]] == kinds[u]:
            copies += 1
        bits = 1
        while (1 << bits) <= copies:
            bits += 1
        if shift + bits + 1 > 60:
            return -1
        code = 1 << shift
        bias += ((1 << bits) - 1 - copies) << shift
        guards += 1 << (shift + bits)
        shift += bits + 1
        piece = extents[18 * u] * extents[18 * u + 1] * extents[18 * u + 2]
        volume += piece * copies
        for o in range(turns[u]):
            at = 18 * u + 3 * o
            if extents[at] > size[0] or extents[at + 1] > size[1] or extents[at + 2] > size[2]:
                continue
            b = BLOCK * count
            blocks[b] = code
            for axis in range(3):
                blocks[b + 1 + axis] = extents[at + axis]
                places[7 * count + 1 + axis] = 0
                places[7 * count + 4 + axis] = extents[at + axis]
            blocks[b + 4] = piece
            blocks[b + 5] = 1
            blocks[b + 6] = 7 * count
            blocks[b + 7] = chain[code % CHAINS] - 1
            places[7 * count] = u
            count += 1
            chain[code % CHAINS] = count
        i += copies
    spare = size[0] * size[1] * size[2] - volume
    if spare < 0:
        return 0
    gap = size[3]  # sums[axis * gap + d]: how much of a gap d beside a block can be used
    for axis in range(3):
        reach(n, units, turns, extents, axis, size[axis], axis * gap, sums)
        work[0] += 4 * n * min(size[axis], NARROW) // 10
        # From here on sums[axis * gap + length] = what a block of that length takes up at least.
        for d in range(size[axis] // 2 + 1):
            low = sums[axis * gap + d]
            high = sums[axis * gap + size[axis] - d]
            sums[axis * gap + d] = size[axis] - high
            sums[axis * gap + size[axis] - d] = size[axis] - low
    levels[1] = 0  # levels[t] = first block of t pieces
    levels[2] = count
    offset = 7 * count
    most = 7 * (room + 1) * n  # whatever else the row has room for: answers must not depend on it
    short = False
    for t in range(2, n + 1):
        for i in range(1, t // 2 + 1):
            for a in range(levels[i], levels[i + 1]):
                if work[0] > stop:
                    return -1
                first = levels[t - i]
                if i == t - i:
                    first = a
                at_a = BLOCK * a
                code_a = blocks[at_a]
                biased = code_a + bias
                ax = blocks[at_a + 1]
                ay = blocks[at_a + 2]
                az = blocks[at_a + 3]
                volume_a = blocks[at_a + 4]
                work[0] += levels[t - i + 1] - first
                for b in range(first, levels[t - i + 1]):
                    at_b = BLOCK * b
                    if (biased + blocks[at_b]) & guards:
                        continue
                    bx = blocks[at_b + 1]
                    by = blocks[at_b + 2]
                    bz = blocks[at_b + 3]
                    both = volume_a + blocks[at_b + 4]
                    for axis in range(3):
                        if axis == 0:
                            x = ax + bx
                            y = max(ay, by)
                            z = max(az, bz)
                            if x > size[0]:
                                continue
                        elif axis == 1:
                            x = max(ax, bx)
                            y = ay + by
                            z = max(az, bz)
                            if y > size[1]:
                                continue
                        else:
                            x = max(ax, bx)
                            y = max(ay, by)
                            z = az + bz
                            if z > size[2]:
                                continue
                        used = sums[x] * sums[gap + y] * sums[2 * gap + z]
                        if used - both > spare:
                            continue
                        if t < n and both * 100 < fill_pct * x * y * z:
                            continue
                        code = code_a + blocks[at_b]
                        if dominated(code, x, y, z, chain, blocks):
                            continue
                        low = a
                        high = b
                        flip = 0
                        if axis == 2 and support_pct >= 0:
                            found = False
                            for trial in range(8):
                                low = a
                                high = b
                                if trial & 1:
                                    low = b
                                    high = a
                                flip = trial >> 1
                                if holds(
                                    low, high, flip, support_pct, blocks, places, brittle, work
                                ):
                                    found = True
                                    break
                            if not found:
                                continue
                        if t < n and (count + 1 >= room or offset + 7 * (t + n) > most):
                            short = True
                            continue
                        at = BLOCK * count
                        blocks[at] = code
                        blocks[at + 1] = x
                        blocks[at + 2] = y
                        blocks[at + 3] = z
                        blocks[at + 4] = both
                        blocks[at + 5] = t
                        blocks[at + 6] = offset
                        blocks[at + 7] = chain[code % CHAINS] - 1
                        join(low, high, axis, flip, count, blocks, places)
                        if t == n:
                            for k in range(n):
                                p = offset + 7 * k
                                who[k] = places[p]
                                for f in range(3):
                                    place[6 * k + f] = places[p + 1 + f]
                                    place[6 * k + 3 + f] = places[p + 1 + f] + places[p + 4 + f]
                            return 1
                        offset += 7 * t
                        work[0] += t
                        count += 1
                        chain[code % CHAINS] = count
        levels[t + 1] = count
    if short:
        return -1
    return 0
