"""The pieces of one order in an order of their own, equal ones together, as rows for kernels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from routing.packing.catalogue import Catalogue
from routing.packing.goods import PackItem
from routing.packing.numbers import Ints, ints, zeros

_TURNS = ((0, 1, 2), (1, 0, 2), (0, 2, 1), (2, 0, 1), (1, 2, 0), (2, 1, 0))


def orientations(length: int, width: int, height: int, upright: bool) -> list[tuple[int, int, int]]:
    """The different extents a piece can show, lying flat and along x first."""
    if upright:
        long, short = max(length, width), min(length, width)
        if long == short:
            return [(long, short, height)]
        return [(long, short, height), (short, long, height)]
    sides = sorted((length, width, height), reverse=True)
    found: list[tuple[int, int, int]] = []
    for a, b, c in _TURNS:
        extents = (sides[a], sides[b], sides[c])
        if extents not in found:
            found.append(extents)
    return found


@dataclass(frozen=True, slots=True)
class Kind:
    """Equal pieces: what they are and which items of the order they stand for."""

    item: PackItem
    members: tuple[int, ...]  # item indices, one per copy
    volume_mm3: int
    shapes: tuple[tuple[int, int, int], ...]
    weight_g: int
    takers: int  # mask of the catalogue's boxes that take one
    nested_mm3: int  # what each copy after the first adds at least
    nest_mm: int  # how much a nested copy adds in height; 0 = copies do not nest here


@lru_cache(maxsize=100_000)
def _turned(
    length: int, width: int, height: int, upright: bool
) -> tuple[tuple[tuple[int, int, int], ...], tuple[int, ...], tuple[int, ...]]:
    """Orientations, their row for kernels and what pieces are sorted by, largest first."""
    shapes = tuple(orientations(length, width, height, upright))
    row = [side for shape in shapes for side in shape]
    thin, mid, long = sorted((length, width, height))
    ranks = (-thin * mid * long, -long, -mid * long, -thin)
    return shapes, (*row, *([0] * (18 - len(row)))), ranks


class Units:
    """Single pieces in canonical order; the same goods listed otherwise give the same rows.

    Rows past `count` are stacks of nested copies.
    """

    __slots__ = (
        "_brittle",
        "_extents",
        "_ranks",
        "_turns",
        "before",
        "brittle",
        "count",
        "extents",
        "kind_of",
        "kinds",
        "orders",
        "same",
        "same_kind",
        "stacks",
        "turns",
    )

    def __init__(self, items: Sequence[PackItem], catalogue: Catalogue) -> None:
        geometric = catalogue.support_pct < 0
        self.kinds: list[Kind] = []
        self.kind_of: list[int] = []
        self.before: list[int] = []  # the previous copy of the same kind, or -1
        self.stacks: dict[tuple[int, int], int] = {}  # (kind, copies): row
        self._extents: list[int] = []
        self._turns: list[int] = []
        self._brittle: list[int] = []
        self._ranks: list[tuple[int, ...]] = []
        groups = _groups(items, geometric)
        for key in sorted(groups):
            self._add_kind(items, groups[key], catalogue)
        self.count = len(self.kind_of)
        for kind, row in enumerate(self.kinds):
            if row.nest_mm:
                self._add_stacks(kind, row)
        room = len(self._turns)
        orders = [0] * (4 * room)
        for s in range(4):
            by = [rank[s] for rank in self._ranks]
            if any(self._brittle):  # fragile pieces last: nothing may rest on them
                by = [rank + (frail << 50) for rank, frail in zip(by, self._brittle, strict=True)]
            for rank, unit in enumerate(sorted(range(room), key=by.__getitem__)):
                orders[4 * unit + s] = rank
        self.turns: Ints = ints(self._turns)
        self.extents: Ints = ints(self._extents)
        self.brittle: Ints = ints(self._brittle)
        self.orders: Ints = ints(orders)
        stacks = range(len(self.kinds), len(self.kinds) + room - self.count)
        self.same_kind = [*self.kind_of, *stacks]
        self.same: Ints = ints(self.same_kind)

    def _add_kind(
        self, items: Sequence[PackItem], members: list[int], catalogue: Catalogue
    ) -> None:
        item = items[members[0]]
        shapes, row, ranks = _turned(item.length_mm, item.width_mm, item.height_mm, item.upright)
        volume = item.volume_mm3
        # A fragile copy would carry the one that sinks into it.
        nest_mm = 0 if item.fragile else item.nest_mm
        self.kinds.append(
            Kind(
                item,
                tuple(members),
                volume,
                shapes,
                item.weight_g,
                catalogue.takers(shapes),
                volume // item.height_mm * nest_mm if nest_mm else volume,
                nest_mm,
            )
        )
        kind = len(self.kinds) - 1
        unit = len(self.kind_of)
        copies = len(members)
        self.kind_of += [kind] * copies
        self.before += [-1, *range(unit, unit + copies - 1)]
        self._extents += row * copies
        self._turns += [len(shapes)] * copies
        self._brittle += [int(item.fragile and catalogue.support_pct >= 0)] * copies
        self._ranks += [ranks] * copies

    def _add_stacks(self, kind: int, row: Kind) -> None:
        item = row.item
        for copies in range(2, len(row.members) + 1):
            height = item.height_mm + (copies - 1) * row.nest_mm
            shapes, extents, ranks = _turned(item.length_mm, item.width_mm, height, True)
            self.stacks[kind, copies] = len(self._turns)
            self._extents += extents
            self._turns.append(len(shapes))
            self._brittle.append(0)
            self._ranks.append(ranks)


def _groups(items: Sequence[PackItem], geometric: bool) -> dict[tuple[object, ...], list[int]]:
    """Item indices by what the items are, one per copy; keys sort largest goods first."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, item in enumerate(items):
        low, mid, high = sorted((item.length_mm, item.width_mm, item.height_mm))
        sides = (high, mid, low)
        if item.upright:
            length, width = item.length_mm, item.width_mm
            sides = (max(length, width), min(length, width), item.height_mm)
        key = (
            -high * mid * low,
            -high,
            *sides,
            item.upright,
            item.weight_g,
            item.fragile and (not geometric or item.nest_mm > 0),
            item.alone,
            item.company,
            item.nest_mm,
            item.sku if item.nest_mm else "",
        )
        members = groups.get(key)
        if members is None:
            groups[key] = [index] * item.quantity
        else:
            members.extend([index] * item.quantity)
    return groups


class Workspace:
    """Scratch rows for trials with up to `pieces` pieces."""

    __slots__ = (
        "blocks",
        "chain",
        "fragile",
        "keys",
        "levels",
        "place",
        "places",
        "points",
        "room",
        "sequence",
        "sums",
        "who",
        "work",
    )

    def __init__(self, pieces: int) -> None:
        self.sequence = zeros(pieces)
        self.who = zeros(pieces)
        self.place = zeros(6 * pieces)
        self.fragile = zeros(pieces)
        self.points = zeros(3 * (8 * pieces + 2))
        self.keys = zeros(8 * pieces + 2)
        self.work = zeros(1)
        self.room = 0
        self.blocks: Ints = zeros(0)
        self.places: Ints = zeros(0)
        self.chain: Ints = zeros(0)
        self.sums: Ints = zeros(0)
        self.levels: Ints = zeros(0)

    def with_blocks(self, room: int, pieces: int, axis: int) -> None:
        """Make room for joining blocks; `axis` = longest row per axis."""
        if room > self.room:
            self.room = room
            self.blocks = zeros(8 * (room + 1))
            self.places = zeros(7 * (room + 1) * pieces)
            self.chain = zeros(1024)
            self.sums = zeros(4 * axis)
            self.levels = zeros(pieces + 3)
