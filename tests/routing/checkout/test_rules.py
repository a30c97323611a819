"""Side constraints: the planner, CP-SAT and the checker mean the same; contradictions are named."""

import json
from random import Random

import pytest
from hypothesis import given

from benchmarks.carts import make_case
from core.errors import InvalidInput
from routing.checkout.answer import answer_as_json
from routing.checkout.case import problem_from_case
from routing.checkout.case_rules import read_rules, rules_as_json
from routing.checkout.check import check_answer
from routing.checkout.cpsat import cheapest, is_whole
from routing.checkout.exact import Budget, solve_exactly
from routing.checkout.problem import OBJECTIVES, ReasonCode
from routing.checkout.rule_filters import parcels_by_seller
from routing.checkout.rules import MOST_RULES, Pin, PinTo, Rules, Without, faults_of, joined
from routing.checkout.solve import solve
from tests.routing.checkout.carts import (
    Case,
    answer_to,
    best_cost,
    changed,
    quick,
    seeds,
    small_case,
    values,
)


def ruled_case(seed: int, *, joint: bool = False) -> Case:
    """A small cart of two to three lines with one to three random rules."""
    case = small_case(seed, joint=joint)
    draw = Random(seed)
    lines = [line["id"] for line in case["lines"]]
    sellers = sorted({place["seller"] for place in case["locations"].values()})
    choices = {
        "max_parcels_per_seller": draw.randint(1, 2),
        "whole_lines": [draw.choice(lines)],
        "without_sellers": [draw.choice(sellers)],
        "without": [{"line": draw.choice(lines), "seller": draw.choice(sellers)}],
        "pins": [_pin(draw, case, draw.choice(lines))],
    }
    if len(lines) > 1:
        choices["together"] = [draw.sample(lines, 2)]
    picked = draw.sample(sorted(choices), draw.randint(1, 3))
    rules = {name: choices[name] for name in picked}
    try:
        problem_from_case(changed(case, rules=rules))
    except InvalidInput:  # a pin to a seller who is left out
        rules.pop("pins")
    return changed(case, rules=rules)


def _pin(draw: Random, case: Case, line: str) -> dict[str, str]:
    to = draw.choice(["seller", "location", "service", "hub"])
    codes = {
        "seller": [place["seller"] for place in case["locations"].values()],
        "location": list(case["locations"]),
        "service": [service["kind"] for service in case["services"]],
        "hub": list(case["hubs"]) or ["H9"],
    }[to]
    return {"line": line, "to": to, "code": draw.choice(sorted(codes))}


@pytest.mark.parametrize("seed", range(24))
def test_the_frontier_under_rules_is_what_cp_sat_finds(seed: int) -> None:
    problem = problem_from_case(ruled_case(seed))
    answer = solve(problem, OBJECTIVES[:3])
    assert answer.exact and answer.method == "exact"
    for plan in answer.plans[:3]:
        found = cheapest(problem, by_day=plan.date, most_parcels=plan.parcels_n)
        assert found.proven and found.plan is not None
        assert found.plan.cost == plan.cost
    if not answer.plans:
        assert answer.reasons
        assert cheapest(problem).infeasible


def test_the_random_rules_bind_and_forbid() -> None:
    outcomes = set()
    for seed in range(60):
        case = ruled_case(seed)
        bound = solve(problem_from_case(case), ("cost",)).plans
        free = solve(problem_from_case(changed(case, rules={})), ("cost",)).plans
        if free:
            same = bool(bound) and bound[0].cost == free[0].cost
            outcomes.add("same" if same else "dearer" if bound else "impossible")
    assert outcomes == {"same", "dearer", "impossible"}


@quick
@given(seeds)
def test_plans_under_rules_pass_the_independent_checker(seed: int) -> None:
    for joint in (False, True):
        case = ruled_case(seed, joint=joint)
        answer = solve(problem_from_case(case))
        as_json = json.loads(json.dumps(answer_as_json(case["id"], answer)))
        assert check_answer(case, as_json) == []


def test_an_infeasible_case_names_the_rules_in_the_way() -> None:
    named = {}
    for seed in range(40):
        case = ruled_case(seed)
        answer = solve(problem_from_case(case))
        for reason in answer.reasons:
            if reason.code is ReasonCode.RULES_EXCLUDE:
                named[seed] = str(dict(reason.details)["rules"]).split(",")
    assert len(named) >= 5
    for seed, paths in named.items():
        rules = problem_from_case(ruled_case(seed)).rules
        left = [rule for path, rule in rules.singly() if path not in paths]
        freed = rules_as_json(joined(left)).get("rules", {})
        assert paths[0] and solve(problem_from_case(changed(ruled_case(seed), rules=freed))).plans


def test_nothing_found_by_cp_sat_is_a_proof_only_where_it_knows_every_plan() -> None:
    case = small_case(11)
    rules = {"whole_lines": ["l0"], "without_sellers": ["S0", "S1", "S2", "S3"]}
    for joint in (False, True):
        forbidden = changed(
            case, rules=rules, reliability="joint" if joint else "per_leg", max_parcels=1
        )
        problem = problem_from_case(forbidden)
        assert is_whole(problem) == (not joint)


@quick
@given(seeds)
def test_a_rule_never_makes_anything_better(seed: int) -> None:
    case = ruled_case(seed, joint=True)
    bound = solve(problem_from_case(case)).plans
    free = solve(problem_from_case(changed(case, rules={}))).plans
    for plan in bound:
        assert any(
            all(other.value(goal) <= plan.value(goal) for goal in OBJECTIVES) for other in free
        )


@quick
@given(seeds)
def test_a_limit_on_the_parcels_of_a_seller_counts_hub_parcels_too(seed: int) -> None:
    for joint in (False, True):
        case = small_case(seed, joint=joint)
        free = solve(problem_from_case(case)).plans
        problem = problem_from_case(changed(case, rules={"max_parcels_per_seller": 1}))
        bound = solve(problem).plans
        for plan in bound:
            assert max(parcels_by_seller(problem, plan.parcels).values()) == 1
        within = [
            plan for plan in free if max(parcels_by_seller(problem, plan.parcels).values()) == 1
        ]
        best = min((plan.cost for plan in within), default=None)
        assert best is None or min(plan.cost for plan in bound) <= best


@quick
@given(seeds)
def test_with_one_seller_a_limit_on_theirs_is_a_limit_on_all_parcels(seed: int) -> None:
    for joint in (False, True):
        case = small_case(seed, joint=joint)
        for place in case["locations"].values():
            place["seller"] = "S"
        for most in (1, 2):
            theirs = answer_to(changed(case, rules={"max_parcels_per_seller": most}))
            assert values(theirs.plans) == values(answer_to(changed(case, max_parcels=most)).plans)


SEARCHED: tuple[dict[str, object], ...] = (
    {"whole_lines": ["l0"]},
    {"max_parcels_per_seller": 1},
    {"pins": [{"line": "l0", "to": "hub", "code": "H0"}]},
)


def test_beyond_the_budget_carts_under_rules_on_parcels_are_searched_and_the_answer_says_so() -> (
    None
):
    case = changed(small_case(11), rules={"whole_lines": ["l0"], "max_parcels_per_seller": 2})
    exact = solve(problem_from_case(case))
    forced = solve(problem_from_case(case), budget=Budget(states=1))
    assert forced.method == "large" and not forced.exact
    assert min(plan.cost for plan in forced.plans) >= min(plan.cost for plan in exact.plans)
    assert check_answer(case, answer_as_json(case["id"], forced)) == []
    for seed in range(12):
        for rules in SEARCHED:
            case = changed(small_case(seed), rules=rules)
            exact = solve(problem_from_case(case))
            searched = solve(problem_from_case(case), budget=Budget(states=1))
            assert bool(searched.plans) == bool(exact.plans)
            assert best_cost(searched) >= best_cost(exact) >= (searched.bound or 0)
            assert check_answer(case, answer_as_json(case["id"], searched)) == []
    sources = changed(small_case(11), rules={"without_sellers": ["S9"]})
    assert solve(problem_from_case(sources), budget=Budget(states=1)).method == "large"


@pytest.mark.parametrize(
    ("rules", "plan", "told"),
    [
        ({"whole_lines": ["l0"]}, [("l0", 1), ("l0", 1)], "lines l0 are in 2 parcels"),
        ({"together": [["l0", "l1"]]}, [("l0", 2), ("l1", 1)], "lines l0, l1 are in 2 parcels"),
        ({"max_parcels_per_seller": 1}, [("l0", 2), ("l1", 1)], "2 parcels of seller 'S0'"),
        ({"without_sellers": ["S0"]}, [("l0", 2)], "who is left out"),
        ({"without": [{"line": "l0", "seller": "S0"}]}, [("l0", 2)], "who is left out"),
        ({"pins": [{"line": "l0", "to": "hub", "code": "H0"}]}, [("l0", 2)], "pinned to hub 'H0'"),
        ({"pins": [{"line": "l0", "to": "service", "code": "x"}]}, [("l0", 2)], "to service 'x'"),
    ],
)
def test_the_checker_names_a_broken_rule(
    rules: dict[str, object], plan: list[tuple[str, int]], told: str
) -> None:
    from routing.checkout.check_rules import broken_rules

    case = {
        "rules": rules,
        "locations": {"L0": {"seller": "S0"}},
        "services": [{"id": "v", "kind": "economy"}],
    }
    parcels = [
        {
            "node": "L0",
            "service": "v",
            "contents": [{"line": line, "location": "L0", "qty": qty}],
        }
        for line, qty in plan
    ]
    assert any(told in text for text in broken_rules(case, parcels))


LINES = {"a": "", "b": "", "c": "own"}


@pytest.mark.parametrize(
    ("rules", "field", "told"),
    [
        (
            Rules(pins=(Pin("a", PinTo.LOCATION, "X"), Pin("a", PinTo.LOCATION, "Y"))),
            "rules.pins[1]",
            "line 'a' pinned to location 'Y', while rules.pins[0] has line 'a' pinned to "
            "location 'X'",
        ),
        (
            Rules(
                pins=(Pin("a", PinTo.HUB, "H"), Pin("b", PinTo.HUB, "K")), together=(("a", "b"),)
            ),
            "rules.pins[1]",
            "both lines share a parcel",
        ),
        (
            Rules(pins=(Pin("a", PinTo.SELLER, "s"),), without_sellers=("s",)),
            "rules.pins[0]",
            "which rules.without_sellers[0] leaves out",
        ),
        (
            Rules(pins=(Pin("c", PinTo.SELLER, "s"),)),
            "rules.pins[0]",
            "the line itself names seller 'own'",
        ),
        (
            Rules(without=(Without("c", "own"),)),
            "rules.without[0]",
            "leaves out seller 'own', whom line 'c' names",
        ),
        (Rules(whole_lines=("z",)), "rules.whole_lines[0]", "the cart has no line 'z'"),
        (Rules(together=(("a", "a"),)), "rules.together[0]", "at least two lines"),
        (Rules(max_parcels=0), "rules.max_parcels", "0 is not a number of parcels"),
        (Rules(without_sellers=tuple(map(str, range(MOST_RULES + 1)))), "rules", "at most 20"),
    ],
)
def test_contradictions_name_both_sides(rules: Rules, field: str, told: str) -> None:
    (fault,) = faults_of(rules, LINES)
    assert fault.field == field
    assert told in fault.reason


def test_rules_are_taken_apart_and_put_together_again() -> None:
    rules = Rules(
        max_parcels=3,
        whole_lines=("a",),
        without=(Without("a", "s"),),
        together=(("a", "b"),),
        pins=(Pin("a", PinTo.HUB, "H", "cold"), Pin("b", PinTo.LOCATION, "L")),
    )
    paths = [path for path, _ in rules.singly()]
    assert paths == [
        "max_parcels",
        "whole_lines[0]",
        "without[0]",
        "together[0]",
        "pins[0]",
        "pins[1]",
    ]
    assert joined(one for _, one in rules.singly()) == rules
    assert rules.without_rule("pins[0]").pins == rules.pins[1:]
    assert rules.without_rule("max_parcels").max_parcels is None
    assert joined([Rules(max_parcels=2), Rules(max_parcels=3)]).max_parcels == 2


def test_a_case_keeps_its_rules() -> None:
    for seed in range(20):
        case = ruled_case(seed)
        lines = [line["id"] for line in case["lines"]]
        assert rules_as_json(read_rules(case, lines))["rules"] == case["rules"]


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"whole_line": []}, r"rules\.whole_line:"),
        ({"pins": [{"line": "l0", "to": "moon", "code": "x"}]}, r"rules\.pins\[0\]\.to"),
        ({"max_parcels_per_seller": 0}, r"rules\.max_parcels_per_seller"),
        ({"together": ["l0"]}, r"rules\.together\[0\]"),
        ({"without_sellers": [1]}, r"rules\.without_sellers"),
    ],
)
def test_malformed_rules_of_a_case_name_the_field(rules: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput, match=field):
        problem_from_case(changed(small_case(1), rules=rules))


def test_a_cart_with_too_many_feeders_is_beyond_the_exact_planner() -> None:
    case = make_case(5, lines=(8, 8), locations=(18, 18), hubs=(1, 1), qty=1, max_parcels=8)
    lanes = {lane["location"]: lane for lane in case["lanes"]}
    pattern = next(iter(lanes.values()))
    case["lanes"] = [pattern | {"location": place} for place in case["locations"]]
    case["offers"] = [
        {"id": f"{sku} {place}", "sku": sku, "location": place, "stock": 9}
        | {"unit_cost": 0, "lead_min": 0}
        for sku in case["items"]
        for place in case["locations"]
    ]
    problem = problem_from_case(changed(case, reliability="joint"))
    solved = solve_exactly(problem, ("cost", "date"))
    assert solved.plans is None
