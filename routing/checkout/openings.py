"""Open a node for all the lines it could serve, close a parcel that it may replace, and repair.

The one change that taking a few units out and putting them back hardly ever finds: a place or hub
that pays only with many units, together with the end of the small parcels that it makes needless.
"""

from collections.abc import Iterator

import numpy as np

from routing.checkout.depot import Depot
from routing.checkout.problem import IntArray
from routing.checkout.rebuild import NO_PRICE, ship

REPAIR_STEPS = 30
"""Steps after each opening."""
SMALL_UNITS = 6
"""A parcel of more units is not closed."""

Seen = tuple[IntArray, IntArray, IntArray]
"""What `improve` gives: least cost by number of parcels, their options, their parcels."""


def open_nodes(depot: Depot, seen: Seen, day: int, most: int, steps: int, seed: IntArray) -> Seen:
    """The plans seen so far, bettered by openings until none helps or the steps are used up."""
    costs, options, parcels = seen
    best = int(np.argmin(costs))
    improved = costs[best] < NO_PRICE
    while improved and steps > 0:
        improved = False
        for node in range(len(depot.node_ids)):
            for option, parcel in _changes(depot, options[best], parcels[best], node, day):
                if steps <= 0:
                    return costs, options, parcels
                if len(np.unique(parcel[parcel >= 0])) > most:
                    continue
                before = int(costs[best])
                found = depot.improve(option, parcel, day, most, REPAIR_STEPS, seed)
                steps -= REPAIR_STEPS
                costs, options, parcels = _best_of((costs, options, parcels), found)
                best = int(np.argmin(costs))
                if costs[best] < before:
                    improved = True
                    break
    return costs, options, parcels


def _best_of(left: Seen, right: Seen) -> Seen:
    """The cheaper plan for each number of parcels."""
    better = right[0] < left[0]
    return (
        np.where(better, right[0], left[0]),
        np.where(better[:, None], right[1], left[1]),
        np.where(better[:, None], right[2], left[2]),
    )


def _changes(
    depot: Depot, option: IntArray, parcel: IntArray, node: int, day: int
) -> Iterator[tuple[IntArray, IntArray]]:
    """Starts with the node opened: every parcel kept, then each small one elsewhere closed."""
    opened = _opened(depot, option, parcel, node, day)
    if opened is None:
        return
    there, held = opened
    yield there.copy(), held.copy()
    for number in np.unique(held).tolist():
        units = np.flatnonzero(held == number)
        if len(units) <= SMALL_UNITS and depot.option_node[there[units[0]]] != node:
            yield there.copy(), np.where(held == number, -1, held)


def _opened(
    depot: Depot, option: IntArray, parcel: IntArray, node: int, day: int
) -> tuple[IntArray, IntArray] | None:
    """Every unit that the node can serve in one new parcel there; None when it serves none."""
    option, parcel = option.copy(), parcel.copy()
    used = set(parcel.tolist())
    fresh = next(number for number in range(len(used) + 1) if number not in used)
    taken = np.bincount(depot.option_offer[option], minlength=len(depot.stock))
    grams = bulk = flags = rank = 0
    fits = -1
    for unit, line in enumerate(depot.units.tolist()):
        for k in range(int(depot.option_start[line]), int(depot.option_start[line + 1])):
            own, offer = int(depot.option_offer[option[unit]]), int(depot.option_offer[k])
            if depot.option_node[k] != node or (
                own != offer and taken[offer] >= depot.stock[offer]
            ):
                continue
            grown = (
                grams + int(depot.weight_g[line]),
                bulk + int(depot.volume[line]),
                fits & int(depot.boxes_ok[line]),
                flags | int(depot.line_flags[line]),
                max(rank, int(depot.option_rank[k])),
            )
            if ship(node, *grown, day, *depot.prices)[0] >= NO_PRICE:
                continue
            grams, bulk, fits, flags, rank = grown
            taken[own] -= 1
            taken[offer] += 1
            option[unit], parcel[unit] = k, fresh
            break
    return (option, parcel) if fits != -1 else None
