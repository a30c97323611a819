"""How shop systems source a cart today, as policies to compare with; all ship direct.

Each policy decides how many units of each line come from which location; every location then ships
its units in as few parcels as a first-fit by falling volume needs, by the cheapest service.
Rules as documented by Magento Open Source 2.4 (Inventory source selection), Spree 4 (stock
splitters), Saleor 3 (allocation strategy), Apache OFBiz 18 (reserve order) and, as the usual
textbook answer, greedy set cover.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from itertools import combinations

import numpy as np

from routing.checkout.evaluate import Evaluator
from routing.checkout.problem import NEVER, Content, Line, Plan, PlannedParcel, Problem

MOST_SPLITS = 3
"""Locations that "fewest splits" combines before it turns greedy."""

Allocation = dict[tuple[str, str], int]
"""(line, location): units."""


class Baseline(StrEnum):
    """A sourcing policy of another system."""

    MAGENTO_PRIORITY = "magento_priority"
    MAGENTO_DISTANCE = "magento_distance"
    SPREE_FEWEST_SPLITS = "spree_fewest_splits"
    SALEOR_HIGH_STOCK = "saleor_high_stock"
    OFBIZ_FIRST_FULL = "ofbiz_first_full"
    GREEDY_SET_COVER = "greedy_set_cover"


Shipper = Callable[[str, tuple[Content, ...]], PlannedParcel | None]
"""The cheapest single parcel of contents at a node, None when nothing takes them."""


def plan_baseline(problem: Problem, baseline: Baseline, desk: "Desk | None" = None) -> Plan | None:
    """The plan of a policy; None when it finds none (that does not mean there is none).

    A `desk` may be shared by several policies of one problem.
    """
    desk = desk or Desk(problem)
    allocation = _POLICIES[baseline](desk)
    return None if allocation is None else desk.ship(allocation)


class Desk:
    """What every policy sees: lines, stock by location, and shipping."""

    def __init__(self, problem: Problem, shipper: Shipper | None = None) -> None:
        self.problem = problem
        self.evaluator = Evaluator(problem)
        self._shipper = shipper or (
            lambda node, contents: cheapest_parcel(self.evaluator, node, contents)
        )
        self._alone: dict[tuple[str, str], int] = {}
        self._known: dict[tuple[str, tuple[Content, ...]], PlannedParcel | None] = {}
        sellers = {place.id: place.seller for place in problem.locations}
        rules = problem.rules
        self.stock: dict[tuple[str, str], int] = {}
        served = {service.node for service in problem.services}
        self.places = [place.id for place in problem.locations if place.id in served]
        known = set(self.places)
        for line in problem.lines:
            for offer in problem.offers:
                if (
                    offer.item == line.item.id
                    and offer.stock > 0
                    and offer.location in known
                    and rules.permits(line.id, sellers[offer.location], offer.location)
                    and self.parcel(offer.location, [(line, 1)]) is not None
                ):
                    self.stock[line.id, offer.location] = offer.stock

    def distance(self, place: str) -> int:
        """Transit minutes of the fastest service: the only distance a problem knows."""
        fastest = [
            minutes
            for service in self.evaluator.services_of[place]
            if (minutes := service.transit.quantile(self.problem.q)) is not None
        ]
        return min(fastest, default=10**9)

    def take(self, orders: Callable[[Line], Iterable[str]]) -> Allocation | None:
        """Each line from its places in order, as much as there is; None when it runs short."""
        left: dict[tuple[str, str], int] = {}
        allocation: Allocation = {}
        for line in self.problem.lines:
            wanted = line.qty
            for place in orders(line):
                if (line.id, place) not in self.stock:
                    continue
                key = (line.item.id, place)
                here = left.setdefault(key, self.stock[line.id, place])
                units = min(wanted, here)
                if units:
                    allocation[line.id, place] = units
                    left[key] -= units
                    wanted -= units
            if wanted:
                return None
        return allocation

    def cheapest(self, line: Line, place: str) -> int:
        """Cost of shipping one unit alone, minor units."""
        if (line.id, place) in self._alone:
            return self._alone[line.id, place]
        parcel = self.parcel(place, [(line, 1)])
        cost = self.evaluator.cost(parcel) if parcel is not None else None
        self._alone[line.id, place] = cost.total if cost is not None else 10**12
        return self._alone[line.id, place]

    def parcel(self, place: str, units: list[tuple[Line, int]]) -> PlannedParcel | None:
        """The cheapest single parcel of these units, None when nothing takes it."""
        contents = tuple(Content(line.id, place, qty) for line, qty in units)
        key = (place, contents)
        if key not in self._known:
            self._known[key] = self._shipper(place, contents)
        return self._known[key]

    def ship(self, allocation: Mapping[tuple[str, str], int]) -> Plan | None:
        """First-fit by falling volume at every location used."""
        parcels: list[PlannedParcel] = []
        lines = self.evaluator.lines
        for place in sorted({place for _, place in allocation}):
            units = [
                lines[name]
                for (name, where), qty in allocation.items()
                if where == place
                for _ in range(qty)
            ]
            units.sort(key=lambda line: (-line.item.volume_mm3, line.id))
            bins: list[dict[str, int]] = []
            chosen: list[PlannedParcel] = []
            for line in units:
                for number, counts in enumerate(bins):
                    grown = counts | {line.id: counts.get(line.id, 0) + 1}
                    parcel = self.parcel(place, [(lines[k], n) for k, n in grown.items()])
                    if parcel is not None:
                        bins[number], chosen[number] = grown, parcel
                        break
                else:
                    parcel = self.parcel(place, [(line, 1)])
                    if parcel is None:
                        return None
                    bins.append({line.id: 1})
                    chosen.append(parcel)
            parcels += chosen
        if len(parcels) > self.problem.max_parcels:
            return None
        return self.evaluator.plan(parcels)


def cheapest_parcel(
    evaluator: Evaluator, node: str, contents: tuple[Content, ...]
) -> PlannedParcel | None:
    """The cheapest service and box for contents at a node, None when nothing takes them."""
    problem = evaluator.problem
    items = [evaluator.lines[one.line].item for one in contents]
    counts = np.array([[0] * len(items), [one.qty for one in contents]], dtype=np.int64)
    fit = problem.fit.fits(counts, items, problem.boxes)[1]
    weight_g = sum(item.weight_g * one.qty for item, one in zip(items, contents, strict=True))
    flags = frozenset[str]().union(*(item.flags for item in items))
    place = evaluator.locations.get(node) or evaluator.hubs.get(node)
    best: tuple[int, PlannedParcel] | None = None
    for number, box in enumerate(problem.boxes):
        if not fit[number] or weight_g > box.max_g:
            continue
        if place is not None and place.boxes is not None and box.id not in place.boxes:
            continue
        for service in evaluator.services_of.get(node, ()):
            if weight_g + box.tare_g > service.max_g or flags & service.refuses:
                continue
            parcel = PlannedParcel(node, service.id, box.id, contents)
            cost = evaluator.cost(parcel)
            if cost is None or (best is not None and cost.total >= best[0]):
                continue
            if evaluator.day_per_leg(parcel) != NEVER:
                best = (cost.total, parcel)
    return best[1] if best is not None else None


def _magento_priority(desk: Desk) -> Allocation | None:
    return desk.take(lambda line: desk.places)


def _magento_distance(desk: Desk) -> Allocation | None:
    nearest = sorted(desk.places, key=desk.distance)
    return desk.take(lambda line: nearest)


def _saleor_high_stock(desk: Desk) -> Allocation | None:
    return desk.take(
        lambda line: sorted(desk.places, key=lambda place: -desk.stock.get((line.id, place), 0))
    )


def _ofbiz_first_full(desk: Desk) -> Allocation | None:
    for place in desk.places:
        found = desk.take(lambda line, place=place: [place])  # type: ignore[misc]
        if found is not None:  # lines of one article share its stock
            return found
    return desk.take(
        lambda line: sorted(
            desk.places, key=lambda place: desk.stock.get((line.id, place), 0) < line.qty
        )
    )


def _spree_fewest_splits(desk: Desk) -> Allocation | None:
    lines = desk.problem.lines
    stock = np.array(
        [[desk.stock.get((line.id, place), 0) for place in desk.places] for line in lines],
        dtype=np.int64,
    )
    wanted = np.array([line.qty for line in lines], dtype=np.int64)[:, None]
    for size in range(1, min(MOST_SPLITS, len(desk.places)) + 1):
        sets = np.array(list(combinations(range(len(desk.places)), size)), dtype=np.int64)
        good = (stock[:, sets].sum(axis=2) >= wanted).all(axis=0)
        for row in sets[good].tolist():
            chosen = [desk.places[place] for place in row]
            found = desk.take(lambda line, chosen=chosen: chosen)  # type: ignore[misc]
            if found is not None:
                return found
    return _greedy_set_cover(desk)


def _greedy_set_cover(desk: Desk) -> Allocation | None:
    """Always the location with the least stand-alone cost per unit it still serves."""
    left = {line.id: line.qty for line in desk.problem.lines}
    order: list[str] = []
    while any(left.values()) and len(order) < len(desk.places):
        scored = []
        for place in desk.places:
            if place in order:
                continue
            units = {
                line.id: min(left[line.id], desk.stock.get((line.id, place), 0))
                for line in desk.problem.lines
            }
            covered = sum(units.values())
            if covered:
                cost = sum(
                    desk.cheapest(line, place) for line in desk.problem.lines if units[line.id]
                )
                scored.append((cost / covered**2, place, units))
        if not scored:
            return None
        _, place, units = min(scored, key=lambda row: (row[0], row[1]))
        order.append(place)
        for name, qty in units.items():
            left[name] -= qty
    return desk.take(lambda line: order)


_POLICIES: dict[Baseline, Callable[[Desk], Allocation | None]] = {
    Baseline.MAGENTO_PRIORITY: _magento_priority,
    Baseline.MAGENTO_DISTANCE: _magento_distance,
    Baseline.SPREE_FEWEST_SPLITS: _spree_fewest_splits,
    Baseline.SALEOR_HIGH_STOCK: _saleor_high_stock,
    Baseline.OFBIZ_FIRST_FULL: _ofbiz_first_full,
    Baseline.GREEDY_SET_COVER: _greedy_set_cover,
}
