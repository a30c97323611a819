"""A whole marketplace for a story: served over HTTP, its workers and its clock in the story's hands."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import httpx
import pytest
from sqlalchemy import Engine

from api.main import create_app
from api.worker import run_until_idle
from core.clock import ManualClock
from simulations.ports import Reply
from simulations.shop import CarrierVoice, open_voice
from simulations.travel import Telling
from store.keys import create_key
from tests.api.conftest import CART
from tests.browser import DESKTOP, PHONE, Watched, browser, served
from tests.market import Market


@dataclass
class House:
    """The served marketplace, as its people see it; also the `Marketplace` port over HTTP."""

    market: Market
    base: str
    key: str
    chromium: Any
    client: httpx.Client
    voices: dict[str, CarrierVoice] = field(default_factory=dict)
    pages: list[Watched] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Reply:
        """Ask a door with the story's API key."""
        sent = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key
        if body is not None:
            raw, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        answer = self.client.request(method, path, content=raw, headers=sent)
        is_json = "json" in answer.headers.get("content-type", "")
        return Reply(answer.status_code, answer.json() if is_json else answer.content)

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """The body of an answer that must be good."""
        reply = self.call(method, path, body, key=key)
        assert reply.ok, (path, reply.status, reply.body)
        return reply.body

    def now(self) -> datetime:
        return self.market.clock.now()

    def advance(self, instant: datetime) -> None:
        self.market.clock.set(instant)
        self.work()

    def work(self) -> int:
        return run_until_idle(self.market.lanewise)

    def window(self, *, phone: bool, language: str = "en-GB") -> Watched:
        """A fresh browser window without cookies, watched for faults."""
        context = self.chromium.new_context(viewport=PHONE if phone else DESKTOP, locale=language)
        watched = Watched(context.new_page(), self.base)
        self.pages.append(watched)
        return watched

    def scan(self, parcel: dict[str, Any], code: str, at: datetime, *, place: str = "") -> None:
        """The parcel's carrier tells of a scan by a signed webhook; the workers read it."""
        carrier = parcel["booking"]["carrier"]
        if carrier not in self.voices:
            self.voices[carrier] = open_voice(self, carrier)
        if at > self.now():
            self.market.clock.set(at)
        telling = Telling(at, self.now(), code, code)
        self.voices[carrier].tell(parcel["booking"]["tracking_number"], telling, place=place)
        self.work()

    def order(self, order_id: str) -> Any:
        return self.ask("GET", f"/v1/orders/{order_id}")

    def links(self, order_id: str) -> dict[str, str]:
        """The customer's pages, as paths: `track` and `returns`."""
        found = self.ask(
            "POST", f"/v1/journeys/orders/{order_id}/links", key=f"links-{self.now():%s}"
        )
        return {name: urlparse(link).path for name, link in found.items() if name in LINKS}

    def notices(self) -> list[tuple[str, str]]:
        """(subject, text) of every notice in the local sink, by file name."""
        found = sorted(self.market.outbox.glob("*.json"))
        return [
            (json.loads(path.read_text())["subject"], path.with_suffix(".txt").read_text())
            for path in found
        ]


LINKS = ("track", "returns")


def look(watched: Watched, name: str) -> None:
    """The page is sound; with LANEWISE_SHOTS set, a picture of it goes there for people."""
    watched.look()
    folder = os.environ.get("LANEWISE_SHOTS")
    if folder:
        watched.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def at_hour(day: datetime, hour: int) -> datetime:
    """That UTC hour on the day after `day`."""
    return (day + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")  # not longer: a process can drive one Playwright at a time
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture
def house(
    chromium: Any, sqlite_engine: Engine, clock: ManualClock, tmp_path: Path
) -> Iterator[House]:
    market = Market.open(sqlite_engine, clock, tmp_path)
    with market.lanewise.sessions(market.tenant) as session:
        _, key = create_key(session, "story")
    with (
        served(create_app(market.lanewise)) as base,
        httpx.Client(base_url=base, timeout=300) as client,
    ):
        found = House(market, base, key, chromium, client)
        # The first plan of a fresh checkout compiles the kernels: not while a browser waits.
        found.ask("POST", "/v1/quotes", CART, key="warm")
        yield found
