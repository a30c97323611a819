"""Number ranges: what they hold, what they refuse, and that no serial of a series is given out twice."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.labels.content import check_sscc
from carriers.number_ranges import (
    NumberRange,
    count_given,
    next_free,
    range_from_json,
    range_to_json,
    with_given,
)
from core.errors import InvalidInput

RANGES = (
    NumberRange(),
    NumberRange("4012345678", first=0, last=0),
    NumberRange(s10_indicator="CX", s10_country="FR", first=7_300_000, last=7_309_999),
)


@pytest.mark.parametrize("numbers", RANGES)
def test_a_range_holds_its_ends_and_nothing_outside(numbers: NumberRange) -> None:
    for serial in (numbers.first, numbers.end):
        number = numbers.number(serial)
        assert str(serial).zfill(6)[-6:] in number
        if not numbers.s10_indicator:
            check_sscc(number)
    for serial in (numbers.first - 1, numbers.end + 1):
        with pytest.raises(InvalidInput, match="is not in the range"):
            numbers.number(serial)
    assert range_from_json(range_to_json(numbers)) == numbers


def test_an_s10_number_has_its_check_digit() -> None:
    numbers = NumberRange(s10_indicator="RB", s10_country="DE", first=47312482, last=47312482)
    assert numbers.number(47312482) == "RB473124829DE"  # UPU S10-12, the example of annex A


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"company_prefix": "12"}, "company_prefix"),
        ({"company_prefix": "952123x"}, "company_prefix"),
        ({"company_prefix": "٤٠١٢٣٤٥"}, "company_prefix"),
        ({"s10_indicator": "CX"}, "s10_country"),
        ({"s10_indicator": "cx", "s10_country": "FR"}, "s10_indicator"),
        ({"first": 10, "last": 9}, "last"),
        ({"first": -1}, "last"),
        ({"company_prefix": "4012345678", "last": 10**6}, "last"),
        ({"s10_indicator": "CX", "s10_country": "FR", "last": 10**8}, "last"),
    ],
)
def test_what_is_no_range_is_refused(given: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        NumberRange(**given)  # type: ignore[arg-type]
    assert caught.value.faults[0].field == field


bounds = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: tuple(sorted(pair)))


@given(st.lists(bounds, max_size=60))
def test_no_serial_is_given_twice_however_ranges_overlap_and_change(
    asks: list[tuple[int, int]],
) -> None:
    stretches: list[tuple[int, int]] = []
    seen: set[int] = set()
    for first, last in asks:
        serial = next_free(stretches, first, last)
        free = set(range(first, last + 1)) - seen
        assert serial == min(free, default=None)
        if serial is not None:
            seen.add(serial)
            stretches = with_given(stretches, serial)
        assert count_given(stretches, first, last) == len(seen & set(range(first, last + 1)))
    assert {n for start, end in stretches for n in range(start, end)} == seen
    assert all(one[1] < other[0] for one, other in pairwise(stretches))
