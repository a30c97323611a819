"""Numbers in groups: postal numbers as postmen read them, others in blocks, nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.number_groups import groups_of, spaced


@pytest.mark.parametrize(
    ("number", "read"),
    [
        ("CW000000014FR", "CW 0000 0001 4 FR"),
        ("RA473124829CN", "RA 4731 2482 9 CN"),
        ("LWSB01000000014", "LWSB 0100 0000 014"),
        ("3SLANE0000000017", "3SLA NE00 0000 0017"),
        ("340012345000000012", "3400 1234 5000 0000 12"),
        ("", ""),
    ],
)
def test_a_number_is_read_in_its_groups(number: str, read: str) -> None:
    assert spaced(number) == read


@given(st.text("ABCZ0123456789", max_size=40))
def test_no_sign_is_lost_and_no_group_is_empty(number: str) -> None:
    groups = groups_of(number)
    assert "".join(groups) == number
    assert all(groups)
