"""CP-SAT, as an independent model, finds the same least costs; rules that tie units hold."""

from dataclasses import replace

import pytest

from core.errors import InvalidInput
from routing.checkout.case import problem_from_case
from routing.checkout.cpsat import cheapest
from routing.checkout.problem import OBJECTIVES
from routing.checkout.rules import Pin, PinTo, Rules
from routing.checkout.solve import solve
from tests.routing.checkout.carts import small_case


@pytest.mark.parametrize("seed", range(6))
def test_the_frontier_is_what_cp_sat_finds(seed: int) -> None:
    problem = problem_from_case(small_case(seed))
    answer = solve(problem, OBJECTIVES[:3])
    for plan in answer.plans:
        found = cheapest(problem, by_day=plan.date, most_parcels=plan.parcels_n)
        assert found.proven and found.plan is not None
        assert found.plan.cost == plan.cost
    if not answer.plans:
        assert cheapest(problem).infeasible


@pytest.mark.parametrize("seed", range(6))
def test_rules_mean_the_same_to_both(seed: int) -> None:
    problem = problem_from_case(small_case(seed))
    lines = [line.id for line in problem.lines]
    for rules in (
        Rules(whole_lines=tuple(lines)),
        Rules(together=(tuple(lines),)),
        Rules(without_sellers=("S0",)),
        Rules(pins=(Pin(lines[0], PinTo.LOCATION, "L1"),)),
    ):
        bound = replace(problem, rules=rules)
        answer = solve(bound, ("cost",))
        found = cheapest(bound)
        assert bool(answer.plans) == (found.plan is not None)
        if found.plan is not None:
            assert answer.plans[0].cost == found.plan.cost
        else:
            assert answer.reasons


def test_contradictory_pins_are_refused() -> None:
    problem = problem_from_case(small_case(1))
    line = problem.lines[0].id
    with pytest.raises(InvalidInput, match=r"rules\.pins"):
        pins = (Pin(line, PinTo.LOCATION, "L0"), Pin(line, PinTo.LOCATION, "L1"))
        replace(problem, rules=Rules(pins=pins))
