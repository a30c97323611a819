"""The planner's frontiers equal the reference frontiers of the sample cases."""

import json
from typing import Any

import pytest

from routing.checkout.case import problem_from_case
from routing.checkout.problem import OBJECTIVES, Objective, Plan
from routing.checkout.solve import solve
from tests.shared_data import shared_path

FIELD = {"cost": "cost", "date": "date", "parcels": "parcels_n", "co2": "co2_g"}


def rows(name: str) -> list[dict[str, Any]]:
    text = shared_path(f"data/plan/{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def values(plans: Any, objectives: tuple[Objective, ...]) -> list[tuple[int, ...]]:
    def value(plan: Any, field: str) -> int:
        return int(getattr(plan, field) if isinstance(plan, Plan) else plan[field])

    return sorted(tuple(value(plan, FIELD[o]) for o in objectives) for plan in plans)


@pytest.mark.parametrize(
    "name",
    ["checkout_tiny", "checkout_small", "checkout_medium", "checkout_joint_tiny",
     "checkout_joint_medium"],
)  # fmt: skip
def test_frontiers_equal_the_reference(name: str) -> None:
    for row in rows(name):
        four = "frontier" in row
        objectives = OBJECTIVES if four else OBJECTIVES[:3]
        answer = solve(problem_from_case(row["case"]), objectives)
        reference = row["frontier"] if four else row["frontier3"]
        assert answer.exact
        assert values(answer.plans, objectives) == values(reference, objectives), row["case"]["id"]
        assert bool(answer.plans) != bool(answer.reasons)


def test_fewer_objectives_give_the_frontier_of_their_projection() -> None:
    for row in rows("checkout_tiny")[:20]:
        problem = problem_from_case(row["case"])
        for objectives in (("cost",), ("date", "co2"), ("cost", "parcels")):
            reference = {tuple(plan[FIELD[o]] for o in objectives) for plan in row["frontier"]}
            best = {
                one
                for one in reference
                if not any(
                    other != one and all(a <= b for a, b in zip(other, one, strict=True))
                    for other in reference
                )
            }
            assert set(values(solve(problem, objectives).plans, objectives)) == best
