"""The days with reasons known beforehand: one of each kind is told right, and a wrong one is seen."""

from dataclasses import replace

import pytest

from benchmarks.tours.reason_cases import BROKEN_FLEET, Case
from benchmarks.tours.reasons import cases, fault_of, serves
from routing.tours.checker import check
from routing.tours.plan import Plan
from routing.tours.reasons import why_unserved

CASES = list(cases(1))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_reason_of_a_built_day_is_right(case: Case) -> None:
    assert fault_of(case) == ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_another_code_or_amount_is_counted_as_wrong(case: Case) -> None:
    if case.code == BROKEN_FLEET:
        assert fault_of(replace(case, stop=1)) == ""  # every stop waits then
        return
    assert "in place of" in fault_of(replace(case, code="not_found"))
    assert "in place of" in fault_of(replace(case, answers=((2, frozenset({("shift", 1)})),)))


def test_nothing_frees_a_stop_that_needs_something() -> None:
    for case in CASES:
        plan = check(case.problem, case.tours)
        assert isinstance(plan, Plan)
        if case.code != BROKEN_FLEET:
            note = why_unserved(case.problem, plan, case.stop)
            assert not serves(case, plan, note.vehicle, ()), case.name
