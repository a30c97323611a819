"""Joins pieces into ever larger blocks, side by side or on top, until one holds them all.

Finds packings made of straight cuts, which tight orders often need, bottom-up over multisets of
pieces; a block that wastes more than the box has to spare is dropped, counting as waste every gap
that no piece can fill. Lengths in mm; work is counted in pairs of blocks looked at.
"""

from core.kernels import kernel
from routing.packing.blocks import (
    BLOCK,
    CHAINS,
    dominated,
    hand_over,
    join,
    single_blocks,
    standing,
    take_up,
)
from routing.packing.numbers import Ints


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
    for c in range(CHAINS):
        chain[c] = 0
    count, bias, guards, volume = single_blocks(
        n, units, kinds, turns, extents, size, blocks, places, chain
    )
    if count < 0:
        return -1
    spare = size[0] * size[1] * size[2] - volume
    if spare < 0:
        return 0
    gap = size[3]
    take_up(n, units, turns, extents, size, sums, work)
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
                            way = standing(a, b, support_pct, blocks, places, brittle, work)
                            if way < 0:
                                continue
                            flip = way >> 1
                            if way & 1:
                                low = b
                                high = a
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
                            hand_over(n, offset, places, who, place)
                            return 1
                        offset += 7 * t
                        work[0] += t
                        count += 1
                        chain[code % CHAINS] = count
        levels[t + 1] = count
    if short:
        return -1
    return 0
