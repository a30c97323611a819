"""Small seeded carts for the tests of this folder, and changes to them."""

import copy
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from benchmarks.carts import make_case
from routing.checkout.case import problem_from_case
from routing.checkout.problem import OBJECTIVES, Answer, Objective, Plan
from routing.checkout.solve import solve

Case = dict[str, Any]
quick = settings(max_examples=15, deadline=None, derandomize=True)
seeds = st.integers(min_value=0, max_value=10**6)


def small_case(seed: int, *, joint: bool = False) -> Case:
    return make_case(seed, lines=(1, 3), locations=(2, 4), hubs=(0, 2), joint=joint, qty=2)


def answer_to(case: Case, objectives: tuple[Objective, ...] = OBJECTIVES) -> Answer:
    return solve(problem_from_case(case), objectives)


def changed(case: Case, **fields: Any) -> Case:
    return copy.deepcopy(case) | fields


def best_cost(answer: Answer) -> float:
    return min((plan.cost for plan in answer.plans), default=float("inf"))


def first_date(answer: Answer) -> float:
    return min((plan.date for plan in answer.plans), default=float("inf"))


def values(plans: tuple[Plan, ...]) -> list[tuple[int, int, int, int]]:
    return sorted((plan.cost, plan.date, plan.parcels_n, plan.co2_g) for plan in plans)
