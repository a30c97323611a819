"""Large carts: feasible, never dearer than a baseline, the same every time."""

import pytest

from benchmarks.carts import make_case
from routing.checkout.answer import answer_as_json
from routing.checkout.baselines import Baseline, plan_baseline
from routing.checkout.case import problem_from_case
from routing.checkout.check import check_answer, recompute
from routing.checkout.large import Effort, solve_large
from routing.checkout.problem import OBJECTIVES
from routing.checkout.solve import solve
from tests.routing.checkout.carts import best_cost, small_case

LITTLE = Effort(steps=300, polish=5)


@pytest.mark.parametrize("joint", [False, True])
def test_large_carts_pass_the_checker_and_beat_the_baselines(joint: bool) -> None:
    case = make_case(
        4, lines=(20, 20), locations=(14, 14), hubs=(2, 2), joint=joint, max_parcels=60
    )
    case["q"] = "0.8"
    problem = problem_from_case(case)
    answer = solve_large(problem, OBJECTIVES, LITTLE)
    assert answer.plans and not answer.exact and answer.bound is not None
    assert check_answer(case, answer_as_json(case["id"], answer)) == []
    for baseline in Baseline:
        plan = plan_baseline(problem, baseline)
        assert plan is None or best_cost(answer) <= plan.cost
    assert solve_large(problem, OBJECTIVES, LITTLE).plans == answer.plans


def test_the_search_is_near_the_optimum_of_small_carts() -> None:
    found, best = 0.0, 0.0
    for seed in range(8):
        problem = problem_from_case(small_case(seed))
        exact, searched = solve(problem), solve_large(problem, OBJECTIVES, LITTLE)
        assert bool(exact.plans) == bool(searched.plans)
        if exact.plans:
            assert searched.bound is not None
            assert searched.bound <= best_cost(exact) <= best_cost(searched)
            found, best = found + best_cost(searched), best + best_cost(exact)
    assert found <= best * 1.02


@pytest.mark.parametrize("baseline", list(Baseline))
def test_baselines_give_plans_that_hold(baseline: Baseline) -> None:
    case = make_case(12)
    plan = plan_baseline(problem_from_case(case), baseline)
    assert plan is not None
    as_json = answer_as_json(case["id"], solve(problem_from_case(case)))
    row = {"parcels": [
        {"node": p.node, "service": p.service, "box": p.box,
         "contents": [c._asdict() for c in p.contents]} for p in plan.parcels
    ]}  # fmt: skip
    assert recompute(case, row) == (plan.cost, plan.date, plan.parcels_n, plan.co2_g)
    assert plan.cost >= min(one["cost"] for one in as_json["frontier"])
