"""In which parcels returned units go back: those in which they came, each as light as what returns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CameIn:
    """A parcel that came, with the units of the returning seller that may still go back in it."""

    parcel: UUID
    number: int
    units: Mapping[str, int]  # by line
    weight_g: int  # of the box with these units and nothing else
    unit_g: Mapping[str, int]  # of one unit, by line, where it is known


@dataclass(frozen=True, slots=True)
class GoesBack:
    """What of one parcel goes back, and what that weighs with its box."""

    parcel: UUID
    units: Mapping[str, int]
    weight_g: int


def parcels_back(wanted: Mapping[str, int], came: Sequence[CameIn]) -> tuple[GoesBack, ...]:
    """Share the wanted units over the parcels they came in: few of them, told by number.

    The parcel that takes most of what is left is chosen first. Units that no parcel holds any more
    are left out: they have nothing to go back in.
    """
    left = {line: qty for line, qty in wanted.items() if qty > 0}
    rest = list(came)
    found: list[tuple[int, GoesBack]] = []
    while left and rest:
        best = max(rest, key=lambda one: (sum(_taken(one, left).values()), -one.number))
        taken = _taken(best, left)
        if not taken:
            break
        rest.remove(best)
        found.append((best.number, GoesBack(best.parcel, taken, _weight(best, taken))))
        left = {line: qty - taken.get(line, 0) for line, qty in left.items()}
        left = {line: qty for line, qty in left.items() if qty > 0}
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def _taken(one: CameIn, left: Mapping[str, int]) -> dict[str, int]:
    return {
        line: min(qty, one.units.get(line, 0))
        for line, qty in sorted(left.items())
        if one.units.get(line, 0) > 0
    }


def _weight(one: CameIn, taken: Mapping[str, int]) -> int:
    """Less what stays with the customer; an unknown weight counts as going back: never too light."""
    stays = sum(
        (qty - taken.get(line, 0)) * one.unit_g.get(line, 0) for line, qty in one.units.items()
    )
    return max(1, one.weight_g - stays)
