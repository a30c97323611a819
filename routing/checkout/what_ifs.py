"""What if: the best plan under one change, found by solving the cart again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from routing.checkout.evaluate import Evaluator
from routing.checkout.options import Difference, difference
from routing.checkout.problem import Objective, Plan, Problem
from routing.checkout.rules import Pin, PinTo, Rules
from routing.checkout.solve import solve

WHAT_IF_OBJECTIVES: tuple[Objective, ...] = ("cost", "date", "parcels")
EARLIER_MIN = 120
"""How much earlier "ordered earlier" asks about."""
MOST_SOURCES = 4
"""At most so many other sources are tried, and so many places done without."""


class Change(StrEnum):
    """What is changed; its parameters are listed beside it."""

    ORDERED_EARLIER = "ordered_earlier"  # hours
    BEFORE_CUT_OFF = "before_cut_off"  # location, cutoff_minute
    FROM_PLACE = "from_place"  # line, location
    WITHOUT_PLACE = "without_place"  # location
    FEWER_PARCELS = "fewer_parcels"  # parcels


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The best plan under a change, against the present one; None when there is none."""

    plan: Plan | None
    difference: Difference | None


Question = tuple[Change, tuple[tuple[str, str | int], ...], WhatIf]


def ask_what_ifs(problem: Problem, plan: Plan) -> Iterator[Question]:
    """(change, its parameters, what it would bring) for the changes worth asking about."""
    earlier = problem.now - EARLIER_MIN
    yield (
        Change.ORDERED_EARLIER,
        (("hours", EARLIER_MIN // 60),),
        what_if_ordered(problem, plan, earlier),
    )
    used = dict.fromkeys(c.location for parcel in plan.parcels for c in parcel.contents)
    yield from _missed_cut_offs(problem, plan, used)
    lines = {line.id: line.item.id for line in problem.lines}
    taken = {(c.line, c.location) for parcel in plan.parcels for c in parcel.contents}
    others = [
        (line, offer.location)
        for line in dict.fromkeys(line for line, _ in sorted(taken))
        for offer in problem.offers
        if offer.item == lines[line] and (line, offer.location) not in taken
    ]
    for line, location in others[:MOST_SOURCES]:
        about = (("line", line), ("location", location))
        yield Change.FROM_PLACE, about, what_if_from(problem, plan, line, location)
    if len(used) > 1:
        needed = {location for line, location in taken if not any(o[0] == line for o in others)}
        for location in [place for place in used if place not in needed][:MOST_SOURCES]:
            without = what_if_without(problem, plan, location)
            yield Change.WITHOUT_PLACE, (("location", location),), without
    if plan.parcels_n > 1:
        most = plan.parcels_n - 1
        yield Change.FEWER_PARCELS, (("parcels", most),), what_if_parcels(problem, plan, most)


def _missed_cut_offs(problem: Problem, plan: Plan, used: dict[str, None]) -> Iterator[Question]:
    """What ordering at the last cut-off of today would have brought, place by place."""
    evaluator = Evaluator(problem)
    for location in used:
        windows = evaluator.locations[location].windows
        missed = [window for window in windows if window.cutoff < problem.now < window.close]
        if missed:
            about = (("location", location), ("cutoff_minute", missed[-1].cutoff))
            ordered = what_if_ordered(problem, plan, missed[-1].cutoff)
            yield Change.BEFORE_CUT_OFF, about, ordered


def what_if_without(problem: Problem, plan: Plan, location: str) -> WhatIf:
    """ "From elsewhere": the best plan that uses nothing of a location."""
    offers = tuple(offer for offer in problem.offers if offer.location != location)
    return nearest_plan(replace(problem, offers=offers), plan)


def what_if_from(problem: Problem, plan: Plan, line: str, location: str) -> WhatIf:
    """ "From there instead": the best plan in which a line comes from a location."""
    pin = Pin(line, PinTo.LOCATION, location)
    rules = replace(problem.rules, pins=(*_other_pins(problem.rules, line), pin))
    return nearest_plan(replace(problem, rules=rules), plan)


def what_if_ordered(problem: Problem, plan: Plan, now: int) -> WhatIf:
    """ "Two hours earlier": the earliest plan, not dearer, had the order come at another minute."""
    plans = solve(replace(problem, now=now), WHAT_IF_OBJECTIVES).plans
    affordable = [one for one in plans if one.weighed <= plan.weighed]
    best = min(affordable or plans, key=lambda one: (one.date, one.weighed), default=None)
    return WhatIf(best, None if best is None else difference(plan, best))


def what_if_parcels(problem: Problem, plan: Plan, most: int) -> WhatIf:
    """ "In fewer parcels": the best plan with at most so many."""
    return nearest_plan(replace(problem, max_parcels=most), plan)


def _other_pins(rules: Rules, line: str) -> tuple[Pin, ...]:
    """The pins that say nothing of where a line comes from."""
    places = (PinTo.SELLER, PinTo.LOCATION)
    return tuple(pin for pin in rules.pins if pin.line != line or pin.to not in places)


def nearest_plan(problem: Problem, plan: Plan) -> WhatIf:
    """The plan of a changed problem that is nearest to the present one: in time, else soonest."""
    plans = solve(problem, WHAT_IF_OBJECTIVES).plans
    in_time = [one for one in plans if one.date <= plan.date]
    if in_time:
        best = min(in_time, key=lambda one: (one.weighed, one.date))
    elif plans:
        best = min(plans, key=lambda one: (one.date, one.weighed))
    else:
        return WhatIf(None, None)
    return WhatIf(best, difference(plan, best))
