"""CO2e at a price and CO2e first: exact, monotone in the price, the same to CP-SAT."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from routing.checkout.answer import answer_as_json
from routing.checkout.carbon import shadow_minor
from routing.checkout.case import problem_from_case
from routing.checkout.check import check_answer
from routing.checkout.cpsat import cheapest
from routing.checkout.exact import Budget, solve_exactly
from routing.checkout.options import choose_plans
from routing.checkout.problem import CO2_UNKNOWN_G, OBJECTIVES, Plan, Problem, frontier
from routing.checkout.solve import solve
from tests.routing.checkout.carts import changed, quick, seeds, small_case, values

PRICES = (0, 20_000, 200_000, 1_000_000, 5_000_000)
"""Minor units per tonne; made carts emit some 300 g a parcel and cost some 8.00."""


def problem_at(seed: int, price: int, *, joint: bool = False) -> Problem:
    case = small_case(seed, joint=joint)
    return problem_from_case(changed(case, co2_minor_per_tonne=price) if price else case)


def cheapest_of(plans: tuple[Plan, ...]) -> Plan:
    chosen = choose_plans(plans, ("cheapest",), arrives_as_one=lambda plan: False)
    return next(plan for plan, names in chosen if names)


@quick
@given(seeds, st.booleans(), st.sampled_from(PRICES[1:]))
def test_the_priced_frontier_is_what_the_price_leaves_of_the_whole_one(
    seed: int, joint: bool, price: int
) -> None:
    free = solve(problem_at(seed, 0, joint=joint)).plans
    for goals in (OBJECTIVES, OBJECTIVES[:3]):
        answer = solve(problem_at(seed, price, joint=joint), goals)
        assert answer.exact
        wanted = frontier([replace(plan, co2_price=price) for plan in free], goals)
        found = [tuple(plan.value(goal) for goal in goals) for plan in answer.plans]
        assert sorted(found) == sorted(tuple(p.value(goal) for goal in goals) for p in wanted)
        if free:
            assert answer.bound == min(plan.cost for plan in free)


@quick
@given(seeds, st.booleans())
def test_a_higher_price_never_chooses_more_co2e(seed: int, joint: bool) -> None:
    chosen = []
    for price in PRICES:
        plans = solve(problem_at(seed, price, joint=joint)).plans
        if plans:
            chosen.append(cheapest_of(plans).co2_g)
    assert chosen == sorted(chosen, reverse=True)


def test_the_price_changes_choices_on_the_way() -> None:
    changes = 0
    for seed in range(30):
        sums = {cheapest_of(p).co2_g for x in PRICES if (p := solve(problem_at(seed, x)).plans)}
        changes += len(sums) > 1
    assert changes >= 5


@pytest.mark.parametrize("seed", range(8))
def test_cp_sat_weighs_the_same(seed: int) -> None:
    problem = problem_at(seed, 1_000_000)
    for plan in solve(problem, OBJECTIVES[:3]).plans[:2]:
        found = cheapest(problem, by_day=plan.date, most_parcels=plan.parcels_n)
        assert found.proven and found.plan is not None
        assert found.plan.weighed == plan.weighed


@quick
@given(seeds, st.booleans())
def test_co2e_first_finds_the_greenest_then_the_cheapest_of_these(seed: int, joint: bool) -> None:
    problem = problem_at(seed, 0, joint=joint)
    whole = solve(problem).plans
    green = solve_exactly(problem, ("co2", "date", "parcels")).plans
    assert green is not None
    best = [min((p.co2_g, p.cost) for p in plans) for plans in (whole, green) if plans]
    assert len(best) in (0, 2)
    assert best[:1] == best[1:]


def unknown_of(problem: Problem, kind: str) -> Problem:
    services = tuple(
        replace(service, co2_known=service.kind != kind) for service in problem.services
    )
    return replace(problem, services=services)


@quick
@given(seeds)
def test_unknown_co2e_never_wins_greenest_nor_gains_by_a_price(seed: int) -> None:
    for price in (0, 200_000):
        plans = solve(unknown_of(problem_at(seed, price), "economy")).plans
        named = choose_plans(plans, ("greenest", "cheapest"), arrives_as_one=lambda plan: False)
        for plan, names in named:
            assert "greenest" not in names or plan.co2_known
        if price and any(plan.co2_known for plan in plans):
            assert cheapest_of(plans).co2_known
            assert all(plan.co2_g >= CO2_UNKNOWN_G for plan in plans if not plan.co2_known)


@pytest.mark.parametrize("price", [0, 1_000_000])
@pytest.mark.parametrize("seed", [3, 11, 20])
def test_beyond_the_budget_the_price_still_counts(seed: int, price: int) -> None:
    case = changed(small_case(seed), co2_minor_per_tonne=price)
    problem = problem_from_case(case)
    exact = solve(problem)
    for goals in (OBJECTIVES, OBJECTIVES[:3]):
        found = solve(problem, goals, budget=Budget(states=1))
        assert found.method == "large" and not found.exact
        assert check_answer(case, answer_as_json(case["id"], found)) == []
        assert min(p.weighed for p in found.plans) >= min(p.weighed for p in exact.plans)
        assert found.bound is not None
        assert found.bound <= min(p.cost for p in exact.plans)


def test_where_co2e_is_too_much_the_greenest_is_still_the_greenest() -> None:
    seen = 0
    for seed in range(20):
        for price in (0, 200_000):
            problem = problem_at(seed, price, joint=True)
            exact, bare = solve(problem), replace(problem, co2_price=0)
            apart = [solve_exactly(bare, goals).work for goals in (OBJECTIVES[:3], OBJECTIVES[1:])]
            narrow = solve(problem, budget=Budget(work=max(apart)))
            if narrow.method != "exact_without_co2":
                continue
            seen += 1
            assert not narrow.exact
            greenest = [min((p.co2_g, p.cost) for p in a.plans) for a in (exact, narrow)]
            assert greenest[0] == greenest[1]
            assert narrow.bound == exact.bound
    assert seen >= 3


def test_amounts_are_rounded_half_up_and_the_case_refuses_a_bad_price() -> None:
    assert [shadow_minor(g, 1_000) for g in (0, 499, 500, 1_499, 1_500)] == [0, 0, 1, 1, 2]
    for price in (-1, 1.5, "3"):
        with pytest.raises(InvalidInput, match="co2_minor_per_tonne"):
            problem_from_case(changed(small_case(1), co2_minor_per_tonne=price))


def test_without_a_price_nothing_changes() -> None:
    for seed in range(5):
        case = small_case(seed)
        priced = changed(case, co2_minor_per_tonne=0)
        assert values(solve(problem_from_case(case)).plans) == values(
            solve(problem_from_case(priced)).plans
        )
