"""A cart's choices as arrays for the search on large carts: options of lines, prices of nodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from routing.checkout.arrivals import arrival_days, pack_timetables
from routing.checkout.calendar import first_from, worked_until
from routing.checkout.gathering import Supply, find_supplies
from routing.checkout.parcels import pack_tariffs
from routing.checkout.problem import (
    NEVER,
    Content,
    IntArray,
    PlannedParcel,
    Problem,
    Service,
    VolumeRule,
)
from routing.checkout.rebuild import NO_PRICE, improve, ship

Prices = tuple[
    IntArray, IntArray, IntArray, IntArray, IntArray, IntArray, IntArray, IntArray, IntArray, IntArray,
    IntArray,
]  # fmt: skip
SAFE_FILL_BP = 7000
"""Share of a box that the search fills when shapes are judged by real packing."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way for a line: at a node, from a location; costs in minor units."""

    line: int
    node: int
    place: int
    offer: int
    unit_cost: int
    fixed: int
    minute: int
    """When its goods can leave the node."""
    unit_co2_g: int = 0
    fixed_co2_g: int = 0
    """Of the way to the hub: of each unit, and of each hub parcel."""


class Depot:
    """Everything the kernels of `rebuild.py` read, built once per problem and leg level `q`."""

    def __init__(self, problem: Problem, q: Decimal) -> None:
        self.problem = problem
        self.q = q
        self.supplies = find_supplies(problem)
        nodes = [place.id for place in problem.locations] + [hub.id for hub in problem.hubs]
        number = {name: place for place, name in enumerate(nodes)}
        self.node_ids = nodes
        self.node_number = number
        services = sorted(
            (service for service in problem.services if service.node in number),
            key=lambda service: number[service.node],
        )
        self.services: tuple[Service, ...] = tuple(services)
        self.node_start = np.searchsorted(
            np.array([number[service.node] for service in services], dtype=np.int64),
            np.arange(len(nodes) + 1),
        ).astype(np.int64)
        options = [one for supply in self.supplies for one in self._options(supply)]
        options = [o for o in options if self.node_start[o.node] < self.node_start[o.node + 1]]
        options.sort(key=lambda option: option.line)
        self.options = options
        self._pack_options()
        self._pack_lines()
        self._pack_prices()

    def _options(self, supply: Supply) -> list[Option]:
        problem = self.problem
        offer = problem.offers[supply.offer]
        item = problem.lines[supply.line].item
        found = [
            Option(
                supply.line, supply.location, supply.location, supply.offer, offer.unit_cost, 0,
                supply.ready,
            )
        ]  # fmt: skip
        for lane in problem.lanes:
            if lane.location != offer.location:
                continue
            hub = problem.hubs[self.node_number[lane.hub] - len(problem.locations)]
            departure = first_from(lane.departures, supply.ready)
            minutes = lane.transit.quantile(self.q)
            if departure == NEVER or minutes is None:
                continue
            done = worked_until(hub.windows, departure + minutes, hub.dwell_min)
            if done != NEVER:
                found.append(
                    Option(
                        supply.line,
                        self.node_number[lane.hub],
                        supply.location,
                        supply.offer,
                        offer.unit_cost + lane.unit_cost(item),
                        lane.fixed + hub.parcel_fee,
                        done,
                        lane.unit_co2_g(item),
                        lane.feeder_co2_g(),
                    )
                )
        return found

    def _pack_options(self) -> None:
        options = self.options
        ranks: dict[int, list[int]] = {}
        for option in options:
            ranks.setdefault(option.node, []).append(option.minute)
        levels = {node: sorted(set(minutes)) for node, minutes in ranks.items()}
        self.levels = levels
        place = {n: {m: r for r, m in enumerate(minutes)} for n, minutes in levels.items()}

        def column(values: list[int]) -> IntArray:
            return np.array(values, dtype=np.int64)

        lines = column([option.line for option in options])
        self.option_start = np.searchsorted(lines, np.arange(len(self.problem.lines) + 1)).astype(
            np.int64
        )
        self.option_node = column([option.node for option in options])
        self.option_place = column([option.place for option in options])
        self.option_cost = column([option.unit_cost for option in options])
        self.option_fixed = column([option.fixed for option in options])
        self.option_rank = column([place[option.node][option.minute] for option in options])
        self.option_offer = column([option.offer for option in options])
        self.stock = column([offer.stock for offer in self.problem.offers])

    def _pack_lines(self) -> None:
        problem = self.problem
        items = [line.item for line in problem.lines]
        boxes = problem.boxes
        flags = sorted({flag for item in items for flag in item.flags})
        bit = {flag: 1 << n for n, flag in enumerate(flags[:62])}
        self.line_flags = np.array(
            [sum(bit[flag] for flag in item.flags) for item in items], dtype=np.int64
        )
        self.refuses = np.array(
            [sum(bit.get(flag, 0) for flag in service.refuses) for service in self.services],
            dtype=np.int64,
        )
        self.weight_g = np.array([item.weight_g for item in items], dtype=np.int64)
        self.volume = np.array([item.volume_mm3 for item in items], dtype=np.int64)
        ones = np.vstack([np.zeros(len(items), dtype=np.int64), np.eye(len(items), dtype=np.int64)])
        fits = problem.fit.fits(ones, items, boxes)[1:]
        weights = np.array([1 << n for n in range(len(boxes))], dtype=np.int64)
        self.boxes_ok = fits.astype(np.int64) @ weights
        fill_bp = problem.fit.fill_bp if isinstance(problem.fit, VolumeRule) else SAFE_FILL_BP
        self.box_room = np.array([b.volume_mm3 * fill_bp // 10000 for b in boxes], dtype=np.int64)
        self.box_max_g = np.array([box.max_g for box in boxes], dtype=np.int64)
        self.box_tare_g = np.array([box.tare_g for box in boxes], dtype=np.int64)
        self.units = np.repeat(
            np.arange(len(items), dtype=np.int64), [line.qty for line in problem.lines]
        )
        at = np.zeros((len(items), len(self.node_ids)), dtype=np.bool_)
        at[[option.line for option in self.options], self.option_node] = True
        self.near = (at.astype(np.int64) @ at.T.astype(np.int64)) > 0

    def _pack_prices(self) -> None:
        problem = self.problem
        boxes_at = {place.id: place.boxes for place in problem.locations} | {
            hub.id: hub.boxes for hub in problem.hubs
        }
        self.tariffs = pack_tariffs(problem, self.services, boxes_at)
        times = pack_timetables(problem, self.services)
        transit = np.array(
            [
                NEVER if (minutes := service.transit.quantile(self.q)) is None else minutes
                for service in self.services
            ],
            dtype=np.int64,
        )
        pairs = [
            (number, rank, minute)
            for number, service in enumerate(self.services)
            for rank, minute in enumerate(self.levels.get(self.node_number[service.node], ()))
        ]
        widest = max((len(minutes) for minutes in self.levels.values()), default=1)
        self.arrival = np.full((len(self.services), widest), NEVER, dtype=np.int64)
        if pairs:
            service, rank, minute = (
                np.array(part, dtype=np.int64) for part in zip(*pairs, strict=True)
            )
            self.arrival[service, rank] = arrival_days(
                service, minute, times.pickups, times.pickup_start, times.delivery_day,
                times.day_starts, transit,
            )  # fmt: skip

    @property
    def prices(self) -> Prices:
        """The last arguments of `ship`."""
        tariffs = self.tariffs
        return (
            self.node_start, self.refuses, self.arrival, tariffs.brackets_g, tariffs.bracket_count,
            tariffs.cost, tariffs.volumetric_g, tariffs.max_g, self.box_room, self.box_max_g,
            self.box_tare_g,
        )  # fmt: skip

    def improve(
        self,
        option: IntArray,
        parcel: IntArray,
        day: int,
        most: int,
        steps: int,
        seed: IntArray,
        *,
        penalty: int = 0,
    ) -> tuple[IntArray, IntArray, IntArray]:
        """`rebuild.improve` towards a day, with at most so many parcels, from any numbering of them.

        Changes `option`. Units of parcels beyond `most` look for another place. The search counts
        each parcel `penalty` minor units dearer; the costs it gives are without.
        """
        return improve(
            option, _numbered(parcel, most), self.units, self.weight_g, self.volume, self.boxes_ok,
            self.line_flags, self.option_start, self.option_node, self.option_place,
            self.option_cost, self.option_fixed, self.option_rank, self.option_offer, self.stock,
            self.near, len(self.problem.locations), *self.prices, day, penalty, most, steps,
            seed,
        )  # fmt: skip

    def earliest_day(self) -> int:
        """No plan (with each leg at `q`) is earlier; NEVER when some line has no way at all."""
        latest = NEVER
        for line in range(len(self.problem.lines)):
            days = [
                int(day)
                for o in range(self.option_start[line], self.option_start[line + 1])
                for s in range(
                    self.node_start[self.option_node[o]], self.node_start[self.option_node[o] + 1]
                )
                if (day := self.arrival[s, self.option_rank[o]]) >= 0
            ]
            if not days:
                return NEVER
            latest = max(latest, min(days))
        return latest

    def days(self) -> list[int]:
        """Arrival days from the earliest on, ascending."""
        first = self.earliest_day()
        if first == NEVER:
            return []
        days = sorted(set(self.arrival[self.arrival >= first].tolist()))
        return [int(day) for day in days]

    def parcel(
        self, node: str, contents: tuple[Content, ...], deadline: int
    ) -> PlannedParcel | None:
        """The cheapest parcel of these contents in time by the volume rule, None if none."""
        number = self.node_number[node]
        lines = {line.id: place for place, line in enumerate(self.problem.lines)}
        places = self.problem.locations
        grams = bulk = flags = rank = 0
        fits = -1
        for name, location, qty in contents:
            line = lines[name]
            grams += int(self.weight_g[line]) * qty
            bulk += int(self.volume[line]) * qty
            fits &= int(self.boxes_ok[line])
            flags |= int(self.line_flags[line])
            for o in range(int(self.option_start[line]), int(self.option_start[line + 1])):
                option = self.options[o]
                if option.node == number and places[option.place].id == location:
                    rank = max(rank, int(self.option_rank[o]))
                    break
            else:
                return None
        price, service, box = ship(number, grams, bulk, fits, flags, rank, deadline, *self.prices)
        if price >= NO_PRICE:
            return None
        return PlannedParcel(node, self.services[service].id, self.problem.boxes[box].id, contents)

    def parcels(
        self, option: Sequence[int], parcel: Sequence[int], deadline: int
    ) -> tuple[PlannedParcel, ...] | None:
        """The parcels of one assignment of units, None when one can't be had."""
        problem = self.problem
        held: dict[int, dict[tuple[int, int], int]] = {}
        nodes: dict[int, int] = {}
        for unit, (o, p) in enumerate(zip(option, parcel, strict=True)):
            one = self.options[o]
            nodes[p] = one.node
            key = (int(self.units[unit]), one.place)
            own = held.setdefault(p, {})
            own[key] = own.get(key, 0) + 1
        found = []
        for p, own in held.items():
            contents = tuple(
                Content(problem.lines[line].id, problem.locations[place].id, qty)
                for (line, place), qty in sorted(own.items())
            )
            made = self.parcel(self.node_ids[nodes[p]], contents, deadline)
            if made is None:
                return None
            found.append(made)
        return tuple(found)


def _numbered(parcel: IntArray, most: int) -> IntArray:
    """The parcels' numbers [U] without gaps from 0, units of the `most`-th and later at -1.

    The kernel fills the first `most` slots and never looks at the number it writes to.
    """
    _, number = np.unique(np.append(parcel, -1), return_inverse=True)
    number = number.reshape(-1)[:-1].astype(np.int64) - 1
    return np.where(number < most, number, -1)
