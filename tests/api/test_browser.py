"""Stories in a real browser: from a cart to a handed-over parcel, on a desk and on a phone."""

import pytest
from sqlalchemy import Engine

from api.main import create_app
from api.worker import run_until_idle
from core.clock import ManualClock
from routing.flows.import_network import import_network
from store.keys import create_key, create_tenant
from tests.api.conftest import make_lanewise
from tests.browser import DESKTOP, PATIENCE_MS, PHONE, Watched, browser, served

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_from_a_cart_to_a_handed_over_parcel(
    window: dict[str, int], sqlite_engine: Engine, clock: ManualClock, network_files: dict[str, str]
) -> None:
    lanewise = make_lanewise(sqlite_engine, clock)
    with lanewise.sessions.system() as session:
        tenant = create_tenant(session, "test")
    with lanewise.sessions(tenant) as session:
        _, key = create_key(session, "story")
        import_network(session, network_files)
    with browser() as chromium, served(create_app(lanewise)) as base:
        page = chromium.new_page(viewport=window)
        watched = Watched(page, base)
        page.goto(f"{base}/")
        watched.look()
        watched.follow(lambda: page.click("text=Try the checkout"))
        watched.look()
        page.fill("[name=key]", key)
        watched.follow(lambda: page.click("main button[type=submit]"))
        watched.look()
        page.fill("#sku-1", "COFFEE-01")
        page.fill("#sku-2", "BOOK-03")
        page.select_option("#country", "FR")
        page.fill("#postcode", "75011")
        page.select_option("#points", "1")
        watched.follow(lambda: page.click("text=Show delivery options"))
        page.wait_for_selector("article.choice")
        assert page.get_by_text("Collect at").count()
        watched.look()
        page.locator("article.choice summary").first.click()
        watched.look()
        watched.follow(lambda: page.locator("text=What if…").first.click())
        watched.look()
        watched.follow(lambda: page.click("text=Back to the options"))
        page.locator("select[name=window]").first.select_option(index=1)
        page.fill("#street", "Rue Oberkampf 1")
        page.fill("#city", "Paris")
        watched.follow(lambda: page.click("text=Place the order"))
        page.wait_for_url("**/checkout/orders/*")
        watched.look()
        run_until_idle(lanewise)
        watched.follow(lambda: page.click("text=Go on in the warehouse"))
        watched.look()
        watched.follow(lambda: page.locator("a.card", has_text="to pack").first.click())
        watched.look()
        number = page.locator("main li a strong").first.inner_text()
        page.fill("#code", number)
        watched.follow(lambda: page.keyboard.press("Enter"))
        assert "/warehouse/parcels/" in page.url
        watched.look()
        assert (
            page.request.get(
                page.get_attribute("text=Print the label", "href") and f"{page.url}/label.pdf"
            )
            .body()
            .startswith(b"%PDF-")
        )
        page.go_back()
        watched.follow(lambda: page.click("text=Make the manifest"))
        page.wait_for_url("**/warehouse/manifests/*")
        watched.look()
        watched.follow(lambda: page.click("text=Close and submit"))
        run_until_idle(lanewise)
        page.reload()
        assert page.locator(".badge", has_text="closed").count() == 1
        watched.follow(lambda: page.locator(".crumbs a").last.click())
        page.fill("#hand-over", number)
        page.keyboard.press("Enter")
        page.wait_for_selector("text=is handed over")
        watched.look()


def test_the_thread_works_without_scripts(
    sqlite_engine: Engine, clock: ManualClock, network_files: dict[str, str]
) -> None:
    lanewise = make_lanewise(sqlite_engine, clock)
    with lanewise.sessions.system() as session:
        tenant = create_tenant(session, "test")
    with lanewise.sessions(tenant) as session:
        _, key = create_key(session, "story")
        import_network(session, network_files)
    with browser() as chromium, served(create_app(lanewise)) as base:
        page = chromium.new_context(java_script_enabled=False, viewport=PHONE).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{base}/checkout?sample=1")
        page.fill("[name=key]", key)
        with page.expect_navigation():
            page.click("main button[type=submit]")
        page.goto(f"{base}/checkout?sample=1")
        page.click("text=Show delivery options")
        page.click("text=Place the order")
        page.wait_for_url("**/checkout/orders/*")
        assert page.locator("text=The order is placed.").count() == 1
