"""Solve a cart: the exact planner within its budget, else the search for large carts."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import invalid
from routing.checkout.carbon import priced_in, weighed_again
from routing.checkout.cpsat import cheapest, is_whole
from routing.checkout.depot import Depot
from routing.checkout.evaluate import Evaluator
from routing.checkout.exact import Budget, solve_exactly
from routing.checkout.fusing import fuse
from routing.checkout.large import lower_bound, solve_large
from routing.checkout.problem import (
    OBJECTIVES,
    Answer,
    Objective,
    Problem,
    Reason,
    ReasonCode,
    frontier,
)
from routing.checkout.reasons import explain_infeasible, explain_lines
from routing.checkout.rule_filters import keeps_rules

CP_SAT_S = 0.4
"""Deterministic seconds for one cart that no other search serves; one takes a few seconds of work.

A quote's whole planning has to end in its time, building the model included.
"""
CP_SAT_UNITS = 12
"""Carts of more units are not modelled: building alone would take a second and more."""


def solve(
    problem: Problem,
    objectives: Sequence[Objective] = OBJECTIVES,
    *,
    budget: Budget | None = None,
) -> Answer:
    """The non-dominated plans of a cart over `objectives`; the same answer on every machine.

    Beyond the exact budget `exact` is false: the cart is solved exactly without the CO2e objective
    if that helps, else searched, with lines that travel together as one; last by CP-SAT.
    """
    check_objectives(objectives)
    solved = solve_exactly(problem, objectives, budget)
    if solved.plans is None:
        return _beyond(problem, objectives, budget, solved.work)
    if not solved.plans:
        reasons = explain_infeasible(replace(problem, co2_price=0))
        return Answer((), True, None, reasons, "exact", solved.work)
    co2_first = "co2" in objectives and "cost" not in objectives
    plans = frontier(solved.plans, objectives) if co2_first else solved.plans
    return Answer(plans, True, solved.least_cost, (), "exact", solved.work)


def _beyond(
    problem: Problem, objectives: Sequence[Objective], budget: Budget | None, work: int
) -> Answer:
    apart = _co2_apart(problem, objectives, budget, work)
    if apart is not None:
        return apart
    answer = _searched(problem, objectives)
    reasons = answer.reasons
    if not answer.plans:
        unserved = explain_lines(problem)
        if unserved:
            return Answer((), True, None, unserved, "exact", work)
        if not reasons and sum(line.qty for line in problem.lines) <= CP_SAT_UNITS:
            return _by_cp_sat(problem, work + answer.work)
        reasons = reasons or (Reason(ReasonCode.NOT_FOUND),)
    return replace(answer, reasons=reasons, work=work + answer.work)


def _co2_apart(
    problem: Problem, objectives: Sequence[Objective], budget: Budget | None, work: int
) -> Answer | None:
    """Exact in all but CO2e, which breaks ties, and beside these the greenest, exact by itself."""
    others = tuple(objective for objective in objectives if objective != "co2")
    priced = "cost" in others and problem.co2_price > 0
    if not others or (others == tuple(objectives) and not priced):
        return None
    bare = replace(problem, co2_price=0)
    solved = solve_exactly(bare, others, budget)
    if not solved.plans:
        return None
    timely = tuple(objective for objective in others if objective != "cost")
    green = solve_exactly(bare, ("co2", *timely), budget)
    plans = weighed_again(problem, (*solved.plans, *(green.plans or ())), objectives)
    work += solved.work + green.work
    return Answer(plans, False, solved.least_cost, (), "exact_without_co2", work)


def _searched(problem: Problem, objectives: Sequence[Objective]) -> Answer:
    tied = problem.rules.tie_parcels
    if not problem.co2_price and not tied:
        return solve_large(problem, objectives)
    fused = fuse(priced_in(problem) if problem.co2_price else problem)
    found = solve_large(fused.problem, objectives)
    evaluator = Evaluator(problem)
    again = [evaluator.plan(fused.apart(plan.parcels)) for plan in found.plans]
    kept = [plan for plan in again if plan is not None and keeps_rules(problem, plan)]
    plans = frontier(kept, objectives)
    bound = lower_bound(Depot(problem, problem.q)) if plans else None
    return replace(found, plans=plans, bound=bound)


def _by_cp_sat(problem: Problem, work: int) -> Answer:
    """The cheapest plan of the model: under rules, and where the search on units finds nothing."""
    found = cheapest(problem, deterministic_s=CP_SAT_S)
    if found.plan is not None:
        return Answer((found.plan,), False, found.bound, (), "cpsat", work)
    if found.infeasible and is_whole(problem):
        reasons = explain_lines(problem) or (Reason(ReasonCode.RULES_EXCLUDE),)
        return Answer((), True, None, reasons, "cpsat", work)
    return Answer((), False, found.bound, (Reason(ReasonCode.NOT_FOUND),), "cpsat", work)


def check_objectives(objectives: Sequence[str]) -> None:
    """Refuse an empty, unknown or repeated objective."""
    if not objectives:
        raise invalid("objectives", "must name at least one")
    for objective in objectives:
        if objective not in OBJECTIVES:
            raise invalid("objectives", f"{objective!r} is none of {', '.join(OBJECTIVES)}")
    if len(set(objectives)) != len(objectives):
        raise invalid("objectives", "must not repeat")
