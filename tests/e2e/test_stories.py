"""Three stories in a real browser: checkout to delivery, a late parcel, a return."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import HOME
from tests.browser import Watched
from tests.e2e.conftest import House, at_hour, look

pytestmark = pytest.mark.browser

LINES = (("COFFEE-01", 2), ("BOOK-03", 1))


def sign_in(page: Any, house: House, path: str) -> None:
    """Open a staff page; the house asks for the key first."""
    page.goto(house.base + path)
    page.fill("[name=key]", house.key)
    with page.expect_navigation():
        page.click("main button[type=submit]")


def bought(house: House, *, language: str) -> dict[str, Any]:
    """An order placed by the shop's backend, booked by the workers."""
    cart = {
        "destination": {"country": "FR", "postcode": "75011"},
        "lines": [{"sku": sku, "qty": qty} for sku, qty in LINES],
    }
    quote = house.ask("POST", "/v1/quotes", cart, key="quote")
    wish = {
        "quote_id": quote["id"],
        "option": "cheapest",
        "consignee": HOME,
        "language": language,
    }
    placed = house.ask("POST", "/v1/orders", wish, key="order")
    house.work()
    order: dict[str, Any] = house.order(placed["order_id"])
    return order


def handed_over(house: House, order: dict[str, Any]) -> datetime:
    """Every parcel is scanned at its warehouse's door, a little before it leaves; when the last was."""
    for parcel in sorted(order["parcels"], key=lambda one: str(one["leaves_at"])):
        leaves = datetime.fromisoformat(parcel["leaves_at"])
        house.advance(max(house.now(), leaves - timedelta(minutes=20)))
        number = parcel["booking"]["tracking_number"]
        house.ask("POST", "/v1/parcels/hand-overs", {"code": number}, key=f"door-{number}")
    house.work()
    return house.now()


def promised_by(order: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(order["promise"]["ends_at"])


def buy(page: Any, watched: Watched, house: House) -> str:
    """Fill a cart, choose the option after the first, order; the order's id."""
    sign_in(page, house, "/checkout")
    for row, (sku, qty) in enumerate(LINES, 1):
        page.fill(f"#sku-{row}", sku)
        page.fill(f"#qty-{row}", str(qty))
    page.select_option("#country", "FR")
    page.fill("#postcode", "75011")
    page.click("text=Show delivery options")
    page.wait_for_selector("article.choice")
    look(watched, "1-options")
    choices = page.locator("article.choice input[type=radio]")
    choices.nth(min(1, choices.count() - 1)).check()
    page.fill("#name", HOME["name"])
    page.fill("#street", HOME["street"])
    page.fill("#city", HOME["city"])
    page.fill("#email", HOME["email"])
    page.click("text=Place the order")
    page.wait_for_url("**/checkout/orders/*")
    look(watched, "1-placed")
    return str(page.url.rsplit("/", 1)[1])


def pack_and_hand_over(page: Any, watched: Watched, house: House, parcel: dict[str, Any]) -> None:
    """In the parcel's warehouse: print the label, close the manifest, scan at the door."""
    number = parcel["booking"]["tracking_number"]
    page.goto(f"{house.base}/warehouse")
    watched.follow(lambda: page.click(f"a.card[href='/warehouse/{parcel['origin']}']"))
    look(watched, "1-board")
    page.fill("#code", number)
    page.keyboard.press("Enter")
    page.wait_for_url("**/warehouse/parcels/*")
    look(watched, "1-parcel")
    link = page.get_attribute("text=Print the label", "href")
    label = page.request.get(house.base + link)
    assert label.headers["content-type"] == "application/pdf"
    assert label.body().startswith(b"%PDF-")
    page.go_back()
    if page.locator("text=Make the manifest").count():
        page.locator("text=Make the manifest").first.click()
        page.wait_for_url("**/warehouse/manifests/*")
        watched.follow(lambda: page.click("text=Close and submit"))
        house.work()
        page.reload()
        assert page.locator(".badge", has_text="closed").count() == 1
        look(watched, "1-manifest")
        watched.follow(lambda: page.locator(".crumbs a").last.click())
    page.fill("#hand-over", number)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=is handed over")
    look(watched, "1-handed-over")


def test_from_checkout_to_delivery(house: House) -> None:
    staff = house.window(phone=False)
    order_id = buy(staff.page, staff, house)
    house.work()
    order = house.order(order_id)
    assert all(parcel["booking"]["state"] == "booked" for parcel in order["parcels"])

    customer = house.window(phone=True)
    page = customer.page
    page.clock.install()  # the page's own timers, so that its refresh needs no waiting
    page.goto(house.base + house.links(order_id)["track"])
    assert page.locator("h1").inner_text() in ("Being prepared", "Not yet with the carrier")
    assert page.locator(".badge").first.inner_text().endswith("On time")
    look(customer, "1-track-prepared")

    for parcel in order["parcels"]:
        pack_and_hand_over(staff.page, staff, house, parcel)
    house.work()

    def becomes(state: str, name: str) -> None:
        page.clock.fast_forward(21_000)
        page.wait_for_selector(f"h1:has-text('{state}')")
        look(customer, name)

    becomes("With the carrier", "1-track-accepted")
    departs = max(datetime.fromisoformat(one["leaves_at"]) for one in order["parcels"])
    arrives = at_hour(departs, 10)
    for parcel in order["parcels"]:
        house.scan(parcel, "in_transit", departs + timedelta(hours=5), place="Paris Nord")
    becomes("On its way", "1-track-on-its-way")
    for parcel in order["parcels"]:
        house.scan(parcel, "out_for_delivery", arrives - timedelta(hours=3))
    becomes("Out for delivery today", "1-track-out")
    for parcel in order["parcels"]:
        house.scan(parcel, "delivered", arrives)
        house.scan(parcel, "in_transit", departs + timedelta(hours=5), place="Paris Nord")
    becomes("Delivered", "1-track-delivered")
    assert arrives < promised_by(order)
    assert page.locator(".badge").first.inner_text().endswith("On time")
    steps = page.locator("ol.steps").first.locator("li strong").all_inner_texts()
    assert steps[0] == "Delivered"
    page.reload()
    assert page.locator("text=Return something").count() == 1
    look(customer, "1-track-after")
    subjects = [subject for subject, _ in house.notices()]
    assert len([one for one in subjects if "delivered" in one.lower()]) == len(order["parcels"])


def test_a_late_parcel_is_told_once_before_the_promised_day_is_over(house: House) -> None:
    order = bought(house, language="en")
    left = handed_over(house, order)
    parcel = order["parcels"][0]
    promised = promised_by(order)
    customer = house.window(phone=True)
    page = customer.page
    page.goto(house.base + house.links(order["id"])["track"])
    before = page.locator(".date").first.inner_text()
    assert house.notices() == []

    house.scan(parcel, "in_transit", left + timedelta(hours=4), place="Lille")
    held = (promised - timedelta(days=1)).replace(hour=10, minute=0)
    for _ in range(2):  # carriers repeat themselves
        house.scan(parcel, "exception/carrier_delay", held, place="Lille")
    house.advance(house.now() + timedelta(minutes=30))
    assert house.now() < promised
    told = house.notices()
    assert len(told) == 1, told
    subject, text = told[0]
    assert "later" in subject.lower()
    assert "Why: the carrier reported a problem on the way." in text

    page.reload()
    assert page.locator("h1").inner_text() == "Stopped on the way"
    assert page.locator(".badge").first.inner_text().endswith("Later than promised")
    assert page.locator(".date").first.inner_text() != before
    assert page.locator("text=Why: the carrier reported a problem on the way.").count() == 1
    look(customer, "2-track-late")
    page.goto(f"{house.base}{text[text.index('/track/') :].split()[0]}")
    assert page.locator("h1").inner_text() == "Stopped on the way"

    for phone in (False, True):
        desk = house.window(phone=phone)
        sign_in(desk.page, house, "/desk")
        first = desk.page.locator("section[aria-labelledby=exceptions] li").first
        assert parcel["booking"]["tracking_number"] in first.inner_text()
        assert "carrier delay" in first.inner_text()
        look(desk, f"2-desk-{'phone' if phone else 'wide'}")
        desk.follow(first.locator("a").click)
        assert desk.page.locator("text=delayed · sent").count() == 1
        look(desk, f"2-desk-order-{'phone' if phone else 'wide'}")
        desk.page.goto(house.base + "/desk/carriers")
        look(desk, f"2-desk-carriers-{'phone' if phone else 'wide'}")

    house.scan(parcel, "out_for_delivery", at_hour(promised, 8))
    house.scan(parcel, "delivered", at_hour(promised, 11))
    page.reload()
    assert page.locator(".badge").first.inner_text().endswith("Later than promised")
    look(customer, "2-track-delivered-late")
    assert [one for one, _ in house.notices()].count(subject) == 1


def test_a_return_in_the_customers_language(house: House) -> None:
    order = bought(house, language="fr")
    left = handed_over(house, order)
    for parcel in order["parcels"]:
        house.scan(parcel, "delivered", at_hour(left, 10))
    customer = house.window(phone=True, language="fr-FR")
    page = customer.page
    page.goto(house.base + house.links(order["id"])["track"])
    assert page.locator("html").get_attribute("lang") == "fr"
    look(customer, "3-track")
    page.click("a[href^='/returns/']")
    page.wait_for_url("**/returns/*")
    assert page.locator("h1").inner_text() == "Retourner un article"
    look(customer, "3-return-form")
    page.click("main form button.big")  # nothing chosen yet
    page.wait_for_selector(".banner.bad")
    assert page.locator("img.qr").count() == 0
    customer.errors.clear()  # the browser reports the refusal's status 422 as an error
    page.select_option("#qty-2", "1")
    page.select_option("#cause-2", "damaged")
    page.click("main form button.big")
    page.wait_for_selector("img.qr")
    page.wait_for_load_state()
    house.work()
    page.reload()
    drawn = page.locator("img.qr").evaluate("image => image.complete && image.naturalWidth > 0")
    assert drawn
    look(customer, "3-return-registered")
    link = page.locator("a[href$='/labels/1']").get_attribute("href")
    label = page.request.get(house.base + link)
    assert label.body().startswith(b"%PDF-")

    (rma,) = house.ask("GET", f"/v1/returns?order_id={order['id']}")["items"]
    back = {"booking": rma["parcels"][0]}  # the label's number, scanned by its carrier
    for code, said in (("in_transit", "En route"), ("delivered", "Arrivé, en cours de contrôle")):
        house.scan(back, code, at_hour(house.now(), 10))
        page.reload()
        assert said in page.locator(".badge").first.inner_text()
        look(customer, f"3-return-{code}")
    receipt = {"code": rma["code"]}
    refund = house.ask("POST", "/v1/returns/receipts", receipt, key="back")
    assert house.ask("POST", "/v1/returns/receipts", receipt, key="again")["id"] == refund["id"]
    house.work()
    page.reload()
    assert page.locator("img.qr").count() == 0
    amount = f"{refund['amount']['minor'] // 100},{refund['amount']['minor'] % 100:02d}"
    assert amount in page.locator(".date").first.inner_text()
    due = datetime.fromisoformat(refund["due_on"])
    assert page.locator(f"text=/remboursé.* {due.day} /i").count() == 1
    look(customer, "3-return-refunded")
    wide = house.window(phone=False, language="fr-FR")
    wide.page.goto(page.url)
    look(wide, "3-return-wide")
    told = [subject for subject, _ in house.notices()]
    assert len(told) == len(set(told)), told
