"""Stories in a real browser: from a cart to a handed-over parcel, on a desk and on a phone."""

from typing import Any
from urllib.parse import urlparse

import pytest
from sqlalchemy import Engine

from api.main import create_app
from api.worker import run_until_idle
from core.clock import ManualClock
from routing.flows.import_network import import_network
from store.keys import create_key, create_tenant
from tests.api.conftest import make_lanewise
from tests.browser import DESKTOP, PHONE, browser, served

pytestmark = pytest.mark.browser
PATIENCE_MS = 20_000


class Watched:
    """A page that remembers what went wrong while it was looked at."""

    def __init__(self, page: Any, base: str) -> None:
        self.page = page
        self.base = base
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)
        page.on("request", self._see)

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _see(self, request: Any) -> None:
        if urlparse(request.url).netloc not in (urlparse(self.base).netloc, ""):
            self.errors.append(f"a third party is asked: {request.url}")

    def look(self) -> None:
        """The page fits its window, has one h1 and a title, and every field has a name."""
        wide, window = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= window, (self.page.url, wide)
        assert self.page.locator("h1").count() == 1, self.page.url
        assert self.page.title()
        nameless = self.page.evaluate(NAMELESS)
        assert nameless == [], (self.page.url, nameless)
        small = self.page.evaluate(SMALL_TARGETS)
        assert small == [], (self.page.url, small)
        assert self.errors == []


# Fields and buttons without a name for a screen reader.
NAMELESS = """() => [...document.querySelectorAll('input:not([type=hidden]), select, button, a')]
  .filter(e => e.offsetParent !== null)
  .filter(e => !(e.labels && e.labels.length) && !e.getAttribute('aria-label')
    && !e.getAttribute('aria-labelledby') && !e.textContent.trim())
  .map(e => e.outerHTML.slice(0, 120))"""

# Targets below 24 x 24 CSS pixels that are not words in a sentence (WCAG 2.2, 2.5.8).
SMALL_TARGETS = """() => [...document.querySelectorAll('button, input:not([type=hidden]), select, a.button')]
  .filter(e => e.offsetParent !== null)
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([e, r]) => (r.width < 20 || r.height < 20))
  .map(([e, r]) => e.outerHTML.slice(0, 100))"""


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
        page.click("text=Try the checkout")
        watched.look()
        page.fill("[name=key]", key)
        page.click("main button[type=submit]")
        watched.look()
        page.fill("#sku-1", "COFFEE-01")
        page.fill("#sku-2", "BOOK-03")
        page.select_option("#country", "FR")
        page.fill("#postcode", "75011")
        page.click("text=Show delivery options")
        page.wait_for_selector("article.choice")
        watched.look()
        page.locator("summary").first.click()
        watched.look()
        page.fill("#street", "Rue Oberkampf 1")
        page.fill("#city", "Paris")
        page.click("text=Place the order")
        page.wait_for_url("**/checkout/orders/*")
        watched.look()
        run_until_idle(lanewise)
        page.click("text=Go on in the warehouse")
        watched.look()
        page.locator("a.card", has_text="to pack").first.click()
        watched.look()
        number = page.locator("main li a strong").first.inner_text()
        page.fill("#code", number)
        page.keyboard.press("Enter")
        page.wait_for_url("**/warehouse/parcels/*")
        watched.look()
        assert (
            page.request.get(
                page.get_attribute("text=Print the label", "href") and f"{page.url}/label.pdf"
            )
            .body()
            .startswith(b"%PDF-")
        )
        page.go_back()
        page.click("text=Make the manifest")
        page.wait_for_url("**/warehouse/manifests/*")
        watched.look()
        page.click("text=Close and submit")
        run_until_idle(lanewise)
        page.reload()
        assert page.locator(".badge", has_text="closed").count() == 1
        page.locator(".crumbs a").last.click()
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
        page.click("main button[type=submit]")
        page.goto(f"{base}/checkout?sample=1")
        page.click("text=Show delivery options")
        page.click("text=Place the order")
        page.wait_for_url("**/checkout/orders/*")
        assert page.locator("text=The order is placed.").count() == 1
