"""Options are named once, differ from their neighbour, and hold until the minute they say."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from routing.checkout.case import problem_from_case
from routing.checkout.evaluate import Evaluator
from routing.checkout.options import (
    OptionName,
    arrives_together,
    name_options,
    order_within,
    shortlist,
)
from routing.checkout.solve import solve
from routing.checkout.why import (
    WhyCode,
    explain,
    what_if_from,
    what_if_ordered,
    what_if_parcels,
    what_if_without,
)
from tests.routing.checkout.carts import quick, seeds, small_case


@quick
@given(seeds, st.booleans())
def test_every_name_is_given_once_to_the_plan_that_deserves_it(seed: int, joint: bool) -> None:
    problem = problem_from_case(small_case(seed, joint=joint))
    plans = solve(problem).plans
    options = name_options(problem, plans)
    assert [option.plan for option in options] == list(plans)
    given_names = [name for option in options for name in option.names]
    assert len(given_names) == len(set(given_names))
    by_name = {name: option for option in options for name in option.names}
    if not plans:
        return
    assert by_name[OptionName.FASTEST].plan.date == min(plan.date for plan in plans)
    assert by_name[OptionName.CHEAPEST].plan.cost == min(plan.cost for plan in plans)
    assert by_name[OptionName.GREENEST].plan.co2_g == min(plan.co2_g for plan in plans)
    fewest = by_name[OptionName.FEWEST_PARCELS].plan.parcels_n
    assert fewest == min(plan.parcels_n for plan in plans)
    for option in options:
        assert all(date <= option.plan.date for date in option.parcel_dates)
        if joint:
            assert option.probability is not None
            assert option.probability >= float(problem.q) * (1 - 1e-9)


@quick
@given(seeds)
def test_differences_add_up_along_the_shortlist(seed: int) -> None:
    problem = problem_from_case(small_case(seed))
    options = shortlist(name_options(problem, solve(problem).plans), 4)
    for before, after in pairwise(options):
        assert after.difference is not None
        assert before.plan.cost + after.difference.cost == after.plan.cost
        assert before.plan.date + after.difference.days == after.plan.date


@quick
@given(seeds, st.booleans())
def test_the_date_changes_one_minute_after_order_within(seed: int, joint: bool) -> None:
    problem = problem_from_case(small_case(seed, joint=joint))
    for plan in solve(problem, ("cost", "date")).plans[:2]:
        until = order_within(problem, plan)
        assert until is not None
        assert until >= problem.now
        evaluator = Evaluator(problem)
        assert evaluator.at(until).keeps(plan.parcels, plan.date)
        assert not evaluator.at(until + 1).keeps(plan.parcels, plan.date)


@quick
@given(seeds)
def test_one_parcel_arrives_on_one_day(seed: int) -> None:
    problem = problem_from_case(small_case(seed, joint=True))
    for plan in solve(problem).plans:
        if plan.parcels_n == 1:
            assert arrives_together(Evaluator(problem), plan.parcels)


@quick
@given(seeds, st.booleans())
def test_every_sentence_names_its_constraints(seed: int, joint: bool) -> None:
    problem = problem_from_case(small_case(seed, joint=joint))
    plans = solve(problem).plans
    for plan in plans[:3]:
        because = explain(problem, plan, plans)
        codes = [one.code for one in because]
        assert codes[0] == WhyCode.DATE_SET_BY_PARCEL
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
