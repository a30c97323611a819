"""Asks whether some pieces go into one box, with growing effort, and remembers the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from routing.packing.catalogue import Catalogue
from routing.packing.filling import construct, fill
from routing.packing.goods import Spot
from routing.packing.joining import assemble
from routing.packing.numbers import Ints, ints, plain, zeros
from routing.packing.proof import IMPOSSIBLE, ROOM, prove
from routing.packing.proof import MOST as MOST_PROVED
from routing.packing.units import Units, Workspace

MOST_AT_ONCE = 80  # pieces in one trial
MOST_JOINED = 24  # pieces whose blocks are joined


@dataclass(frozen=True, slots=True)
class Step:
    """How much counted work one question may cost at one level of effort."""

    starts: int  # greedy fillings, counted from the first level on
    filling: int  # work for those of this level
    fills_pct: tuple[int, ...] = ()  # how full joined blocks must be, pass by pass
    joining: int = 0  # work for each pass
    room: int = 0  # blocks kept in a pass


@dataclass(frozen=True, slots=True)
class Effort:
    """Levels of effort for one question, and work for an order before no new level is begun."""

    steps: tuple[Step, ...]
    order: int
    proof: int  # work for each proof that pieces cannot share a box
    proofs: int  # work for all proofs of an order
    few: int = 12  # pieces up to which every subset is priced; at most 20


class Trials:
    """Trials for the pieces of one order against one catalogue."""

    __slots__ = (
        "_proofs",
        "_space",
        "_verdicts",
        "catalogue",
        "effort",
        "failed",
        "found",
        "units",
    )

    def __init__(self, units: Units, catalogue: Catalogue, effort: Effort) -> None:
        self.units = units
        self.catalogue = catalogue
        self.effort = effort
        self.found: dict[tuple[tuple[int, ...], int], list[Spot]] = {}
        self.failed: dict[tuple[tuple[int, ...], int], int] = {}  # levels tried in vain
        self._space = Workspace(min(units.count, MOST_AT_ONCE))
        self._verdicts: dict[tuple[tuple[int, ...], int], bool] = {}
        self._proofs = effort.proofs

    @property
    def work(self) -> int:
        return int(self._space.work[0])

    @property
    def tired(self) -> bool:
        """The order's work is spent: from now on only quick trials."""
        return self.work > self.effort.order

    def spend(self, work: int) -> None:
        """Count work done elsewhere for this order."""
        self._space.work[0] += work

    def fit(self, pieces: tuple[int, ...], box: int, levels: int) -> list[Spot] | None:
        """Where the pieces lie in the box, or None when that many levels found no place.

        `pieces` are unit numbers, rising, copies of a kind from the first on. No place is found
        for more than MOST_AT_ONCE of them, a stack of nested copies counted once.
        """
        key = (pieces, box)
        spots = self.found.get(key)
        if spots is not None:
            return spots
        for level in range(self.failed.get(key, 0), levels):
            if level and self.tired:
                return None
            spots = self._search(pieces, box, level)
            if spots is None:
                stacked = self.stack(pieces, box)
                if stacked is not None and stacked != pieces:
                    spots = self._search(stacked, box, level)
            if spots is not None:
                self.found[key] = spots
                return spots
            self.failed[key] = level + 1
        return None

    def impossible(self, pieces: tuple[int, ...], box: int) -> bool:
        """True when it is proved that the pieces cannot share the box, whatever the rules."""
        key = (pieces, box)
        if len(pieces) > MOST_PROVED or self._proofs <= 0 or key in self.found:
            return False
        verdict = self._verdicts.get(key)
        if verdict is None:
            kinds = [self.units.kind_of[piece] for piece in pieces]
            if any(self.units.kinds[k].nest_mm and kinds.count(k) > 1 for k in kinds):
                return False
            begun = self.work
            answer = prove(
                len(pieces),
                ints(pieces),
                self.units.turns,
                self.units.extents,
                self.catalogue.sizes[box],
                min(self.effort.proof, self._proofs),
                zeros(3 * len(pieces)),
                zeros(len(pieces) * (len(pieces) + 1)),
                zeros(len(pieces) * (len(pieces) + 1) // 2 + 1),
                zeros(ROOM),
                self._space.work,
            )
            self._proofs -= self.work - begun
            verdict = self._verdicts[key] = answer == IMPOSSIBLE
        return verdict

    def stack(self, pieces: tuple[int, ...], box: int) -> tuple[int, ...] | None:
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

    def _search(self, pieces: tuple[int, ...], box: int, level: int) -> list[Spot] | None:
        if len(pieces) > MOST_AT_ONCE:
            return None  # the scratch rows are no longer, and kernels do not look
        units, space, step = self.units, self._space, self.effort.steps[level]
        volume = 0
        for piece in pieces:
            at = 18 * piece
            volume += units.extents[at] * units.extents[at + 1] * units.extents[at + 2]
        if volume > self.catalogue.volumes_mm3[box]:
            return None
        row = ints(pieces)
        if (
            step.fills_pct
            and 2 < len(pieces) <= MOST_JOINED
            and self._assemble(row, len(pieces), box, step)
        ):
            return self._spots(pieces)
        if fill(
            len(pieces),
            row,
            units.turns,
            units.extents,
            units.brittle,
            units.orders,
            self.catalogue.sizes[box],
            self.catalogue.support_pct,
            self.effort.steps[level - 1].starts if level else 0,
            step.starts,
            step.filling,
            space.sequence,
            space.who,
            space.place,
            space.fragile,
            space.points,
            space.keys,
            space.work,
        ):
            return self._spots(pieces)
        return None

    def _assemble(self, row: Ints, count: int, box: int, step: Step) -> bool:
        """True when joining blocks of some fullness put all pieces into one."""
        units, space = self.units, self._space
        space.with_blocks(step.room, len(units.before), self.catalogue.longest_mm)
        for fill_pct in step.fills_pct:
            answer = assemble(
                count,
                row,
                units.same,
                units.turns,
                units.extents,
                units.brittle,
                self.catalogue.sizes[box],
                self.catalogue.support_pct,
                fill_pct,
                step.room,
                step.joining,
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
                return True
        return False

    def fill_some(self, pieces: tuple[int, ...], box: int) -> list[Spot]:
        """As many of the first MOST_AT_ONCE pieces as one greedy filling places, in this order."""
        units, space = self.units, self._space
        pieces = pieces[:MOST_AT_ONCE]
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
        return self._spots(plain(space.who, count))

    def _spots(self, pieces: Sequence[int]) -> list[Spot]:
        """The answer left in the scratch rows, each copy of a kind named once."""
        space = self._space
        same = self.units.same_kind
        left: dict[int, list[int]] = {}
        for piece in sorted(pieces, reverse=True):
            left.setdefault(same[piece], []).append(piece)
        spots: list[Spot] = []
        place = plain(space.place, 6 * len(pieces))
        for k, who in enumerate(plain(space.who, len(pieces))):
            piece = left[same[who]].pop()
            x, y, z, x2, y2, z2 = place[6 * k : 6 * k + 6]
            spots.append((piece, x, y, z, x2 - x, y2 - y, z2 - z))
        return spots
