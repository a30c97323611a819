"""Plans a quote again: to explain an option, to say what-ifs, to write it down as a case."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.errors import NotFound
from core.money import Money
from routing.cart import Live, OfferKey
from routing.checkout.details import Describer
from routing.checkout.from_network import CartProblem, build_problem
from routing.checkout.problem import CO2_UNKNOWN_G, Content, Plan, PlannedParcel
from routing.checkout.ruled import without_rules
from routing.checkout.sentences import told_parameters
from routing.checkout.to_case import case_of
from routing.checkout.what_ifs import WhatIf, ask_what_ifs
from routing.network.policies import DateRule
from routing.quote import Alternative, DeliveryOption, Explanation, Quote, Sentence
from routing.snapshot import Snapshot


def explain_option(snapshot: Snapshot, quote: Quote, code: str, live: Live) -> Explanation:
    """Why an option (by code or name) is as it is, and what else there could be.

    `snapshot` is the quote's own network; stock is today's, with what the quote counted on still
    there. Raises NotFound for an option that the quote does not have.
    """
    option = quote.option(code)
    if option is None:
        raise NotFound(f"the quote has no option {code!r}", code="unknown_option")
    stock = Live(_with_own(live, option), live.used)
    cart = quote.cart
    if option.pickup_point is not None:
        cart = replace(cart, pickup_point=option.pickup_point.code, pickup_points=0)
    problem = build_problem(snapshot, cart, stock)
    if option.promise.rule == DateRule.LEVEL:
        problem = problem.by_level()
    describer = Describer(snapshot, problem)
    plan = plan_of(snapshot, problem, option)
    alternatives = []
    for change, parameters, what_if in ask_what_ifs(problem.problem, plan):
        if what_if.plan is not None and set(what_if.plan.parcels) == set(plan.parcels):
            continue  # the change changes nothing
        question = Sentence(change.value, told_parameters(problem, parameters))
        alternatives.append(_alternative(describer, option, question, what_if))
    for question, lifted, what_if in without_rules(snapshot, cart, stock, problem.problem.q, plan):
        if what_if.plan is None or set(what_if.plan.parcels) != set(plan.parcels):
            other = Describer(snapshot, lifted)
            alternatives.append(_alternative(other, option, question, what_if))
    return Explanation(option.code, option.why, tuple(alternatives))


def live_of(quote: Quote) -> Live:
    """What was live when the quote was made."""
    return Live(
        {(seen.seller, seen.sku, seen.location): seen.units for seen in quote.stock},
        {(seen.place, seen.day): seen.parcels for seen in quote.used},
    )


def case_of_quote(snapshot: Snapshot, quote: Quote) -> dict[str, Any]:
    """The planning case behind a quote: it solves to the plans that the options came from."""
    problem = build_problem(snapshot, quote.cart, live_of(quote))
    if all(option.promise.rule == DateRule.LEVEL for option in quote.options):
        problem = problem.by_level()
    return case_of(replace(problem.problem, id=str(quote.id)), problem.first_day)


def plan_of(snapshot: Snapshot, problem: CartProblem, option: DeliveryOption) -> Plan:
    """The plan behind an option, as the quote told it."""
    parcels = []
    for parcel in option.parcels:
        box_set = snapshot.network.location(parcel.origin).box_set
        contents = tuple(Content(c.line, c.location, c.qty) for c in parcel.contents)
        parcels.append(
            PlannedParcel(
                parcel.origin,
                f"{parcel.service}@{parcel.origin}",
                f"{box_set}/{parcel.box}",
                contents,
            )
        )
    return Plan(
        option.cost.minor,
        (option.promise.date - problem.first_day) // timedelta(days=1),
        len(parcels),
        CO2_UNKNOWN_G if option.co2_g is None else option.co2_g,
        tuple(parcels),
        option.co2_g is not None,
        problem.problem.co2_price,
    )


def _with_own(live: Live, option: DeliveryOption) -> dict[OfferKey, int]:
    """Stock in which at least the option's own goods are there."""
    stock = dict(live.stock)
    own: dict[OfferKey, int] = {}
    for parcel in option.parcels:
        for content in parcel.contents:
            key = (content.seller, content.sku, content.location)
            own[key] = own.get(key, 0) + content.qty
    for key, qty in own.items():
        stock[key] = max(stock.get(key, 0), qty)
    return stock


def _alternative(
    describer: Describer, option: DeliveryOption, question: Sentence, what_if: WhatIf
) -> Alternative:
    if what_if.plan is None:
        return Alternative(question, None)
    found = describer.option("", what_if.plan, (), ())
    charge = found.charge.total.minor - option.charge.total.minor
    cost = found.cost.minor - option.cost.minor
    currency = option.cost.currency
    return Alternative(
        question,
        found.promise.date,
        days=(found.promise.date - option.promise.date).days,
        parcels=len(found.parcels) - len(option.parcels),
        cost=Money(cost, currency),
        charge=Money(charge, currency),
    )
