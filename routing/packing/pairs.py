"""Which two pieces can share a box at all, by geometry alone."""

from core.kernels import kernel
from routing.packing.numbers import Ints


@kernel
def pair_fits(one: int, other: int, turns: Ints, extents: Ints, size: Ints) -> bool:
    """True when two pieces fit side by side along some axis in some orientations (exact)."""
    for o in range(turns[one]):
        a = 18 * one + 3 * o
        if extents[a] > size[0] or extents[a + 1] > size[1] or extents[a + 2] > size[2]:
            continue
        for p in range(turns[other]):
            b = 18 * other + 3 * p
            if extents[b] > size[0] or extents[b + 1] > size[1] or extents[b + 2] > size[2]:
                continue
            if (
                extents[a] + extents[b] <= size[0]
                or extents[a + 1] + extents[b + 1] <= size[1]
                or extents[a + 2] + extents[b + 2] <= size[2]
            ):
                return True
    return False


@kernel
def befriend(
    n: int,
    box: int,
    boxes: int,
    apart: Ints,
    nested: Ints,
    turns: Ints,
    extents: Ints,
    size: Ints,
    friends: Ints,
) -> None:
    """Fill friends[i * boxes + box] for one box: 0 when piece i does not fit, else a mask.

    apart[i] = mask of pieces that rules keep away from i; nested[i * n + j] = 1 when the two
    are copies that nest, so that geometry of solid bodies does not bind them.
    """
    fits = 0
    for i in range(n):
        for o in range(turns[i]):
            a = 18 * i + 3 * o
            if extents[a] <= size[0] and extents[a + 1] <= size[1] and extents[a + 2] <= size[2]:
                fits |= 1 << i
                break
    for i in range(n):
        friends[i * boxes + box] = 0
        if fits >> i & 1:
            friends[i * boxes + box] = 1 << i
    for i in range(n):
        if not fits >> i & 1:
            continue
        for j in range(i + 1, n):
            if not fits >> j & 1 or apart[i] >> j & 1:
                continue
            if nested[i * n + j] or pair_fits(i, j, turns, extents, size):
                friends[i * boxes + box] |= 1 << j
                friends[j * boxes + box] |= 1 << i
