"""Lay out where and by when goods can come together: rows, tree nodes and services of a cart."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from routing.checkout.calendar import first_from, ready_at, worked_until
from routing.checkout.contents import Tree
from routing.checkout.problem import NEVER, Item, Lane, Problem, Service
from routing.checkout.states import FREE, States

MOST_NODES = 50_000
"""Sets of feeders that are laid out; a cart with more is beyond the exact planner."""


@dataclass(frozen=True, slots=True)
class Supply:
    """One offer that a line may use: indices, and when its units are ready (minutes)."""

    line: int
    offer: int
    location: int
    ready: int


@dataclass(slots=True, eq=False)
class Layout:
    """The tree of one plan's gathering and its pairs (service, node)."""

    tree: Tree = field(default_factory=Tree)
    pair_service: list[int] = field(default_factory=list)
    pair_node: list[int] = field(default_factory=list)
    pair_minute: list[int] = field(default_factory=list)
    """Minute from which the parcel may be picked up; at a hub under joint reliability, NEVER."""
    pair_hub: list[int] = field(default_factory=list)
    """Index of the hub, -1 for a direct parcel."""

    @property
    def full(self) -> bool:
        """True when it was not laid out to the end."""
        return len(self.tree.parent) > MOST_NODES

    def add_pair(self, service: int, node: int, minute: int, hub: int) -> None:
        self.pair_service.append(service)
        self.pair_node.append(node)
        self.pair_minute.append(minute)
        self.pair_hub.append(hub)


def find_supplies(problem: Problem) -> tuple[Supply, ...]:
    """Every offer that the rules let a line use and that is ready some day."""
    places = {location.id: index for index, location in enumerate(problem.locations)}
    rules = problem.rules if problem.rules.any else None
    by_item: dict[str, list[int]] = {}
    for number, offer in enumerate(problem.offers):
        if offer.stock > 0 and offer.location in places:
            by_item.setdefault(offer.item, []).append(number)
    supplies = []
    for line_number, line in enumerate(problem.lines):
        for number in by_item.get(line.item.id, ()):
            offer = problem.offers[number]
            place = places[offer.location]
            location = problem.locations[place]
            if rules and not rules.permits(line.id, location.seller, location.id):
                continue
            ready = ready_at(location.windows, problem.now, location.handling_min + offer.lead_min)
            if ready != NEVER:
                supplies.append(Supply(line_number, number, place, ready))
    return tuple(supplies)


class Gatherer:
    """Builds the layout of a problem for given states; amounts scaled as a and b."""

    def __init__(
        self,
        problem: Problem,
        supplies: tuple[Supply, ...],
        services: tuple[Service, ...],
        scale: tuple[int, int],
        *,
        both: bool,
        by_sources: bool = False,
    ) -> None:
        """`by_sources`: a tree node of a hub is one set of feeders that all give something."""
        self._problem = problem
        self._by_sources = by_sources
        self._scale = scale
        self._both = both
        self._items: list[Item] = [line.item for line in problem.lines]
        self._at: dict[int, list[Supply]] = {}
        for supply in supplies:
            self._at.setdefault(supply.location, []).append(supply)
        self._leaving: dict[str, list[int]] = {}
        for number, service in enumerate(services):
            self._leaving.setdefault(service.node, []).append(number)
        self._services = services
        self._lanes: dict[str, list[tuple[int, Lane, int]]] = {}
        places = {location.id: index for index, location in enumerate(problem.locations)}
        for number, lane in enumerate(problem.lanes):
            place = places.get(lane.location)
            if place in self._at:
                self._lanes.setdefault(lane.hub, []).append((number, lane, place))

    def lay_out(self, states: States) -> Layout:
        layout = Layout()
        for place, supplies in self._at.items():
            services = self._leaving.get(self._problem.locations[place].id, ())
            if services:
                self._direct(layout, states, place, supplies, services)
        for hub in range(len(self._problem.hubs)):
            services = self._leaving.get(self._problem.hubs[hub].id, ())
            if not services:
                continue
            if self._problem.joint:
                self._joint_hub(layout, states, hub, services)
            else:
                self._hub(layout, states, hub, services)
        return layout

    def _row(
        self, layout: Layout, states: States, place: int, supplies: list[Supply], lane: Lane | None,
        fee: int = 0,
    ) -> int:  # fmt: skip
        """A row of what these supplies of one location can give, NEVER when no class can use it."""
        caps = [0] * len(states.line_of)
        cost = [0] * len(caps)
        co2_g = [0] * len(caps)
        by_line = {supply.line: supply for supply in supplies}
        tracked = {offer for offer in states.offer_of if offer != FREE}
        for column, (line, source) in enumerate(zip(states.line_of, states.offer_of, strict=True)):
            supply = by_line.get(line)
            if supply is None:
                continue
            if source == FREE:
                if supply.offer in tracked:
                    continue
            elif source != supply.offer:
                continue
            offer = self._problem.offers[supply.offer]
            caps[column] = min(offer.stock, self._problem.lines[line].qty)
            cost[column] = offer.unit_cost
            if lane is not None:
                cost[column] += lane.unit_cost(self._items[line])
                co2_g[column] = lane.unit_co2_g(self._items[line])
        if not any(caps):
            return NEVER
        fixed = (0, 0) if lane is None else (lane.fixed + fee, lane.feeder_co2_g())
        by_cost, by_co2 = self._scale
        return layout.tree.add_row(
            place,
            caps,
            (
                [c * by_cost + g * by_co2 for c, g in zip(cost, co2_g, strict=True)],
                co2_g if self._both else [0] * len(caps),
            ),
            (fixed[0] * by_cost + fixed[1] * by_co2, fixed[1] if self._both else 0),
        )

    def _direct(
        self, layout: Layout, states: States, place: int, supplies: list[Supply],
        services: list[int] | tuple[int, ...],
    ) -> None:  # fmt: skip
        for level in sorted({supply.ready for supply in supplies}):
            early = [supply for supply in supplies if supply.ready <= level]
            row = self._row(layout, states, place, early, None)
            if row == NEVER:
                continue
            node = layout.tree.add_node(0, row)
            for service in services:
                layout.add_pair(service, node, level, -1)

    def _feeders(self, hub: int) -> Iterator[tuple[int, Lane, int, list[tuple[int, Supply]]]]:
        """(lane number, lane, location, [(departure, supply)]) of each location feeding a hub."""
        for number, lane, place in self._lanes.get(self._problem.hubs[hub].id, ()):
            leaving = [
                (departure, supply)
                for supply in self._at[place]
                if (departure := first_from(lane.departures, supply.ready)) != NEVER
            ]
            if leaving:
                yield number, lane, place, leaving

    def _hub(
        self, layout: Layout, states: States, hub: int, services: list[int] | tuple[int, ...]
    ) -> None:
        """Per leg: by each moment the hub could be done, everything that has come by then."""
        own = self._problem.hubs[hub]
        feeders = []
        done_at: dict[int, int] = {}
        for number, lane, place, leaving in self._feeders(hub):
            minutes = lane.transit.quantile(self._problem.q)
            if minutes is None:
                continue
            arrivals = []
            for departure, supply in leaving:
                done = worked_until(own.windows, departure + minutes, own.dwell_min)
                if done != NEVER:
                    arrivals.append((done, supply))
                    done_at[done] = done
            if arrivals:
                feeders.append((number, lane, place, arrivals))
        for level in sorted(done_at):
            rows = []
            for number, lane, place, arrivals in feeders:
                early = [supply for done, supply in arrivals if done <= level]
                if not early:
                    continue
                row = self._row(layout, states, place, early, lane, own.parcel_fee)
                if row != NEVER:
                    rows.append((row, number))
            for node in self._nodes(layout, rows):
                for service in services:
                    layout.add_pair(service, node, level, hub)

    def _nodes(self, layout: Layout, rows: list[tuple[int, int]]) -> list[int]:
        """Tree nodes of these (row, lane): one that may use any, or one for each set of them."""
        if not self._by_sources:
            node = 0
            for row, number in rows:
                node = layout.tree.add_node(node, row, optional=True, lane=number)
            return [node] if node else []
        units = sum(line.qty for line in self._problem.lines)
        made: list[int] = []
        grown = [(0, 0, 0)]
        while grown:
            node, after, depth = grown.pop()
            if depth == units or layout.full:
                continue
            for place, (row, number) in enumerate(rows[after:], start=after):
                child = layout.tree.add_node(node, row, lane=number)
                made.append(child)
                grown.append((child, place + 1, depth + 1))
        return made

    def _joint_hub(
        self, layout: Layout, states: States, hub: int, services: list[int] | tuple[int, ...]
    ) -> None:
        """Joint: every set of feeders, each with its latest departure; chances hang on both."""
        own = self._problem.hubs[hub]
        surest = max(
            (
                float(s.transit.levels[-1])
                for n in services
                if (s := self._services[n]).transit.levels
            ),
            default=0.0,
        )
        steps: list[list[tuple[int, int, int, float]]] = []
        for number, lane, place, leaving in self._feeders(hub):
            if not lane.transit.levels:
                continue
            choices: list[tuple[int, int, int, float]] = []
            for departure in sorted({departure for departure, _ in leaving}):
                early = [supply for when, supply in leaving if when <= departure]
                row = self._row(layout, states, place, early, lane, own.parcel_fee)
                if row != NEVER:
                    choices.append((row, number, departure, float(lane.transit.levels[-1])))
            if choices:
                steps.append(choices)
        units = sum(line.qty for line in self._problem.lines)
        need = float(self._problem.q) * (1 - 1e-11)

        def grow(node: int, after: int, depth: int, chance: float) -> None:
            if depth == units or layout.full:
                return
            for place in range(after, len(steps)):
                for row, number, departure, level in steps[place]:
                    if chance * level < need:
                        continue
                    child = layout.tree.add_node(node, row, lane=number, departure=departure)
                    for service in services:
                        layout.add_pair(service, child, NEVER, hub)
                    grow(child, place + 1, depth + 1, chance * level)

        grow(0, 0, 0, surest)
