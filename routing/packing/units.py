"""The pieces of one order in an order of their own, equal ones together, as rows for kernels."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    nest_mm: int  # how much a nested copy adds in height; 0 = copies do not nest here


class Units:
    """Single pieces in canonical order; the same goods listed otherwise give the same rows.

    Rows past `count` are stacks of nested copies, made when a trial needs them.
    """

    __slots__ = (
        "before",
        "brittle",
        "count",
        "extents",
        "kind_of",
        "kinds",
        "member",
        "orders",
        "same",
        "stacks",
        "turns",
    )

    def __init__(self, items: Sequence[PackItem], *, geometric: bool) -> None:
        groups: dict[tuple[object, ...], list[int]] = {}
        for index, item in enumerate(items):
            low, mid, high = sorted((item.length_mm, item.width_mm, item.height_mm))
            sides: tuple[int, ...] = (high, mid, low)
            if item.upright:
                flat = (item.length_mm, item.width_mm)
                sides = (max(flat), min(flat), item.height_mm)
            key = (
                -high * mid * low,
                -high,
                *sides,
                item.upright,
                item.weight_g,
                item.fragile and (not geometric or item.nest_mm > 0),
                item.alone,
                item.hazmat,
                item.nest_mm,
                item.sku if item.nest_mm else "",
            )
            group = groups.get(key)
            if group is None:
                groups[key] = [index] * item.quantity
            else:
                group.extend([index] * item.quantity)
        self.kinds: list[Kind] = []
        self.kind_of: list[int] = []
        self.before: list[int] = []
        self.member: list[int] = []
        extents: list[int] = []
        turns: list[int] = []
        brittle: list[int] = []
        ranks: list[tuple[int, ...]] = []
        self.stacks: dict[tuple[int, int], int] = {}
        for key in sorted(groups):
            members = groups[key]
            item = items[members[0]]
            shapes = orientations(item.length_mm, item.width_mm, item.height_mm, item.upright)
            kind = len(self.kinds)
            a, b, c = sorted((item.length_mm, item.width_mm, item.height_mm))
            # A fragile copy would carry the one that sinks into it.
            nest_mm = 0 if item.fragile else item.nest_mm
            self.kinds.append(Kind(item, tuple(members), a * b * c, tuple(shapes), nest_mm))
            row = [side for shape in shapes for side in shape]
            row += [0] * (18 - len(row))
            frail = int(item.fragile and not geometric)
            for copy, member in enumerate(members):
                unit = len(self.kind_of)
                self.kind_of.append(kind)
                self.before.append(unit - 1 if copy else -1)
                self.member.append(member)
                extents += row
                turns.append(len(shapes))
                brittle.append(frail)
                ranks.append((frail, a * b * c, c, b * c, a))
        self.count = len(self.kind_of)
        room = self.count
        for index, kind_row in enumerate(self.kinds):
            if kind_row.nest_mm:
                for copies in range(2, len(kind_row.members) + 1):
                    self.stacks[index, copies] = room
                    height = kind_row.item.height_mm + (copies - 1) * kind_row.nest_mm
                    row = [side for x, y, _ in kind_row.shapes for side in (x, y, height)]
                    extents += row + [0] * (18 - len(row))
                    turns.append(len(kind_row.shapes))
                    brittle.append(0)
                    x, y, _ = kind_row.shapes[0]
                    a, b, c = sorted((x, y, height))
                    ranks.append((0, a * b * c, c, b * c, a))
                    room += 1
        orders = [0] * (4 * room)
        for s in range(4):
            by = sorted(range(room), key=lambda u: (ranks[u][0], -ranks[u][1 + s], u))
            for rank, unit in enumerate(by):
                orders[4 * unit + s] = rank
        self.turns: Ints = ints(turns)
        self.extents: Ints = ints(extents)
        self.brittle: Ints = ints(brittle)
        self.orders: Ints = ints(orders)
        self.same: Ints = ints([*self.kind_of, *range(len(self.kinds), len(self.kinds) + room)])


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
            self.blocks = zeros(9 * (room + 1))
            self.places = zeros(7 * (room + 1) * pieces)
            self.chain = zeros(1024)
            self.sums = zeros(4 * axis)
            self.levels = zeros(pieces + 3)
