"""Splits an order with many pieces: a first packing piece by piece, then moves and merges."""

from routing.packing.parcelling import Chosen, Parcelling, insert_all
from routing.packing.trial import Trials


def improve(parcelling: Parcelling, parcels: list[Chosen]) -> list[Chosen]:
    """Merge two parcels or move a piece as long as that saves money and work is left."""
    trials = parcelling.trials
    again = True
    while again and not trials.tired:
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
        if trials.tired:
            return None
        rest = tuple(p for p in one.pieces if p != piece)
        grown = (*other.pieces, piece)
        found = _both(parcelling, rest, grown, now)
        if found is not None:
            return found
    for piece in one.pieces:
        for swap in other.pieces:
            if trials.tired:
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
    quick = Parcelling(trials, 1)
    parcels = insert_all(quick, range(trials.units.count))
    parcels = improve(quick, parcels)
    for levels in range(2, len(trials.effort.steps) + 1):
        parcels = improve(Parcelling(trials, levels), parcels)
    if known is not None and sum(p.cost for p in known) <= sum(p.cost for p in parcels):
        return known
    return parcels
