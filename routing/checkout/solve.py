"""Solve a cart: the exact planner within its budget, else the search for large carts."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import invalid
from routing.checkout.cpsat import cheapest
from routing.checkout.exact import Budget, solve_exactly
from routing.checkout.large import solve_large
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

CP_SAT_S = 4.0
"""Deterministic seconds for one cart under rules beyond the exact budget."""


def solve(
    problem: Problem,
    objectives: Sequence[Objective] = OBJECTIVES,
    *,
    budget: Budget | None = None,
) -> Answer:
    """The non-dominated plans of a cart over `objectives`; the same answer on every machine.

    Beyond the exact budget `exact` is false: the cart is solved exactly without the CO2e objective
    if that helps, else searched; with rules on whole parcels CP-SAT searches, not the neighbourhoods.
    """
    check_objectives(objectives)
    solved = solve_exactly(problem, objectives, budget)
    if solved.plans is None:
        return _beyond(problem, objectives, budget, solved.work)
    if not solved.plans:
        return Answer((), True, None, explain_infeasible(problem), "exact", solved.work)
    bound = min(plan.cost for plan in solved.plans) if "cost" in objectives else None
    return Answer(solved.plans, True, bound, (), "exact", solved.work)


def _beyond(
    problem: Problem, objectives: Sequence[Objective], budget: Budget | None, work: int
) -> Answer:
    others = tuple(objective for objective in objectives if objective != "co2")
    if others and others != tuple(objectives):
        solved = solve_exactly(problem, others, budget)
        work += solved.work
        if solved.plans:
            # exact in all but CO2e, which then only breaks ties
            least = min(plan.cost for plan in solved.plans) if "cost" in others else None
            plans = frontier(solved.plans, objectives)
            return Answer(plans, False, least, (), "exact_without_co2", work)
    if problem.rules.tie_parcels:
        return _by_cp_sat(problem, work)
    answer = solve_large(problem, objectives)
    reasons = answer.reasons
    if not answer.plans:
        unserved = explain_lines(problem)
        if unserved:
            return Answer((), True, None, unserved, "exact", work)
        reasons = reasons or (Reason(ReasonCode.NOT_FOUND),)
    return replace(answer, reasons=reasons, work=work + answer.work)


def _by_cp_sat(problem: Problem, work: int) -> Answer:
    """The cheapest plan under rules that the search on units does not know."""
    found = cheapest(problem, deterministic_s=CP_SAT_S)
    if found.plan is not None:
        return Answer((found.plan,), False, found.bound, (), "cpsat", work)
    if found.infeasible:
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
