"""Packs very many pieces box by box within bounded work: a best effort, and said to be one."""

from routing.packing.parcelling import Chosen, Parcelling, fitting_boxes
from routing.packing.partition import INFINITE
from routing.packing.trial import MOST_AT_ONCE, Trials

ENOUGH = 60  # pieces up to which a full search is made
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
    for unit in left[:LOOKED_AT]:
        row = units.kinds[units.kind_of[unit]]
        heavier = weight_g + row.item.weight_g
        if volume + row.volume_mm3 > kind.volume_mm3 or heavier > kind.max_gross_g:
            continue
        if catalogue.parcel_minor(box, heavier - kind.tare_g) >= INFINITE:
            continue
        offered.append(unit)
        volume += row.volume_mm3
        weight_g = heavier
        if len(offered) == MOST_AT_ONCE:
            break
    spots = trials.fill_some(tuple(offered), box)
    pieces = tuple(sorted(spot[0] for spot in spots))
    weight_g = sum(units.kinds[units.kind_of[unit]].item.weight_g for unit in pieces)
    here = Chosen(pieces, box, catalogue.parcel_minor(box, weight_g), spots)
    if len(pieces) > ENOUGH // 2:
        return here
    for cost, other in fitting_boxes(trials, pieces):
        if cost >= here.cost:
            break
        found = trials.fill_some(pieces, other)
        if len(found) == len(pieces):
            return Chosen(pieces, other, cost, found)
    return here
