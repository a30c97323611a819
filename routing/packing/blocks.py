"""Blocks of pieces: how single ones begin, which may stand on which, and how two become one.

`joining` builds packings of them. Lengths in mm.
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
def single_blocks(
    n: int,
    units: Ints,
    kinds: Ints,
    turns: Ints,
    extents: Ints,
    size: Ints,
    blocks: Ints,
    places: Ints,
    chain: Ints,
) -> tuple[int, int, int, int]:
    """Make a block of each kind in each orientation; how many, their code's bias and guards, volume.

    A multiset of pieces is one number, its code: a field per kind with a guard bit, which a sum
    of two codes and the bias sets when it holds more copies than there are. -1 blocks: too many
    kinds for one number.
    """
    guards = 0
    bias = 0
    shift = 0
    volume = 0
    count = 0
    i = 0
    while i < n:
        u = units[i]
        copies = 1
        while i + copies < n and kinds[units[i + copies]] == kinds[u]:
            copies += 1
        bits = 1
        while (1 << bits) <= copies:
            bits += 1
        if shift + bits + 1 > 60:
            return -1, bias, guards, volume
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
    return count, bias, guards, volume


@kernel
def take_up(
    n: int, units: Ints, turns: Ints, extents: Ints, size: Ints, sums: Ints, work: Ints
) -> None:
    """Fill sums[axis * size[3] + length] = what a block of that length takes up at least.

    That is its length and as much of the gap beside it as no piece can fill.
    """
    gap = size[3]
    for axis in range(3):
        reach(n, units, turns, extents, axis, size[axis], axis * gap, sums)
        work[0] += 4 * n * min(size[axis], NARROW) // 10
        for d in range(size[axis] // 2 + 1):
            low = sums[axis * gap + d]
            high = sums[axis * gap + size[axis] - d]
            sums[axis * gap + d] = size[axis] - high
            sums[axis * gap + size[axis] - d] = size[axis] - low


@kernel
def standing(
    a: int, b: int, support_pct: int, blocks: Ints, places: Ints, brittle: Ints, work: Ints
) -> int:
    """How two blocks may be stacked: 0 .. 7 = mirrored by half of it, b below when odd; or -1."""
    for trial in range(8):
        below, above = (b, a) if trial & 1 else (a, b)
        if holds(below, above, trial >> 1, support_pct, blocks, places, brittle, work):
            return trial
    return -1


@kernel
def hand_over(n: int, at: int, places: Ints, who: Ints, place: Ints) -> None:
    """Copy the placements of the block that holds all pieces to who and place."""
    for k in range(n):
        p = at + 7 * k
        who[k] = places[p]
        for f in range(3):
            place[6 * k + f] = places[p + 1 + f]
            place[6 * k + 3 + f] = places[p + 1 + f] + places[p + 4 + f]
