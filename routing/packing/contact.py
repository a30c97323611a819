"""What a piece in its place touches: who carries it, and how much of its faces has contact."""

from core.kernels import kernel
from routing.packing.numbers import Ints


@kernel
def rests(
    k: int,
    x: int,
    y: int,
    z: int,
    x2: int,
    y2: int,
    z2: int,
    fragile_here: int,
    support_pct: int,
    place: Ints,
    fragile: Ints,
) -> bool:
    """True when a piece there is supported enough and nothing fragile carries anything."""
    held = 0
    for j in range(k):
        j6 = 6 * j
        if place[j6 + 5] == z:
            wide = min(x2, place[j6 + 3]) - max(x, place[j6])
            if wide > 0:
                deep = min(y2, place[j6 + 4]) - max(y, place[j6 + 1])
                if deep > 0:
                    if fragile[j] != 0:
                        return False
                    held += wide * deep
        if (
            fragile_here != 0
            and place[j6 + 2] == z2
            and x < place[j6 + 3]
            and x2 > place[j6]
            and y < place[j6 + 4]
            and y2 > place[j6 + 1]
        ):
            return False
    return z == 0 or held * 100 >= support_pct * (x2 - x) * (y2 - y)


@kernel
def touching(
    k: int,
    x: int,
    y: int,
    z: int,
    x2: int,
    y2: int,
    z2: int,
    size: Ints,
    place: Ints,
) -> int:
    """Area of the piece's faces that touch walls or placed pieces, in mm2."""
    area = 0
    if x == 0:
        area += (y2 - y) * (z2 - z)
    if x2 == size[0]:
        area += (y2 - y) * (z2 - z)
    if y == 0:
        area += (x2 - x) * (z2 - z)
    if y2 == size[1]:
        area += (x2 - x) * (z2 - z)
    if z == 0:
        area += (x2 - x) * (y2 - y)
    if z2 == size[2]:
        area += (x2 - x) * (y2 - y)
    for j in range(k):
        j6 = 6 * j
        wide = min(x2, place[j6 + 3]) - max(x, place[j6])
        if wide < 0:
            continue
        deep = min(y2, place[j6 + 4]) - max(y, place[j6 + 1])
        if deep < 0:
            continue
        tall = min(z2, place[j6 + 5]) - max(z, place[j6 + 2])
        if tall < 0:
            continue
        if wide == 0:
            area += deep * tall
        elif deep == 0:
            area += wide * tall
        elif tall == 0:
            area += wide * deep
    return area
