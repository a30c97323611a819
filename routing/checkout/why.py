"""Why a plan is as it is: codes with parameters, each with the constraints it comes from.

Texts are made elsewhere, in the reader's language, from the code and its parameters. Nothing here
is a guess: every sentence is read off the timing of the plan's own parcels, off the frontier it
stands in, or (what-ifs, on request only) off a problem solved again.

Constraint ids: `location:ID:hours`, `lane:FROM>HUB:departures`, `hub:ID:hours`,
`service:ID:pickups`, `service:ID:transit`, `service:ID:delivery_days`, `offer:ID:stock`, `boxes`,
`rules`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from routing.checkout.calendar import day_of, first_from
from routing.checkout.evaluate import Evaluator
from routing.checkout.options import Difference, difference
from routing.checkout.problem import (
    NEVER,
    Content,
    Objective,
    Plan,
    PlannedParcel,
    Problem,
    Rules,
)
from routing.checkout.solve import solve

Value = str | int


class WhyCode(StrEnum):
    """What a sentence says; its parameters are listed beside it."""

    DATE_SET_BY_PARCEL = "date_set_by_parcel"  # parcel, date
    AFTER_CUT_OFF = "after_cut_off"  # location, cutoff_min, starts_min
    READY = "ready"  # location, ready_min
    WAITS_FOR_DEPARTURE = "waits_for_departure"  # location, hub, departure_min
    HUB_DONE = "hub_done"  # hub, done_min
    WAITS_FOR_PICKUP = "waits_for_pickup"  # service, pickup_min
    TRANSIT = "transit"  # service, minutes, level
    WAITS_FOR_DELIVERY_DAY = "waits_for_delivery_day"  # service, arrived, date
    ONE_PARCEL = "one_parcel"
    SPLIT_CHEAPER = "split_cheaper"  # parcels, cost more
    SPLIT_FASTER = "split_faster"  # parcels, days later
    SPLIT_NEEDED_STOCK = "split_needed_stock"  # parcels
    SPLIT_NEEDED_BOX = "split_needed_box"  # parcels
    ONLY_ORIGIN = "only_origin"  # line, location
    ORIGIN_AMONG = "origin_among"  # line, location, others
    THROUGH_HUB = "through_hub"  # hub, locations
    NOTHING_EARLIER = "nothing_earlier"  # date
    EARLIER_COSTS = "earlier_costs"  # days, cost


@dataclass(frozen=True, slots=True)
class Because:
    """One sentence: a code, its parameters, and the ids of the constraints behind it."""

    code: WhyCode
    parameters: tuple[tuple[str, Value], ...] = ()
    constraints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The best plan under a change, against the present one; None when there is none."""

    change: str
    plan: Plan | None
    difference: Difference | None


def explain(problem: Problem, plan: Plan, plans: Sequence[Plan]) -> tuple[Because, ...]:
    """Why this plan of the frontier `plans` arrives when it does and is made as it is."""
    evaluator = Evaluator(problem)
    return (
        *_why_date(evaluator, plan),
        *_why_not_earlier(plan, plans),
        *_why_split(evaluator, plan, plans),
        *_why_origin(evaluator, plan),
    )


def _why_date(evaluator: Evaluator, plan: Plan) -> list[Because]:
    """The chain of waits of the parcel that sets the date."""
    number, parcel = binding_parcel(evaluator, plan)
    reasons = [
        Because(
            WhyCode.DATE_SET_BY_PARCEL,
            (("parcel", number + 1), ("date", plan.date)),
            (f"service:{parcel.service}:transit",),
        )
    ]
    content = max(parcel.contents, key=evaluator.ready)
    reasons += _location_waits(evaluator, content)
    reasons += _onward_waits(evaluator, parcel)
    return reasons


def binding_parcel(evaluator: Evaluator, plan: Plan) -> tuple[int, PlannedParcel]:
    """The parcel without which the plan could be earlier: the latest, or least likely before."""
    if evaluator.problem.joint:
        number = min(
            range(plan.parcels_n),
            key=lambda n: evaluator.chance(plan.parcels[n], plan.date - 1),
        )
    else:
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
                    ("cutoff_min", missed[-1].cutoff),
                    ("starts_min", max(start, evaluator.now)),
                ),
                hours,
            )
        )
    reasons.append(Because(WhyCode.READY, (("location", own.id), ("ready_min", ready)), hours))
    return reasons


def _onward_waits(evaluator: Evaluator, parcel: PlannedParcel) -> list[Because]:
    problem = evaluator.problem
    service = evaluator.services[parcel.service]
    reasons = []
    level = problem.q
    if parcel.node in evaluator.hubs:
        departures = evaluator.departures(parcel) or {}
        place = max(departures, key=lambda one: departures[one])
        reasons.append(
            Because(
                WhyCode.WAITS_FOR_DEPARTURE,
                (("location", place), ("hub", parcel.node), ("departure_min", departures[place])),
                (f"lane:{place}>{parcel.node}:departures",),
            )
        )
    leaves_from = evaluator.at_node(parcel, level)
    if leaves_from == NEVER:
        return reasons
    if parcel.node in evaluator.hubs:
        reasons.append(
            Because(
                WhyCode.HUB_DONE,
                (("hub", parcel.node), ("done_min", leaves_from)),
                (f"hub:{parcel.node}:hours",),
            )
        )
    pickup = first_from(service.pickups, leaves_from)
    minutes = service.transit.quantile(level)
    if pickup == NEVER or minutes is None:
        return reasons
    reasons.append(
        Because(
            WhyCode.WAITS_FOR_PICKUP,
            (("service", service.id), ("pickup_min", pickup)),
            (f"service:{service.id}:pickups",),
        )
    )
    reasons.append(
        Because(
            WhyCode.TRANSIT,
            (("service", service.id), ("minutes", minutes), ("level", str(level))),
            (f"service:{service.id}:transit",),
        )
    )
    arrived = day_of(problem.day_starts, pickup + minutes)
    delivered = evaluator.delivered(service, pickup + minutes)
    if delivered > arrived:
        reasons.append(
            Because(
                WhyCode.WAITS_FOR_DELIVERY_DAY,
                (("service", service.id), ("arrived", arrived), ("date", delivered)),
                (f"service:{service.id}:delivery_days",),
            )
        )
    return reasons


def _why_not_earlier(plan: Plan, plans: Sequence[Plan]) -> list[Because]:
    earlier = [one for one in plans if one.date < plan.date]
    if not earlier:
        return [Because(WhyCode.NOTHING_EARLIER, (("date", plan.date),))]
    next_best = min(earlier, key=lambda one: (one.cost, one.date))
    return [
        Because(
            WhyCode.EARLIER_COSTS,
            (("days", plan.date - next_best.date), ("cost", next_best.cost - plan.cost)),
        )
    ]


def _why_split(evaluator: Evaluator, plan: Plan, plans: Sequence[Plan]) -> list[Because]:
    if plan.parcels_n == 1:
        return [Because(WhyCode.ONE_PARCEL)]
    fewer = [one for one in plans if one.parcels_n < plan.parcels_n]
    in_time = [one for one in fewer if one.date <= plan.date]
    if in_time:
        best = min(in_time, key=lambda one: one.cost)
        return [
            Because(
                WhyCode.SPLIT_CHEAPER,
                (("parcels", best.parcels_n), ("cost", best.cost - plan.cost)),
            )
        ]
    if fewer:
        best = min(fewer, key=lambda one: (one.date, one.cost))
        return [
            Because(
                WhyCode.SPLIT_FASTER,
                (("parcels", best.parcels_n), ("days", best.date - plan.date)),
            )
        ]
    problem = evaluator.problem
    nodes = [place.id for place in problem.locations] + [hub.id for hub in problem.hubs]
    if any(_holds_all(evaluator, node) for node in nodes):
        return [Because(WhyCode.SPLIT_NEEDED_BOX, (("parcels", plan.parcels_n),), ("boxes",))]
    stock = tuple(f"offer:{offer.id}:stock" for offer in problem.offers)
    return [Because(WhyCode.SPLIT_NEEDED_STOCK, (("parcels", plan.parcels_n),), stock)]


def _holds_all(evaluator: Evaluator, node: str) -> bool:
    """True when everything could be together at a node, boxes apart."""
    homes = {node} | {place for place, hub in evaluator.lanes if hub == node}
    for line in evaluator.problem.lines:
        stock = sum(
            offer.stock
            for offer in evaluator.problem.offers
            if offer.item == line.item.id and offer.location in homes
        )
        if stock < line.qty:
            return False
    return True


def _why_origin(evaluator: Evaluator, plan: Plan) -> list[Because]:
    reasons = []
    for parcel in plan.parcels:
        for content in parcel.contents:
            item = evaluator.lines[content.line].item.id
            others = [
                offer
                for offer in evaluator.problem.offers
                if offer.item == item and offer.location != content.location and offer.stock > 0
            ]
            about: tuple[tuple[str, Value], ...] = (
                ("line", content.line),
                ("location", content.location),
            )
            own = (f"offer:{evaluator.offer(content).id}:stock",)
            if others:
                about = (*about, ("others", len(others)))
                reasons.append(Because(WhyCode.ORIGIN_AMONG, about, own))
            else:
                reasons.append(Because(WhyCode.ONLY_ORIGIN, about, own))
        if parcel.node in evaluator.hubs:
            places = sorted({content.location for content in parcel.contents})
            reasons.append(
                Because(
                    WhyCode.THROUGH_HUB,
                    (("hub", parcel.node), ("locations", ", ".join(places))),
                    tuple(f"lane:{place}>{parcel.node}:departures" for place in places),
                )
            )
    return reasons


WHAT_IF_OBJECTIVES: tuple[Objective, ...] = ("cost", "date", "parcels")


def what_if_without(problem: Problem, plan: Plan, location: str) -> WhatIf:
    """ "From elsewhere": the best plan that uses nothing of a location."""
    offers = tuple(offer for offer in problem.offers if offer.location != location)
    return _again(f"without:{location}", replace(problem, offers=offers), plan)


def what_if_from(problem: Problem, plan: Plan, line: str, location: str) -> WhatIf:
    """ "From there instead": the best plan in which a line comes from a location."""
    rules = replace(problem.rules, pins=(*_other_pins(problem.rules, line), (line, location)))
    return _again(f"from:{line}:{location}", replace(problem, rules=rules), plan)


def what_if_ordered(problem: Problem, plan: Plan, now: int) -> WhatIf:
    """ "Two hours earlier": the best plan had the order come at another minute."""
    return _again(f"ordered:{now}", replace(problem, now=now), plan)


def what_if_parcels(problem: Problem, plan: Plan, most: int) -> WhatIf:
    """ "In fewer parcels": the best plan with at most so many."""
    return _again(f"parcels:{most}", replace(problem, max_parcels=most), plan)


def _other_pins(rules: Rules, line: str) -> tuple[tuple[str, str], ...]:
    return tuple(pin for pin in rules.pins if pin[0] != line)


def _again(change: str, problem: Problem, plan: Plan) -> WhatIf:
    """The plan under a change that is nearest to the present one: in time, else soonest."""
    plans = solve(problem, WHAT_IF_OBJECTIVES).plans
    in_time = [one for one in plans if one.date <= plan.date]
    if in_time:
        best = min(in_time, key=lambda one: (one.cost, one.date))
    elif plans:
        best = min(plans, key=lambda one: (one.date, one.cost))
    else:
        return WhatIf(change, None, None)
    return WhatIf(change, best, difference(plan, best))
