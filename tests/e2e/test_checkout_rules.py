"""The playground's rules in a browser: a limit that binds is explained, one too many is named."""

import pytest

from tests.e2e.conftest import House, look
from tests.e2e.test_stories import sign_in

pytestmark = pytest.mark.browser


def test_rules_of_a_cart_are_set_told_and_blamed(house: House) -> None:
    for phone in (False, True):
        set_rules(house, phone=phone)


def set_rules(house: House, *, phone: bool) -> None:
    """A limit that binds, then an exclusion that leaves no way."""
    watched = house.window(phone=phone)
    page, size = watched.page, "phone" if phone else "desktop"
    sign_in(page, house, "/checkout")
    for row, (sku, qty) in enumerate((("COFFEE-01", 2), ("BOOK-03", 1)), 1):
        page.fill(f"#sku-{row}", sku)
        page.fill(f"#qty-{row}", str(qty))
    page.select_option("#country", "FR")
    page.fill("#postcode", "75011")
    page.click("text=Rules")
    page.select_option("#most", "1")
    page.select_option("#without", "turia-ceramica")
    watched.follow(lambda: page.click("text=Show delivery options"))
    assert page.locator("#most").input_value() == "1"
    assert page.locator("#without").input_value() == "turia-ceramica"
    assert page.locator("article.choice .row >> text=1 parcel").count() >= 1
    page.locator("article.choice summary").first.click()
    told = page.locator("article.choice").first.inner_text()
    assert "The rule “at most 1 parcel” stands in the way of a better choice" in told
    look(watched, f"rules-{size}")

    page.select_option("#without", "elbe-kaffee")
    watched.follow(lambda: page.click("text=Show delivery options"))
    refused = page.locator("#options").inner_text()
    assert "leaves no way. Without it everything could arrive by" in refused
    assert "nothing from Elbe Kaffeekontor" in refused
    look(watched, f"rules-refused-{size}")
