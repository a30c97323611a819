"""Answers a cart when planning overran its time: last good plan, else greedy, else a static table.

Each rung does little and counted work. What it finds is priced and dated on the live problem like
any plan, so that prices and dates hold; only that nothing better exists is not claimed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import permutations

import numpy as np

from core.ids import QuoteId
from routing.cart import Cart, Live
from routing.checkout.baselines import Baseline, Desk, plan_baseline
from routing.checkout.evaluate import Evaluator
from routing.checkout.fitting import PackingFit
from routing.checkout.from_network import CartProblem
from routing.checkout.problem import (
    OBJECTIVES,
    Answer,
    BoolArray,
    Box,
    Fit,
    IntArray,
    Item,
    Plan,
    Problem,
    frontier,
)
from routing.checkout.rule_filters import keeps_rules
from routing.packing.goods import PackItem
from routing.quote import Quote
from routing.quoting import plan_quote
from routing.replanning import plan_of
from routing.snapshot import Snapshot

LAST_GOOD, GREEDY, STATIC = "last_good_plan", "greedy", "static_table"
MOST_TRIALS = 400
"""Contents that greedy rules may put to the packer; each is tried in every box."""
RULES = (Baseline.GREEDY_SET_COVER, Baseline.OFBIZ_FIRST_FULL, Baseline.MAGENTO_PRIORITY)


def plan_degraded_quote(
    snapshot: Snapshot,
    cart: Cart,
    live: Live,
    quote_id: QuoteId,
    *,
    last_good: Quote | None = None,
    asked_at: datetime | None = None,
) -> Quote | None:
    """A quote found with little work and flagged so; None when no rung finds a way.

    `last_good` is what the same cart was told before. That there is none proves nothing.
    """

    def planned(problem: CartProblem) -> Answer:
        return _first_rung(snapshot, problem, last_good)

    quote = plan_quote(snapshot, cart, live, quote_id, asked_at=asked_at, planned=planned)
    return quote if quote.options else None


def _first_rung(snapshot: Snapshot, problem: CartProblem, last_good: Quote | None) -> Answer:
    for method, plans in _rungs(snapshot, problem, last_good):
        found = frontier(plans, OBJECTIVES)
        if found:
            return Answer(found, False, None, (), method)
    return Answer((), False, None, (), STATIC)


def _rungs(
    snapshot: Snapshot, problem: CartProblem, last_good: Quote | None
) -> Iterator[tuple[str, list[Plan]]]:
    if last_good is not None and last_good.network == snapshot.version:
        yield LAST_GOOD, _again(snapshot, problem, last_good)
    own = problem.problem
    if isinstance(own.fit, PackingFit):
        yield GREEDY, _by_rules(replace(own, fit=CountedFit(own.fit, MOST_TRIALS)), problem)
        yield STATIC, _by_rules(replace(own, fit=GridFit(own.fit.pieces)), problem)


def _again(snapshot: Snapshot, problem: CartProblem, quote: Quote) -> list[Plan]:
    """The plans of a quote of this network that can still be had, priced and dated now."""
    evaluator = Evaluator(problem.problem)
    plans = []
    for option in quote.options:
        if option.pickup_point is not None and not quote.pickup:
            continue  # beside the door: another problem
        old = plan_of(snapshot, problem, option)
        plan = evaluator.plan(old.parcels) if _is_there(evaluator, old) else None
        if plan is not None:
            plans.append(plan)
    return [plan for plan in plans if keeps_rules(problem.problem, plan)]


def _is_there(evaluator: Evaluator, plan: Plan) -> bool:
    """Whether services, lanes, boxes and the stock for it are still there."""
    taken: dict[tuple[str, str], int] = {}
    for parcel in plan.parcels:
        if parcel.service not in evaluator.services or parcel.box not in evaluator.boxes:
            return False
        for line, location, qty in parcel.contents:
            if parcel.node != location and (location, parcel.node) not in evaluator.lanes:
                return False
            key = (evaluator.lines[line].item.id, location)
            taken[key] = taken.get(key, 0) + qty
    return all(
        key in evaluator.offers and qty <= evaluator.offers[key].stock for key, qty in taken.items()
    )


def _by_rules(own: Problem, problem: CartProblem) -> list[Plan]:
    """What simple rules find, all shipped direct."""
    desk = Desk(own)
    found = [plan_baseline(own, rule, desk) for rule in RULES]
    return [plan for plan in found if plan is not None and keeps_rules(problem.problem, plan)]


@dataclass(slots=True, eq=False)
class CountedFit:
    """The packer's answers until it was asked too often; from then on nothing fits."""

    packer: Fit
    left: int

    def fits(self, counts: IntArray, items: Sequence[Item], boxes: Sequence[Box]) -> BoolArray:
        """[states, boxes]; see `routing.checkout.problem.Fit`."""
        self.left -= len(counts)
        if self.left < 0:
            return np.zeros((len(counts), len(boxes)), dtype=np.bool_)
        return self.packer.fits(counts, items, boxes)


@dataclass(frozen=True, slots=True, eq=False)
class GridFit:
    """Units of one article side by side and in layers: a packing that needs no search."""

    pieces: Mapping[str, PackItem]
    """By the planner's item id."""

    def fits(self, counts: IntArray, items: Sequence[Item], boxes: Sequence[Box]) -> BoolArray:
        """[states, boxes]; contents of several articles never fit."""
        room = np.array(
            [[most_in_grid(self.pieces[item.id], box.inner_mm) for box in boxes] for item in items],
            dtype=np.int64,
        )
        single = (counts > 0).sum(axis=1) <= 1
        enough = (counts[:, :, None] <= room[None, :, :]).all(axis=1)
        allowed: BoolArray = np.logical_and(enough, single[:, None])
        return allowed


def most_in_grid(piece: PackItem, inner_mm: Sequence[int]) -> int:
    """How many of one piece a box (length, width, height in mm) takes in rows and layers."""
    sides = (piece.length_mm, piece.width_mm, piece.height_mm)
    turns = [(sides[0], sides[1], sides[2]), (sides[1], sides[0], sides[2])]
    best = 0
    for turn in turns if piece.upright else permutations(sides):
        rows = [room // side for room, side in zip(inner_mm, turn, strict=True)]
        if piece.fragile:  # nothing stands on it
            rows[2] = min(rows[2], 1)
        best = max(best, rows[0] * rows[1] * rows[2])
    return min(best, 1) if piece.alone else best
