"""Prices sets of pieces: which boxes they could go into, and the cheapest that a trial filled."""

from collections.abc import Iterable
from dataclasses import dataclass

from routing.packing.goods import Spot
from routing.packing.partition import INFINITE
from routing.packing.trial import Trials

LOOK_UP = 600  # work that pricing a set of pieces counts for


@dataclass(frozen=True, slots=True)
class Chosen:
    """A parcel as the search knows it: pieces by unit number, box by catalogue number."""

    pieces: tuple[int, ...]
    box: int
    cost: int
    spots: list[Spot]


def fitting_boxes(trials: Trials, pieces: tuple[int, ...]) -> list[tuple[int, int]]:
    """(cost, box) of every box that volume, weight and single pieces allow, cheapest first."""
    units, catalogue = trials.units, trials.catalogue
    weight_g = 0
    volume = 0
    last = -1
    takers = -1
    for piece in pieces:
        kind = units.kind_of[piece]
        row = units.kinds[kind]
        weight_g += row.weight_g
        volume += row.nested_mm3 if kind == last else row.volume_mm3
        if kind != last:
            takers &= row.takers
            last = kind
    found = []
    for b, room in enumerate(catalogue.volumes_mm3):
        if takers >> b & 1 and volume <= room:
            cost = catalogue.parcel_minor(b, weight_g)
            if cost < INFINITE:
                found.append((cost, b))
    found.sort()
    return found


class Parcelling:
    """Prices sets of pieces by the cheapest box that a trial filled."""

    def __init__(self, trials: Trials, levels: int) -> None:
        self.trials = trials
        self.levels = levels
        self._known: dict[tuple[int, ...], Chosen | None] = {}
        self._first: list[int] = []
        for unit, before in enumerate(trials.units.before):
            self._first.append(unit if before < 0 else self._first[-1])

    def canonical(self, pieces: Iterable[int]) -> tuple[int, ...]:
        """The same goods named by the first copies of their kinds."""
        used: dict[int, int] = {}
        named = []
        for piece in pieces:
            first = self._first[piece]
            copy = used.get(first, 0)
            used[first] = copy + 1
            named.append(first + copy)
        return tuple(sorted(named))

    def least(self, pieces: tuple[int, ...]) -> int:
        """What the pieces cost in one parcel if nothing but size and weight mattered."""
        self.trials.spend(LOOK_UP)
        boxes = fitting_boxes(self.trials, pieces)
        return boxes[0][0] if boxes else INFINITE

    def parcel(self, pieces: Iterable[int], below: int = INFINITE) -> Chosen | None:
        """The cheapest parcel found for the pieces that costs less than `below`."""
        named = self.canonical(pieces)
        if named in self._known:
            found = self._known[named]
            return found if found is not None and found.cost < below else None
        self.trials.spend(LOOK_UP)
        for cost, box in fitting_boxes(self.trials, named):
            if cost >= below:
                return None
            spots = self.trials.fit(named, box, self.levels)
            if spots is not None:
                self._known[named] = Chosen(named, box, cost, spots)
                return self._known[named]
        self._known[named] = None
        return None

    def may_share(self, one: Chosen, piece: int) -> bool:
        kinds, kind_of = self.trials.units.kinds, self.trials.units.kind_of
        item = kinds[kind_of[piece]].item
        other = kinds[kind_of[one.pieces[0]]].item
        return not item.alone and not other.alone and item.company == other.company


def insert_all(parcelling: Parcelling, order: Iterable[int]) -> list[Chosen]:
    """Each piece in turn where it adds least, in a parcel begun or a new one."""
    parcels: list[Chosen] = []
    for piece in order:
        alone = parcelling.parcel((piece,))
        assert alone is not None, "every piece was seen to fit a box"
        best, best_at, best_added = alone, -1, alone.cost
        for at, parcel in enumerate(parcels):
            if parcelling.may_share(parcel, piece):
                grown = parcelling.parcel((*parcel.pieces, piece), parcel.cost + best_added)
                if grown is not None:
                    best, best_at, best_added = grown, at, grown.cost - parcel.cost
        if best_at < 0:
            parcels.append(best)
        else:
            parcels[best_at] = best
    return parcels
