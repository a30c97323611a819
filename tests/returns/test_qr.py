"""A return's code is checked with nothing but a public key; a changed one is seen."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from returns.qr import BadSlip, Slip, private_key, public_text, read_slip, write_slip

KEY = private_key(bytes(range(32)))
PUBLIC = public_text(KEY)
SLIP = Slip(UUID(int=7), date(2026, 3, 24), 2)
TEXT = write_slip(SLIP, KEY)


def test_a_slip_reads_back_until_its_last_day() -> None:
    assert read_slip(TEXT, PUBLIC, today=date(2026, 3, 24)) == SLIP
    assert read_slip(TEXT + "\n", PUBLIC, today=date(2026, 3, 1)) == SLIP
    assert read_slip(TEXT, PUBLIC, today=date(2026, 3, 25)) is BadSlip.EXPIRED


def test_another_key_did_not_sign_it() -> None:
    other = public_text(private_key(b"x" * 32))
    assert read_slip(TEXT, other, today=date(2026, 3, 1)) is BadSlip.FORGED


@given(st.integers(0, len(TEXT) - 1), st.sampled_from("Aa0-_.x"))
def test_no_changed_character_goes_unseen(index: int, char: str) -> None:
    changed = TEXT[:index] + char + TEXT[index + 1 :]
    found = read_slip(changed, PUBLIC, today=date(2026, 3, 1))
    assert found == SLIP if changed == TEXT else not isinstance(found, Slip) or found == SLIP


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    assert not isinstance(read_slip(text, PUBLIC, today=date(2026, 3, 1)), Slip)
