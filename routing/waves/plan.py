"""Plan a wave: each order's plans as columns, prices for what is scarce, then one joint choice.

Columns are made by the exact checkout planner under scarcity prices (per unit of an offer, per
parcel of a node) that a linear programme over the columns so far puts on stock and capacity; whole
prices, so the Lagrangian bound they give is exact. CP-SAT then picks one column per order. Each
order's present plan is a column and its promised date a hard limit: a wave is never infeasible,
never dearer than doing nothing, and breaks no promise. Counted rounds and deterministic time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from routing.checkout.exact import solve_exactly
from routing.checkout.problem import Plan, Problem
from routing.waves.wave import Wave, WaveOrder

CLOSE = 2e-5
"""A linear programme this near to the bound has nothing more to teach."""
SMALL_WAVE = 2_000
"""Orders x resources up to which every resource is once made prohibitive."""
PROHIBITIVE = 100_000
"""Minor units; plans avoid what costs this much where they can."""

Cart = tuple[tuple[str, int], ...]
"""(item, quantity) of each line."""
Use = tuple[tuple[str, int], ...]
"""(resource, amount): `offer:ID` in units, `node:ID` in parcels."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Counted work of one wave."""

    rounds: int = 15
    deterministic_s: float = 30.0


@dataclass(frozen=True, slots=True)
class WaveAnswer:
    """One plan per order, their cost, and a lower bound on the cost of any answer."""

    plans: dict[str, Plan]
    cost: int
    bound: int


@dataclass(frozen=True, slots=True)
class Column:
    """One plan of one order and what it takes of the shared things."""

    order: int
    plan: Plan
    use: Use


def plan_wave(wave: Wave, effort: Effort | None = None) -> WaveAnswer:
    """The joint plan of a wave; the same answer on every machine."""
    effort = effort or Effort()
    limits = _resources(wave)
    pool = _Pool(wave)
    prices: dict[str, int] = {}
    bound = 0
    for _ in range(effort.rounds):
        least, grown = pool.price(prices)
        bound = max(bound, least - sum(price * limits[r] for r, price in prices.items()))
        if not grown and prices:
            break
        fresh, relaxed = _scarcity_prices(pool.columns, len(wave.orders), limits)
        if fresh == prices or relaxed <= bound * (1 + CLOSE):
            break
        prices = fresh
    for other in _other_prices(prices, limits, len(wave.orders)):
        pool.price(other)
    chosen = _choose(pool.columns, wave, limits, prices, effort)
    plans = {wave.orders[column.order].id: column.plan for column in chosen}
    cost = sum(plan.cost for plan in plans.values())
    return WaveAnswer(plans, cost, min(bound, cost))


def _other_prices(
    prices: Mapping[str, int], limits: Mapping[str, int], orders: int
) -> Iterator[dict[str, int]]:
    """Prices that bring plans between the extremes: all doubled; in a small wave, each one high."""
    yield {resource: 2 * price for resource, price in prices.items()}
    if orders * len(limits) <= SMALL_WAVE:
        for resource in limits:
            yield {**prices, resource: PROHIBITIVE}
            yield {resource: PROHIBITIVE}


def _resources(wave: Wave) -> dict[str, int]:
    stock = {f"offer:{offer.id}": offer.stock for offer in wave.shared.offers}
    return stock | {f"node:{node}": limit for node, limit in wave.limits.items()}


class _Pool:
    """All columns so far, and the planner that makes more of them."""

    def __init__(self, wave: Wave) -> None:
        self.wave = wave
        self.columns: list[Column] = []
        self._seen: set[tuple[int, object]] = set()
        self._offer = {(o.item, o.location): o.id for o in wave.shared.offers}
        self._known: dict[tuple[Cart, tuple[int, ...]], tuple[Plan, ...]] = {}
        self._carts: list[Cart] = []
        self._touched: dict[Cart, tuple[str, ...]] = {}
        for number, order in enumerate(wave.orders):
            cart = tuple((line.item.id, line.qty) for line in order.lines)
            self._carts.append(cart)
            if cart not in self._touched:
                part = _part(wave.shared, order)
                nodes = sorted({service.node for service in part.services})
                self._touched[cart] = (
                    *(f"offer:{offer.id}" for offer in part.offers),
                    *(f"node:{node}" for node in nodes),
                )
            self._add(number, order, order.current)

    def price(self, prices: Mapping[str, int]) -> tuple[int, bool]:
        """(sum of the orders' least priced costs, whether a column came that was not there)."""
        shared = _priced(self.wave.shared, prices)
        total, grown = 0, False
        for number, order in enumerate(self.wave.orders):
            # alike orders have alike plans: the same items at the same prices
            cart = self._carts[number]
            key = (cart, tuple(prices.get(resource, 0) for resource in self._touched[cart]))
            if key not in self._known:
                part = _part(shared, order)
                self._known[key] = solve_exactly(part, ("cost", "date", "parcels")).plans or ()
            plans = [
                _renamed(plan, order) for plan in self._known[key] if plan.date <= order.promised
            ]
            own = order.current.cost + self._charge(self._use(order, order.current), prices)
            least = own
            for plan in plans:
                # the planner's cost holds the prices; take them out again
                use = self._use(order, plan)
                least = min(least, plan.cost)
                real = replace(plan, cost=plan.cost - self._charge(use, prices))
                grown |= self._add(number, order, real)
            total += least
        return total, grown

    def _charge(self, use: Use, prices: Mapping[str, int]) -> int:
        return sum(prices.get(resource, 0) * amount for resource, amount in use)

    def _add(self, number: int, order: WaveOrder, plan: Plan) -> bool:
        key = (number, frozenset(plan.parcels))
        if key in self._seen:
            return False
        self._seen.add(key)
        self.columns.append(Column(number, plan, self._use(order, plan)))
        return True

    def _use(self, order: WaveOrder, plan: Plan) -> Use:
        items = {line.id: line.item.id for line in order.lines}
        use: dict[str, int] = {}
        for parcel in plan.parcels:
            node = f"node:{parcel.node}"
            use[node] = use.get(node, 0) + 1
            for line, location, qty in parcel.contents:
                offer = f"offer:{self._offer[items[line], location]}"
                use[offer] = use.get(offer, 0) + qty
        return tuple(sorted(use.items()))


def _part(shared: Problem, order: WaveOrder) -> Problem:
    """The cart of an order with lines named by place, and only what it can use."""
    lines = tuple(replace(line, id=str(n)) for n, line in enumerate(order.lines))
    items = {line.item.id for line in lines}
    offers = tuple(offer for offer in shared.offers if offer.item in items)
    places = {offer.location for offer in offers}
    lanes = tuple(lane for lane in shared.lanes if lane.location in places)
    nodes = places | {lane.hub for lane in lanes}
    services = tuple(service for service in shared.services if service.node in nodes)
    units = sum(line.qty for line in lines)
    return replace(
        shared,
        lines=lines,
        offers=offers,
        lanes=lanes,
        services=services,
        max_parcels=units,
    )


def _renamed(plan: Plan, order: WaveOrder) -> Plan:
    parcels = tuple(
        replace(
            parcel,
            contents=tuple(c._replace(line=order.lines[int(c.line)].id) for c in parcel.contents),
        )
        for parcel in plan.parcels
    )
    return replace(plan, parcels=parcels)


def _priced(shared: Problem, prices: Mapping[str, int]) -> Problem:
    """The network with scarcity prices inside its costs."""
    offers = tuple(
        replace(offer, unit_cost=offer.unit_cost + prices.get(f"offer:{offer.id}", 0))
        for offer in shared.offers
    )
    services = tuple(
        replace(
            service,
            tariff=replace(
                service.tariff,
                cost=service.tariff.cost + extra * (service.tariff.cost >= 0),
                components=(),
            ),
        )
        if (extra := prices.get(f"node:{service.node}", 0))
        else service
        for service in shared.services
    )
    return replace(shared, offers=offers, services=services)


def _scarcity_prices(
    columns: list[Column], orders: int, limits: Mapping[str, int]
) -> tuple[dict[str, int], float]:
    """(whole prices of what is scarce, least cost) of the linear programme over the columns."""
    from ortools.linear_solver import pywraplp

    solver: Any = pywraplp.Solver.CreateSolver("GLOP")
    served = [solver.Constraint(1.0, 1.0) for _ in range(orders)]
    used = {resource for column in columns for resource, _ in column.use}
    rows = {
        r: solver.Constraint(-solver.infinity(), float(limits[r]))
        for r in sorted(used)
        if r in limits
    }
    objective = solver.Objective()
    for column in columns:
        share = solver.NumVar(0.0, solver.infinity(), "")
        objective.SetCoefficient(share, float(column.plan.cost))
        served[column.order].SetCoefficient(share, 1.0)
        for resource, amount in column.use:
            if resource in rows:
                rows[resource].SetCoefficient(share, float(amount))
    objective.SetMinimization()
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return {}, float("inf")
    priced = {resource: round(-row.dual_value()) for resource, row in rows.items()}
    scarce = {resource: price for resource, price in priced.items() if price > 0}
    return scarce, float(objective.Value())


def _choose(
    columns: list[Column],
    wave: Wave,
    limits: Mapping[str, int],
    prices: Mapping[str, int],
    effort: Effort,
) -> list[Column]:
    """One column per order, by CP-SAT, started from the plans there are."""
    from ortools.sat.python import cp_model

    model: Any = cp_model.CpModel()
    by_order: list[list[tuple[Column, Any]]] = [[] for _ in wave.orders]
    rows: dict[str, list[Any]] = {}
    for column in _promising(columns, len(wave.orders), prices):
        var = model.new_bool_var("")
        by_order[column.order].append((column, var))
        model.add_hint(var, column.plan is wave.orders[column.order].current)
        for resource, amount in column.use:
            rows.setdefault(resource, []).append(amount * var)
    for options in by_order:
        model.add_exactly_one(var for _, var in options)
    for resource, terms in rows.items():
        if resource in limits:
            model.add(sum(terms) <= limits[resource])
    model.minimize(sum(c.plan.cost * var for options in by_order for c, var in options))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = effort.deterministic_s
    solver.parameters.relative_gap_limit = 1e-5
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return columns[: len(wave.orders)]  # the plans there are
    return [next(column for column, var in options if solver.value(var)) for options in by_order]


MOST_COLUMNS = 12
"""Columns per order that the joint choice looks at, besides the present plan."""


def _promising(columns: list[Column], orders: int, prices: Mapping[str, int]) -> list[Column]:
    """The present plans (first in the list) and each order's cheapest columns under the prices."""
    own: list[list[tuple[int, int]]] = [[] for _ in range(orders)]
    for place, column in enumerate(columns[orders:], orders):
        priced = column.plan.cost + sum(prices.get(r, 0) * n for r, n in column.use)
        own[column.order].append((priced, place))
    kept = columns[:orders]
    for options in own:
        kept += [columns[place] for _, place in sorted(options)[:MOST_COLUMNS]]
    return kept
