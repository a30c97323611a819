"""Packs pieces into as few equal bins as possible, for container-like problems without prices.

The classes of Martello, Pisinger and Vigo, "The three-dimensional bin packing problem",
Operations Research 48(2), 2000. Lengths in mm; `refilling` does the search.
"""

from collections.abc import Sequence

from core.errors import invalid
from routing.packing.goods import LONGEST_MM, Binned, Spot
from routing.packing.numbers import Ints, ints, plain, zeros
from routing.packing.refilling import improve, refill
from routing.packing.units import orientations

BUDGET = 20_000_000  # about half a second of one core

Piece = tuple[int, int, int]


def pack_bins(
    pieces: Sequence[Piece],
    inner_mm: Piece,
    *,
    turn: bool = False,
    budget: int = BUDGET,
    seed: int = 0,
) -> Binned:
    """Pieces (dx, dy, dz in mm) into as few bins as found within the work; support is not asked.

    With `turn` pieces may be turned. Raises InvalidInput for a bin longer than can be reckoned
    with, or a piece that fits no bin.
    """
    if not all(0 < side <= LONGEST_MM for side in inner_mm):
        raise invalid("bin", f"sides must be from 1 to {LONGEST_MM} mm, not {inner_mm}")
    n = len(pieces)
    turns, extents = _shapes(pieces, inner_mm, turn=turn)
    volumes = [a * b * c for a, b, c in pieces]
    order = sorted(range(n), key=lambda u: (-volumes[u], pieces[u], u))
    least = least_bins(pieces, inner_mm, turn=turn)
    work = zeros(1)
    # The last two: no support is asked, and a piece that finds no place holds up no other.
    rows = (ints(turns), ints(extents), ints(volumes), ints((*inner_mm, 0)), -1, True)
    fresh = (zeros(n), zeros(6 * n), zeros(n))  # bins, spots and loads of a refilling
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
        used = refill(n, ints(order), n, *rows, 0, rule, *fresh, *scratch)
        if used < fewest:
            fewest = used
            _take_over(order, used, fresh, bin_of, spot_of, load_of)
    fewest = improve(
        n, fewest, least, *rows, budget, ints([1 + seed]), bin_of, spot_of, load_of,
        zeros(n), zeros(n), *fresh, zeros(4), zeros(4), *scratch,
    )  # fmt: skip
    bins: list[list[Spot]] = [[] for _ in range(fewest)]
    places = plain(spot_of, 6 * n)
    for u, b in enumerate(plain(bin_of, n)):
        x, y, z, x2, y2, z2 = places[6 * u : 6 * u + 6]
        bins[b].append((u, x, y, z, x2 - x, y2 - y, z2 - z))
    return Binned(tuple(tuple(one) for one in bins), least, int(work[0]))


def _shapes(pieces: Sequence[Piece], inner_mm: Piece, *, turn: bool) -> tuple[list[int], list[int]]:
    """How many ways each piece may lie, and its extents in a row of 18."""
    turns: list[int] = []
    extents: list[int] = []
    for index, piece in enumerate(pieces):
        shapes = orientations(*piece, upright=False) if turn else [piece]
        if not any(
            all(0 < side <= room for side, room in zip(shape, inner_mm, strict=True))
            for shape in shapes
        ):
            raise invalid(f"items[{index}]", f"{piece} does not fit into {inner_mm}")
        row = [side for shape in shapes for side in shape]
        extents += row + [0] * (18 - len(row))
        turns.append(len(shapes))
    return turns, extents


def _take_over(
    order: Sequence[int],
    used: int,
    fresh: tuple[Ints, Ints, Ints],
    bin_of: Ints,
    spot_of: Ints,
    load_of: Ints,
) -> None:
    """Keep what a filling of all pieces in this order gave."""
    new_bins, new_spots, new_loads = fresh
    for i, u in enumerate(order):
        bin_of[u] = new_bins[i]
        for f in range(6):
            spot_of[6 * u + f] = new_spots[6 * i + f]
    for b in range(used):
        load_of[b] = new_loads[b]


def least_bins(pieces: Sequence[Piece], inner_mm: Piece, *, turn: bool) -> int:
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
