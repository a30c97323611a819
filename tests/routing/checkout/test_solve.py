"""Invariants and metamorphic relations of the case format, on seeded random carts."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from routing.checkout.answer import answer_as_json
from routing.checkout.case import problem_from_case
from routing.checkout.check import check_answer
from routing.checkout.evaluate import Evaluator
from routing.checkout.exact import Budget
from routing.checkout.problem import OBJECTIVES, ReasonCode
from routing.checkout.solve import solve
from tests.routing.checkout.carts import (
    Case,
    answer_to,
    best_cost,
    changed,
    first_date,
    quick,
    seeds,
    small_case,
    values,
)


@quick
@given(seeds, st.booleans())
def test_answers_pass_the_independent_checker(seed: int, joint: bool) -> None:
    case = small_case(seed, joint=joint)
    for objectives in (OBJECTIVES, OBJECTIVES[:3]):
        answer = answer_to(case, objectives)
        assert answer.exact
        as_json = json.loads(json.dumps(answer_as_json(case["id"], answer)))
        assert check_answer(case, as_json) == []


@quick
@given(seeds, st.booleans())
def test_the_evaluator_sees_what_the_planner_claims(seed: int, joint: bool) -> None:
    problem = problem_from_case(small_case(seed, joint=joint))
    evaluator = Evaluator(problem)
    for plan in solve(problem).plans:
        assert evaluator.plan(plan.parcels) == plan


@quick
@given(seeds, st.booleans())
def test_names_and_order_change_nothing(seed: int, joint: bool) -> None:
    case = small_case(seed, joint=joint)
    other = _renamed(case, Random(seed))
    assert values(answer_to(case).plans) == values(answer_to(other).plans)


def _renamed(case: Case, random: Random) -> Case:
    """Every name reversed and prefixed, every list and object shuffled."""
    text = json.dumps(case)
    names = [*case["locations"], *case["hubs"], *case["items"]]
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(f'"{name}"', f'"x-{name[::-1]}"')
    other: Case = json.loads(text)
    for key in ("lines", "offers", "boxes", "services", "lanes"):
        random.shuffle(other[key])
    for key in ("items", "locations", "hubs", "zone_of"):
        rows = list(other[key].items())
        random.shuffle(rows)
        other[key] = dict(rows)
    return other


@quick
@given(seeds, st.booleans())
def test_more_stock_never_costs_more(seed: int, joint: bool) -> None:
    case = small_case(seed, joint=joint)
    richer = changed(case)
    for offer in richer["offers"]:
        offer["stock"] += 1
    assert best_cost(answer_to(richer)) <= best_cost(answer_to(case))


@quick
@given(seeds)
def test_joint_dates_never_come_earlier_for_a_higher_level(seed: int) -> None:
    case = small_case(seed, joint=True)
    low, high = (answer_to(changed(case, q=q)) for q in ("0.85", "0.95"))
    assert first_date(low) <= first_date(high)


@quick
@given(seeds, st.booleans())
def test_a_later_start_never_brings_an_earlier_date(seed: int, joint: bool) -> None:
    case = small_case(seed, joint=joint)
    later = changed(case, now=case["now"] + 300)
    assert first_date(answer_to(case)) <= first_date(answer_to(later))


@quick
@given(seeds, st.booleans())
def test_cheaper_rates_and_new_offers_never_cost_more(seed: int, joint: bool) -> None:
    case = small_case(seed, joint=joint)
    cheaper = changed(case)
    for service in cheaper["services"]:
        service["rate"] = {z: [max(0, r - 10) for r in row] for z, row in service["rate"].items()}
    taken = {(offer["sku"], offer["location"]) for offer in case["offers"]}
    for sku in case["items"]:
        for place in case["locations"]:
            if (sku, place) not in taken:
                offer = {"id": f"new {sku} {place}", "sku": sku, "location": place, "stock": 2}
                cheaper["offers"].append(offer | {"unit_cost": 0, "lead_min": 0})
    assert best_cost(answer_to(cheaper)) <= best_cost(answer_to(case))


@quick
@given(seeds)
def test_a_single_direct_parcel_has_one_date_under_both_rules(seed: int) -> None:
    case = small_case(seed)
    case["hubs"], case["lanes"] = {}, []
    case["services"] = [s for s in case["services"] if s["node"].startswith("L")]
    case["lines"] = [case["lines"][0] | {"qty": 1}]
    per_leg = values(answer_to(case).plans)
    assert values(answer_to(changed(case, reliability="joint")).plans) == per_leg


def test_an_infeasible_line_is_named_with_its_rule() -> None:
    case = small_case(7)
    line = case["lines"][0]
    no_offer = changed(case, offers=[o for o in case["offers"] if o["sku"] != line["sku"]])
    answer = answer_to(no_offer)
    assert not answer.plans
    assert (answer.reasons[0].code, answer.reasons[0].line) == (ReasonCode.NO_OFFER, line["id"])
    huge = changed(case)
    huge["lines"][0]["qty"] = 999
    assert answer_to(huge).reasons[0].code == ReasonCode.STOCK_SHORT
    bulky = changed(case)
    bulky["items"][line["sku"]]["dims_mm"] = [5000, 10, 10]
    assert answer_to(bulky).reasons[0].code == ReasonCode.NO_BOX
    late = changed(case, now=60 * 1440)
    assert answer_to(late).reasons[0].code == ReasonCode.NO_ARRIVAL
    barred = changed(case)
    barred["items"][line["sku"]]["flags"] = ["hazmat"]
    for service in barred["services"]:
        service["no_flags"] = ["hazmat"]
    assert answer_to(barred).reasons[0].code == ReasonCode.NO_SERVICE
    sure = changed(case, reliability="joint", q="0.9999")
    assert {reason.code for reason in answer_to(sure).reasons} == {ReasonCode.NOT_RELIABLE}


def test_a_cart_beyond_the_budget_falls_back_and_says_so() -> None:
    case = small_case(11)
    problem = problem_from_case(case)
    exact = solve(problem)
    forced = solve(problem, budget=Budget(states=1))
    assert exact.exact and not forced.exact
    assert forced.plans and forced.bound is not None
    assert forced.bound <= best_cost(exact) <= best_cost(forced)
    assert check_answer(case, answer_as_json(case["id"], forced)) == []


@pytest.mark.parametrize("objectives", [(), ("price",), ("cost", "cost")])
def test_odd_objectives_are_refused(objectives: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput, match="objectives"):
        solve(problem_from_case(small_case(1)), objectives)  # type: ignore[arg-type]
