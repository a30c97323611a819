"""The exact planner: every non-dominated way to serve an ordinary cart, in milliseconds.

The cart's sub-multisets are states. For each, the best parcels are tabled (contents gathered,
boxed, shipped); a dynamic programme over (parcels, day) then covers the cart. Stock that several
parcels share is first ignored; an offer that a plan overdraws is then counted as classes of its
own in the states, and the cart is solved again: exact when no plan overdraws. Limits on a seller's
parcels are met in the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.checkout.arrivals import FloatArray, arrival_days, pack_timetables
from routing.checkout.bargain import FULL, bargain, best_choice, choices_by_day, surest_covers
from routing.checkout.chances import pair_chances
from routing.checkout.contents import Labels, gather
from routing.checkout.cover import (
    TOO_LONG,
    UNREACHED,
    all_covers,
    cheapest_parcels,
    least_covers,
    trace_cover,
)
from routing.checkout.gathering import Gatherer, Layout, Supply, find_supplies
from routing.checkout.parcels import (
    Parcels,
    carried,
    enumerate_parcels,
    pack_tariffs,
)
from routing.checkout.problem import (
    CO2_UNKNOWN_G,
    BoolArray,
    Content,
    IntArray,
    Objective,
    Plan,
    PlannedParcel,
    Problem,
    Service,
    VolumeRule,
    frontier,
)
from routing.checkout.rule_filters import crowded_sellers, obeys_rules, with_tokens
from routing.checkout.states import (
    build_states,
    count_states,
    overdrawn_offers,
    pair_budget,
    sub_multisets,
)

COST_SHIFT = 1 << 31
"""Cost is the high part of a combined amount, CO2e (below this) the low part: ties go to less.

Without cost among the objectives it is the other way round: CO2e first, then cost."""
MOST_PLANS = 2_000
"""A label search that finds more plans gives up."""
FIRST_ROOM = 4096
"""Labels a search is first given; on running out it starts again with eight times as many."""
SLACK = 1e-11
"""Joint probabilities are products of floats; the case format accepts q x (1 - 1e-11)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one exact solve may use; counted, so that an answer is the same everywhere."""

    states: int = 20_000
    packed_states: int = 1_500
    """The same where the fit is not the volume rule: every state is packed into every box."""
    pairs: int = 2_000_000
    labels: int = 400_000
    work: int = 40_000_000
    """Steps over all passes; some 200,000 take a millisecond."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The plans of one exact solve and the steps it took; `plans` None: beyond the budget."""

    plans: tuple[Plan, ...] | None
    work: int
    least_cost: int | None = None
    """No plan costs less, CO2e apart; told where cost is an objective."""


def solve_exactly(
    problem: Problem, objectives: Sequence[Objective], budget: Budget | None = None
) -> Solved:
    """Every non-dominated plan over `objectives`, or None in place of plans beyond the budget.

    With CO2e and without cost among them, plans of equal CO2e that cost less are kept as well:
    the one with the least CO2e, and of these the least cost, is there whatever its date.
    """
    budget = budget or Budget()
    supplies = find_supplies(problem)
    usable = {supply.location for supply in supplies}
    homes = {problem.locations[place].id for place in usable}
    hubs = {lane.hub for lane in problem.lanes if lane.location in homes}
    services = tuple(s for s in problem.services if s.node in homes or s.node in hubs)
    if not services or {supply.line for supply in supplies} != set(range(len(problem.lines))):
        return Solved((), 0)
    tracked: frozenset[int] = frozenset()
    counted: frozenset[str] = frozenset()
    tokens = problem.rules.max_parcels_per_seller or 0
    most = budget.states if isinstance(problem.fit, VolumeRule) else budget.packed_states
    work = 0
    while True:
        if work > budget.work or count_states(problem, tracked, tokens, len(counted)) > most:
            return Solved(None, work)
        pass_ = _Pass(
            problem, supplies, services, tracked, tuple(sorted(counted)), objectives, budget
        )
        plans = pass_.run()
        work += pass_.work
        if plans is None:
            return Solved(None, work)
        best = frontier(plans, (*objectives, "cost") if pass_.co2_first else objectives)
        overdrawn, crowded = overdrawn_offers(problem, best), crowded_sellers(problem, best)
        if not overdrawn and not crowded:
            costs = [plan.cost for plan in plans] if "cost" in objectives else []
            return Solved(best, work, min(costs, default=None))
        tracked |= overdrawn
        counted |= crowded


class _Pass:
    """One solve with a fixed set of tracked offers and counted sellers."""

    def __init__(
        self,
        problem: Problem,
        supplies: tuple[Supply, ...],
        services: tuple[Service, ...],
        tracked: frozenset[int],
        counted: tuple[str, ...],
        objectives: Sequence[Objective],
        budget: Budget,
    ) -> None:
        self.problem = problem
        self.services = services
        green = "co2" in objectives
        # with a price on CO2e the frontier in cost and CO2e holds that in their weighed sum
        self.both = both = "cost" in objectives and (green or problem.co2_price > 0)
        self.budget = budget
        self.work = 0
        self.co2_first = green and not both
        self.scale = (1, 0) if both else (1, COST_SHIFT) if self.co2_first else (COST_SHIFT, 1)
        tokens = problem.rules.max_parcels_per_seller or 0
        self.counted = counted
        self.states = build_states(problem, tracked, tokens, len(counted))
        self.most = min(problem.max_parcels, sum(line.qty for line in problem.lines))
        gatherer = Gatherer(
            problem, supplies, services, self.scale, both=both, by_sources=bool(counted)
        )
        self.layout: Layout = gatherer.lay_out(self.states)
        self.need = float(problem.q) * (1 - SLACK) if problem.joint else 1.0

    def run(self) -> list[Plan] | None:
        if not self.layout.pair_node:
            return []
        if self.layout.full or pair_budget(self.states) > self.budget.pairs:
            return None
        labels, steps = gather(
            self.layout.tree, self.states, both=self.both, steps=self.budget.labels
        )
        self.work += steps
        if labels is None:
            return None
        self.labels: Labels = labels
        self.parcels: Parcels = self._parcels()
        self.work += len(self.parcels.state)
        if not len(self.parcels.state):
            return []
        present = np.zeros(self.states.size, dtype=np.bool_)
        present[self.parcels.state] = True
        self.start, self.parts = sub_multisets(self.states, present)
        timetables = pack_timetables(self.problem, self.services)
        if self.problem.joint:
            chances = pair_chances(self.problem, self.services, self.layout, timetables, self.need)
            days = np.flatnonzero((chances >= self.need).any(axis=0))
            return self._bargain(chances, [int(day) for day in days])
        arrival = arrival_days(
            np.array(self.layout.pair_service, dtype=np.int64),
            np.array(self.layout.pair_minute, dtype=np.int64),
            timetables.pickups,
            timetables.pickup_start,
            timetables.delivery_day,
            timetables.day_starts,
            timetables.transit,
        )
        if not self.both:
            return self._plain(arrival)
        wanted = sorted(set(arrival[arrival >= 0].tolist()))
        in_time = np.array([arrival >= 0], dtype=np.bool_).T & (
            arrival[:, None] <= np.arange(len(timetables.day_starts) - 1)[None, :]
        )
        return self._bargain(in_time.astype(np.float64), wanted)

    def _parcels(self) -> Parcels:
        problem, states = self.problem, self.states
        items = [line.item for line in problem.lines]
        weight_g: IntArray = states.counts @ np.array([i.weight_g for i in items], dtype=np.int64)
        limit = np.array([box.max_g for box in problem.boxes], dtype=np.int64)
        fit: BoolArray = problem.fit.fits(states.counts, items, problem.boxes)
        fit = fit & (weight_g[:, None] <= limit[None, :])
        boxes_at = {place.id: place.boxes for place in problem.locations} | {
            hub.id: hub.boxes for hub in problem.hubs
        }
        allowed = carried(problem, self.services, states) & states.valid[None, :]
        if problem.rules.any:
            allowed = allowed & obeys_rules(problem, self.services, states.counts)
        tariffs = pack_tariffs(problem, self.services, boxes_at)
        for place, service in enumerate(self.services):
            if not service.co2_known:
                tariffs.co2_g[place] = CO2_UNKNOWN_G
        pairs = (
            np.array(self.layout.pair_service, dtype=np.int64),
            np.array(self.layout.pair_node, dtype=np.int64),
        )
        tares = np.array([box.tare_g for box in problem.boxes], dtype=np.int64)
        parcels = enumerate_parcels(
            states, self.labels, tariffs, pairs, (fit, weight_g, tares), allowed, self.scale,
            both=self.both,
        )  # fmt: skip
        if not self.counted:
            return parcels
        return with_tokens(parcels, problem, self.layout, states, self.counted)

    def _plain(self, arrival: IntArray) -> list[Plan] | None:
        """One scalar programme per day; (cost, CO2e) is one combined amount."""
        wanted = sorted(set(arrival[arrival >= 0].tolist()))
        if not wanted:
            return []
        index = np.full(int(arrival.max()) + 2, -1, dtype=np.int64)
        index[wanted] = np.arange(len(wanted))
        day = index[arrival[self.parcels.pair]]
        best, which = cheapest_parcels(
            self.parcels.state, self.parcels.a, day, len(wanted), self.states.size
        )
        covers, steps = all_covers(
            best, self.start, self.parts, self.most, self.budget.work - self.work
        )
        if steps == TOO_LONG:
            return None
        self.work += int(steps)
        plans = []
        beaten = np.full(self.most + 1, UNREACHED, dtype=np.int64)
        for d, date in enumerate(wanted):
            for n in range(1, self.most + 1):
                end = min(self.states.ends, key=lambda x, d=d, n=n: int(covers[d, n, x]))  # type: ignore[misc]
                amount = int(covers[d, n, end])
                if amount >= min(UNREACHED, int(beaten[: n + 1].min())):
                    continue
                beaten[n] = amount if self.co2_first else amount // COST_SHIFT * COST_SHIFT
                parts = trace_cover(best[d], self.start, self.parts, covers[d], n, end)
                chosen = [int(which[d, y]) for y in parts.tolist()]
                date = max(int(arrival[self.parcels.pair[one]]) for one in chosen)
                plans.append(self._plan(chosen, date))
        return plans

    def _bargain(self, chances: FloatArray, days: list[int]) -> list[Plan] | None:
        """One label search per day; plans of earlier days bound the later ones."""
        parcels, size = self.parcels, self.states.size
        known_n, known_a, known_b = (np.zeros(MOST_PLANS, dtype=np.int64) for _ in range(3))
        found = 0
        plans: list[Plan] = []
        before: IntArray | None = None
        for day in days:
            if before is not None and (chances[:, day] == chances[:, before]).all():
                continue
            before = np.int64(day)  # type: ignore[assignment]
            start, chosen = choices_by_day(
                parcels.state, parcels.a, parcels.b, parcels.pair, chances, day, self.need, size
            )
            limit = self.budget.work - self.work
            least_a, some = least_covers(
                best_choice(start, chosen, parcels.a), self.start, self.parts, self.most, limit
            )
            least_b, more = least_covers(
                best_choice(start, chosen, parcels.b), self.start, self.parts, self.most, limit
            )
            if TOO_LONG in (some, more):
                return None
            surest = surest_covers(
                self.start, self.parts, start, chosen, parcels.pair, chances, day, self.most
            )
            self.work += 3 * int(some)
            if self.work > self.budget.work:
                return None
            for end in self.states.ends:
                if least_a[self.most, end] >= UNREACHED or surest[self.most, end] < self.need:
                    continue
                room = FIRST_ROOM
                while True:
                    total, steps, plan_label, parent, parcel = bargain(
                        end, self.most, self.start, self.parts, start, chosen, parcels.a,
                        parcels.b, parcels.pair, chances, day, self.need, least_a, least_b, surest,
                        known_n, known_a, known_b, found, room,
                        self.budget.work - self.work,
                    )  # fmt: skip
                    self.work += int(steps)
                    if total >= 0:
                        break
                    if total != FULL:
                        return None
                    if room >= self.budget.labels:
                        return None
                    room *= 8
                for number in range(found, int(total)):
                    at = int(plan_label[number])
                    used = []
                    while at > 0:
                        used.append(int(parcel[at]))
                        at = int(parent[at])
                    plans.append(self._plan(used, day))
                found = int(total)
        return plans

    def _plan(self, chosen: list[int], date: int) -> Plan:
        cost = sum(int(self.parcels.a[one]) for one in chosen)
        co2_g = sum(int(self.parcels.b[one]) for one in chosen)
        if not self.both:
            cost, co2_g = divmod(cost, COST_SHIFT)
            if self.co2_first:
                cost, co2_g = co2_g, cost
        known = co2_g < CO2_UNKNOWN_G
        parcels = tuple(self._planned(one) for one in chosen)
        return Plan(cost, date, len(parcels), co2_g, parcels, known, self.problem.co2_price)

    def _planned(self, one: int) -> PlannedParcel:
        parcels, states, tree = self.parcels, self.states, self.layout.tree
        pair = int(parcels.pair[one])
        service = self.services[self.layout.pair_service[pair]]
        node = self.layout.pair_node[pair]
        at = int(parcels.label[one])
        contents: dict[tuple[int, int], int] = {}
        while node:
            units = states.digits[int(self.labels.taken[at])]
            location = tree.location[tree.row[node]]
            for column in np.flatnonzero(units).tolist():
                key = (states.line_of[column], location)
                contents[key] = contents.get(key, 0) + int(units[column])
            at = int(self.labels.back[at])
            node = tree.parent[node]
        problem = self.problem
        return PlannedParcel(
            service.node,
            service.id,
            problem.boxes[int(parcels.box[one])].id,
            tuple(
                Content(problem.lines[line].id, problem.locations[location].id, qty)
                for (line, location), qty in sorted(contents.items())
            ),
        )
