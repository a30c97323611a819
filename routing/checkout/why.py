"""Why a plan is as it is: codes with parameters, each with the constraints it comes from.

Texts are made elsewhere, in the reader's language, from the code and its parameters. Nothing here
is a guess: every sentence is read off the timing of the plan's own parcels, or off the frontier it
stands in. A parameter's name says what it is: `…_minute` a minute of the problem, `…_day` a day
index, `…_minor` minor units, `service` a service id; everything else is a name or a number.

Constraint ids: `location:ID:hours`, `lane:FROM>HUB:departures`, `hub:ID:hours`,
`service:ID:pickups`, `service:ID:transit`, `service:ID:delivery_days`, `offer:ID:stock`, `boxes`,
`level`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from routing.checkout.calendar import day_of, first_from
from routing.checkout.evaluate import Evaluator
from routing.checkout.likelihood import Likelihoods
from routing.checkout.problem import (
    NEVER,
    Content,
    Plan,
    PlannedParcel,
    Problem,
    Service,
)

Value = str | int
FOUR_PLACES = Decimal("0.0001")


class WhyCode(StrEnum):
    """What a sentence says; its parameters are listed beside it."""

    DATE_SET_BY_PARCEL = "date_set_by_parcel"  # parcel, set_day
    AFTER_CUT_OFF = "after_cut_off"  # location, cutoff_minute, starts_minute
    READY = "ready"  # location, ready_minute
    WAITS_FOR_DEPARTURE = "waits_for_departure"  # location, hub, departs_minute
    HUB_DONE = "hub_done"  # hub, done_minute
    WAITS_FOR_PICKUP = "waits_for_pickup"  # service, location, pickup_minute
    TRANSIT = "transit"  # service, hours, share
    WAITS_FOR_DELIVERY_DAY = "waits_for_delivery_day"  # service, arrived_day, delivered_day
    DAY_BEFORE_UNLIKELY = "day_before_unlikely"  # before_day, share, level
    NOTHING_EARLIER = "nothing_earlier"
    EARLIER_COSTS = "earlier_costs"  # days, cost_minor
    ONE_PARCEL = "one_parcel"
    SPLIT_CHEAPER = "split_cheaper"  # parcels, cost_minor
    SPLIT_FASTER = "split_faster"  # parcels, days
    SPLIT_NEEDED_STOCK = "split_needed_stock"  # parcels
    SPLIT_NEEDED_BOX = "split_needed_box"  # parcels
    ONLY_ORIGIN = "only_origin"  # line, location
    ORIGIN_AMONG = "origin_among"  # line, location, others
    THROUGH_HUB = "through_hub"  # hub, parcel, locations
    PLANNED_IN_A_HURRY = "planned_in_a_hurry"  # the quote is degraded: better may exist


@dataclass(frozen=True, slots=True)
class Because:
    """One sentence: a code, its parameters, and the ids of the constraints behind it."""

    code: WhyCode
    parameters: tuple[tuple[str, Value], ...] = ()
    constraints: tuple[str, ...] = ()


UNSEARCHED = frozenset(
    {WhyCode.NOTHING_EARLIER, WhyCode.SPLIT_NEEDED_STOCK, WhyCode.SPLIT_NEEDED_BOX}
)
"""What only those can say who have looked at every way."""


def explain(
    likelihoods: Likelihoods, plan: Plan, plans: Sequence[Plan], *, complete: bool = True
) -> tuple[Because, ...]:
    """Why this plan of the frontier `plans` arrives when it does and is made as it is.

    Where the plans are not the `complete` frontier, nothing is said of what else there is.
    """
    evaluator = likelihoods.evaluator
    reasons = (
        *_why_date(likelihoods, plan),
        *_why_not_earlier(plan, plans),
        _why_split(evaluator, plan, plans),
        *_why_origin(evaluator, plan),
    )
    return tuple(one for one in reasons if complete or one.code not in UNSEARCHED)


def _why_date(likelihoods: Likelihoods, plan: Plan) -> list[Because]:
    """The chain of waits of the parcel that sets the date, and what the day before lacks."""
    evaluator = likelihoods.evaluator
    number, parcel = binding_parcel(likelihoods, plan)
    transit = (f"service:{parcel.service}:transit",)
    reasons = []
    if plan.parcels_n > 1:
        about = (("parcel", number + 1), ("set_day", plan.date))
        reasons.append(Because(WhyCode.DATE_SET_BY_PARCEL, about, transit))
    reasons += _location_waits(evaluator, _latest_content(evaluator, parcel))
    reasons += _onward_waits(evaluator, parcel, plan.date)
    if evaluator.problem.joint and plan.date > 0:
        share = 1.0
        for each in plan.parcels:
            share *= likelihoods.by(each, plan.date - 1)
        reasons.append(
            Because(
                WhyCode.DAY_BEFORE_UNLIKELY,
                (
                    ("before_day", plan.date - 1),
                    ("share", share_text(share)),
                    ("level", str(evaluator.problem.q)),
                ),
                ("level",),
            )
        )
    return reasons


def _latest_content(evaluator: Evaluator, parcel: PlannedParcel) -> Content:
    """The content that the parcel waits for: at a hub, of the place that comes in last."""
    place = _last_feeder(evaluator, parcel)
    contents = [c for c in parcel.contents if place in ("", c.location)]
    return max(contents, key=evaluator.ready)


def _last_feeder(evaluator: Evaluator, parcel: PlannedParcel) -> str:
    """The place whose goods reach the hub last, each lane at the level; empty: no hub."""
    if parcel.node not in evaluator.hubs:
        return ""
    departures = evaluator.departures(parcel) or {}

    def comes_in(place: str) -> int:
        minutes = evaluator.lanes[place, parcel.node].transit.quantile(evaluator.problem.q)
        return departures[place] + (minutes or 0)

    return max(departures, key=comes_in, default="")


def share_text(probability: float) -> str:
    """Four decimals, rounded down, as text."""
    return str(Decimal(probability + 1e-9).quantize(FOUR_PLACES, ROUND_FLOOR))


def binding_parcel(likelihoods: Likelihoods, plan: Plan) -> tuple[int, PlannedParcel]:
    """The parcel without which the plan could be earlier: the latest, or least likely before."""
    if likelihoods.problem.joint:
        number = min(
            range(plan.parcels_n),
            key=lambda n: likelihoods.by(plan.parcels[n], plan.date - 1),
        )
    else:
        evaluator = likelihoods.evaluator
        number = max(range(plan.parcels_n), key=lambda n: evaluator.day_per_leg(plan.parcels[n]))
    return number, plan.parcels[number]


def _location_waits(evaluator: Evaluator, content: Content) -> list[Because]:
    own = evaluator.locations[content.location]
    hours = (f"location:{own.id}:hours",)
    ready = evaluator.ready(content)
    reasons = []
    missed = [window for window in own.windows if window.cutoff < evaluator.now < window.close]
    if missed:
        start = next(w.open for w in own.windows if w.cutoff >= evaluator.now)
        reasons.append(
            Because(
                WhyCode.AFTER_CUT_OFF,
                (
                    ("location", own.id),
                    ("cutoff_minute", missed[-1].cutoff),
                    ("starts_minute", max(start, evaluator.now)),
                ),
                hours,
            )
        )
    reasons.append(Because(WhyCode.READY, (("location", own.id), ("ready_minute", ready)), hours))
    return reasons


def _onward_waits(evaluator: Evaluator, parcel: PlannedParcel, by_day: int) -> list[Because]:
    problem = evaluator.problem
    service = evaluator.services[parcel.service]
    reasons = []
    if parcel.node in evaluator.hubs:
        departures = evaluator.departures(parcel) or {}
        place = _last_feeder(evaluator, parcel)
        about: tuple[tuple[str, Value], ...] = (("location", place), ("hub", parcel.node))
        reasons.append(
            Because(
                WhyCode.WAITS_FOR_DEPARTURE,
                (*about, ("departs_minute", departures[place])),
                (f"lane:{place}>{parcel.node}:departures",),
            )
        )
    leaves_from = evaluator.at_node(parcel, problem.q)
    if leaves_from == NEVER:
        return reasons
    if parcel.node in evaluator.hubs:
        reasons.append(
            Because(
                WhyCode.HUB_DONE,
                (("hub", parcel.node), ("done_minute", leaves_from)),
                (f"hub:{parcel.node}:hours",),
            )
        )
    pickup = first_from(service.pickups, leaves_from)
    if pickup == NEVER:
        return reasons
    reasons.append(
        Because(
            WhyCode.WAITS_FOR_PICKUP,
            (("service", service.id), ("location", parcel.node), ("pickup_minute", pickup)),
            (f"service:{service.id}:pickups",),
        )
    )
    return reasons + _transit(evaluator, service, pickup, by_day)


def _transit(evaluator: Evaluator, service: Service, pickup: int, by_day: int) -> list[Because]:
    """How long the carrier may take and still be in time, and the day it then waits for."""
    in_time = [
        (minutes, level)
        for minutes, level in zip(service.transit.minutes, service.transit.levels, strict=True)
        if NEVER != evaluator.delivered(service, pickup + minutes) <= by_day
    ]
    if not in_time:
        return []
    minutes, level = in_time[-1]
    reasons = [
        Because(
            WhyCode.TRANSIT,
            (("service", service.id), ("hours", -(-minutes // 60)), ("share", str(level))),
            (f"service:{service.id}:transit",),
        )
    ]
    arrived = day_of(evaluator.problem.day_starts, pickup + minutes)
    delivered = evaluator.delivered(service, pickup + minutes)
    if delivered > arrived:
        reasons.append(
            Because(
                WhyCode.WAITS_FOR_DELIVERY_DAY,
                (
                    ("service", service.id),
                    ("arrived_day", arrived),
                    ("delivered_day", delivered),
                ),
                (f"service:{service.id}:delivery_days",),
            )
        )
    return reasons


def _why_not_earlier(plan: Plan, plans: Sequence[Plan]) -> list[Because]:
    earlier = [one for one in plans if one.date < plan.date]
    if not earlier:
        return [Because(WhyCode.NOTHING_EARLIER)]
    next_best = min(earlier, key=lambda one: (one.cost, one.date))
    return [
        Because(
            WhyCode.EARLIER_COSTS,
            (("days", plan.date - next_best.date), ("cost_minor", next_best.cost - plan.cost)),
        )
    ]


def _why_split(evaluator: Evaluator, plan: Plan, plans: Sequence[Plan]) -> Because:
    if plan.parcels_n == 1:
        return Because(WhyCode.ONE_PARCEL)
    fewer = [one for one in plans if one.parcels_n < plan.parcels_n]
    in_time = [one for one in fewer if one.date <= plan.date]
    if in_time:
        best = min(in_time, key=lambda one: one.cost)
        about = (("parcels", best.parcels_n), ("cost_minor", best.cost - plan.cost))
        return Because(WhyCode.SPLIT_CHEAPER, about)
    if fewer:
        best = min(fewer, key=lambda one: (one.date, one.cost))
        about = (("parcels", best.parcels_n), ("days", best.date - plan.date))
        return Because(WhyCode.SPLIT_FASTER, about)
    problem = evaluator.problem
    nodes = [place.id for place in problem.locations] + [hub.id for hub in problem.hubs]
    if any(_holds_all(problem, node) for node in nodes):
        return Because(WhyCode.SPLIT_NEEDED_BOX, (("parcels", plan.parcels_n),), ("boxes",))
    stock = tuple(f"offer:{offer.id}:stock" for offer in problem.offers)
    return Because(WhyCode.SPLIT_NEEDED_STOCK, (("parcels", plan.parcels_n),), stock)


def _holds_all(problem: Problem, node: str) -> bool:
    """True when everything could be together at a node, boxes apart."""
    homes = {node} | {lane.location for lane in problem.lanes if lane.hub == node}
    for line in problem.lines:
        stock = sum(
            offer.stock
            for offer in problem.offers
            if offer.item == line.item.id and offer.location in homes
        )
        if stock < line.qty:
            return False
    return True


def _why_origin(evaluator: Evaluator, plan: Plan) -> list[Because]:
    """Where each line comes from, and through which hub."""
    sources: dict[str, list[str]] = {}
    for offer in evaluator.problem.offers:
        sources.setdefault(offer.item, []).append(offer.location)
    reasons = []
    for content in sorted({c for parcel in plan.parcels for c in parcel.contents}):
        about: tuple[tuple[str, Value], ...] = (
            ("line", content.line),
            ("location", content.location),
        )
        own = (f"offer:{evaluator.offer(content).id}:stock",)
        others = len(sources[evaluator.lines[content.line].item.id]) - 1
        if others:
            reasons.append(Because(WhyCode.ORIGIN_AMONG, (*about, ("others", others)), own))
        else:
            reasons.append(Because(WhyCode.ONLY_ORIGIN, about, own))
    for number, parcel in enumerate(plan.parcels, start=1):
        if parcel.node in evaluator.hubs:
            places = sorted({content.location for content in parcel.contents})
            reasons.append(
                Because(
                    WhyCode.THROUGH_HUB,
                    (("hub", parcel.node), ("parcel", number), ("locations", len(places))),
                    tuple(f"lane:{place}>{parcel.node}:departures" for place in places),
                )
            )
    return reasons
