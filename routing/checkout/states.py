"""Sub-multisets of a cart as numbers: the states of the planner's dynamic programmes.

A *class* is a line (any source) or a line from one tracked offer; a state says how many units of
each class are covered. Where a seller's parcels are limited and a plan had too many, they are
counted by a last class of the seller's own: each of its parcels takes one. States are numbered in
mixed radix, so `x - y` is the number of the state that remains when `y` is taken out of `x`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.kernels import kernel
from routing.checkout.problem import BoolArray, IntArray, Plan, Problem

FREE = -1
"""A class whose units may come from any offer that is not tracked."""
NO_LINE = -1
"""Of a class that counts a seller's parcels."""


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """All states of a cart; S states, C classes, L lines."""

    line_of: tuple[int, ...]
    """Line index of each class; NO_LINE for counted sellers, which come last."""
    offer_of: tuple[int, ...]
    """Offer index of each class, or FREE."""
    radix: IntArray
    """[C] number of the state holding one unit of the class."""
    digits: IntArray
    """[S, C]"""
    counts: IntArray
    """[S, L] units per line."""
    valid: BoolArray
    """[S] within line quantities and tracked stock."""
    ends: tuple[int, ...]
    """States that cover the whole cart."""

    @property
    def size(self) -> int:
        return len(self.valid)


def count_states(problem: Problem, tracked: frozenset[int], tokens: int, counted: int) -> int:
    """How many states `build_states` would make."""
    size: int = (tokens + 1) ** counted
    for line in problem.lines:
        size *= line.qty + 1
        for offer in tracked:
            if problem.offers[offer].item == line.item.id:
                size *= min(line.qty, problem.offers[offer].stock) + 1
    return size


def build_states(
    problem: Problem, tracked: frozenset[int], tokens: int = 0, counted: int = 0
) -> States:
    """States of the cart in which units from the `tracked` offers are counted apart.

    `counted` sellers have a class of their own each, of up to `tokens` parcels.
    """
    line_of, offer_of, caps = [], [], []
    for index, line in enumerate(problem.lines):
        for offer in sorted(tracked):
            source = problem.offers[offer]
            if source.item == line.item.id:
                line_of.append(index)
                offer_of.append(offer)
                caps.append(min(line.qty, source.stock))
        line_of.append(index)
        offer_of.append(FREE)
        caps.append(line.qty)
    goods = len(caps)
    line_of += [NO_LINE] * counted
    offer_of += [FREE] * counted
    caps += [tokens] * counted
    digits, radix = _grid(tuple(caps))
    if not tracked and not counted:  # one class per line
        everything = np.ones(len(digits), dtype=np.bool_)
        return States(
            tuple(line_of), tuple(offer_of), radix, digits, digits, everything, (len(digits) - 1,)
        )
    counts = np.zeros((len(digits), len(problem.lines)), dtype=np.int64)
    np.add.at(counts.T, np.array(line_of[:goods]), digits.T[:goods])
    quantities = np.array([line.qty for line in problem.lines], dtype=np.int64)
    valid: BoolArray = np.all(counts <= quantities, axis=1)
    for offer in tracked:
        columns = [c for c, source in enumerate(offer_of) if source == offer]
        within: BoolArray = digits[:, columns].sum(axis=1) <= problem.offers[offer].stock
        valid = valid & within
    ends = np.flatnonzero(valid & (counts == quantities).all(axis=1))
    return States(
        tuple(line_of), tuple(offer_of), radix, digits, counts, valid, tuple(int(e) for e in ends)
    )


@lru_cache(maxsize=256)
def _grid(caps: tuple[int, ...]) -> tuple[IntArray, IntArray]:
    radix = np.ones(len(caps), dtype=np.int64)
    for place in range(1, len(caps)):
        radix[place] = radix[place - 1] * (caps[place - 1] + 1)
    size = int(radix[-1]) * (caps[-1] + 1)
    numbers = np.arange(size, dtype=np.int64)
    digits = (numbers[:, None] // radix[None, :]) % (np.array(caps, dtype=np.int64) + 1)
    digits.flags.writeable = False
    return np.ascontiguousarray(digits), radix


def overdrawn_offers(problem: Problem, plans: Sequence[Plan]) -> frozenset[int]:
    """Offers that some plan takes more from than there is."""
    items = {line.id: line.item.id for line in problem.lines}
    place = {(offer.item, offer.location): n for n, offer in enumerate(problem.offers)}
    found = set()
    for plan in plans:
        used: dict[int, int] = {}
        for parcel in plan.parcels:
            for line, location, qty in parcel.contents:
                number = place[items[line], location]
                used[number] = used.get(number, 0) + qty
        found |= {n for n, qty in used.items() if qty > problem.offers[n].stock}
    return frozenset(found)


def pair_budget(states: States) -> int:
    """An upper bound on the entries of `sub_multisets`."""
    highest = states.digits[-1]
    return int(np.prod((highest + 1) * (highest + 2) // 2))


def sub_multisets(states: States, usable: BoolArray) -> tuple[IntArray, IntArray]:
    """(start [S+1], y): for state x, `y[start[x]:start[x+1]]` are the usable parts of x.

    Each holds a unit of the first class present in x: some parcel of any cover of x must, so a
    cover is met once and not in every order.
    """
    return _pairs(states.digits, states.radix, states.valid, usable, pair_budget(states))


@kernel
def _pairs(
    digits: IntArray, radix: IntArray, valid: BoolArray, usable: BoolArray, budget: int
) -> tuple[IntArray, IntArray]:
    size, classes = digits.shape
    start = np.zeros(size + 1, dtype=np.int64)
    found = np.empty(budget, dtype=np.int64)
    y = np.zeros(classes, dtype=np.int64)
    count = 0
    for x in range(size):
        start[x] = count
        if not valid[x] or x == 0:
            continue
        lead = 0
        while digits[x, lead] == 0:
            lead += 1
        y[:] = 0
        y[lead] = 1
        part = radix[lead]
        while True:
            if usable[part]:
                found[count] = part
                count += 1
            place = lead
            while place < classes:
                if y[place] < digits[x, place]:
                    y[place] += 1
                    part += radix[place]
                    break
                low = 1 if place == lead else 0
                part -= (y[place] - low) * radix[place]
                y[place] = low
                place += 1
            if place == classes:
                break
    start[size] = count
    return start, found[:count].copy()
