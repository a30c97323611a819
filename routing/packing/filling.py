"""Puts pieces into one box at extreme points, from many starting orders, until all are in.

A piece that found no place moves to the front for the next start. Lengths in mm; work is counted
in comparisons of a piece with a placed one.
"""

from core.kernels import kernel
from routing.packing.contact import rests, touching
from routing.packing.numbers import LEHMER, MERSENNE, Ints
from routing.packing.points import renew_points, sort_key

NOWHERE = 1 << 60


@kernel
def construct(
    n: int,
    sequence: Ints,
    turns: Ints,
    extents: Ints,
    brittle: Ints,
    size: Ints,
    support_pct: int,
    first: int,
    rule: int,
    skip: bool,
    who: Ints,
    place: Ints,
    fragile: Ints,
    points: Ints,
    keys: Ints,
    work: Ints,
) -> int:
    """Place pieces in the given sequence; how many found a place, up to the first that did not.

    With `skip` the others still get their chance. who[k] = the piece placed k-th;
    turns[u] = number of orientations of piece u; extents[18 u + 3 o ..] = dx, dy, dz;
    size = inner box; rule 0 takes the first place, 1 the lowest far corner, 2 the most contact,
    3 the least growth of the hull. place[6 k ..] = x, y, z, x2, y2, z2 of who[k].
    """
    points[0] = 0
    points[1] = 0
    points[2] = 0
    keys[0] = 0
    count = 1
    hull_x = 0
    hull_y = 0
    hull_z = 0
    ruled = support_pct >= 0
    k = 0
    for i in range(n):
        u = sequence[i]
        best = NOWHERE
        best_x = 0
        best_y = 0
        best_z = 0
        best_o = -1
        for e in range(count):
            x, y, z = points[3 * e], points[3 * e + 1], points[3 * e + 2]
            for o in range(turns[u]):
                at = 18 * u + 3 * o
                x2 = x + extents[at]
                y2 = y + extents[at + 1]
                z2 = z + extents[at + 2]
                if x2 > size[0] or y2 > size[1] or z2 > size[2]:
                    continue
                free = True
                j6 = 0
                for _ in range(k):
                    if (
                        place[j6] < x2
                        and x < place[j6 + 3]
                        and place[j6 + 1] < y2
                        and y < place[j6 + 4]
                        and place[j6 + 2] < z2
                        and z < place[j6 + 5]
                    ):
                        free = False
                        break
                    j6 += 6
                work[0] += 2 + j6 // 6
                if not free:
                    continue
                if ruled:
                    work[0] += k
                    if not rests(k, x, y, z, x2, y2, z2, brittle[u], support_pct, place, fragile):
                        continue
                if rule == 0:
                    score = 0
                elif rule == 1:
                    score = sort_key(first, x2, y2, z2)
                elif rule == 2:
                    work[0] += k
                    score = -touching(k, x, y, z, x2, y2, z2, size, place)
                else:
                    score = max(hull_x, x2) * max(hull_y, y2) * max(hull_z, z2)
                if score < best:
                    best = score
                    best_x, best_y, best_z, best_o = x, y, z, o
                    if rule == 0:
                        break
            if rule == 0 and best_o >= 0:
                break
        if best_o < 0:
            if skip:
                continue
            return k
        at = 18 * u + 3 * best_o
        base = 6 * k
        place[base] = best_x
        place[base + 1] = best_y
        place[base + 2] = best_z
        place[base + 3] = best_x + extents[at]
        place[base + 4] = best_y + extents[at + 1]
        place[base + 5] = best_z + extents[at + 2]
        fragile[k] = brittle[u]
        who[k] = u
        hull_x = max(hull_x, place[base + 3])
        hull_y = max(hull_y, place[base + 4])
        hull_z = max(hull_z, place[base + 5])
        k += 1
        if i + 1 < n:
            count = renew_points(k, count, first, size, place, points, keys)
            work[0] += 2 * k
    return k


@kernel
def fill(
    n: int,
    units: Ints,
    turns: Ints,
    extents: Ints,
    brittle: Ints,
    orders: Ints,
    size: Ints,
    support_pct: int,
    first_start: int,
    starts: int,
    budget: int,
    sequence: Ints,
    who: Ints,
    place: Ints,
    fragile: Ints,
    points: Ints,
    keys: Ints,
    work: Ints,
) -> bool:
    """Try up to `starts` orders and rules within `budget` units of work; True when all are in.

    units = the pieces, already in canonical order; orders[4 u + s] = rank of piece u in sort s.
    On success who[k] and place[6 k ..] tell which piece lies where.
    """
    state = 1 + n + first_start
    stop = work[0] + budget
    skip = n < 0  # never, but no constant: for one, `construct` would be compiled again
    for start in range(first_start, starts):
        if start > first_start and work[0] > stop:
            return False
        if start < 4 or start == first_start or start % 6 == 0:
            # A fresh order: by volume, longest side, base area, thickness; fragile pieces last.
            s = start % 4
            for i in range(n):
                u = units[i]
                rank = orders[4 * u + s]
                k = i
                while k > 0 and orders[4 * sequence[k - 1] + s] > rank:
                    sequence[k] = sequence[k - 1]
                    k -= 1
                sequence[k] = u
            if start >= 4:
                for _ in range(1 + n // 3):
                    state = state * LEHMER % MERSENNE
                    i = state % n
                    state = state * LEHMER % MERSENNE
                    k = state % n
                    sequence[i], sequence[k] = sequence[k], sequence[i]
        if start == 0:
            first = 0
            rule = 0
        else:
            first = (start + start // 6) % 6
            rule = (1, 2, 3, 2)[start % 4]
        done = construct(
            n,
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
        if done == n:
            return True
        # The piece without a place goes to the front, or half way there every other time.
        u = sequence[done]
        to = 0 if start % 2 == 0 else done // 2
        for k in range(done, to, -1):
            sequence[k] = sequence[k - 1]
        sequence[to] = u
        if done == 0 and start == first_start:
            return False
    return False
