"""Plan carts of 20-50 lines: a search on units, polished by the exact planner, with a bound.

Every date gets its own search, started from the plan of the next later date. Pairs of small
parcels are then solved again exactly. The plans of the baselines are among the candidates, so the
answer is never dearer than any of them. Steps are counted: the answer repeats everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

import numpy as np

from routing.checkout.arrivals import FloatArray
from routing.checkout.baselines import Baseline, Desk, cheapest_parcel, plan_baseline
from routing.checkout.depot import Depot
from routing.checkout.evaluate import Evaluator
from routing.checkout.exact import Budget, solve_exactly
from routing.checkout.openings import open_nodes
from routing.checkout.problem import (
    Answer,
    Box,
    Content,
    IntArray,
    Item,
    Objective,
    Plan,
    PlannedParcel,
    Problem,
    Reason,
    ReasonCode,
    VolumeRule,
    frontier,
)
from routing.checkout.rebuild import NO_PRICE
from routing.checkout.rule_filters import keeps_rules

SEED = 20240229
MOST_UNITS = 500
"""Carts of more units are not searched."""
COMMON_UNITS = 100
SEARCHED = 0.3
"""Share of the first day's steps before nodes are opened."""
SPARE_PARCELS = 3
"""Parcels beyond the limit that a search may pass through where it finds nothing within."""
DEARER = 4
"""What each parcel then counts, in shares of the bound on the whole cart's cost."""
POLISH_STATES = 400
"""Pairs of parcels with more sub-multisets are left as they are."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Counted work of one large cart."""

    steps: int = 10_000
    """Ruin-and-recreate steps, half of them without a deadline."""
    polish: int = 40
    """Exact re-solves of parcel pairs."""


def solve_large(
    problem: Problem, objectives: Sequence[Objective], effort: Effort | None = None
) -> Answer:
    """Good plans over `objectives`; `exact` is false and `bound` is below any plan's cost."""
    effort = effort or Effort()
    units = sum(line.qty for line in problem.lines)
    if units > MOST_UNITS:
        reason = Reason(ReasonCode.NOT_FOUND, None, (("units", units), ("most", MOST_UNITS)))
        return Answer((), False, None, (reason,), "large", 0)
    # a step takes time with the units: a big cart gets fewer
    effort = replace(effort, steps=min(effort.steps, effort.steps * COMMON_UNITS // units))
    found = _planned(problem, objectives, effort, units)
    if found.plans or units <= problem.max_parcels:
        return found
    # parcels that real packing may join: goods fill a box further than the search on volumes does
    roomy = replace(problem, max_parcels=problem.max_parcels + SPARE_PARCELS)
    more = _planned(roomy, (*(o for o in objectives if o != "parcels"), "parcels"), effort, units)
    within = [plan for plan in more.plans if plan.parcels_n <= problem.max_parcels]
    return replace(found, plans=frontier(within, objectives), work=found.work + more.work)


def _planned(
    problem: Problem, objectives: Sequence[Objective], effort: Effort, units: int
) -> Answer:
    """What search and exact re-solves give for so many parcels."""
    evaluator = Evaluator(problem)
    depots = [Depot(problem, level) for level in _leg_levels(problem)]
    plans: list[Plan] = []
    work = 0
    bound: int | None = None
    if depots and depots[0].days():
        bound = lower_bound(depots[0])
        plans += _baseline_plans(problem, depots[0])
    for spare in (0, SPARE_PARCELS):
        for depot in depots:
            found, steps = _search(depot, evaluator, effort, len(depots), spare)
            plans += found
            work += steps
        plans = [plan for plan in plans if keeps_rules(problem, plan)]
        if plans or units <= problem.max_parcels:
            break
    best = frontier(plans, objectives)
    if best and effort.polish:
        polished, tries = _polish(problem, evaluator, best, effort.polish)
        work += tries
        kept = [plan for plan in polished if keeps_rules(problem, plan)]
        best = frontier([*best, *kept], objectives)
    return Answer(best, False, bound, (), "large", work)


def _leg_levels(problem: Problem) -> list[Decimal]:
    """Levels at which legs are taken; under joint reliability the two highest of the tables."""
    if not problem.joint:
        return [problem.q]
    known = sorted({level for s in problem.services for level in s.transit.levels})
    return [level for level in known if level >= problem.q][-2:]


def _baseline_plans(problem: Problem, depot: Depot) -> list[Plan]:
    last = len(problem.day_starts)
    desk = Desk(problem, lambda node, contents: depot.parcel(node, contents, last))
    evaluator = Evaluator(problem)
    plans = []
    for baseline in Baseline:
        plan = plan_baseline(problem, baseline, desk)
        fitted = _fitted(evaluator, plan.parcels) if plan is not None else None
        again = evaluator.plan(fitted) if fitted is not None else None
        if again is not None:
            plans.append(again)
    return plans


def _search(
    depot: Depot, evaluator: Evaluator, effort: Effort, share: int, spare: int = 0
) -> tuple[list[Plan], int]:
    """(plans, steps) of one search per day, latest first.

    With `spare` it goes through plans of more parcels than may be, each of which it counts dearer,
    so that goods that nearly fill the parcels there may be find their place one after the other.
    """
    days = depot.days()
    units = len(depot.units)
    option = np.full(units, -1, dtype=np.int64)
    parcel = np.full(units, -1, dtype=np.int64)
    most = min(depot.problem.max_parcels, units)
    slots = min(most + spare, units)
    penalty = max(1, DEARER * lower_bound(depot) // most) if spare and days else 0
    seed = np.array([SEED], dtype=np.int64)
    total = effort.steps // share
    candidates: list[tuple[int, int, int, IntArray, IntArray]] = []
    done = 0
    for number, day in enumerate(reversed(days)):
        steps = total // 2 if number == 0 else total // 2 // max(1, len(days) - 1)
        first = int(steps * SEARCHED) if number == 0 and not spare else steps
        seen = depot.improve(option, parcel, day, slots, first, seed, penalty=penalty)
        costs, options, parcels = open_nodes(depot, seen, day, slots, steps - first, seed)
        done += steps
        count = int(np.argmin(costs + penalty * np.arange(len(costs))))
        if costs[count] >= NO_PRICE:
            break
        option, parcel = options[count].copy(), parcels[count].copy()
        candidates += [
            (int(costs[n]), day, n, options[n], parcels[n])
            for n in range(1, most + 1)
            if costs[n] < NO_PRICE
        ]
    plans = []
    kept: list[tuple[int, int, int]] = []
    alike = depot.problem.rules.max_parcels_per_seller is None
    for cost, day, n, some, held in sorted(candidates, key=lambda row: row[:3]):
        if alike and any(c <= cost and d <= day and m <= n for c, d, m in kept):
            continue
        kept.append((cost, day, n))
        made = depot.parcels(some.tolist(), held.tolist(), day)
        fitted = made if made is None else _fitted(evaluator, made)
        plan = evaluator.plan(fitted) if fitted is not None else None
        if plan is not None and plan.parcels_n <= most:
            plans.append(plan)
    return plans, done


def _fitted(
    evaluator: Evaluator, parcels: tuple[PlannedParcel, ...]
) -> tuple[PlannedParcel, ...] | None:
    """The parcels in boxes that the problem's own fit accepts, split where none does.

    The search fills boxes by volume; with real packing a parcel may need another box or two.
    """
    problem = evaluator.problem
    if isinstance(problem.fit, VolumeRule):
        return parcels
    done: list[PlannedParcel] = []
    waiting = list(parcels)
    while waiting:
        parcel = waiting.pop()
        items: list[Item] = [evaluator.lines[one.line].item for one in parcel.contents]
        counts = np.array([[0] * len(items), [c.qty for c in parcel.contents]], dtype=np.int64)
        box: Box = evaluator.boxes[parcel.box][1]
        if problem.fit.fits(counts, items, (box,))[1, 0]:
            done.append(parcel)
            continue
        other = cheapest_parcel(evaluator, parcel.node, parcel.contents)
        if other is not None:
            done.append(other)
            continue
        halves = _halves(parcel)
        if halves is None or len(done) + len(waiting) + 2 > problem.max_parcels:
            return None
        waiting += halves
    return tuple(done)


def _halves(parcel: PlannedParcel) -> tuple[PlannedParcel, PlannedParcel] | None:
    """Every second unit apart; None for a single unit."""
    units = [(line, location) for line, location, qty in parcel.contents for _ in range(qty)]
    if len(units) < 2:
        return None
    parts = []
    for some in (units[::2], units[1::2]):
        held = {unit: some.count(unit) for unit in some}
        contents = tuple(Content(*unit, qty) for unit, qty in sorted(held.items()))
        parts.append(replace(parcel, contents=contents))
    return parts[0], parts[1]


def _polish(
    problem: Problem, evaluator: Evaluator, plans: Sequence[Plan], tries: int
) -> tuple[list[Plan], int]:
    """(better plans, exact solves): pairs of parcels of the cheapest plan, solved again."""
    plan = min(plans, key=lambda one: one.cost)
    found: list[Plan] = []
    spent = 0
    seen: set[frozenset[PlannedParcel]] = set()
    budget = Budget(states=POLISH_STATES, pairs=100_000, labels=50_000)
    improved = True
    while improved and spent < tries:
        improved = False
        order = sorted(plan.parcels, key=lambda parcel: len(parcel.contents))
        for left, right in combinations(range(len(order)), 2):
            pair = (order[left], order[right])
            rest = tuple(one for n, one in enumerate(order) if n not in (left, right))
            key = frozenset(pair)
            if key in seen or spent >= tries:
                continue
            seen.add(key)
            part = _part(problem, rest, pair)
            before = evaluator.plan(pair)
            if part is None or before is None:
                continue
            spent += 1
            solved = solve_exactly(part, ("cost", "date"), budget)
            made = [
                evaluator.plan((*rest, *one.parcels))
                for one in solved.plans or ()
                if one.cost < before.cost
            ]
            good = [one for one in made if one is not None and one.parcels_n <= problem.max_parcels]
            if good:
                found += good
                plan = min(good, key=lambda one: one.cost)
                improved = True
                break
    return found, spent


def _part(
    problem: Problem, rest: Sequence[PlannedParcel], parcels: tuple[PlannedParcel, ...]
) -> Problem | None:
    """The cart of these parcels alone, with the stock that the `rest` of the plan leaves."""
    wanted: dict[str, int] = {}
    for parcel in parcels:
        for one in parcel.contents:
            wanted[one.line] = wanted.get(one.line, 0) + one.qty
    size = 1
    for qty in wanted.values():
        size *= qty + 1
    if size > POLISH_STATES:
        return None
    item = {line.id: line.item.id for line in problem.lines}
    taken: dict[tuple[str, str], int] = {}
    for parcel in rest:
        for line, location, qty in parcel.contents:
            key = (item[line], location)
            taken[key] = taken.get(key, 0) + qty
    lines = tuple(replace(line, qty=wanted[line.id]) for line in problem.lines if line.id in wanted)
    needed = {line.item.id for line in lines}
    offers = tuple(
        replace(offer, stock=offer.stock - taken.get((offer.item, offer.location), 0))
        for offer in problem.offers
        if offer.item in needed
    )
    places = {offer.location for offer in offers}
    lanes = tuple(lane for lane in problem.lanes if lane.location in places)
    nodes = places | {lane.hub for lane in lanes}
    return replace(
        problem,
        lines=lines,
        offers=offers,
        lanes=lanes,
        services=tuple(service for service in problem.services if service.node in nodes),
        rules=replace(problem.rules, together=()),
    )


def lower_bound(depot: Depot) -> int:
    """No plan costs less: every unit pays its cheapest option and its share of a full parcel.

    A parcel of weight w and volume v from a node costs at least both rate_w x w and rate_v x v,
    with the node's lowest prices per gram and per mm3; so at least any mix of the two.
    """
    tariffs = depot.tariffs
    nodes = len(depot.node_ids)
    per_gram = np.full(nodes, np.inf)
    per_mm3 = np.full(nodes, np.inf)
    node_of = [depot.node_number[service.node] for service in depot.services]
    for s, node in enumerate(node_of):
        for box in range(len(depot.box_room)):
            tare = int(depot.box_tare_g[box])
            most = min(int(depot.box_max_g[box]), int(tariffs.max_g[s]) - tare)
            for k in range(int(tariffs.bracket_count[s])):
                cost, bracket = int(tariffs.cost[s, box, k]), int(tariffs.brackets_g[s, k])
                if cost < 0 or bracket < max(tare, int(tariffs.volumetric_g[s, box])):
                    continue
                grams = min(most, bracket - tare)
                if grams > 0:
                    per_gram[node] = min(per_gram[node], cost / grams)
                if depot.box_room[box] > 0:
                    per_mm3[node] = min(per_mm3[node], cost / int(depot.box_room[box]))
    best = 0.0
    quantities = [line.qty for line in depot.problem.lines]
    for mix in (0.0, 0.25, 0.5, 0.75, 1.0):
        total = 0.0
        for line, qty in enumerate(quantities):
            own: IntArray = np.arange(depot.option_start[line], depot.option_start[line + 1])
            at: IntArray = depot.option_node[own]
            share: FloatArray = np.zeros(len(own))
            if mix > 0:
                share += mix * per_gram[at] * depot.weight_g[line]
            if mix < 1:
                share += (1 - mix) * per_mm3[at] * depot.volume[line]
            total += qty * float((depot.option_cost[own] + share).min())
        if np.isfinite(total):
            best = max(best, total)
    return int(best * (1 - 1e-12))
