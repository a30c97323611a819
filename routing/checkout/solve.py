"""Solve a cart: the exact planner within its budget, else the search for large carts."""

from collections.abc import Sequence

from core.errors import invalid
from routing.checkout.exact import Budget, solve_exactly
from routing.checkout.problem import OBJECTIVES, Answer, Objective, Problem
from routing.checkout.reasons import explain_infeasible


def solve(
    problem: Problem,
    objectives: Sequence[Objective] = OBJECTIVES,
    *,
    budget: Budget | None = None,
) -> Answer:
    """The non-dominated plans of a cart over `objectives`; the same answer on every machine."""
    check_objectives(objectives)
    solved = solve_exactly(problem, objectives, budget)
    if solved.plans is None:
        return Answer((), False, None, (), "none", solved.work)
    if not solved.plans:
        return Answer((), True, None, explain_infeasible(problem), "exact", solved.work)
    bound = min(plan.cost for plan in solved.plans) if "cost" in objectives else None
    return Answer(solved.plans, True, bound, (), "exact", solved.work)


def check_objectives(objectives: Sequence[str]) -> None:
    """Refuse an empty, unknown or repeated objective."""
    if not objectives:
        raise invalid("objectives", "must name at least one")
    for objective in objectives:
        if objective not in OBJECTIVES:
            raise invalid("objectives", f"{objective!r} is none of {', '.join(OBJECTIVES)}")
    if len(set(objectives)) != len(objectives):
        raise invalid("objectives", "must not repeat")
