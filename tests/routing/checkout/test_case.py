"""Malformed cases are refused with the name of the field."""

from collections.abc import Callable
from typing import Any

import pytest

from core.errors import InvalidInput
from routing.checkout.case import problem_from_case
from tests.routing.checkout.carts import Case, changed, small_case

CASE = small_case(5)
BAD: list[tuple[str, Callable[[Case], Any]]] = [
    ("schema", lambda c: c.update(schema="plan-checkout/9")),
    ("now", lambda c: c.update(now="soon")),
    ("now", lambda c: c.pop("now")),
    ("q", lambda c: c.update(q="1.5")),
    ("q", lambda c: c.update(q=None)),
    ("reliability", lambda c: c.update(reliability="maybe")),
    ("lines", lambda c: c.update(lines=[])),
    ("lines[0].qty", lambda c: c["lines"][0].update(qty=0)),
    ("lines[0].sku", lambda c: c["lines"][0].update(sku="K99")),
    ("items.K0.dims_mm", lambda c: c["items"]["K0"].update(dims_mm=[1, 2])),
    ("items.K0.weight_g", lambda c: c["items"]["K0"].update(weight_g=1.5)),
    ("offers[0].location", lambda c: c["offers"][0].update(location="L99")),
    ("offers[0].stock", lambda c: c["offers"][0].update(stock=-1)),
    ("boxes[0].inner_mm", lambda c: c["boxes"][0].update(inner_mm=[1, 0, 3])),
    ("locations.L0.windows[0]", lambda c: c["locations"]["L0"].update(windows=[[5, 1, 3]])),
    (
        "locations.L0.windows",
        lambda c: c["locations"]["L0"].update(windows=[[0, 9, 9], [5, 12, 9]]),
    ),
    ("services[0].brackets_g", lambda c: c["services"][0].update(brackets_g=[5, 5])),
    ("services[0].node", lambda c: c["services"][0].update(node="L99")),
    ("services[0].pickups[0]", lambda c: c["services"][0].update(pickups=["x"])),
    ("services[0].divisor_cm3_per_kg", lambda c: c["services"][0].update(divisor_cm3_per_kg=0)),
    ("max_parcels", lambda c: c.update(max_parcels=10**12)),
    ("zone_of", lambda c: c.pop("zone_of")),
]


def test_a_good_case_is_read() -> None:
    problem = problem_from_case(CASE)
    assert len(problem.lines) == len(CASE["lines"])
    assert len(problem.services) == len(CASE["services"])


@pytest.mark.parametrize(
    ("field", "spoil"), BAD, ids=[f"{n}-{row[0]}" for n, row in enumerate(BAD)]
)
def test_the_bad_field_is_named(field: str, spoil: Callable[[Case], Any]) -> None:
    case = changed(CASE)
    spoil(case)
    with pytest.raises(InvalidInput) as caught:
        problem_from_case(case)
    assert any(fault.field.startswith(field) for fault in caught.value.faults)


def test_no_object_is_no_case() -> None:
    for nonsense in (None, [], 3, "case"):
        with pytest.raises(InvalidInput):
            problem_from_case(nonsense)


def test_names_used_twice_are_refused() -> None:
    case = changed(CASE)
    case["lines"].append(dict(case["lines"][0]))
    with pytest.raises(InvalidInput, match="twice"):
        problem_from_case(case)
    case = changed(CASE)
    case["offers"].append(dict(case["offers"][0]))
    with pytest.raises(InvalidInput, match="second offer"):
        problem_from_case(case)
