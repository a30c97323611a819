"""Name the plans a shopper chooses from, and say how each differs from the one before.

The frontier's plans are options; those that are extreme have names. A plan may bear several names
and appears once. `all_on_one_day` is said only when it is kept with the promise's probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from routing.checkout.evaluate import Evaluator
from routing.checkout.problem import Plan, PlannedParcel, Problem

LONGEST_WAIT_MIN = 14 * 1440
"""Nobody is told to order within more than a fortnight."""


class OptionName(StrEnum):
    """Why an option stands out, in the order in which names are shown."""

    FASTEST = "fastest"
    CHEAPEST = "cheapest"
    FEWEST_PARCELS = "fewest_parcels"
    ALL_ON_ONE_DAY = "all_on_one_day"
    GREENEST = "greenest"


@dataclass(frozen=True, slots=True)
class Difference:
    """What choosing an option instead of its neighbour changes; negative is less or earlier."""

    days: int
    cost: int
    parcels: int
    co2_g: int | None
    """None when either CO2e is unknown."""


@dataclass(frozen=True, slots=True)
class Option:
    """A plan as it is offered. Days are day indices of the problem."""

    plan: Plan
    names: tuple[OptionName, ...]
    probability: float | None
    """That everything arrives by the plan's date; None when reliability is per leg."""
    parcel_dates: tuple[int, ...]
    """Each parcel's own date at the problem's level, in the plan's order of parcels."""
    difference: Difference | None
    """To the option before it; None for the first."""


def name_options(problem: Problem, plans: Sequence[Plan]) -> tuple[Option, ...]:
    """All plans of a frontier as options, by date and then cost."""
    evaluator = Evaluator(problem)
    ordered = sorted(plans, key=lambda p: (p.date, p.cost, p.parcels_n, p.co2_g))
    names = _names(evaluator, ordered)
    options = []
    before: Plan | None = None
    for number, plan in enumerate(ordered):
        chance = evaluator.together(plan.parcels, plan.date) if problem.joint else None
        options.append(
            Option(
                plan,
                tuple(name for name in OptionName if names.get(name) == number),
                chance,
                tuple(evaluator.parcel_date(parcel) for parcel in plan.parcels),
                None if before is None else difference(before, plan),
            )
        )
        before = plan
    return tuple(options)


def shortlist(options: Sequence[Option], most: int = 6) -> tuple[Option, ...]:
    """The named options, filled up to `most` with those that save most per day of waiting.

    Differences are told anew, each to the option now before it.
    """
    named = [option for option in options if option.names]
    fastest = options[0].plan if options else None
    rest = sorted(
        (option for option in options if not option.names),
        key=lambda o: (
            0.0
            if fastest is None
            else -(fastest.cost - o.plan.cost) / max(1, o.plan.date - fastest.date)
        ),
    )
    chosen = sorted(
        named + rest[: max(0, most - len(named))],
        key=lambda o: (o.plan.date, o.plan.cost, o.plan.parcels_n, o.plan.co2_g),
    )
    told = []
    for number, option in enumerate(chosen):
        before = chosen[number - 1].plan if number else None
        told.append(
            Option(
                option.plan,
                option.names,
                option.probability,
                option.parcel_dates,
                None if before is None else difference(before, option.plan),
            )
        )
    return tuple(told)


def difference(before: Plan, after: Plan) -> Difference:
    """What changes from one plan to another."""
    known = before.co2_known and after.co2_known
    return Difference(
        after.date - before.date,
        after.cost - before.cost,
        after.parcels_n - before.parcels_n,
        after.co2_g - before.co2_g if known else None,
    )


def _names(evaluator: Evaluator, plans: Sequence[Plan]) -> dict[OptionName, int]:
    """The place of the plan that bears each name."""
    if not plans:
        return {}
    places = range(len(plans))
    names = {
        OptionName.FASTEST: min(places, key=lambda n: (plans[n].date, plans[n].cost)),
        OptionName.CHEAPEST: min(places, key=lambda n: (plans[n].cost, plans[n].date)),
        OptionName.FEWEST_PARCELS: min(
            places, key=lambda n: (plans[n].parcels_n, plans[n].cost, plans[n].date)
        ),
    }
    green = [n for n in places if plans[n].co2_known]
    if green:
        names[OptionName.GREENEST] = min(green, key=lambda n: (plans[n].co2_g, plans[n].cost))
    together = [n for n in places if arrives_together(evaluator, plans[n].parcels)]
    if together:
        names[OptionName.ALL_ON_ONE_DAY] = min(
            together, key=lambda n: (plans[n].cost, plans[n].date)
        )
    return names


def arrives_together(evaluator: Evaluator, parcels: Sequence[PlannedParcel]) -> bool:
    """True when all parcels arrive on one and the same day, with the promise's probability.

    Per leg, the parcels' dates are equal. Joint: the sum over days of the probability that every
    parcel arrives on that very day is at least q.
    """
    problem = evaluator.problem
    if not problem.joint:
        return len({evaluator.day_per_leg(parcel) for parcel in parcels}) == 1
    if len(parcels) == 1:
        return True
    total = 0.0
    before = [0.0] * len(parcels)
    last = max(evaluator.parcel_date(parcel) for parcel in parcels)
    for day in range(len(problem.day_starts) - 1):
        by = [evaluator.chance(parcel, day) for parcel in parcels]
        every = 1.0
        for now, earlier in zip(by, before, strict=True):
            every *= now - earlier
        total += every
        before = by
        if total >= float(problem.q):
            return True
        if day > last:  # what is left is less than 1 - q of some parcel
            return False
    return False


def order_within(problem: Problem, plan: Plan) -> int | None:
    """The last minute at which ordering still keeps the plan's date; None if it is already past.

    Found on the calendars themselves: the plan is timed again from later moments, and dates never
    come earlier as time passes.
    """
    evaluator = Evaluator(problem)
    low, high = problem.now, problem.now + LONGEST_WAIT_MIN
    if not evaluator.keeps(plan.parcels, plan.date):
        return None
    if evaluator.at(high).keeps(plan.parcels, plan.date):
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if evaluator.at(middle).keeps(plan.parcels, plan.date):
            low = middle
        else:
            high = middle
    return low
