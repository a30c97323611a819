"""Packs very many pieces box by box within bounded work: a best effort, and said to be one."""

from collections.abc import Sequence

from routing.packing.goods import Spot
from routing.packing.parcelling import Chosen, Parcelling, fitting_boxes
from routing.packing.partition import INFINITE
from routing.packing.trial import MOST_AT_ONCE, Trials

ENOUGH = 60  # pieces up to which a full search is made
PARTED = 240  # pieces up to which packing the first ENOUGH by themselves is tried as well
LOOKED_AT = 400  # pieces considered for one box


def split_bulk(trials: Trials) -> list[Chosen]:
    """Parcels for all pieces: the largest go first, each box takes what it can."""
    units = trials.units
    parcelling = Parcelling(trials, 1)
    groups: dict[tuple[tuple[str, str], int], list[int]] = {}
    for unit in range(units.count):
        item = units.kinds[units.kind_of[unit]].item
        groups.setdefault((item.company, unit if item.alone else -1), []).append(unit)
    parcels: list[Chosen] = []
    for key in sorted(groups):
        left = groups[key]
        while left:
            parcel = _next_parcel(parcelling, left)
            parcels.append(parcel)
            gone = set(parcel.pieces)
            left = [unit for unit in left if unit not in gone]
    return parcels


def _next_parcel(parcelling: Parcelling, left: list[int]) -> Chosen:
    """Fill the box that offers most room per money, then see whether a cheaper one would do."""
    trials = parcelling.trials
    units, catalogue = trials.units, trials.catalogue
    boxes = fitting_boxes(trials, (left[0],))
    _, box = min(
        boxes, key=lambda one: (one[0] / catalogue.boxes[one[1]].volume_mm3, one[0], one[1])
    )
    kind = catalogue.boxes[box]
    offered: list[int] = []
    volume = 0
    weight_g = kind.tare_g
    last = -1
    for unit in left[:LOOKED_AT]:
        row = units.kinds[units.kind_of[unit]]
        heavier = weight_g + row.item.weight_g
        more = row.nested_mm3 if units.kind_of[unit] == last else row.volume_mm3
        if volume + more > kind.volume_mm3 or heavier > kind.max_gross_g:
            continue
        if catalogue.parcel_minor(box, heavier - kind.tare_g) >= INFINITE:
            continue
        offered.append(unit)
        last = units.kind_of[unit]
        volume += more
        weight_g = heavier
        if len(offered) == MOST_AT_ONCE:
            break
    pieces, spots = _fill(trials, offered, box)
    weight_g = sum(units.kinds[units.kind_of[unit]].item.weight_g for unit in pieces)
    here = Chosen(pieces, box, catalogue.parcel_minor(box, weight_g), spots)
    if len(pieces) > ENOUGH // 2:
        return here
    for cost, other in fitting_boxes(trials, pieces):
        if cost >= here.cost:
            break
        placed, found = _fill(trials, pieces, other)
        if len(placed) == len(pieces):
            return Chosen(pieces, other, cost, found)
    return here


def _fill(trials: Trials, offered: Sequence[int], box: int) -> tuple[tuple[int, ...], list[Spot]]:
    """Which of the pieces one filling places, copies that nest in stacks, and where."""
    units = trials.units
    stacked = trials.stack(tuple(offered), box)
    spots = trials.fill_some(tuple(offered) if stacked is None else stacked, box)
    rows = {row: key for key, row in units.stacks.items()} if stacked is not None else {}
    copies: dict[int, int] = {}
    for spot in spots:
        kind, count = rows.get(spot[0]) or (units.kind_of[spot[0]], 1)
        copies[kind] = copies.get(kind, 0) + count
    pieces = []
    for unit in offered:  # copies of a kind stand for one another
        kind = units.kind_of[unit]
        if copies.get(kind, 0):
            copies[kind] -= 1
            pieces.append(unit)
    return tuple(sorted(pieces)), spots
