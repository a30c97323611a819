"""Carts whose states explode: answered within counted work, flagged, bounded, never refused."""

from dataclasses import replace
from math import prod
from typing import Any

from benchmarks.carts import make_case
from routing.checkout.answer import answer_as_json
from routing.checkout.baselines import Baseline, plan_baseline
from routing.checkout.case import problem_from_case
from routing.checkout.check import check_answer
from routing.checkout.exact import Budget
from routing.checkout.problem import OBJECTIVES
from routing.checkout.rules import Rules
from routing.checkout.solve import solve


def exploding_case() -> dict[str, Any]:
    """Nine lines of two to four units: far beyond the states of an exact solve."""
    case = make_case(3, lines=(9, 9), qty=4, locations=(6, 8))
    for line in case["lines"]:
        line["qty"] = max(3, line["qty"])
    return case


def test_an_exploding_cart_is_searched_flagged_and_bounded() -> None:
    case = exploding_case()
    problem = problem_from_case(case)
    assert prod(line.qty + 1 for line in problem.lines) > 10 * Budget().states
    answer = solve(problem, OBJECTIVES)
    assert answer.plans and not answer.exact and answer.method == "large"
    cost = min(plan.cost for plan in answer.plans)
    assert answer.bound is not None and 0 < answer.bound <= cost
    assert check_answer(case, answer_as_json(problem.id, answer)) == []
    for baseline in Baseline:
        other = plan_baseline(problem, baseline)
        assert other is None or other.cost >= cost
    assert solve(problem, OBJECTIVES) == answer  # counted work: the same again


def test_lines_that_travel_whole_are_searched_as_one() -> None:
    problem = problem_from_case(make_case(3))
    lines = tuple(line.id for line in problem.lines)
    tied = replace(problem, rules=Rules(whole_lines=lines))
    known = solve(tied, ("cost",)).plans[0].cost
    answer = solve(tied, ("cost",), budget=Budget(states=1))
    assert answer.method == "large" and not answer.exact
    assert answer.plans[0].cost >= known >= (answer.bound or 0)
    for line in lines:
        holding = [p for p in answer.plans[0].parcels if any(c.line == line for c in p.contents)]
        assert len(holding) == 1
