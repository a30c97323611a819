"""A day's collection round: vans of a hub fetch what sellers around it sent, by OR-Tools."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import select

from api.demo.house import START, DemoHouse
from api.pages.plots import Dot, Link, lanes_map
from core.calendars import instant_at
from core.errors import LanewiseError
from core.money import Money
from core.places import distance_m
from routing.flows.plan_tours import plan_tours
from routing.network.network import Network
from routing.network.places import Location
from routing.tables import PlannedParcelRow
from routing.tours.collection_round import Vans, Waiting, round_document
from routing.tours.day_file import read_day
from routing.tours.picture import map_svg
from routing.tours.plan import RELOAD, Plan, Tour
from routing.tours.problem import Problem
from store.keys import only_tenant

REACH_M = 200_000  # a van is there and back in a day, and no sea lies between
READY_S, DUE_S = 9 * 3600, 20 * 3600  # of the hub's day: the goods are packed; they must be in
VANS = Vans(count=3, weight_g=900_000)
ENGINE = "ortools"
SECONDS = 0.5  # CPU time of the engine
DAY = START.date() + timedelta(days=3)


@dataclass(frozen=True, slots=True)
class RoundStory:
    """One day of a hub's vans."""

    hub: str
    day: date
    places: int
    parcels: int
    tours: int
    unserved: int
    distance_m: int
    alone_m: int
    """If each place were fetched by a van of its own, there and back."""
    cost: str
    ways: tuple[tuple[str, ...], ...]
    """A tour's stops in order, each with its hour, from the hub and back."""
    lines: str
    """The tours on a map of the page's own look, SVG."""
    picture: str
    """The planner's own picture, SVG."""


def play_round(house: DemoHouse, *, seconds: float = SECONDS) -> RoundStory:
    """Plan the round of the hub with most sellers around it, over what they sent so far."""
    network = house.network
    sent = _sent(house)
    hub, reached = max(
        ((hub.location, _around(network, hub.location, sent)) for hub in network.hubs),
        key=lambda found: len(found[1]),
    )
    depot = network.location(hub)
    starts = instant_at(depot.calendar.zone, DAY, 0)
    waiting = [_waiting(network, code, sent[code], starts) for code in reached]
    document = round_document(
        f"Collections for {depot.address.city}",
        depot.point,
        waiting,
        vans=VANS,
        day_starts=starts,
        currency="EUR",
    )
    problem = read_day(document)
    plan = plan_tours(problem, seconds=seconds, engine=ENGINE)
    if not plan.tours:
        raise LanewiseError(f"the demo's round found no tour: {plan.notes}")
    return _story(problem, plan, network, depot, waiting)


def _story(
    problem: Problem, plan: Plan, network: Network, depot: Location, waiting: list[Waiting]
) -> RoundStory:
    matrix = problem.matrices[0].distance_m
    cost = Money(round(sum(tour.cost for tour in plan.tours) / problem.scale), problem.currency)
    cities = {place.code: place.address.city for place in network.locations}
    dots = [Dot(each.point, cities[each.place]) for each in waiting]
    dots.append(Dot(depot.point, depot.address.city, True))
    return RoundStory(
        hub=depot.address.city,
        day=DAY,
        places=len(waiting),
        parcels=sum(len(each.parcels) for each in waiting),
        tours=len(plan.tours),
        unserved=len(plan.unserved),
        distance_m=sum(tour.distance_m for tour in plan.tours),
        alone_m=sum(int(matrix[0, n] + matrix[n, 0]) for n in range(1, len(waiting) + 1)),
        cost=f"{cost.to_decimal():,} {cost.currency}",
        ways=tuple(
            _way(tour, [cities[each.place] for each in waiting], depot) for tour in plan.tours
        ),
        lines=lanes_map(f"Round of {depot.address.city}", dots, _links(plan, depot, waiting)),
        picture=map_svg(problem, plan, depot=depot.point.lon_lat),
    )


def _way(tour: Tour, cities: list[str], depot: Location) -> tuple[str, ...]:
    """`Venlo 08:10`, and so on; hours of the hub's day."""
    told = [(depot.address.city, tour.leave_s)]
    told += [(cities[visit.stop], visit.start_s) for visit in tour.visits if visit.stop != RELOAD]
    told.append((depot.address.city, tour.back_s))
    return tuple(f"{city} {at // 3600:02d}:{at % 3600 // 60:02d}" for city, at in told)


def _links(plan: Plan, depot: Location, waiting: list[Waiting]) -> list[Link]:
    links = []
    for number, tour in enumerate(plan.tours):
        inside = [waiting[visit.stop].point for visit in tour.visits if visit.stop != RELOAD]
        way = [depot.point, *inside, depot.point]
        links += [Link(a, b, 1, 1 + number % 3) for a, b in pairwise(way)]
    return links


def _sent(house: DemoHouse) -> dict[str, dict[str, int]]:
    """By place: each parcel that held something from there, with the grams of it."""
    sent: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with house.lanewise.sessions.system(read_only=True) as session:
        tenant = only_tenant(session)
    with house.lanewise.sessions(tenant, read_only=True) as session:
        for row in session.scalars(select(PlannedParcelRow).order_by(PlannedParcelRow.id)):
            for item in row.contents:
                grams = house.network.sku(item["sku"]).weight_g * item["qty"]
                sent[item["location"]][str(row.id)] += grams
    return sent


def _around(network: Network, hub: str, sent: dict[str, dict[str, int]]) -> list[str]:
    center = network.location(hub).point
    return [
        code
        for code in sorted(sent)
        if code != hub and distance_m(center, network.location(code).point) <= REACH_M
    ]


def _waiting(network: Network, code: str, parcels: dict[str, int], starts: datetime) -> Waiting:
    place = network.location(code)
    return Waiting(
        place=code,
        name=place.address.company or place.address.name,
        point=place.point,
        openings=place.calendar.spans_on(DAY),
        ready_at=starts + timedelta(seconds=READY_S),
        due_at=starts + timedelta(seconds=DUE_S),
        weight_g=sum(parcels.values()),
        parcels=tuple(sorted(parcels)),
    )
