"""What a quote says of its cart's rules: which leave no way, which bind, what there is without one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from routing.cart import Cart, Live
from routing.checkout.blame import Blamed, binding, blame
from routing.checkout.from_network import CartProblem, build_problem
from routing.checkout.problem import Objective, Plan, Reason, ReasonCode
from routing.checkout.rules import NO_RULES, PinTo, Rules
from routing.checkout.solve import solve
from routing.checkout.what_ifs import WhatIf, nearest_plan
from routing.quote import Sentence
from routing.snapshot import Snapshot

BY_DATE: tuple[Objective, ...] = ("date", "cost")
BY_PARCELS: tuple[Objective, ...] = ("parcels", "cost", "date")
RULE_BINDS = "rule_binds"
WITHOUT_RULE = "without_rule"
MOST_LIFTED = 6
"""Rules without which a what-if plans the cart."""

Parameters = tuple[tuple[str, str], ...]


def explain_rules(snapshot: Snapshot, cart: Cart, live: Live, level: Decimal) -> tuple[Reason, ...]:
    """The rules that leave no way, and how near the cart comes without; empty: it is not they."""
    limit = cart.rules.max_parcels is not None or cart.rules.max_parcels_per_seller is not None
    plans_under = _planner(snapshot, cart, live, level, BY_PARCELS if limit else BY_DATE)
    of = build_problem(snapshot, replace(cart, rules=NO_RULES), live)
    return tuple(_reason(snapshot, of, one) for one in blame(cart.rules, plans_under))


def _reason(snapshot: Snapshot, of: CartProblem, one: Blamed) -> Reason:
    parameters: Sequence[tuple[str, str | int]] = rule_parameters(snapshot, one.path, one.rule)
    if not one.plans:
        code = ReasonCode.RULE_CLASHES if one.clashes else ReasonCode.RULE_EXCLUDES
        return Reason(code, None, tuple(parameters))
    earliest = of.day(min(plan.date for plan in one.plans)).isoformat()
    nearest: list[tuple[str, str | int]] = [("earliest_on", earliest)]
    if one.rule.max_parcels is not None:
        nearest.append(("needed", min(plan.parcels_n for plan in one.plans)))
    return Reason(ReasonCode.RULE_EXCLUDES, None, (*parameters, *nearest))


def told_rules(
    snapshot: Snapshot, cart: Cart, live: Live, level: Decimal, plans: Sequence[Plan]
) -> dict[Plan, tuple[Sentence, ...]]:
    """For each plan the rules that keep the cart from a better one."""
    told: dict[Plan, tuple[Sentence, ...]] = {}
    if not cart.rules.any or not plans:
        return told
    plans_under = _planner(snapshot, cart, live, level, BY_DATE)
    for path, rule, worse in binding(cart.rules, plans, plans_under):
        sentence = Sentence(RULE_BINDS, rule_parameters(snapshot, path, rule), (f"rule:{path}",))
        for plan in worse:
            told[plan] = (*told.get(plan, ()), sentence)
    return told


def without_rules(
    snapshot: Snapshot, cart: Cart, live: Live, level: Decimal, plan: Plan
) -> Iterator[tuple[Sentence, CartProblem, WhatIf]]:
    """What there would be without each of the cart's rules, solved anew."""
    for path, rule in list(cart.rules.singly())[:MOST_LIFTED]:
        lifted = replace(cart, rules=cart.rules.without_rule(path))
        problem = build_problem(snapshot, lifted, live)
        problem = replace(problem, problem=replace(problem.problem, q=level))
        question = Sentence(WITHOUT_RULE, rule_parameters(snapshot, path, rule))
        yield question, problem, nearest_plan(problem.problem, plan)


def rule_parameters(snapshot: Snapshot, path: str, rule: Rules) -> Parameters:
    """`rule`: its kind; and whom or what it names, `lines` joined by commas."""
    kind = path.partition("[")[0]
    limit = rule.max_parcels or rule.max_parcels_per_seller
    if limit is not None:
        return (("rule", kind), ("most", str(limit)))
    if rule.whole_lines:
        return (("rule", kind), ("line", rule.whole_lines[0]))
    if rule.without_sellers:
        return (("rule", kind), ("seller", rule.without_sellers[0]))
    if rule.without:
        return (("rule", kind), ("line", rule.without[0].line), ("seller", rule.without[0].seller))
    if rule.together:
        return (("rule", kind), ("lines", ",".join(rule.together[0])))
    pin = rule.pins[0]
    names = {service.code: service.name for service in snapshot.network.services}
    said = names.get(pin.code, pin.code) if pin.to is PinTo.SERVICE else pin.code
    told = (("rule", f"pin_{pin.to.value}"), ("line", pin.line), (pin.to.value, said))
    return (*told, ("reason", pin.reason)) if pin.reason else told


def _planner(
    snapshot: Snapshot,
    cart: Cart,
    live: Live,
    level: Decimal,
    objectives: tuple[Objective, ...],
) -> Callable[[Rules], Sequence[Plan]]:
    """Plans of the cart under other rules, at the same level."""

    def plans_under(rules: Rules) -> Sequence[Plan]:
        problem = build_problem(snapshot, replace(cart, rules=rules), live).problem
        return solve(replace(problem, q=level), objectives).plans

    return plans_under
