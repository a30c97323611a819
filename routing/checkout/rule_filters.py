"""A cart's side constraints on the planner's arrays: which parcels may be, whose are counted.

Everything but a limit on a seller's parcels is a filter on single parcels. That limit is counted
in states: each parcel with goods of a counted seller takes a unit of the seller's own class.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from routing.checkout.gathering import Layout
from routing.checkout.parcels import Parcels
from routing.checkout.problem import BoolArray, IntArray, Plan, PlannedParcel, Problem, Service
from routing.checkout.rules import PinTo
from routing.checkout.states import States


def obeys_rules(problem: Problem, services: Sequence[Service], counts: IntArray) -> BoolArray:
    """[services, S] True where one parcel may hold these units (`counts` [S, L]) and go by it."""
    rules = problem.rules
    number = {line.id: n for n, line in enumerate(problem.lines)}
    whole = counts == np.array([line.qty for line in problem.lines], dtype=np.int64)
    good = np.ones(len(counts), dtype=np.bool_)
    for group in (*rules.together, *((line,) for line in rules.whole_lines)):
        columns = [number[line] for line in group if line in number]
        apart = (counts[:, columns] == 0).all(axis=1)
        good &= whole[:, columns].all(axis=1) | apart
    allowed = np.repeat(good[None, :], len(services), axis=0)
    for pin in rules.pins:
        if pin.to not in (PinTo.SERVICE, PinTo.HUB) or pin.line not in number:
            continue
        without = counts[:, number[pin.line]] == 0
        for place, service in enumerate(services):
            if not rules.carries(pin.line, service.kind, service.node):
                allowed[place] &= without
    return allowed


def crowded_sellers(problem: Problem, plans: Sequence[Plan]) -> frozenset[str]:
    """Sellers whose goods are in more parcels of some plan than the rules allow."""
    most = problem.rules.max_parcels_per_seller
    if most is None:
        return frozenset()
    found = set()
    for plan in plans:
        for seller, parcels in parcels_by_seller(problem, plan.parcels).items():
            if parcels > most:
                found.add(seller)
    return frozenset(found)


def parcels_by_seller(problem: Problem, parcels: Sequence[PlannedParcel]) -> dict[str, int]:
    """In how many of these parcels each seller has goods."""
    seller_of = {place.id: place.seller for place in problem.locations}
    counts: dict[str, int] = {}
    for parcel in parcels:
        for seller in {seller_of[content.location] for content in parcel.contents}:
            counts[seller] = counts.get(seller, 0) + 1
    return counts


def keeps_rules(problem: Problem, plan: Plan) -> bool:
    """Whether a plan made without looking at the cart's rules keeps them."""
    rules = problem.rules
    if plan.parcels_n > min(problem.max_parcels, rules.max_parcels or problem.max_parcels):
        return False
    for group in (*rules.together, *((line,) for line in rules.whole_lines)):
        holding = [p for p in plan.parcels if any(c.line in group for c in p.contents)]
        if len(holding) > 1:
            return False
    most = rules.max_parcels_per_seller
    if most is not None and max(parcels_by_seller(problem, plan.parcels).values()) > most:
        return False
    seller_of = {place.id: place.seller for place in problem.locations}
    kind_of = {service.id: service.kind for service in problem.services}
    return all(
        rules.permits(line, seller_of[location], location)
        and rules.carries(line, kind_of[parcel.service], parcel.node)
        for parcel in plan.parcels
        for line, location, _ in parcel.contents
    )


def with_tokens(
    parcels: Parcels, problem: Problem, layout: Layout, states: States, counted: Sequence[str]
) -> Parcels:
    """The parcels with one unit of the class of each counted seller whose goods they hold.

    Every row on the way to a tree node gives something (`Gatherer` with `by_sources`).
    """
    first = len(states.radix) - len(counted)
    token = {seller: int(states.radix[first + n]) for n, seller in enumerate(counted)}
    tree = layout.tree
    shifts = []
    for leaf in layout.pair_node:
        node, sellers = leaf, set()
        while node:
            sellers.add(problem.locations[tree.location[tree.row[node]]].seller)
            node = tree.parent[node]
        shifts.append(sum(token.get(seller, 0) for seller in sellers))
    shift = np.array(shifts, dtype=np.int64)
    return replace(parcels, state=parcels.state + shift[parcels.pair])
