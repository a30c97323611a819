"""Options are named once, differ from their neighbour, and hold until the minute they say."""

from dataclasses import replace
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.checkout.case import problem_from_case
from routing.checkout.deadline import latest_order
from routing.checkout.evaluate import Evaluator
from routing.checkout.likelihood import Likelihoods
from routing.checkout.options import choose_plans, difference
from routing.checkout.problem import NEVER, Plan, Problem
from routing.checkout.solve import solve
from routing.checkout.what_ifs import (
    what_if_from,
    what_if_ordered,
    what_if_parcels,
    what_if_without,
)
from routing.checkout.why import WhyCode, explain
from routing.network.policies import OPTION_NAMES
from tests.routing.checkout.carts import quick, seeds, small_case


def chosen(problem: Problem, most: int = 6) -> list[tuple[Plan, tuple[str, ...]]]:
    likelihoods = Likelihoods(Evaluator(problem))
    return choose_plans(
        solve(problem).plans,
        OPTION_NAMES,
        arrives_as_one=lambda plan: likelihoods.on_one_day(plan.parcels) >= likelihoods.need,
        most=most,
    )


@quick
@given(seeds)
def test_every_name_is_given_once_to_the_plan_that_deserves_it(seed: int) -> None:
    problem = problem_from_case(small_case(seed, joint=True))
    plans = solve(problem).plans
    options = chosen(problem)
    given_names = [name for _, names in options for name in names]
    assert len(given_names) == len(set(given_names))
    assert len({plan for plan, _ in options}) == len(options)
    assert [plan.date for plan, _ in options] == sorted(plan.date for plan, _ in options)
    by_name = {name: plan for plan, names in options for name in names}
    if not plans:
        return
    assert by_name["fastest"].date == min(plan.date for plan in plans)
    assert by_name["cheapest"].cost == min(plan.cost for plan in plans)
    assert by_name["greenest"].co2_g == min(plan.co2_g for plan in plans)
    assert by_name["fewest_parcels"].parcels_n == min(plan.parcels_n for plan in plans)


@quick
@given(seeds)
def test_all_on_one_day_is_said_only_when_it_is_kept_with_the_promised_probability(
    seed: int,
) -> None:
    problem = problem_from_case(small_case(seed, joint=True))
    evaluator = Evaluator(problem)
    need = float(problem.q) * (1 - 1e-9)

    def kept(plan: Plan) -> bool:
        """The chance, day by day, that every parcel falls on that very day."""
        return need <= sum(
            prod(evaluator.chance(p, day) - evaluator.chance(p, day - 1) for p in plan.parcels)
            for day in range(len(problem.day_starts) - 1)
        )

    named = [plan for plan, names in chosen(problem) if "all_on_one_day" in names]
    for plan in named:
        assert plan.parcels_n == 1 or kept(plan)
    if not named:
        assert not any(kept(plan) for plan in solve(problem).plans if plan.parcels_n <= 2)


def test_differences_are_told_of_known_co2e_only() -> None:
    problem = problem_from_case(small_case(3))
    plan = solve(problem).plans[0]
    unknown = replace(plan, cost=plan.cost + 7, co2_known=False)
    assert difference(plan, unknown).cost == 7
    assert difference(plan, unknown).co2_g is None
    assert difference(plan, plan).co2_g == 0


@quick
@given(seeds)
def test_the_date_changes_one_minute_after_the_latest_order(seed: int) -> None:
    problem = problem_from_case(small_case(seed, joint=True))
    evaluator = Evaluator(problem)
    likelihoods = Likelihoods(evaluator)
    for plan in solve(problem, ("cost", "date")).plans[:2]:
        until = latest_order(likelihoods, plan.parcels, plan.date)
        if until == NEVER:
            continue
        assert until >= problem.now
        assert evaluator.at(until).keeps(plan.parcels, plan.date)
        assert not evaluator.at(until + 1).keeps(plan.parcels, plan.date)


@pytest.mark.parametrize("objectives", [("cost", "date", "parcels", "co2"), ("cost", "date")])
def test_a_lane_without_a_factor_makes_co2e_unknown(objectives: tuple[str, ...]) -> None:
    seen = 0
    for seed in range(12):
        problem = problem_from_case(small_case(seed))
        blind = replace(problem, lanes=tuple(replace(e, co2_known=False) for e in problem.lanes))
        hubs = {hub.id for hub in problem.hubs}
        plans = solve(blind, objectives).plans  # type: ignore[arg-type]
        for plan in plans:
            through = any(parcel.node in hubs for parcel in plan.parcels)
            assert plan.co2_known is not through
            again = Evaluator(blind).plan(plan.parcels)
            assert again is not None and again.co2_known == plan.co2_known
            seen += through
        for plan, names in choose_plans(plans, OPTION_NAMES, arrives_as_one=lambda _: False):
            assert plan.co2_known or "greenest" not in names
    assert seen


@quick
@given(seeds, st.booleans())
def test_every_sentence_names_its_constraints(seed: int, joint: bool) -> None:
    problem = problem_from_case(small_case(seed, joint=joint))
    plans = solve(problem).plans
    for plan in plans[:3]:
        because = explain(Likelihoods(Evaluator(problem)), plan, plans)
        codes = [one.code for one in because]
        assert (WhyCode.DATE_SET_BY_PARCEL in codes) == (plan.parcels_n > 1)
        assert (WhyCode.NOTHING_EARLIER in codes) != (WhyCode.EARLIER_COSTS in codes)
        assert (WhyCode.ONE_PARCEL in codes) == (plan.parcels_n == 1)
        relative = {WhyCode.ONE_PARCEL, WhyCode.SPLIT_CHEAPER, WhyCode.SPLIT_FASTER,
                    WhyCode.NOTHING_EARLIER, WhyCode.EARLIER_COSTS}  # fmt: skip
        assert all(one.constraints for one in because if one.code not in relative)


def test_what_ifs_are_solved_again() -> None:
    problem = problem_from_case(small_case(3))
    plan = min(solve(problem).plans, key=lambda one: one.cost)
    content = plan.parcels[0].contents[0]
    same = what_if_from(problem, plan, content.line, content.location)
    assert same.difference is not None and same.difference.cost <= 0
    without = what_if_without(problem, plan, content.location)
    assert without.plan is None or content.location not in {
        one.location for parcel in without.plan.parcels for one in parcel.contents
    }
    fewer = what_if_parcels(problem, plan, 1)
    assert fewer.plan is None or fewer.plan.parcels_n == 1
    earlier = what_if_ordered(problem, plan, max(0, problem.now - 600))
    assert earlier.difference is not None and earlier.difference.days <= 0
