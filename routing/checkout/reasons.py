"""Why a cart can't be served: which line, by which rule, and what is near.

Asked only when there is no plan, so it may solve small problems of its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from routing.checkout.blame import blame
from routing.checkout.calendar import ready_at
from routing.checkout.exact import Budget, solve_exactly
from routing.checkout.problem import (
    NEVER,
    Line,
    Offer,
    Plan,
    Problem,
    Reason,
    ReasonCode,
)
from routing.checkout.rules import NO_RULES, Rules

ALMOST_NEVER = Decimal("0.000001")
"""A level that any arrival at all reaches."""
NONE_AND_ONE = np.array([[0], [1]], dtype=np.int64)
SMALL = Budget(states=2_000, pairs=200_000, labels=100_000)


def explain_infeasible(problem: Problem) -> tuple[Reason, ...]:
    """The rules that rule out every plan; lines first, else the cart as a whole."""
    return explain_lines(problem) or (_explain_cart(problem),)


def nearest_cart(problem: Problem, reasons: Sequence[Reason]) -> tuple[Line, ...]:
    """The cart without what can't be served, short lines at what there is; empty: nothing is left.

    A line whose SKU is shared with another is left out rather than guessed at.
    """
    shared = [line.item.id for line in problem.lines]
    failing = {reason.line: reason for reason in reasons if reason.line is not None}
    lines = []
    for line in problem.lines:
        reason = failing.get(line.id)
        if reason is None:
            lines.append(line)
        elif reason.code is ReasonCode.STOCK_SHORT and shared.count(line.item.id) == 1:
            lines.append(replace(line, qty=int(dict(reason.details)["stock"])))
    return tuple(lines) if failing else ()


def explain_lines(problem: Problem) -> tuple[Reason, ...]:
    """The lines that could not be served even alone; empty when each could."""
    reasons = (_explain_line(problem, line) for line in problem.lines)
    return tuple(reason for reason in reasons if reason is not None)


def _explain_line(problem: Problem, line: Line) -> Reason | None:
    offers = [o for o in problem.offers if o.item == line.item.id and o.stock > 0]
    if not offers:
        return Reason(ReasonCode.NO_OFFER, line.id)
    allowed = [offer for offer in offers if _permits(problem, line, offer)]
    if not allowed:
        named = ("rules", _blamed(problem))
        return Reason(ReasonCode.RULES_EXCLUDE, line.id, (("offers", len(offers)), named))
    wanted = sum(other.qty for other in problem.lines if other.item.id == line.item.id)
    stock = sum(offer.stock for offer in allowed)
    if stock < wanted:
        return Reason(ReasonCode.STOCK_SHORT, line.id, (("stock", stock), ("wanted", wanted)))
    roomy = [
        box
        for box in problem.boxes
        if line.item.weight_g <= box.max_g
        and problem.fit.fits(NONE_AND_ONE, (line.item,), (box,))[1, 0]
    ]
    if not roomy:
        return Reason(
            ReasonCode.NO_BOX,
            line.id,
            (("weight_g", line.item.weight_g), ("longest_mm", max(line.item.dims_mm))),
        )
    alone = replace(problem, lines=(replace(line, qty=1),), rules=NO_RULES, offers=tuple(allowed))
    if solve_exactly(alone, ("cost", "date", "parcels"), SMALL).plans != ():
        return None
    if not _carried(alone, frozenset(box.id for box in roomy)):
        return Reason(ReasonCode.NO_SERVICE, line.id)
    if problem.joint:
        reachable = reachable_level(alone)
        if reachable is not None:
            details = (("q", str(problem.q)), ("reachable", str(reachable)))
            return Reason(ReasonCode.NOT_RELIABLE, line.id, details)
    return Reason(ReasonCode.NO_ARRIVAL, line.id)


def reachable_level(problem: Problem) -> Decimal | None:
    """The highest tabulated level below q at which there is a plan; None when there is at none."""
    levels = {level for service in problem.services for level in service.transit.levels}
    for level in sorted((one for one in levels if one < problem.q), reverse=True):
        lenient = replace(problem, q=level)
        if solve_exactly(lenient, ("cost", "date", "parcels"), SMALL).plans:
            return level
    if solve_exactly(replace(problem, q=ALMOST_NEVER), ("cost", "date", "parcels"), SMALL).plans:
        return ALMOST_NEVER
    return None


def _permits(problem: Problem, line: Line, offer: Offer) -> bool:
    sellers = {location.id: location.seller for location in problem.locations}
    return problem.rules.permits(line.id, sellers.get(offer.location, ""), offer.location)


def _blamed(problem: Problem) -> str:
    """Paths of the rules in the way, joined by commas; empty: it is more than the rules."""

    def plans_under(rules: Rules) -> Sequence[Plan]:
        found = solve_exactly(replace(problem, rules=rules), ("date", "cost"), SMALL)
        return found.plans or ()

    return ",".join(one.path for one in blame(problem.rules, plans_under))


def _carried(alone: Problem, roomy: frozenset[str]) -> bool:
    """True when, time apart, some service takes one unit in a box of `roomy`."""
    item = alone.lines[0].item
    homes = {offer.location for offer in alone.offers}
    nodes = homes | {lane.hub for lane in alone.lanes if lane.location in homes}
    for service in alone.services:
        if service.node not in nodes or item.flags & service.refuses:
            continue
        for number, box in enumerate(alone.boxes):
            if box.id not in roomy:
                continue
            gross = item.weight_g + box.tare_g
            billed = max(gross, int(service.tariff.volumetric_g[number]))
            places = (service.tariff.brackets_g >= billed).nonzero()[0]
            if (
                gross <= service.max_g
                and len(places)
                and (service.tariff.cost[number, places[0]] >= 0)
            ):
                return True
    return False


def _explain_cart(problem: Problem) -> Reason:
    """Each line could be served alone, the cart not: find the rule whose absence helps."""
    goals = ("cost", "date", "parcels")
    units = sum(line.qty for line in problem.lines)
    for looser, code, details in (
        (
            replace(problem, max_parcels=units),
            ReasonCode.TOO_MANY_PARCELS,
            (("max_parcels", problem.max_parcels),),
        ),
        (replace(problem, rules=NO_RULES), ReasonCode.RULES_EXCLUDE, ()),
        (
            replace(problem, q=ALMOST_NEVER) if problem.joint else problem,
            ReasonCode.NOT_RELIABLE,
            (("q", str(problem.q)),),
        ),
    ):
        plans = solve_exactly(looser, goals, SMALL).plans  # type: ignore[arg-type]
        if not plans:
            continue
        if code is ReasonCode.RULES_EXCLUDE:
            details = (("rules", _blamed(problem)),)
        if code is ReasonCode.TOO_MANY_PARCELS:
            details = (*details, ("needed", min(plan.parcels_n for plan in plans)))
        if code is ReasonCode.NOT_RELIABLE:
            details = (*details, ("reachable", str(reachable_level(problem))))
        return Reason(code, None, details)
    late = [
        offer.id
        for offer in problem.offers
        for location in problem.locations
        if location.id == offer.location
        and ready_at(location.windows, problem.now, location.handling_min + offer.lead_min) == NEVER
    ]
    return Reason(ReasonCode.NO_COMBINATION, None, (("offers_never_ready", len(late)),))
