"""Proves that a few pieces cannot share a box, by trying who lies beside whom along which axis.

Every packing of solid bodies separates each pair along some axis; so orientations and separations
are searched whole, with the earliest and latest position of each piece kept along the way. After
Fekete, Schepers, van der Veen, "An exact algorithm for higher-dimensional orthogonal packing",
Operations Research 55(3), 2007, in its plainest form. Support and fragility are not asked.
"""

from core.kernels import kernel
from routing.packing.numbers import Ints

MOST = 6  # pieces; beyond, the search hardly ever ends
ROOM = (MOST * (MOST + 1) // 2 + 1) * 6 * MOST  # numbers of state, a row a depth

POSSIBLE = 0
IMPOSSIBLE = 1
UNDECIDED = 2


@kernel
def before(
    first: int,
    second: int,
    axis: int,
    depth: int,
    at: int,
    lengths: Ints,
    pairs: Ints,
    values: Ints,
    state: Ints,
) -> bool:
    """Put one piece before another along an axis and follow what that forces; False if it can't."""
    again = True
    while again:
        again = False
        # The new separation first, then all chosen before along the same axis.
        for d in range(depth, -1, -1):
            if d == depth:
                one, other = first, second
            else:
                value = values[d]
                if pairs[2 * d] < 0 or value == 6 or value >> 1 != axis:
                    continue
                one, other = pairs[2 * d], pairs[2 * d + 1]
                if value & 1:
                    one, other = other, one
            length = lengths[3 * one + axis]
            low = state[at + 6 * one + axis] + length
            if low > state[at + 6 * other + axis]:
                state[at + 6 * other + axis] = low
                if low > state[at + 6 * other + 3 + axis]:
                    return False
                again = True
            high = state[at + 6 * other + 3 + axis] - length
            if high < state[at + 6 * one + 3 + axis]:
                state[at + 6 * one + 3 + axis] = high
                if high < state[at + 6 * one + axis]:
                    return False
                again = True
    return True


@kernel
def prove(
    n: int,
    units: Ints,
    turns: Ints,
    extents: Ints,
    size: Ints,
    budget: int,
    lengths: Ints,
    pairs: Ints,
    values: Ints,
    state: Ints,
    work: Ints,
) -> int:
    """IMPOSSIBLE, POSSIBLE, or UNDECIDED when the budget is spent.

    Decisions, one a depth: for each piece its orientation, then its side towards each piece before
    it. pairs[2 d ..] = the two pieces, or -1 and the piece; values[d] = the choice in force (2 axis
    + 1 when the second comes first, 6 when other choices separate the two already); state row d =
    earliest and latest position of every piece before decision d.
    """
    stop = work[0] + budget
    row = 6 * n
    decisions = 0
    for k in range(n):
        pairs[2 * decisions] = -1
        pairs[2 * decisions + 1] = k
        decisions += 1
        for j in range(k):
            pairs[2 * decisions] = j
            pairs[2 * decisions + 1] = k
            decisions += 1
    for i in range(row):
        state[i] = 0
    depth = 0
    values[0] = -1
    while depth >= 0:
        if depth == decisions:
            return POSSIBLE
        if work[0] > stop:
            return UNDECIDED
        values[depth] += 1
        value = values[depth]
        one, other = pairs[2 * depth], pairs[2 * depth + 1]
        at = row * depth
        to = at + row
        if one < 0:
            if value >= turns[units[other]]:
                depth -= 1
                continue
            work[0] += 1
            shape = 18 * units[other] + 3 * value
            if (
                extents[shape] > size[0]
                or extents[shape + 1] > size[1]
                or extents[shape + 2] > size[2]
            ):
                continue
            for i in range(row):
                state[to + i] = state[at + i]
            for axis in range(3):
                lengths[3 * other + axis] = extents[shape + axis]
                state[to + 6 * other + axis] = 0
                state[to + 6 * other + 3 + axis] = size[axis] - extents[shape + axis]
            depth += 1
            values[depth] = -1
            continue
        if value >= 6:
            depth -= 1
            continue
        work[0] += 2
        if value == 0:
            apart = False
            for axis in range(3):
                if (
                    state[at + 6 * other + axis]
                    >= state[at + 6 * one + 3 + axis] + lengths[3 * one + axis]
                    or state[at + 6 * one + axis]
                    >= state[at + 6 * other + 3 + axis] + lengths[3 * other + axis]
                ):
                    apart = True
            if apart:
                values[depth] = 6
                for i in range(row):
                    state[to + i] = state[at + i]
                depth += 1
                values[depth] = -1
                continue
        axis = value >> 1
        left, right = one, other
        if value & 1:
            if depth == 2:  # a packing mirrored is one as well
                continue
            left, right = other, one
        if (
            state[at + 6 * left + axis] + lengths[3 * left + axis]
            > state[at + 6 * right + 3 + axis]
        ):
            continue
        for i in range(row):
            state[to + i] = state[at + i]
        work[0] += n
        if before(left, right, axis, depth, to, lengths, pairs, values, state):
            depth += 1
            values[depth] = -1
    return IMPOSSIBLE
