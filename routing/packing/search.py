"""Chooses parcels for an order: one box if nothing can be cheaper, else the best split found."""

from dataclasses import dataclass

from routing.packing.numbers import ints, zeros
from routing.packing.pairs import befriend
from routing.packing.partition import INFINITE, price_subsets, refute, split
from routing.packing.trial import Spot, Trials
from routing.packing.units import Units

FEW = 12  # pieces up to which every subset is looked at


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
    kinds = {}
    for piece in pieces:
        kind = units.kind_of[piece]
        row = units.kinds[kind]
        weight_g += row.item.weight_g
        if row.nest_mm and kind in kinds:
            volume += row.volume_mm3 // row.item.height_mm * row.nest_mm
        else:
            volume += row.volume_mm3
        kinds[kind] = row
    found = []
    for b, box in enumerate(catalogue.boxes):
        if volume > box.volume_mm3:
            continue
        cost = catalogue.parcel_minor(b, weight_g)
        if cost >= INFINITE:
            continue
        x, y, z = box.inner_mm
        if all(
            any(dx <= x and dy <= y and dz <= z for dx, dy, dz in row.shapes)
            for row in kinds.values()
        ):
            found.append((cost, b))
    found.sort()
    return found


def together(units: Units) -> bool:
    """True when rules let all pieces share one parcel."""
    first = units.kinds[0].item.hazmat
    return all(kind.item.hazmat == first for kind in units.kinds) and (
        units.count == 1 or not any(kind.item.alone for kind in units.kinds)
    )


def least_several(trials: Trials, singles: list[int]) -> int:
    """No packing into two or more parcels costs less; singles = least cost per kind alone."""
    units, catalogue = trials.units, trials.catalogue
    if units.count < 2:
        return INFINITE
    weight_g = sum(kind.item.weight_g * len(kind.members) for kind in units.kinds)
    by_piece = max(singles) + catalogue.least_parcel
    by_weight = INFINITE
    base = min(catalogue.fixed)
    for parcels in range(2, units.count + 1):
        heaviest = -(-weight_g // parcels) + catalogue.least_tare_g
        cost = (parcels - 1) * catalogue.least_parcel + max(
            catalogue.least_rate(heaviest) + base, catalogue.least_parcel
        )
        by_weight = min(by_weight, cost)
        if parcels * catalogue.least_parcel >= by_weight:
            break
    return max(by_piece, by_weight)


def least_anyhow(trials: Trials) -> int:
    """No packing costs less: parcels enough for weight and volume, at the least price each."""
    units, catalogue = trials.units, trials.catalogue
    weight_g = sum(kind.item.weight_g * len(kind.members) for kind in units.kinds)
    volume = sum(
        (kind.volume_mm3 if not kind.nest_mm else 0) * len(kind.members) for kind in units.kinds
    )
    by_volume = -(-volume // max(box.volume_mm3 for box in catalogue.boxes))
    by_weight = -(-weight_g // max(box.max_gross_g - box.tare_g for box in catalogue.boxes))
    return max(by_volume, by_weight, 1) * catalogue.least_parcel


def masks_apart(units: Units) -> list[int]:
    """Per piece, the pieces that rules keep out of its parcel."""
    n = units.count
    items = [units.kinds[units.kind_of[i]].item for i in range(n)]
    apart = [0] * n
    for i in range(n):
        for j in range(n):
            if i != j and (items[i].alone or items[j].alone or items[i].hazmat != items[j].hazmat):
                apart[i] |= 1 << j
    return apart


def split_few(trials: Trials, known: list[Chosen] | None) -> tuple[list[Chosen], int]:
    """The cheapest split found of at most FEW pieces and a bound no split can beat.

    `known` = a packing in hand, which the answer is never dearer than.
    """
    units, catalogue = trials.units, trials.catalogue
    n, boxes = units.count, len(catalogue.boxes)
    rows = [units.kinds[units.kind_of[i]] for i in range(n)]
    volumes = [row.volume_mm3 for row in rows]
    saved = [0] * n
    nested = [0] * (n * n)
    for i in range(n):
        if rows[i].nest_mm:
            saved[i] = volumes[i] - volumes[i] // rows[i].item.height_mm * rows[i].nest_mm
            for j in range(n):
                nested[i * n + j] = int(units.kind_of[i] == units.kind_of[j])
    friends = zeros(n * boxes)
    apart, nested_row = ints(masks_apart(units)), ints(nested)
    for b in range(boxes):
        befriend(
            n, b, boxes, apart, nested_row, units.turns, units.extents, catalogue.sizes[b], friends
        )
    canon, best, total, part = (zeros(1 << n) for _ in range(4))
    costs = zeros((1 << n) * boxes)
    price_subsets(
        n,
        boxes,
        ints(row.item.weight_g for row in rows),
        ints(volumes),
        ints(saved),
        ints(units.before),
        friends,
        catalogue.box_rows,
        len(catalogue.tariff.brackets),
        catalogue.to_g,
        catalogue.prices,
        -1 if catalogue.tariff.extra_minor_per_kg is None else catalogue.tariff.extra_minor_per_kg,
        canon,
        costs,
        best,
    )
    # The bound counts only what cannot be; from here on, what was tried in vain is out as well.
    bound = int(split(n, boxes, canon, costs, best, total, part))
    for (pieces, box), spots in trials.found.items():
        if spots is None:
            refute(n, boxes, sum(1 << piece for piece in pieces), box, canon, costs, best)
    while True:
        cost = split(n, boxes, canon, costs, best, total, part)
        if known is not None and cost >= sum(parcel.cost for parcel in known):
            return known, bound
        mask = (1 << n) - 1
        parcels: list[Chosen] = []
        failed = False
        while mask:
            taken = int(canon[part[mask]])
            mask = int(canon[mask ^ part[mask]])
            pieces = tuple(i for i in range(n) if taken >> i & 1)
            box = int(best[taken])
            spots = trials.fit(pieces, box)
            if spots is None:
                refute(n, boxes, taken, box, canon, costs, best)
                failed = True
                break
            parcels.append(Chosen(pieces, box, int(costs[taken * boxes + box]), spots))
        if not failed:
            return parcels, bound
