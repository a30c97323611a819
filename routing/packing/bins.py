"""Packs pieces into as few equal bins as possible: ruins two to four bins and fills them anew.

For container-like problems without prices (the classes of Martello, Pisinger and Vigo, Operations
Research 48(2), 2000). A refilling is kept when the squares of the loads do not fall, at first not
fall much, so that loads drift apart until a bin is empty. Lengths in mm; work counted as in `points`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import invalid
from core.kernels import kernel
from routing.packing.numbers import Ints, ints, plain, zeros
from routing.packing.points import construct
from routing.packing.units import orientations

_LEHMER = 48271
_MERSENNE = 2147483647
MOST_AT_ONCE = 160  # pieces in the bins that are refilled together
BUDGET = 20_000_000  # about half a second of one core
SLACK = 200  # how much of the sum of squares a refilling may lose at first, in 1/8000

Spot = tuple[int, int, int, int, int, int, int]  # piece, x, y, z, dx, dy, dz


@dataclass(frozen=True, slots=True)
class Binned:
    """Placements per bin, and how few bins could do at best."""

    bins: tuple[tuple[Spot, ...], ...]
    lower_bound: int
    work: int


@kernel
def refill(
    count: int,
    queue: Ints,
    most: int,
    turns: Ints,
    extents: Ints,
    volumes: Ints,
    size: Ints,
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
            -1,
            first,
            rule,
            True,
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
def improve(
    n: int,
    bins: int,
    least: int,
    turns: Ints,
    extents: Ints,
    volumes: Ints,
    size: Ints,
    budget: int,
    seed: int,
    bin_of: Ints,
    spot_of: Ints,
    load_of: Ints,
    queue: Ints,
    ranks: Ints,
    new_bins: Ints,
    new_spots: Ints,
    new_loads: Ints,
    chosen: Ints,
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
    state = 1 + seed
    while bins > least and work[0] < budget:
        slack = 1 + SLACK * (budget - work[0]) // budget
        state = state * _LEHMER % _MERSENNE
        several = 2 + state % 3
        if several > bins:
            several = bins
        for c in range(several):
            best = -1
            for _ in range(3 if c == 0 else 2):
                state = state * _LEHMER % _MERSENNE
                b = state % bins
                known = False
                for d in range(c):
                    if chosen[d] == b:
                        known = True
                if not known and (best < 0 or load_of[b] < load_of[best]):
                    best = b
            if best < 0:
                break
            chosen[c] = best
        else:
            best = 0
        if best < 0:
            continue
        state = state * _LEHMER % _MERSENNE
        spread = 1 + state % 1000
        state = state * _LEHMER % _MERSENNE
        measure = state % 3
        count = 0
        now = 0
        for c in range(several):
            now += load_of[chosen[c]] * load_of[chosen[c]]
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
            if measure == 0:
                value = volumes[u]
            elif measure == 1:
                value = max(
                    extents[18 * u] * extents[18 * u + 1],
                    max(
                        extents[18 * u] * extents[18 * u + 2],
                        extents[18 * u + 1] * extents[18 * u + 2],
                    ),
                )
            else:
                value = max(extents[18 * u], max(extents[18 * u + 1], extents[18 * u + 2]))
            state = state * _LEHMER % _MERSENNE
            rank = value * (1000 + state % spread)
            k = count
            while k > 0 and ranks[k - 1] < rank:
                ranks[k] = ranks[k - 1]
                queue[k] = queue[k - 1]
                k -= 1
            ranks[k] = rank
            queue[k] = u
            count += 1
        if count > MOST_AT_ONCE:
            work[0] += n
            continue
        state = state * _LEHMER % _MERSENNE
        first = state % 6
        state = state * _LEHMER % _MERSENNE
        rule = state % 4
        work[0] += n
        used = refill(
            count,
            queue,
            several,
            turns,
            extents,
            volumes,
            size,
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
        then = 0
        for c in range(used):
            then += new_loads[c] * new_loads[c]
        if used == several:
            state = state * _LEHMER % _MERSENNE
            if then < now - now // 1000 * (state % slack) // 8:
                continue
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


def pack_bins(
    pieces: Sequence[tuple[int, int, int]],
    inner_mm: tuple[int, int, int],
    *,
    turn: bool = False,
    budget: int = BUDGET,
    seed: int = 0,
) -> Binned:
    """Pieces (dx, dy, dz in mm) into as few bins as found within the work; support is not asked.

    With `turn` pieces may be turned. Raises InvalidInput for a piece that fits no bin.
    """
    n = len(pieces)
    rows: list[int] = []
    turns: list[int] = []
    for index, piece in enumerate(pieces):
        shapes = orientations(*piece, upright=False) if turn else [piece]
        if not any(
            all(side <= room for side, room in zip(shape, inner_mm, strict=True))
            for shape in shapes
        ):
            raise invalid(f"items[{index}]", f"{piece} does not fit into {inner_mm}")
        row = [side for shape in shapes for side in shape]
        rows += row + [0] * (18 - len(row))
        turns.append(len(shapes))
    volumes = [a * b * c for a, b, c in pieces]
    least = least_bins(pieces, inner_mm, turn=turn)
    work = zeros(1)
    turn_row, extent_row, volume_row = ints(turns), ints(rows), ints(volumes)
    size = ints((*inner_mm, 0))
    order = ints(sorted(range(n), key=lambda u: (-volumes[u], pieces[u], u)))
    new_bins, new_spots, new_loads = zeros(n), zeros(6 * n), zeros(n)
    scratch = (
        zeros(n),
        zeros(n),
        zeros(n),
        zeros(6 * n),
        zeros(n),
        zeros(3 * (8 * n + 2)),
        zeros(8 * n + 2),
        work,
    )
    fewest = n + 1
    bin_of, spot_of, load_of = zeros(n), zeros(6 * n), zeros(n + 1)
    for rule in range(4):
        used = refill(
            n, order, n, turn_row, extent_row, volume_row, size, 0, rule,
            new_bins, new_spots, new_loads, *scratch,
        )  # fmt: skip
        if used < fewest:
            fewest = used
            for i, u in enumerate(plain(order, n)):
                bin_of[u] = new_bins[i]
                for f in range(6):
                    spot_of[6 * u + f] = new_spots[6 * i + f]
            for b in range(used):
                load_of[b] = new_loads[b]
    fewest = improve(
        n, fewest, least, turn_row, extent_row, volume_row, size, budget, seed,
        bin_of, spot_of, load_of, zeros(n), zeros(n), new_bins, new_spots, new_loads, zeros(4),
        *scratch,
    )  # fmt: skip
    bins: list[list[Spot]] = [[] for _ in range(fewest)]
    places = plain(spot_of, 6 * n)
    for u, b in enumerate(plain(bin_of, n)):
        x, y, z, x2, y2, z2 = places[6 * u : 6 * u + 6]
        bins[b].append((u, x, y, z, x2 - x, y2 - y, z2 - z))
    return Binned(tuple(tuple(one) for one in bins), least, int(work[0]))


def least_bins(
    pieces: Sequence[tuple[int, int, int]], inner_mm: tuple[int, int, int], *, turn: bool
) -> int:
    """No packing needs fewer: by volume, and by pieces of which no two share a bin."""
    room = inner_mm[0] * inner_mm[1] * inner_mm[2]
    by_volume = -(-sum(a * b * c for a, b, c in pieces) // room)
    if turn:
        return max(by_volume, 1 if pieces else 0)
    large = sum(
        all(2 * side > room_mm for side, room_mm in zip(piece, inner_mm, strict=True))
        for piece in pieces
    )
    return max(by_volume, large)
