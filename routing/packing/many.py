"""Splits an order with many pieces: a first packing piece by piece, then moves and merges."""

from collections.abc import Iterable

from routing.packing.search import Chosen, fitting_boxes
from routing.packing.trial import Trials


class Parcelling:
    """Prices sets of pieces by the cheapest box that a trial filled."""

    def __init__(self, trials: Trials) -> None:
        self.trials = trials
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
        boxes = fitting_boxes(self.trials, pieces)
        return boxes[0][0] if boxes else 1 << 50

    def parcel(self, pieces: Iterable[int], below: int = 1 << 50) -> Chosen | None:
        """The cheapest parcel found for the pieces that costs less than `below`."""
        named = self.canonical(pieces)
        if named in self._known:
            found = self._known[named]
            return found if found is not None and found.cost < below else None
        for cost, box in fitting_boxes(self.trials, named):
            if cost >= below:
                return None
            spots = self.trials.fit(named, box)
            if spots is not None:
                self._known[named] = Chosen(named, box, cost, spots)
                return self._known[named]
        self._known[named] = None
        return None

    def may_share(self, one: Chosen, piece: int) -> bool:
        kinds, kind_of = self.trials.units.kinds, self.trials.units.kind_of
        item = kinds[kind_of[piece]].item
        other = kinds[kind_of[one.pieces[0]]].item
        return not item.alone and not other.alone and item.hazmat == other.hazmat


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


def improve(parcelling: Parcelling, parcels: list[Chosen]) -> list[Chosen]:
    """Merge two parcels or move a piece as long as that saves money and work is left."""
    trials = parcelling.trials
    again = True
    while again and trials.work < trials.effort.order:
        again = False
        for a in range(len(parcels)):
            for b in range(len(parcels)):
                if a == b or not parcelling.may_share(parcels[a], parcels[b].pieces[0]):
                    continue
                better = _better_pair(parcelling, parcels[a], parcels[b])
                if better is not None:
                    parcels = [p for i, p in enumerate(parcels) if i not in (a, b)] + better
                    again = True
                    break
            if again:
                break
    return parcels


def _better_pair(parcelling: Parcelling, one: Chosen, other: Chosen) -> list[Chosen] | None:
    """Two parcels rearranged for less: merged, a piece moved, or two pieces swapped."""
    now = one.cost + other.cost
    trials = parcelling.trials
    merged = parcelling.parcel((*one.pieces, *other.pieces), now)
    if merged is not None:
        return [merged]
    for piece in one.pieces:
        if trials.work > trials.effort.order:
            return None
        rest = tuple(p for p in one.pieces if p != piece)
        grown = (*other.pieces, piece)
        found = _both(parcelling, rest, grown, now)
        if found is not None:
            return found
    for piece in one.pieces:
        for swap in other.pieces:
            if trials.work > trials.effort.order:
                return None
            left = (*(p for p in one.pieces if p != piece), swap)
            right = (*(p for p in other.pieces if p != swap), piece)
            found = _both(parcelling, left, right, now)
            if found is not None:
                return found
    return None


def _both(
    parcelling: Parcelling, left: tuple[int, ...], right: tuple[int, ...], below: int
) -> list[Chosen] | None:
    """Parcels for both sets if together they cost less than `below`."""
    if not left or not right:
        return None
    left, right = parcelling.canonical(left), parcelling.canonical(right)
    if parcelling.least(left) + parcelling.least(right) >= below:
        return None
    first = parcelling.parcel(left, below)
    if first is None:
        return None
    second = parcelling.parcel(right, below - first.cost)
    return None if second is None else [first, second]


def split_many(trials: Trials, known: list[Chosen] | None) -> list[Chosen]:
    """The cheapest split found; never dearer than `known`."""
    parcelling = Parcelling(trials)
    parcels = improve(parcelling, insert_all(parcelling, range(trials.units.count)))
    if known is not None and sum(p.cost for p in known) <= sum(p.cost for p in parcels):
        return known
    return parcels
