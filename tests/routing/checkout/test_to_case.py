"""A quote written as a case solves to the same plans, and the checker agrees."""

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.checkout.answer import answer_as_json
from routing.checkout.case import problem_from_case
from routing.checkout.check import check_answer
from routing.checkout.from_network import build_problem
from routing.checkout.problem import Answer
from routing.checkout.solve import solve
from routing.checkout.to_case import case_of
from routing.snapshot import Snapshot
from tests.routing.checkout.carts import seeds, small_case

SPRING = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)  # clocks go forward on the 29th
SKUS = ["MUG-01", "COFFEE-02", "BOOK-03", "PUZZLE-02", "SCARF-04", "LAMP-02", "POSTER-05"]
PLACES = [Destination("FR", "75011"), Destination("GB", "M1 1AA"), Destination("PT")]
RELAXED = settings(
    derandomize=True,
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def values(answer: Answer, shift: int = 0) -> list[tuple[int, int, int, int]]:
    return sorted((p.cost, p.date - shift, p.parcels_n, p.co2_g) for p in answer.plans)


@given(
    st.lists(st.sampled_from(SKUS), min_size=1, max_size=3, unique=True),
    st.integers(1, 2),
    st.sampled_from(PLACES),
    st.integers(0, 14 * 1440),
)
@RELAXED
def test_a_quote_written_as_a_case_solves_to_the_same_plans(
    snapshot: Snapshot, live: Live, skus: list[str], qty: int, to: Destination, minutes: int
) -> None:
    lines = tuple(CartLine(str(n), sku, qty) for n, sku in enumerate(skus))
    cart = Cart(to, lines, SPRING + timedelta(minutes=minutes))
    built = build_problem(snapshot, cart, live)
    case = json.loads(json.dumps(case_of(built.problem, built.first_day)))
    again = solve(problem_from_case(case))
    shift = built.first_day.weekday() + 7
    assert values(again, shift) == values(solve(built.problem))
    assert check_answer(case, answer_as_json("cart", again)) == []


@given(seeds, st.booleans())
@settings(RELAXED, max_examples=15)
def test_a_case_written_again_is_the_same_case(seed: int, joint: bool) -> None:
    case = small_case(seed, joint=joint)
    problem = problem_from_case(case)
    again = case_of(problem, datetime(2026, 3, 2, tzinfo=UTC).date())
    assert values(solve(problem_from_case(again)), 7) == values(solve(problem))


def test_unknown_co2e_stays_unknown() -> None:
    problem = problem_from_case(small_case(3))
    blind = replace(problem, services=tuple(replace(s, co2_known=False) for s in problem.services))
    case = case_of(blind, datetime(2026, 3, 2, tzinfo=UTC).date())
    plans = solve(problem_from_case(case)).plans
    assert plans and not any(plan.co2_known for plan in plans)


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("fits", "B9"), [], "fits.B9"),
        (("fits", "B1"), [{"nothing": 1}], "fits.B1[0].nothing"),
        (("fits", "B1"), [{"K0": 0}], "fits.B1[0].K0"),
        (("day_starts",), [0], "day_starts"),
        (("services", 0, "prices", "B1"), [1], "services[0].prices.B1"),
        (("services", 0, "volumetric_g"), {}, "services[0].volumetric_g"),
        (("locations", "L0", "boxes"), ["B9"], "locations.L0.boxes"),
    ],
)
def test_wrong_tables_are_refused_by_field(
    path: tuple[str | int, ...], value: object, field: str
) -> None:
    problem = problem_from_case(small_case(3))
    case = copy.deepcopy(case_of(problem, datetime(2026, 3, 2, tzinfo=UTC).date()))
    holder = case
    for step in path[:-1]:
        holder = holder[step]  # type: ignore[index]
    holder[path[-1]] = value  # type: ignore[index]
    with pytest.raises(InvalidInput) as caught:
        problem_from_case(case)
    assert caught.value.faults[0].field.startswith(field)
