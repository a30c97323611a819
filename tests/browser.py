"""Browser stories: a served app on a free port, the system's Chromium, and a page that is watched."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlparse

import pytest
import uvicorn
from fastapi import FastAPI

from tests.accessibility import faults_of

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 60_000


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app on a free local port; gives its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    ready = threading.Event()
    start = server.startup

    async def tell(sockets: Any = None) -> None:
        await start(sockets)
        ready.set()

    server.startup = tell  # type: ignore[method-assign]
    thread.start()
    if not ready.wait(20):
        raise RuntimeError("the server did not start")
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def browser() -> Iterator[Any]:
    """The system's Chromium, headless; skips with the reason where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium: install the system's chromium package")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()


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

    def follow(self, act: Callable[[], object]) -> None:
        """Do what opens another page (or the same one anew), and wait until it is loaded."""
        with self.page.expect_navigation():
            act()

    def look(self) -> None:
        """The page fits its window, has one h1 and a title, every field a name, and axe is content."""
        self.page.wait_for_load_state()
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
        faults = faults_of(self.page)
        assert faults == [], (self.page.url, faults)
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
