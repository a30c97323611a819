"""The extreme points of a partly filled box: where the next piece may go, in a chosen order.

Crainic, Perboli, Tadei, "Extreme point-based heuristics for three-dimensional bin packing",
INFORMS J. Computing 20(3), 2008. Lengths in mm.
"""

from core.kernels import kernel
from routing.packing.numbers import Ints

AXIS = 1 << 16  # a coordinate is below this, so three of them make one sortable number


@kernel
def sort_key(first: int, x: int, y: int, z: int) -> int:
    """One number that orders places by z, y, x (first = 0) or with another axis first."""
    if first == 0:
        return (z * AXIS + y) * AXIS + x
    if first == 1:
        return (x * AXIS + z) * AXIS + y
    if first == 2:
        return (y * AXIS + z) * AXIS + x
    if first == 3:
        return (z * AXIS + x) * AXIS + y
    if first == 4:
        return (x * AXIS + y) * AXIS + z
    return (y * AXIS + x) * AXIS + z


@kernel
def add_point(
    count: int, x: int, y: int, z: int, first: int, size: Ints, points: Ints, keys: Ints
) -> int:
    """Insert a point in order unless it is known or on a far wall; the new count."""
    if x >= size[0] or y >= size[1] or z >= size[2]:
        return count
    key = sort_key(first, x, y, z)
    low = 0
    high = count
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    if low < count and keys[low] == key:
        return count
    for i in range(count, low, -1):
        keys[i] = keys[i - 1]
        points[3 * i] = points[3 * i - 3]
        points[3 * i + 1] = points[3 * i - 2]
        points[3 * i + 2] = points[3 * i - 1]
    keys[low] = key
    points[3 * low] = x
    points[3 * low + 1] = y
    points[3 * low + 2] = z
    return count + 1


@kernel
def slide(k: int, x: int, y: int, z: int, axis: int, place: Ints) -> int:
    """How far a point slides towards zero along an axis before it meets a placed piece."""
    stop = 0
    for j in range(k):
        j6 = 6 * j
        if axis == 0:
            if (
                place[j6 + 3] <= x
                and place[j6 + 3] > stop
                and place[j6 + 1] <= y < place[j6 + 4]
                and place[j6 + 2] <= z < place[j6 + 5]
            ):
                stop = place[j6 + 3]
        elif axis == 1:
            if (
                place[j6 + 4] <= y
                and place[j6 + 4] > stop
                and place[j6] <= x < place[j6 + 3]
                and place[j6 + 2] <= z < place[j6 + 5]
            ):
                stop = place[j6 + 4]
        elif (
            place[j6 + 5] <= z
            and place[j6 + 5] > stop
            and place[j6] <= x < place[j6 + 3]
            and place[j6 + 1] <= y < place[j6 + 4]
        ):
            stop = place[j6 + 5]
    return stop


@kernel
def renew_points(
    k: int, count: int, first: int, size: Ints, place: Ints, points: Ints, keys: Ints
) -> int:
    """Drop the points that piece k - 1 covers and add its own six; the new count."""
    base = 6 * (k - 1)
    x, y, z = place[base], place[base + 1], place[base + 2]
    x2, y2, z2 = place[base + 3], place[base + 4], place[base + 5]
    kept = 0
    for e in range(count):
        a, b, c = points[3 * e], points[3 * e + 1], points[3 * e + 2]
        if x <= a < x2 and y <= b < y2 and z <= c < z2:
            continue
        if kept != e:
            points[3 * kept] = a
            points[3 * kept + 1] = b
            points[3 * kept + 2] = c
            keys[kept] = keys[e]
        kept += 1
    count = kept
    if x2 < size[0]:
        count = add_point(count, x2, slide(k, x2, y, z, 1, place), z, first, size, points, keys)
        count = add_point(count, x2, y, slide(k, x2, y, z, 2, place), first, size, points, keys)
    if y2 < size[1]:
        count = add_point(count, slide(k, x, y2, z, 0, place), y2, z, first, size, points, keys)
        count = add_point(count, x, y2, slide(k, x, y2, z, 2, place), first, size, points, keys)
    if z2 < size[2]:
        count = add_point(count, x, y, z2, first, size, points, keys)
        count = add_point(count, slide(k, x, y, z2, 0, place), y, z2, first, size, points, keys)
        count = add_point(count, x, slide(k, x, y, z2, 1, place), z2, first, size, points, keys)
    return count
