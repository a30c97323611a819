"""Which plans of a frontier are offered, under which names, and how one differs from another.

Plans that are extreme have names; a plan may bear several and appears once. `all_on_one_day` is
said only when it is kept with the promise's probability, `greenest` only of known CO2e.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from routing.checkout.problem import Plan

MOST_OPTIONS = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """What choosing a plan instead of another changes; negative is less or earlier."""

    days: int
    cost: int
    """Minor units."""
    parcels: int
    co2_g: int | None
    """None when either CO2e is unknown."""


def difference(before: Plan, after: Plan) -> Difference:
    """What changes from one plan to another."""
    known = before.co2_known and after.co2_known
    return Difference(
        after.date - before.date,
        after.cost - before.cost,
        after.parcels_n - before.parcels_n,
        after.co2_g - before.co2_g if known else None,
    )


def choose_plans(
    plans: Sequence[Plan],
    names: Sequence[str],
    *,
    arrives_as_one: Callable[[Plan], bool],
    most: int = MOST_OPTIONS,
) -> list[tuple[Plan, tuple[str, ...]]]:
    """The named extremes, then the cheapest plan of each further date; earliest date first.

    `arrives_as_one(plan)`: everything arrives on one day with the promised probability.
    """
    named: dict[Plan, list[str]] = {}
    for name in names:
        plan = _extreme(plans, name, arrives_as_one)
        if plan is not None:
            named.setdefault(plan, []).append(name)
    for plan in _by_date(plans):
        if len(named) >= most:
            break
        named.setdefault(plan, [])
    order = sorted(named, key=lambda plan: (plan.date, plan.weighed, plan.parcels_n))
    return [(plan, tuple(named[plan])) for plan in order]


def _extreme(
    plans: Sequence[Plan], name: str, arrives_as_one: Callable[[Plan], bool]
) -> Plan | None:
    match name:
        case "fastest":
            return min(plans, key=lambda p: (p.date, p.weighed, p.parcels_n), default=None)
        case "cheapest":
            return min(plans, key=lambda p: (p.weighed, p.date, p.parcels_n), default=None)
        case "fewest_parcels":
            return min(plans, key=lambda p: (p.parcels_n, p.weighed, p.date), default=None)
        case "greenest":
            known = [plan for plan in plans if plan.co2_known]
            return min(known, key=lambda p: (p.co2_g, p.weighed, p.date), default=None)
        case "all_on_one_day":
            for plan in sorted(plans, key=lambda p: (p.weighed, p.date, p.parcels_n)):
                if arrives_as_one(plan):
                    return plan
    return None


def _by_date(plans: Sequence[Plan]) -> list[Plan]:
    """The cheapest plan of each date, where waiting longer saves money."""
    shown: list[Plan] = []
    for plan in sorted(plans, key=lambda p: (p.date, p.weighed, p.parcels_n)):
        if not shown or (plan.date > shown[-1].date and plan.weighed < shown[-1].weighed):
            shown.append(plan)
    return shown
