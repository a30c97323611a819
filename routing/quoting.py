"""Quotes a cart: plans it on a snapshot and tells the options with promise, cost and charge."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from core.ids import QuoteId
from routing.capacity import crowded
from routing.cart import Cart, Live
from routing.checkout.details import Describer
from routing.checkout.from_network import CartProblem, build_problem
from routing.checkout.nominated import explain_no_day
from routing.checkout.options import choose_plans
from routing.checkout.pickups import nearest_points
from routing.checkout.problem import OBJECTIVES, Answer, Objective, Plan, Reason, ReasonCode
from routing.checkout.reasons import nearest_cart
from routing.checkout.ruled import explain_rules, told_rules
from routing.checkout.rules import NO_RULES
from routing.checkout.solve import solve
from routing.checkout.why import WhyCode
from routing.crowding import plans_with_room
from routing.network.policies import DateRule
from routing.quote import (
    DeliveryOption,
    Quote,
    SeenStock,
    SeenUse,
    Sentence,
    Unused,
    UsedRate,
    WhyNot,
    difference_of,
)
from routing.snapshot import Snapshot

Planned = Callable[[CartProblem], Answer]
"""Another way to answer a cart's problem than to solve it."""

EXACT = "exact"
"""The method of answers within the exact budget: of these it may be asked again under other rules."""


def plan_quote(
    snapshot: Snapshot,
    cart: Cart,
    live: Live,
    quote_id: QuoteId,
    *,
    asked_at: datetime | None = None,
    planned: Planned | None = None,
) -> Quote:
    """The quote for a cart; no options means it cannot be served, and `reasons` say why.

    It is held from `asked_at`, the present instant, where the cart is planned for a later one.
    With `planned` its answer is told as it is, named by its method as degraded: without a search
    for what else could be, and without pickup points beside the door.
    Raises InvalidInput for unknown SKUs, sellers and destinations; NotFound for the policy.
    """
    problem = build_problem(snapshot, cart, live)
    if planned is None:
        problem, answer = _solved(problem)
        asked = answer.plans if answer.method == EXACT else ()
        told = told_rules(snapshot, cart, live, problem.problem.q, asked)
        options = _options(snapshot, problem, answer, told)
        if _any_crowded(snapshot, options, live):
            options, (problem, answer) = _roomy(snapshot, cart, live, (problem, answer), told)
        reasons = _why_none(snapshot, cart, live, problem, answer)
    else:
        answer, reasons = planned(problem), ()
        options = tuple(
            _hurried(one)
            for one in _options(snapshot, problem, answer, {})
            if not crowded(snapshot, one.parcels, live.used)
        )
    rates = _rates(problem, options)
    points = cart.pickup_points if planned is None else 0
    for point in nearest_points(snapshot, cart.destination, points):
        collected = replace(cart, pickup_point=point.code, pickup_points=0)
        there = build_problem(snapshot, collected, live)
        more = _collected(snapshot, collected, live, there, len(options))
        options, rates = (*options, *more), rates | _rates(there, more)
    return Quote(
        id=quote_id,
        network=snapshot.version,
        policy=problem.policy.code,
        policy_version=problem.policy.version,
        at=cart.at,
        expires_at=min(cart.at, asked_at or cart.at) + problem.policy.hold,
        destination=cart.destination,
        precision=problem.destination.precision.value,
        zones=problem.destination.zones,
        currency=snapshot.network.marketplace.currency,
        group=cart.group,
        lines=cart.lines,
        options=_with_differences(options),
        exact=answer.exact,
        bound_minor=answer.bound,
        reasons=tuple(_why_not(reason) for reason in reasons),
        left_out=tuple(
            Unused(each.kind, each.code, each.reason, each.detail) for each in problem.left_out
        ),
        rates=tuple(rates[pair] for pair in sorted(rates)),
        model=problem.model,
        stock=_seen_stock(cart, live),
        used=_seen_use(problem, live),
        nominated_day=cart.nominated_day,
        pickup=cart.pickup_point,
        pickup_points=cart.pickup_points,
        rules=cart.rules,
        co2_minor_per_tonne=cart.co2_minor_per_tonne,
        method=answer.method,
        degraded_by="" if planned is None else answer.method,
    )


def _why_none(
    snapshot: Snapshot, cart: Cart, live: Live, problem: CartProblem, answer: Answer
) -> tuple[Reason, ...]:
    """Why a cart has no option, and what could be had instead; nothing where it has one."""
    reasons = answer.reasons
    if not answer.plans and cart.nominated_day is not None:
        reasons = explain_no_day(snapshot, cart, live, reasons)
    proven = not answer.plans and answer.method == EXACT and reasons is answer.reasons
    if proven and cart.rules.any:
        reasons = explain_rules(snapshot, cart, live, problem.problem.q) or reasons
    return (*reasons, *_what_could_be(problem, reasons))


def _solved(
    problem: CartProblem, objectives: Sequence[Objective] = OBJECTIVES
) -> tuple[CartProblem, Answer]:
    """The problem as it was planned; by the level alone where nothing keeps what a cost asks for."""
    answer = solve(problem.problem, objectives)
    if answer.plans or problem.rule is DateRule.LEVEL:
        return problem, answer
    problem = problem.by_level()
    return problem, solve(problem.problem, objectives)


def _what_could_be(problem: CartProblem, reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Of a cart with failing lines: how much of each line could be served, and by when."""
    lines = nearest_cart(problem.problem, reasons)
    if not lines:
        return ()
    plans = solve(replace(problem.problem, lines=lines, rules=NO_RULES), ("date", "cost")).plans
    if not plans:
        return ()
    day = problem.day(min(plan.date for plan in plans)).isoformat()
    return tuple(
        Reason(ReasonCode.COULD_BE_SERVED, line.id, (("qty", line.qty), ("earliest_on", day)))
        for line in lines
    )


def _collected(
    snapshot: Snapshot, cart: Cart, live: Live, problem: CartProblem, after: int
) -> tuple[DeliveryOption, ...]:
    """The cheapest and the fastest way to one pickup point, numbered on from `after`."""
    problem, answer = _solved(problem, ("cost", "date", "parcels"))
    plans = answer.plans
    if not plans:
        return ()
    cheapest = min(plans, key=lambda plan: (plan.weighed, plan.date))
    fastest = min(plans, key=lambda plan: (plan.date, plan.weighed))
    describer = Describer(snapshot, problem)
    chosen = tuple(
        plan
        for plan in dict.fromkeys((fastest, cheapest))
        if not crowded(snapshot, describer.parcels(plan), live.used)
    )
    told = told_rules(snapshot, cart, live, problem.problem.q, chosen)
    return tuple(
        describer.option(
            f"o{number}", plan, (), plans, also=told.get(plan, ()), complete=answer.complete
        )
        for number, plan in enumerate(chosen, start=after + 1)
    )


def _seen_stock(cart: Cart, live: Live) -> tuple[SeenStock, ...]:
    """What there was of the cart's articles."""
    skus = {line.sku for line in cart.lines}
    seen = [(key, units) for key, units in live.stock.items() if key[1] in skus]
    return tuple(SeenStock(*key, units) for key, units in sorted(seen))


def _seen_use(problem: CartProblem, live: Live) -> tuple[SeenUse, ...]:
    """The used capacity of the places that this cart could leave from."""
    nodes = {service.node for service in problem.problem.services}
    return tuple(
        SeenUse(place, day, parcels)
        for (place, day), parcels in sorted(live.used.items())
        if place.rpartition("@")[2] in nodes
    )


def _options(
    snapshot: Snapshot,
    problem: CartProblem,
    answer: Answer,
    told: Mapping[Plan, tuple[Sentence, ...]],
) -> tuple[DeliveryOption, ...]:
    if not answer.plans:
        return ()
    describer = Describer(snapshot, problem)
    chosen = choose_plans(
        answer.plans, problem.policy.option_names, arrives_as_one=describer.arrives_as_one
    )
    return tuple(
        describer.option(
            f"o{number}",
            plan,
            names,
            answer.plans,
            also=told.get(plan, ()),
            complete=answer.complete,
        )
        for number, (plan, names) in enumerate(chosen, start=1)
    )


def _any_crowded(snapshot: Snapshot, options: Sequence[DeliveryOption], live: Live) -> bool:
    return any(crowded(snapshot, option.parcels, live.used) for option in options)


def _roomy(
    snapshot: Snapshot,
    cart: Cart,
    live: Live,
    first: tuple[CartProblem, Answer],
    told: Mapping[Plan, tuple[Sentence, ...]],
) -> tuple[tuple[DeliveryOption, ...], tuple[CartProblem, Answer]]:
    """Options whose parcels all find room together; what is said of them claims no full search."""
    of, (problem, answer) = plans_with_room(snapshot, cart, live, first, _solved)
    plans = tuple(sorted(of, key=lambda plan: (plan.date, plan.weighed)))
    chosen = choose_plans(
        plans,
        problem.policy.option_names,
        arrives_as_one=lambda plan: of[plan].arrives_as_one(plan),
    )
    options = tuple(
        of[plan].option(f"o{n}", plan, names, plans, also=told.get(plan, ()), complete=False)
        for n, (plan, names) in enumerate(chosen, start=1)
    )
    if options:
        problem, answer = first[0], replace(first[1], exact=False)
    return options, (problem, answer)


def _with_differences(options: Sequence[DeliveryOption]) -> tuple[DeliveryOption, ...]:
    """Each option beside the one before it: days later, parcels more, money more."""
    told = list(options[:1])
    for number, (before, option) in enumerate(itertools.pairwise(options), start=1):
        difference = difference_of(before, option, to=before.code)
        why = _priced_why(option, options[:number])
        told.append(replace(option, difference=difference, why=why))
    return tuple(told)


def _priced_why(option: DeliveryOption, before: Sequence[DeliveryOption]) -> tuple[Sentence, ...]:
    """What an earlier day costs, told by the option the shopper could take instead."""
    earlier = [each for each in before if each.promise.date < option.promise.date]
    if not earlier:
        return option.why
    best = min(earlier, key=lambda each: (each.charge.total.minor, each.promise.date))
    charge_minor = best.charge.total.minor - option.charge.total.minor
    told = Sentence(
        WhyCode.EARLIER_COSTS.value,
        (
            ("option", best.code),
            ("days", str((option.promise.date - best.promise.date).days)),
            ("charge_minor", str(charge_minor)),
        ),
    )
    return tuple(told if each.code == told.code else each for each in option.why)


def _hurried(option: DeliveryOption) -> DeliveryOption:
    """Without the sentences that compare it with all other plans, which nobody looked at."""
    said = tuple(each for each in option.why if each.code not in _OF_A_FULL_SEARCH)
    return replace(option, why=(Sentence(WhyCode.PLANNED_IN_A_HURRY.value), *said))


_OF_A_FULL_SEARCH = frozenset(
    code.value
    for code in (
        WhyCode.NOTHING_EARLIER,
        WhyCode.EARLIER_COSTS,
        WhyCode.SPLIT_CHEAPER,
        WhyCode.SPLIT_FASTER,
        WhyCode.SPLIT_NEEDED_STOCK,
        WhyCode.SPLIT_NEEDED_BOX,
    )
)


def _why_not(reason: Reason) -> WhyNot:
    details = tuple((name, str(value)) for name, value in reason.details)
    return WhyNot(reason.code.value, reason.line, details)


def _rates(
    problem: CartProblem, options: Sequence[DeliveryOption]
) -> dict[tuple[str, str], UsedRate]:
    """The exchange rates behind the carriers' prices in these options."""
    used: dict[tuple[str, str], UsedRate] = {}
    for option in options:
        for parcel in option.parcels:
            rate = problem.prices[f"{parcel.service}@{parcel.origin}"].rate
            if rate is not None:
                used[rate.base, rate.quote] = UsedRate(
                    rate.base, rate.quote, rate.rate, rate.day, rate.source
                )
    return used
