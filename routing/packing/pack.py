"""Packs an order into the cheapest parcels it can find, with a bound on what any packing costs."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import invalid
from routing.packing.bulk import ENOUGH, PARTED, split_bulk
from routing.packing.catalogue import Catalogue, prepare
from routing.packing.goods import (
    MOST_PIECES,
    Box,
    CannotPack,
    PackedParcel,
    Packing,
    PackItem,
    Placement,
    Preset,
    Tariff,
    TooLarge,
)
from routing.packing.many import split_many
from routing.packing.parcelling import Chosen, fitting_boxes
from routing.packing.partition import INFINITE
from routing.packing.search import (
    least_anyhow,
    least_several,
    split_few,
    together,
)
from routing.packing.trial import Effort, Step, Trials
from routing.packing.units import Kind, Units

_CHECKOUT = (
    Step(6, 8_000),
    Step(16, 16_000, (90,), 16_000, 300),
    Step(40, 40_000, (90, 60), 40_000, 400),
    Step(100, 100_000, (0,), 100_000, 600),
)
EFFORTS = {
    Preset.CHECKOUT: Effort(_CHECKOUT, 220_000, proof=10_000, proofs=30_000),
    Preset.WAREHOUSE: Effort(
        (
            *_CHECKOUT,
            Step(300, 600_000, (95, 90, 80), 400_000, 2000),
            Step(1000, 3_000_000, (80, 60, 0), 1_000_000, 4000),
        ),
        12_000_000,
        proof=400_000,
        proofs=4_000_000,
    ),
    Preset.REDUCED: Effort(
        (Step(6, 3_000), Step(16, 8_000, (90,), 6_000, 150)),
        25_000,
        proof=2_000,
        proofs=4_000,
        few=8,
    ),
}


def too_large(kinds: Sequence[Kind], catalogue: Catalogue) -> tuple[TooLarge, ...]:
    """The goods that no box takes, each with the box that comes closest."""
    found: list[TooLarge] = []
    for kind in kinds:
        nearest: TooLarge | None = None
        for b, box in enumerate(catalogue.boxes):
            over_mm = min(
                max(0, *(side - room for side, room in zip(shape, box.inner_mm, strict=True)))
                for shape in kind.shapes
            )
            over_g = max(0, kind.item.weight_g + box.tare_g - box.max_gross_g)
            if not over_mm and not over_g:
                if catalogue.parcel_minor(b, kind.item.weight_g) < INFINITE:
                    nearest = None
                    break
                gross_g = kind.item.weight_g + box.tare_g
                carried_g = catalogue.limits_g[-1]
                over_g = max(gross_g, catalogue.volumetric_g[b]) - carried_g
            lacks = TooLarge(kind.members[0], kind.item.id, box.id, over_mm, over_g)
            if nearest is None or (over_mm, over_g) < (nearest.over_mm, nearest.over_g):
                nearest = lacks
        else:
            if nearest is not None:
                found.append(nearest)
    return tuple(found)


def pack(
    items: Sequence[PackItem],
    boxes: Sequence[Box],
    tariff: Tariff,
    preset: Preset = Preset.CHECKOUT,
    *,
    support_pct: int = 70,
) -> Packing | CannotPack:
    """Pack all items; see `pack_from` for a catalogue that serves many orders."""
    return pack_from(items, prepare(boxes, tariff, support_pct=support_pct), preset)


def pack_from(
    items: Sequence[PackItem],
    catalogue: Catalogue,
    preset: Preset = Preset.CHECKOUT,
    *,
    unboxed: bool = False,
) -> Packing | CannotPack:
    """The cheapest parcels found within the preset's counted work.

    The same goods in any order, on any machine, compiled or not, give the same cost. With
    `unboxed` what goes into no box ships as it is, at the tariff's price for its size.
    """
    if sum(item.quantity for item in items) > MOST_PIECES:
        raise invalid("items", f"more than {MOST_PIECES} pieces in one order")
    if not items:
        return Packing((), 0, 0, proven=True, best_effort=False, work=0)
    units = Units(items, catalogue)
    trials = Trials(units, catalogue, EFFORTS[preset])
    singles: list[int] = []
    start = 0
    for kind in units.kinds:
        fitting = fitting_boxes(trials, (start,))
        if not fitting:
            break
        singles.append(fitting[0][0])
        start += len(kind.members)
    else:
        packing = _pack_units(trials, singles)
        if ENOUGH < units.count <= PARTED:
            return _pack_parted(items, units, packing, catalogue, preset)
        return packing
    lacking = too_large(units.kinds, catalogue)
    if not unboxed:
        return CannotPack(lacking)
    return _pack_unboxed(items, units, {lack.item for lack in lacking}, catalogue, preset)


def _pack_units(trials: Trials, singles: list[int]) -> Packing:
    """Parcels for goods that all fit some box; singles = least cost of each kind alone."""
    units = trials.units
    if units.count > ENOUGH:
        chosen = split_bulk(trials)
        return _packing(chosen, trials, least_anyhow(trials), best_effort=True)
    several = least_several(trials, singles)
    everything = tuple(range(units.count))
    candidates = fitting_boxes(trials, everything) if together(units) else []
    bound = min(several, candidates[0][0]) if candidates else several
    few = units.count <= trials.effort.few
    known = _one_box(trials, everything, candidates, None, 1)
    if few and (known is None or known[0].cost > several):
        known, proven_bound = split_few(trials, known)
        bound = max(bound, proven_bound)
    else:
        for levels in range(2, len(trials.effort.steps) + 1):
            known = _one_box(trials, everything, candidates, known, levels)
        if known is None or known[0].cost > several:
            known = split_many(trials, known)
            bound = max(bound, least_anyhow(trials))
        else:
            bound = next(
                (cost for cost, box in candidates if not trials.impossible(everything, box)),
                known[0].cost,
            )
    return _packing(known, trials, bound, best_effort=False)


def _one_box(
    trials: Trials,
    pieces: tuple[int, ...],
    candidates: list[tuple[int, int]],
    known: list[Chosen] | None,
    levels: int,
) -> list[Chosen] | None:
    """The cheapest box that takes all with so much effort, if cheaper than the one known."""
    for cost, box in candidates:
        if known is not None and cost >= known[0].cost:
            break
        spots = trials.fit(pieces, box, levels)
        if spots is not None:
            return [Chosen(pieces, box, cost, spots)]
    return known


def _packing(chosen: list[Chosen], trials: Trials, bound: int, *, best_effort: bool) -> Packing:
    cost = sum(parcel.cost for parcel in chosen)
    return Packing(
        parcels=tuple(_parcels(chosen, trials.units, trials.catalogue)),
        cost_minor=cost,
        lower_bound_minor=min(bound, cost),
        proven=bound >= cost,
        best_effort=best_effort,
        work=trials.work,
    )


def _listed(packing: Packing, items: Sequence[int]) -> list[PackedParcel]:
    """The parcels of a part of an order, with the items' numbers in the whole."""
    return [
        replace(
            parcel,
            placements=tuple(replace(spot, item=items[spot.item]) for spot in parcel.placements),
        )
        for parcel in packing.parcels
    ]


def _pack_parted(
    items: Sequence[PackItem],
    units: Units,
    known: Packing,
    catalogue: Catalogue,
    preset: Preset,
) -> Packing:
    """The largest pieces packed by search and the rest after them, where that is cheaper."""
    members = [member for kind in units.kinds for member in kind.members]
    parcels: list[PackedParcel] = []
    work = known.work
    for part in (members[:ENOUGH], members[ENOUGH:]):
        listed = sorted(set(part))
        goods = [replace(items[index], quantity=part.count(index)) for index in listed]
        packing = pack_from(goods, catalogue, preset)
        if isinstance(packing, CannotPack):
            return known
        parcels += _listed(packing, listed)
        work += packing.work
    cost = sum(parcel.cost_minor for parcel in parcels)
    if cost >= known.cost_minor:
        return replace(known, work=work)
    bound = min(known.lower_bound_minor, cost)
    return replace(
        known,
        parcels=tuple(parcels),
        cost_minor=cost,
        lower_bound_minor=bound,
        proven=bound >= cost,
        work=work,
    )


def _pack_unboxed(
    items: Sequence[PackItem],
    units: Units,
    outsized: set[int],
    catalogue: Catalogue,
    preset: Preset,
) -> Packing | CannotPack:
    """What fits goes into boxes; each outsized piece is a parcel of its own, if carried."""
    bare: list[PackedParcel] = []
    gone: set[int] = set()
    for kind in units.kinds:
        if kind.members[0] not in outsized:
            continue
        item = kind.item
        billable_g = max(item.weight_g, catalogue.tariff.volumetric_g(item.volume_mm3))
        rate = catalogue.tariff.rate_minor(billable_g)
        if rate is None:
            return CannotPack(too_large([kind], catalogue))
        for member in kind.members:
            gone.add(member)
            spot = Placement(member, 0, 0, 0, item.length_mm, item.width_mm, item.height_mm)
            bare.append(
                PackedParcel(None, (spot,), item.weight_g, billable_g, rate, item.volume_mm3)
            )
    rest = [index for index in range(len(items)) if index not in gone]
    boxed = pack_from([items[index] for index in rest], catalogue, preset)
    if isinstance(boxed, CannotPack):
        return boxed
    parcels = _listed(boxed, rest)
    extra = sum(parcel.cost_minor for parcel in bare)
    return replace(
        boxed,
        parcels=(*parcels, *bare),
        cost_minor=boxed.cost_minor + extra,
        lower_bound_minor=boxed.lower_bound_minor + extra,
    )


def _parcels(chosen: list[Chosen], units: Units, catalogue: Catalogue) -> list[PackedParcel]:
    """Placements of items, lowest first, with every copy given to one member of its kind."""
    taken = [0] * len(units.kinds)
    stacks = {row: key for key, row in units.stacks.items()}
    parcels: list[PackedParcel] = []
    for parcel in sorted(chosen, key=lambda one: (one.pieces, one.box)):
        box = catalogue.boxes[parcel.box]
        placements: list[Placement] = []
        filled = 0
        weight_g = 0
        for piece, x, y, z, dx, dy, dz in sorted(
            parcel.spots, key=lambda spot: (spot[3], spot[2], spot[1])
        ):
            kind, copies = stacks.get(piece) or (units.kind_of[piece], 1)
            row = units.kinds[kind]
            filled += dx * dy * dz
            for copy in range(copies):
                member = row.members[taken[kind]]
                taken[kind] += 1
                weight_g += row.item.weight_g
                height = dz if copies == 1 else row.item.height_mm
                placements.append(Placement(member, x, y, z + copy * row.nest_mm, dx, dy, height))
        gross_g = weight_g + box.tare_g
        parcels.append(
            PackedParcel(
                box=box,
                placements=tuple(placements),
                gross_g=gross_g,
                billable_g=max(gross_g, catalogue.volumetric_g[parcel.box]),
                cost_minor=parcel.cost,
                goods_mm3=filled,
            )
        )
    return parcels
