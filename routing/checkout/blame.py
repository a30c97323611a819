"""Which of a cart's rules stand in the way: of any plan at all, or of a better one.

A rule is blamed only after planning without it, so nothing here is a guess. The caller says how to
plan under other rules.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from routing.checkout.problem import Plan
from routing.checkout.rules import NO_RULES, Rules, joined

MOST_ASKED = 8
"""Rules of which it is asked, one by one, whether they bind."""

PlansUnder = Callable[[Rules], Sequence[Plan]]


@dataclass(frozen=True, slots=True)
class Blamed:
    """A rule in the way; `plans` are those without it, empty where more stands in the way."""

    path: str
    rule: Rules
    plans: tuple[Plan, ...] = ()
    clashes: bool = False
    """It leaves a way by itself, but not together with others that are blamed."""


def blame(rules: Rules, plans_under: PlansUnder) -> tuple[Blamed, ...]:
    """Why there is no plan under these rules; empty: there would be none without them either.

    Each rule whose absence alone would help, with the plans there would be; else least sets of
    rules that cannot be kept together, one after the other until what is left can.
    """
    if not plans_under(NO_RULES):
        return ()
    singly = list(rules.singly())
    alone = [
        Blamed(path, rule, plans)
        for path, rule in singly
        if (plans := tuple(plans_under(rules.without_rule(path))))
    ]
    if alone:
        return tuple(alone)
    found: list[Blamed] = []
    while not plans_under(_all(singly)):
        least = _least(singly, plans_under)
        found += [Blamed(path, rule, clashes=len(least) > 1) for path, rule in least]
        singly = [one for one in singly if one not in least]
    return tuple(found)


Single = tuple[str, Rules]


def _all(singly: Sequence[Single]) -> Rules:
    return joined(rule for _, rule in singly)


def _least(singly: list[Single], plans_under: PlansUnder) -> list[Single]:
    """A set of these rules that leaves no plan, and would if any one of it were dropped."""
    kept = singly
    for one in singly:
        rest = [other for other in kept if other is not one]
        if not plans_under(_all(rest)):
            kept = rest
    return kept


def binding(
    rules: Rules, plans: Sequence[Plan], plans_under: PlansUnder
) -> Iterator[tuple[str, Rules, frozenset[Plan]]]:
    """(path, rule, the plans that would be better without it), for each rule that binds.

    Better means cheaper and not later, or earlier and not dearer; for the earliest plan also
    earlier at all, for the cheapest cheaper at all.
    """
    if not rules.any or not _improved(plans, plans_under(NO_RULES)):
        return
    for path, rule in list(rules.singly())[:MOST_ASKED]:
        worse = _improved(plans, plans_under(rules.without_rule(path)))
        if worse:
            yield path, rule, worse


def _improved(plans: Sequence[Plan], others: Sequence[Plan]) -> frozenset[Plan]:
    """The plans that some other beats in cost or date and equals or beats in the other.

    The earliest and the cheapest are beaten by any earlier or cheaper one.
    """
    if not plans:
        return frozenset()
    earliest, least = min(plan.date for plan in plans), min(plan.weighed for plan in plans)
    points = [(other.weighed, other.date) for other in others]

    def beaten(plan: Plan, cost: int, date: int) -> bool:
        if plan.date == earliest > date or plan.weighed == least > cost:
            return True
        worse = cost < plan.weighed or date < plan.date
        return worse and cost <= plan.weighed and date <= plan.date

    return frozenset(plan for plan in plans if any(beaten(plan, *point) for point in points))
