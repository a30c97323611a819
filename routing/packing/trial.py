"""Asks whether some pieces go into one box, with growing effort, and remembers the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from routing.packing.blocks import assemble
from routing.packing.catalogue import Catalogue
from routing.packing.numbers import ints
from routing.packing.points import construct, fill
from routing.packing.units import Units, Workspace

MOST_AT_ONCE = 80  # pieces in one trial

Spot = tuple[int, int, int, int, int, int, int]  # piece or stack, x, y, z, dx, dy, dz


@dataclass(frozen=True, slots=True)
class Effort:
    """How much counted work one question may cost."""

    starts: int  # greedy fillings before blocks are joined
    fillings: int  # work for them
    fills_pct: tuple[int, ...]  # how full blocks must be, pass by pass
    joining: int  # work for each pass
    room: int  # blocks kept in a pass
    restarts: int  # greedy fillings afterwards
    refillings: int  # work for them
    order: int  # work for the whole order, after which only quick trials are made


class Trials:
    """Trials for the pieces of one order against one catalogue."""

    __slots__ = ("_space", "catalogue", "effort", "found", "scale", "units")

    def __init__(self, units: Units, catalogue: Catalogue, effort: Effort) -> None:
        self.units = units
        self.catalogue = catalogue
        self.effort = effort
        self.found: dict[tuple[tuple[int, ...], int], list[Spot] | None] = {}
        self._space = Workspace(min(units.count, MOST_AT_ONCE))

    @property
    def work(self) -> int:
        return int(self._space.work[0])

    def fit(self, pieces: tuple[int, ...], box: int) -> list[Spot] | None:
        """Where the pieces lie in the box, or None when no place was found.

        `pieces` are unit numbers, rising, copies of a kind from the first on.
        """
        key = (pieces, box)
        if key in self.found:
            return self.found[key]
        spots = self._search(pieces, box)
        if spots is None:
            stacked = self._stack(pieces, box)
            if stacked is not None and stacked != pieces:
                spots = self._search(stacked, box)
        self.found[key] = spots
        return spots

    def _stack(self, pieces: tuple[int, ...], box: int) -> tuple[int, ...] | None:
        """Copies that nest become as few stacks as the box is high enough for."""
        units = self.units
        if not units.stacks:
            return None
        copies: dict[int, int] = {}
        result: list[int] = []
        for piece in pieces:
            kind = units.kind_of[piece]
            if units.kinds[kind].nest_mm:
                copies[kind] = copies.get(kind, 0) + 1
            else:
                result.append(piece)
        for kind, count in copies.items():
            item = units.kinds[kind].item
            room_mm = self.catalogue.boxes[box].inner_mm[2] - item.height_mm
            if room_mm < 0:
                return None
            most = room_mm // units.kinds[kind].nest_mm + 1
            stacks = -(-count // most)
            first = next(piece for piece in pieces if units.kind_of[piece] == kind)
            singles = 0
            for stack in range(stacks):
                height = count // stacks + (1 if stack < count % stacks else 0)
                if height == 1:
                    result.append(first + singles)
                    singles += 1
                else:
                    result.append(units.stacks[kind, height])
        return tuple(sorted(result))

    def _search(self, pieces: tuple[int, ...], box: int) -> list[Spot] | None:
        effort = self.effort
        units = self.units
        space = self._space
        catalogue = self.catalogue
        size = catalogue.sizes[box]
        n = len(pieces)
        row = ints(pieces)
        volume = 0
        for piece in pieces:
            at = 18 * piece
            volume += units.extents[at] * units.extents[at + 1] * units.extents[at + 2]
        room = catalogue.boxes[box].volume_mm3
        if volume > room:
            return None
        tired = space.work[0] > effort.order
        done = fill(
            n,
            row,
            units.turns,
            units.extents,
            units.brittle,
            units.orders,
            size,
            catalogue.support_pct,
            0,
            4 if tired else effort.starts,
            effort.fillings,
            space.sequence,
            space.who,
            space.place,
            space.fragile,
            space.points,
            space.keys,
            space.work,
        )
        if not done and not tired and n > 1:
            if 2 < n <= 24:
                space.with_blocks(effort.room, units.count, catalogue.longest_mm)
                for fill_pct in effort.fills_pct:
                    answer = assemble(
                        n,
                        row,
                        units.same,
                        units.turns,
                        units.extents,
                        units.brittle,
                        size,
                        catalogue.support_pct,
                        fill_pct,
                        effort.room,
                        effort.joining,
                        space.blocks,
                        space.places,
                        space.chain,
                        space.sums,
                        space.levels,
                        space.who,
                        space.place,
                        space.work,
                    )
                    if answer == 1:
                        done = True
                        break
                    if answer == 0 and fill_pct == 0:
                        break
            if not done and effort.restarts:
                done = fill(
                    n,
                    row,
                    units.turns,
                    units.extents,
                    units.brittle,
                    units.orders,
                    size,
                    catalogue.support_pct,
                    effort.starts,
                    effort.starts + effort.restarts,
                    effort.refillings,
                    space.sequence,
                    space.who,
                    space.place,
                    space.fragile,
                    space.points,
                    space.keys,
                    space.work,
                )
        if not done:
            return None
        return self._spots(pieces)

    def fill_some(self, pieces: tuple[int, ...], box: int) -> list[Spot]:
        """As many of the pieces as one greedy filling places, in the order given."""
        units, space = self.units, self._space
        count = construct(
            len(pieces),
            ints(pieces),
            units.turns,
            units.extents,
            units.brittle,
            self.catalogue.sizes[box],
            self.catalogue.support_pct,
            0,
            0,
            True,
            space.who,
            space.place,
            space.fragile,
            space.points,
            space.keys,
            space.work,
        )
        return self._spots([int(space.who[k]) for k in range(count)])

    def _spots(self, pieces: Sequence[int]) -> list[Spot]:
        """The answer left in the scratch rows, each copy of a kind named once."""
        space = self._space
        left: dict[int, list[int]] = {}
        for piece in sorted(pieces, reverse=True):
            left.setdefault(self.units.same[piece], []).append(piece)
        spots: list[Spot] = []
        for k in range(len(pieces)):
            piece = left[self.units.same[space.who[k]]].pop()
            x, y, z, x2, y2, z2 = (int(side) for side in space.place[6 * k : 6 * k + 6])
            spots.append((piece, x, y, z, x2 - x, y2 - y, z2 - z))
        return spots
