"""Chooses parcels for an order: one box if nothing can be cheaper, else the best split found."""

import math
from dataclasses import dataclass, replace

from routing.packing.numbers import Ints, ints, zeros
from routing.packing.pairs import befriend
from routing.packing.parcelling import Chosen, Parcelling, insert_all
from routing.packing.partition import INFINITE, price_subsets, refute, split
from routing.packing.trial import Trials
from routing.packing.units import Units


def together(units: Units) -> bool:
    """True when rules let all pieces share one parcel."""
    first = units.kinds[0].item.company
    return all(kind.item.company == first for kind in units.kinds) and (
        units.count == 1 or not any(kind.item.alone for kind in units.kinds)
    )


def least_several(trials: Trials, singles: list[int]) -> int:
    """No packing into two or more parcels costs less; singles = least cost per kind alone."""
    units, catalogue = trials.units, trials.catalogue
    if units.count < 2:
        return INFINITE
    weight_g = sum(kind.weight_g * len(kind.members) for kind in units.kinds)
    if not catalogue.rises:  # company may make a piece cheaper than it is alone
        singles = [catalogue.least_with(kind.takers, kind.weight_g) for kind in units.kinds]
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
    """No packing costs less, however the goods are split: a price on volume and on weight.

    A mm3 worth u and a g worth v, with no box and bracket worth more full than it costs, price
    the goods at no more than any packing of them (the dual of filling boxes with loose goods).
    """
    units, catalogue = trials.units, trials.catalogue
    weight_g = sum(kind.weight_g * len(kind.members) for kind in units.kinds)
    volume = sum(
        kind.volume_mm3 + kind.nested_mm3 * (len(kind.members) - 1) for kind in units.kinds
    )
    bound = catalogue.least_parcel
    for share in range(9):
        u, v = share / max(volume, 1), (8 - share) / max(weight_g, 1)
        scale = min(
            cost / max(u * room + v * net_g, 1e-12) for cost, room, net_g in catalogue.offers
        )
        bound = max(bound, math.ceil(scale * (u * volume + v * weight_g) - 1e-6))
    return bound


def masks_apart(units: Units) -> list[int]:
    """Per piece, the pieces that rules keep out of its parcel."""
    n = units.count
    items = [units.kinds[units.kind_of[i]].item for i in range(n)]
    apart = [0] * n
    for i in range(n):
        for j in range(n):
            if i != j and (
                items[i].alone or items[j].alone or items[i].company != items[j].company
            ):
                apart[i] |= 1 << j
    return apart


@dataclass(frozen=True, slots=True)
class Prices:
    """Costs of all subsets of a small order as rows for kernels; see `partition`."""

    pieces: int
    boxes: int
    canon: Ints
    costs: Ints
    best: Ints
    price: Ints
    total: Ints
    part: Ints

    def least(self) -> int:
        """The least total by these prices; `part` tells how."""
        return int(
            split(
                self.pieces,
                self.boxes,
                self.canon,
                self.costs,
                self.best,
                self.price,
                self.total,
                self.part,
            )
        )

    def strike(self, mask: int, box: int) -> None:
        """Take a subset, and what contains it, out of a box."""
        refute(self.pieces, self.boxes, mask, box, self.canon, self.costs, self.best)


def price_all(trials: Trials) -> Prices:
    """Prices by volume, weight, rules and what two pieces can share by geometry: never too high."""
    units, catalogue = trials.units, trials.catalogue
    n, boxes = units.count, len(catalogue.boxes)
    rows = [units.kinds[kind] for kind in units.kind_of]
    nested = [
        int(row.nest_mm > 0 and kind == other)
        for kind, row in zip(units.kind_of, rows, strict=True)
        for other in units.kind_of
    ]
    friends = zeros(n * boxes)
    apart, nested_row = ints(masks_apart(units)), ints(nested)
    for b, size in enumerate(catalogue.sizes):
        befriend(n, b, boxes, apart, nested_row, units.turns, units.extents, size, friends)
    canon, best, price, total, part = (zeros(1 << n) for _ in range(5))
    costs = zeros((1 << n) * boxes)
    extra = catalogue.tariff.extra_minor_per_kg
    price_subsets(
        n,
        boxes,
        ints(row.weight_g for row in rows),
        ints(row.volume_mm3 for row in rows),
        ints(row.volume_mm3 - row.nested_mm3 for row in rows),
        ints(units.before),
        friends,
        catalogue.box_rows,
        len(catalogue.limits_g),
        catalogue.to_g,
        catalogue.prices,
        -1 if extra is None else extra,
        canon,
        costs,
        best,
    )
    return Prices(n, boxes, canon, costs, best, price, total, part)


def split_few(trials: Trials, known: list[Chosen] | None) -> tuple[list[Chosen], int]:
    """The cheapest split found of few pieces and a bound no split can beat.

    `known` = a packing in hand, which the answer is never dearer than. Each level of effort
    starts again from prices that only what surely cannot be has raised.
    """
    prices = price_all(trials)
    bound = prices.least()
    trials.spend((prices.boxes << prices.pieces) // 6)
    if known is None:
        known = insert_all(Parcelling(trials, 1), range(trials.units.count))
    for levels in range(1, len(trials.effort.steps) + 1):
        fresh = replace(prices, costs=prices.costs.copy(), best=prices.best.copy())
        for (pieces, box), tried in trials.failed.items():
            if tried >= levels:
                fresh.strike(sum(1 << piece for piece in pieces), box)
        known = _split_at(trials, fresh, known, levels)
        if trials.tired or sum(parcel.cost for parcel in known) <= bound:
            break
    return known, raise_bound(trials, prices, sum(parcel.cost for parcel in known))


def raise_bound(trials: Trials, prices: Prices, cost: int) -> int:
    """The least any split costs, as far as it can be proved; at most `cost`.

    Takes the cheapest split apart by proofs that a part cannot be, until one stands undecided.
    """
    n = prices.pieces
    proved = replace(prices, costs=prices.costs.copy(), best=prices.best.copy())
    while True:
        bound = proved.least()
        trials.spend(3**n // 20)
        if bound >= cost:
            return cost
        mask = (1 << n) - 1
        while mask:
            taken = int(proved.canon[proved.part[mask]])
            mask = int(proved.canon[mask ^ proved.part[mask]])
            pieces = tuple(i for i in range(n) if taken >> i & 1)
            box = int(proved.best[taken])
            if trials.impossible(pieces, box):
                proved.strike(taken, box)
                break
        else:
            return bound


def _split_at(trials: Trials, prices: Prices, known: list[Chosen], levels: int) -> list[Chosen]:
    """Try the cheapest split by these prices, strike what does not fit, and ask again."""
    n = prices.pieces
    ceiling = sum(parcel.cost for parcel in known)
    while True:
        cost = prices.least()
        trials.spend(3**n // 20 + prices.boxes)
        if cost >= ceiling or trials.tired:
            return known
        mask = (1 << n) - 1
        parcels: list[Chosen] = []
        while mask:
            taken = int(prices.canon[prices.part[mask]])
            mask = int(prices.canon[mask ^ prices.part[mask]])
            pieces = tuple(i for i in range(n) if taken >> i & 1)
            box = int(prices.best[taken])
            spots = trials.fit(pieces, box, levels)
            if spots is None:
                prices.strike(taken, box)
                break
            at = taken * prices.boxes + box
            parcels.append(Chosen(pieces, box, int(prices.costs[at]), spots))
        else:
            return parcels
