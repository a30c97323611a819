"""What a plan costs and when it arrives, parcel by parcel, read off the problem.

The planner's own evaluation for plans made elsewhere (baselines, large carts, what-ifs) and for
the figures shown beside each parcel. `check.py` verifies answers without it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Self

from routing.checkout.calendar import day_of, first_from, latest_start, ready_at, worked_until
from routing.checkout.exact import SLACK
from routing.checkout.problem import (
    CO2_UNKNOWN_G,
    NEVER,
    Box,
    Content,
    Hub,
    Lane,
    Line,
    Location,
    Offer,
    Plan,
    PlannedParcel,
    Problem,
    Service,
    Transit,
)


@dataclass(frozen=True, slots=True)
class ParcelCost:
    """The parts of a parcel's cost in minor units; they sum to `total`."""

    carrier: int
    components: tuple[tuple[str, int], ...]
    """Named parts of `carrier`."""
    box: int
    units: int
    """What fulfilling the units costs at their locations."""
    inbound: int
    """Lanes into the hub and the hub's fee."""
    co2_g: int
    billed_g: int

    @property
    def total(self) -> int:
        return self.carrier + self.box + self.units + self.inbound


class Evaluator:
    """Looks things of one problem up by id, and evaluates parcels and plans."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.now = problem.now

    def at(self, now: int) -> Self:
        """The same problem seen from another moment; look-ups are shared."""
        other = copy(self)
        other.now = now
        return other

    def serving(self, lines: Iterable[Line]) -> Self:
        """The same network for other lines; look-ups are made once and shared."""
        _ = self.offers, self.locations, self.hubs, self.services, self.lanes, self.boxes
        other = copy(self)
        other.lines = {line.id: line for line in lines}
        return other

    @cached_property
    def lines(self) -> Mapping[str, Line]:
        return {line.id: line for line in self.problem.lines}

    @cached_property
    def offers(self) -> Mapping[tuple[str, str], Offer]:
        return {(offer.item, offer.location): offer for offer in self.problem.offers}

    @cached_property
    def locations(self) -> Mapping[str, Location]:
        return {place.id: place for place in self.problem.locations}

    @cached_property
    def hubs(self) -> Mapping[str, Hub]:
        return {hub.id: hub for hub in self.problem.hubs}

    @cached_property
    def services(self) -> Mapping[str, Service]:
        return {service.id: service for service in self.problem.services}

    @cached_property
    def services_of(self) -> Mapping[str, tuple[Service, ...]]:
        leaving: dict[str, tuple[Service, ...]] = {}
        for service in self.problem.services:
            leaving[service.node] = (*leaving.get(service.node, ()), service)
        return leaving

    @cached_property
    def lanes(self) -> Mapping[tuple[str, str], Lane]:
        return {(lane.location, lane.hub): lane for lane in self.problem.lanes}

    @cached_property
    def boxes(self) -> Mapping[str, tuple[int, Box]]:
        return {box.id: (number, box) for number, box in enumerate(self.problem.boxes)}

    def offer(self, content: Content) -> Offer:
        return self.offers[self.lines[content.line].item.id, content.location]

    def ready(self, content: Content) -> int:
        """Minute at which a content is ready at its location, NEVER if it never is."""
        offer = self.offer(content)
        own = self.locations[content.location]
        return ready_at(own.windows, self.now, own.handling_min + offer.lead_min)

    def weight_g(self, contents: Iterable[Content]) -> int:
        return sum(self.lines[line].item.weight_g * qty for line, _, qty in contents)

    def cost(self, parcel: PlannedParcel) -> ParcelCost | None:
        """Itemised cost of a parcel; None beyond the tariff."""
        service = self.services[parcel.service]
        number, box = self.boxes[parcel.box]
        tariff = service.tariff
        gross = self.weight_g(parcel.contents) + box.tare_g
        billed = max(gross, int(tariff.volumetric_g[number]))
        place = bisect_left(tariff.brackets_g, billed)
        if place == len(tariff.brackets_g) or tariff.cost[number, place] < 0:
            return None
        units = sum(self.offer(one).unit_cost * one.qty for one in parcel.contents)
        inbound, inbound_co2_g = self._inbound(parcel)
        co2_g = int(tariff.co2_g[place]) if service.co2_known else CO2_UNKNOWN_G
        return ParcelCost(
            int(tariff.cost[number, place]),
            tuple((name, int(table[number, place])) for name, table in tariff.components),
            box.cost,
            units,
            inbound,
            co2_g + inbound_co2_g,
            billed,
        )

    def _inbound(self, parcel: PlannedParcel) -> tuple[int, int]:
        hub = self.hubs.get(parcel.node)
        if hub is None:
            return 0, 0
        cost = co2_g = 0
        for location in {one.location for one in parcel.contents}:
            lane = self.lanes[location, hub.id]
            cost += lane.fixed + hub.parcel_fee
            co2_g += lane.feeder_co2_g()
        for line, location, qty in parcel.contents:
            lane = self.lanes[location, hub.id]
            cost += qty * lane.unit_cost(self.lines[line].item)
            co2_g += qty * lane.unit_co2_g(self.lines[line].item)
        return cost, co2_g

    def departures(self, parcel: PlannedParcel) -> dict[str, int] | None:
        """Latest departure of each feeder of a hub parcel; None when one never leaves."""
        latest: dict[str, int] = {}
        for one in parcel.contents:
            ready = self.ready(one)
            lane = self.lanes[one.location, parcel.node]
            leaves = first_from(lane.departures, ready) if ready != NEVER else NEVER
            if leaves == NEVER:
                return None
            latest[one.location] = max(leaves, latest.get(one.location, NEVER))
        return latest

    def at_node(self, parcel: PlannedParcel, q: Decimal) -> int:
        """Minute from which a parcel can be picked up at its node, each lane at level q."""
        if parcel.node not in self.hubs:
            ready = [self.ready(one) for one in parcel.contents]
            return NEVER if NEVER in ready else max(ready)
        departures = self.departures(parcel)
        if departures is None:
            return NEVER
        arrivals = []
        for location, leaves in departures.items():
            minutes = self.lanes[location, parcel.node].transit.quantile(q)
            if minutes is None:
                return NEVER
            arrivals.append(leaves + minutes)
        hub = self.hubs[parcel.node]
        return worked_until(hub.windows, max(arrivals), hub.dwell_min)

    def day_per_leg(self, parcel: PlannedParcel, q: Decimal | None = None) -> int:
        """Delivery day with each leg at level q, NEVER beyond the tables or the horizon."""
        level = self.problem.q if q is None else q
        service = self.services[parcel.service]
        ready = self.at_node(parcel, level)
        minutes = service.transit.quantile(level)
        if ready == NEVER or minutes is None:
            return NEVER
        pickup = first_from(service.pickups, ready)
        return NEVER if pickup == NEVER else self.delivered(service, pickup + minutes)

    def delivered(self, service: Service, minute: int) -> int:
        """The delivery day of an arrival, NEVER past the horizon."""
        day = day_of(self.problem.day_starts, minute)
        return NEVER if day == NEVER else int(service.delivery_day[day])

    def chance(self, parcel: PlannedParcel, day: int) -> float:
        """Probability that a parcel is delivered on or before a day (joint definition)."""
        service = self.services[parcel.service]
        total = 0.0
        hub = self.hubs.get(parcel.node)
        departures = self.departures(parcel) if hub is not None else None
        ready = self.at_node(parcel, self.problem.q) if hub is None else NEVER
        for mass, minutes in outcomes(service.transit):
            if hub is None:
                pickup = first_from(service.pickups, ready) if ready != NEVER else NEVER
                when = self.delivered(service, pickup + minutes) if pickup != NEVER else NEVER
                total += mass if NEVER != when <= day else 0.0
                continue
            if departures is None:
                return 0.0
            by = self._last_pickup(service, minutes, day)
            latest = latest_start(hub.windows, hub.dwell_min, by) if by != NEVER else NEVER
            if latest == NEVER:
                continue
            for location, leaves in departures.items():
                mass *= below(self.lanes[location, hub.id].transit, latest - leaves)
            total += mass
        return total

    def _last_pickup(self, service: Service, minutes: int, day: int) -> int:
        low, high = 0, len(service.pickups)
        while low < high:  # days ascend with pickups
            middle = (low + high) // 2
            when = self.delivered(service, int(service.pickups[middle]) + minutes)
            if when == NEVER or when > day:
                high = middle
            else:
                low = middle + 1
        return int(service.pickups[low - 1]) if low else NEVER

    def date(self, parcels: Sequence[PlannedParcel]) -> int:
        """The plan's date under the problem's reliability, NEVER when it is not reached."""
        if not self.problem.joint:
            days = [self.day_per_leg(parcel) for parcel in parcels]
            return NEVER if NEVER in days else max(days)
        need = float(self.problem.q) * (1 - SLACK)
        low, high = 0, len(self.problem.day_starts) - 2
        if self.together(parcels, high) < need:
            return NEVER
        while low < high:
            middle = (low + high) // 2
            if self.together(parcels, middle) >= need:
                high = middle
            else:
                low = middle + 1
        return low

    def together(self, parcels: Sequence[PlannedParcel], day: int) -> float:
        """Probability that all parcels are delivered by a day."""
        chance = 1.0
        for parcel in parcels:
            chance *= self.chance(parcel, day)
        return chance

    def keeps(self, parcels: Sequence[PlannedParcel], day: int) -> bool:
        """True when the parcels still make a day under the problem's reliability."""
        if self.problem.joint:
            return self.together(parcels, day) >= float(self.problem.q) * (1 - SLACK)
        return all(NEVER != self.day_per_leg(parcel) <= day for parcel in parcels)

    def parcel_date(self, parcel: PlannedParcel) -> int:
        """The date of a parcel shown alone."""
        return self.date((parcel,))

    def plan(self, parcels: Sequence[PlannedParcel]) -> Plan | None:
        """The plan these parcels make, None when a price or the date can't be had."""
        costs = [self.cost(parcel) for parcel in parcels]
        date = self.date(parcels)
        if date == NEVER or any(cost is None for cost in costs):
            return None
        co2_g = sum(cost.co2_g for cost in costs if cost is not None)
        return Plan(
            sum(cost.total for cost in costs if cost is not None),
            date,
            len(parcels),
            co2_g,
            tuple(parcels),
            co2_g < CO2_UNKNOWN_G,
            self.problem.co2_price,
        )


def outcomes(transit: Transit) -> list[tuple[float, int]]:
    """(probability, minutes) of each tabulated outcome."""
    lower = [Decimal(0), *transit.levels]
    return [
        (float(level - low), minutes)
        for low, level, minutes in zip(lower, transit.levels, transit.minutes, strict=False)
    ]


def below(transit: Transit, minutes: int) -> float:
    """Probability that a transit takes at most `minutes`."""
    known = 0.0
    for level, slowest in zip(transit.levels, transit.minutes, strict=True):
        if slowest <= minutes:
            known = float(level)
    return known
