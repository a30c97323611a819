"""Every format of the data is recognised, and its check digit enforced."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.commands.tracking_number import app
from carriers.tracking_numbers import (
    NumberFormat,
    check_digit,
    number_formats,
    recognize_number,
    serial_of,
)

FORMATS = number_formats()
IDS = [form.format_id for form in FORMATS]
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Formats whose look-aheads no generator can guess, written out.
SHAPES = {
    "usps_impb_n": "(420[0-9]{5}([0-9]{4})?)?94[0-9]{3}(9[0-9]{15}|[0-8][0-9]{15})[0-9]",
    "usps_impb_c": "(420[0-9]{5}([0-9]{4})?)?(92[0-9]{3}9[0-9]{15}|93[0-9]{3}[0-8][0-9]{15}|95[0-9]{19})[0-9]",
    "dhl_ecommerce": "(GM|LX|RX)[0-9][0-9A-Z]{9,37}",
}


def made_valid(form: NumberFormat, text: str) -> str | None:
    """A text of the pattern with its check digit set right; None where a needed look-up fails."""
    match = form.pattern.fullmatch(text)
    assert match is not None
    for look_up in form.look_ups:
        if look_up.needed and not look_up.knows(match.group(look_up.group)):
            start, end = match.span(look_up.group)
            text = text[:start] + sorted(look_up.values)[len(text) % 7] + text[end:]
            match = form.pattern.fullmatch(text)
            assert match is not None
    if form.checksum is None:
        return text
    start, end = match.span("CheckDigit")
    text = text[:start] + check_digit(form.checksum, serial_of(form, match)) + text[end:]
    return text if form.pattern.fullmatch(text) else None


@pytest.mark.parametrize("form", FORMATS, ids=IDS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_number_of_the_format_is_recognised_and_a_wrong_check_digit_is_not(
    form: NumberFormat, data: st.DataObject
) -> None:
    shape = SHAPES.get(form.format_id, form.pattern)
    drawn = data.draw(st.from_regex(shape, fullmatch=True, alphabet=st.sampled_from(SIGNS + "-")))
    number = made_valid(form, drawn)
    if number is None:
        return
    names = [(c.courier, c.format_id) for c in recognize_number(number).candidates]
    assert (form.courier, form.format_id) in names
    if form.checksum is None:
        return
    match = form.pattern.fullmatch(number)
    assert match is not None
    start, end = match.span("CheckDigit")
    for sign in SIGNS:
        wrong = number[:start] + sign + number[end:]
        if sign == number[start:end] or form.pattern.fullmatch(wrong) is None:
            continue
        got = [c.format_id for c in recognize_number(wrong).candidates]
        assert form.format_id not in got, wrong


@pytest.mark.parametrize(
    ("number", "courier"),
    [
        ("1Z999AA10123456784", "ups"),  # UPS, "Tracking API" sample number
        ("1z 999 aa1 01 2345 6784", "ups"),
        ("RA123456785GB", "s10"),  # UPU S10 standard, annex A
        ("9400 1002 0830 3109 5007 06", "usps"),
    ],
)
def test_documented_numbers_are_recognised(number: str, courier: str) -> None:
    found = recognize_number(number)
    assert found.is_valid, found
    assert found.candidates[0].courier == courier and found.candidates[0].checked


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("", "empty"),
        ("  \t ", "empty"),
        ("1" * 65, "too_long"),
        ("1Z<script>", "characters"),
        ("１Ｚ999AA10123456784", "characters"),
        ("1Z999AA10123456785", "check_digit: ups"),
        ("RA123456785XQ", "unlisted: s10"),
        ("HELLO", "no_format"),
    ],
)
def test_an_invalid_number_says_why(number: str, reason: str) -> None:
    found = recognize_number(number)
    assert (found.is_valid, found.reason) == (False, reason)


def test_check_digits_come_before_patterns_and_own_couriers_before_others() -> None:
    number = next(
        text
        for text in (f"{n:014d}" for n in range(10**12, 10**12 + 500))
        if len(recognize_number(text).candidates) == 1
    )
    assert not recognize_number(number).candidates[0].checked  # 14 digits: a pattern alone
    twelve = next(
        text
        for text in (f"{n:012d}" for n in range(10**11, 10**11 + 5000))
        if len({c.courier for c in recognize_number(text).candidates if c.checked}) > 1
    )
    usual = [c.courier for c in recognize_number(twelve).candidates]
    ours = recognize_number(twelve, own_couriers=(usual[-1],))
    assert ours.candidates[0].courier == usual[-1] != usual[0]


def test_the_command_answers_one_json_line_a_number() -> None:
    result = CliRunner().invoke(app, ["1Z999AA10123456784", "nonsense"])
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first["valid"] and first["candidates"][0] == {
        "carrier": "ups",
        "format": "ups",
        "checked": True,
    }
    assert second == {"number": "nonsense", "valid": False, "reason": "no_format"}
    piped = CliRunner().invoke(app, [], input="RA123456785GB\n\n")
    assert [json.loads(line)["valid"] for line in piped.stdout.splitlines()] == [True, False]


def test_a_number_costs_little_even_when_hostile() -> None:
    numbers = ["1Z999AA10123456784", "9" * 22, "0" * 64, "A1" * 30, "GM" + "A1" * 20, " 1" * 32]
    for number in numbers:
        recognize_number(number)
    start = time.process_time()
    for _ in range(200):
        for number in numbers:
            recognize_number(number)
    assert (time.process_time() - start) / (200 * len(numbers)) < 200e-6
