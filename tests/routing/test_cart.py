"""A cart's own limits: refused with the line and the limit, before anything is planned."""

from datetime import UTC, datetime

import pytest

from core.errors import InvalidInput
from core.places import Destination
from routing.cart import MOST_LINES, MOST_UNITS, Cart, CartLine

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def cart(*lines: CartLine) -> Cart:
    return Cart(Destination("FR", "75011"), lines, NOW)


def test_the_largest_carts_are_taken() -> None:
    cart(CartLine("1", "MUG-01", MOST_UNITS))
    cart(*(CartLine(str(n), "MUG-01", 1) for n in range(MOST_LINES)))


@pytest.mark.parametrize(
    ("lines", "field", "words", "code"),
    [
        ((), "lines", "a cart has at least one line", None),
        ([CartLine("a", "MUG-01", 0)], "lines[0].qty", "0 is not a quantity", None),
        (
            [CartLine("a", "MUG-01", 1), CartLine("pots", "POT-02", 501)],
            "lines[1].qty",
            "line 'pots' (POT-02) asks for 501 units; a cart holds at most 500",
            "cart_too_large",
        ),
        (
            [CartLine("a", "MUG-01", 201), CartLine("pots", "POT-02", 300)],
            "lines",
            "501 units in all, of which line 'pots' (POT-02) asks for 300 units; a cart holds",
            "cart_too_large",
        ),
        (
            [CartLine(str(n), "MUG-01", 1) for n in range(61)],
            "lines",
            "61 lines; a cart has at most 60",
            None,
        ),
        (
            [CartLine("a", "MUG-01", 1), CartLine("a", "POT-02", 1)],
            "lines[1].id",
            "'a' stands twice",
            None,
        ),
    ],
)
def test_a_cart_beyond_its_limits_names_the_line_and_the_limit(
    lines: list[CartLine], field: str, words: str, code: str | None
) -> None:
    with pytest.raises(InvalidInput) as caught:
        cart(*lines)
    (fault,) = caught.value.faults
    assert fault.field == field
    assert words in fault.reason
    assert caught.value.code == code
