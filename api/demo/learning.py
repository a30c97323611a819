"""An act without people: a carrier slows down, its deliveries are learned from, promises come true again.

Invented deliveries on the demo's own network, seeded; everything else is the product's own code.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from core.ids import QuoteId
from core.places import Destination
from core.places import zone as zone_of
from routing.cart import Cart, CartLine, Live
from routing.checkout.from_network import CartProblem, build_problem
from routing.checkout.prices import likely_rate, with_room
from routing.checkout.problem import Transit
from routing.distributions.lead_times import LearnedLeadTimes
from routing.distributions.traits import Goods, ParcelTraits, parcel_traits
from routing.network.network import Network
from routing.quote import DeliveryOption
from routing.quoting import plan_quote
from routing.snapshot import Snapshot, compile_snapshot
from tracking.learning.boosting import BoostingPlan
from tracking.learning.facts import ParcelFact
from tracking.learning.lateness import lateness_costs
from tracking.learning.pulse import state_of_day
from tracking.learning.teach import fit, lesson_from

DAYS, PARCELS_A_DAY, SEED = 90, 40, 7  # a dozen a day teach too little: the date hangs on chance
SLOW_SHARE, SLOW_DAYS = 0.35, (1, 4)  # of its parcels, and how much longer than published
SMALL = BoostingPlan(trees=60, leaves=6, minimum_hessian=3.0, learning_rate=0.1)
MONDAY_TO_FRIDAY, MONDAY_TO_SATURDAY = frozenset(range(5)), frozenset(range(6))
PICKUP_MIN = 16 * 60  # when parcels are collected
HOME = Destination("FR", "69003")
CHECKED = 2000  # further deliveries that show what a promise is worth
NO_QUOTE = QuoteId(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Learned:
    """One promise: by which knowledge, for when, what it said and how many such parcels made it."""

    rests_on: str
    rule: str
    days: int
    said: float
    kept: float


@dataclass(frozen=True, slots=True)
class LearningStory:
    """The same cart before and after; `deliveries` taught."""

    carrier: str
    article: str
    at: datetime
    deliveries: int
    before: Learned
    after: Learned


def play_learning(network: Network, at: datetime, *, seed: int = SEED) -> LearningStory:
    """Promise a cart by published times, and by what the last three months' parcels teach."""
    draw = random.Random(seed)
    snapshot = compile_snapshot(_without_hubs(network), "learning")
    cart, live = _cart(network, at), Live({offer.key: offer.stock for offer in network.offers})
    problem = build_problem(snapshot, cart, live)
    before = _cheapest(snapshot, cart, live)
    service = before.parcels[0].service
    facts = list(_deliveries(problem, _traits(problem, network), service, at, draw))
    today = at.astimezone(zone_of(network.marketplace.zone)).date()
    lesson = lesson_from(_known(facts, today), today, country=network.marketplace.country)
    model = fit(lesson, plan=SMALL)
    level = float(problem.policy.level)
    state = state_of_day(lesson, {}, lateness_costs(lesson, model, {}, (level,)))
    learned = LearnedLeadTimes(f"learned-1@{state.name}", model, state)
    taught = replace(snapshot, lead_times=learned)
    after = _cheapest(taught, cart, live)
    names = {each.code: each.name for each in network.carriers}
    return LearningStory(
        names[before.parcels[0].carrier],
        network.sku(cart.lines[0].sku).name,
        at,
        lesson.deliveries,
        _told(problem, before, "published times", service, today, draw),
        _told(problem, after, "learned times", service, today, draw),
    )


def _without_hubs(network: Network) -> Network:
    """Hubs keep published times; one parcel straight to the door shows the difference."""
    policies = tuple(
        replace(policy, splits=replace(policy.splits, hubs=False)) for policy in network.policies
    )
    return replace(network, policies=policies)


def _cart(network: Network, at: datetime) -> Cart:
    """One article of a French seller."""
    ours = {seller.code for seller in network.sellers if seller.country == "FR"}
    offer = next(each for each in network.offers if each.seller in ours and each.stock >= 5)
    return Cart(HOME, (CartLine("1", offer.sku, 1, offer.seller),), at)


def _cheapest(snapshot: Snapshot, cart: Cart, live: Live) -> DeliveryOption:
    quote = plan_quote(snapshot, cart, live, NO_QUOTE)
    return quote.option("cheapest") or quote.options[0]


def _traits(problem: CartProblem, network: Network) -> dict[str, ParcelTraits]:
    """What such a parcel is, by service id."""
    line = problem.cart.lines[0]
    goods = (Goods(network.sku(line.sku), line.qty, 0),)
    return {
        service.id: parcel_traits(
            network.location(service.node),
            problem.destination,
            service.kind,
            goods,
            sellers=1,
            freight_minor=likely_rate(service.tariff, with_room(problem.problem.boxes, goods)),
        )
        for service in problem.problem.services
    }


def _deliveries(
    problem: CartProblem,
    traits: dict[str, ParcelTraits],
    slow: str,
    at: datetime,
    draw: random.Random,
) -> Iterator[ParcelFact]:
    """Parcels of the last three months by all of the cart's services; one of them has slowed down."""
    services = problem.problem.services
    for number in range(DAYS * PARCELS_A_DAY):
        service = services[number % len(services)]
        bought = at - timedelta(days=1 + number // PARCELS_A_DAY, minutes=draw.randrange(480))
        handed, came = _way(service.transit, bought.date(), service.kind == slow, draw)
        yield ParcelFact(
            bought.astimezone(UTC).replace(tzinfo=None), handed, came, traits[service.id]
        )


def _way(transit: Transit, bought: date, is_slow: bool, draw: random.Random) -> tuple[date, date]:
    """Handed over and delivered on; as published, but that slow ones may take days more."""
    handed = _open(bought, MONDAY_TO_FRIDAY)
    chance = draw.random()
    minutes = next(
        (m for level, m in zip(transit.levels, transit.minutes, strict=True) if level >= chance),
        transit.minutes[-1],
    )
    days = (PICKUP_MIN + minutes) // 1440
    if is_slow and draw.random() < SLOW_SHARE:
        days += draw.randint(*SLOW_DAYS)
    return handed, _open(handed + timedelta(days=days), MONDAY_TO_SATURDAY)


def _open(day: date, weekdays: frozenset[int]) -> date:
    """That day or the first after it on one of the weekdays."""
    while day.weekday() not in weekdays:
        day += timedelta(days=1)
    return day


def _known(facts: list[ParcelFact], today: date) -> list[ParcelFact]:
    """As they stood this morning."""
    return [
        replace(
            fact,
            handed_on=fact.handed_on if fact.handed_on and fact.handed_on < today else None,
            delivered_on=fact.delivered_on
            if fact.delivered_on and fact.delivered_on < today
            else None,
        )
        for fact in facts
    ]


def _told(
    problem: CartProblem,
    option: DeliveryOption,
    rests_on: str,
    slow: str,
    today: date,
    draw: random.Random,
) -> Learned:
    """The promise, and how many of further such parcels keep it."""
    chosen = option.parcels[0]
    service = next(
        each
        for each in problem.problem.services
        if (each.kind, each.node) == (chosen.service, chosen.origin)
    )
    came = [_way(service.transit, today, chosen.service == slow, draw)[1] for _ in range(CHECKED)]
    return Learned(
        rests_on,
        option.promise.rule,
        (option.promise.date - today).days,
        float(option.promise.probability),
        sum(day <= option.promise.date for day in came) / CHECKED,
    )
