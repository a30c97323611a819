"""A running Lanewise for rehearsals: its app and its worker in this process, on a clock they move."""

import asyncio
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from api.main import create_app
from api.settings import Settings
from api.wiring import Lanewise
from api.worker import queue_slots, run_until_idle
from core.clock import ManualClock
from core.errors import LanewiseError
from simulations.ports import Reply

BASE = "http://lanewise.local"
REHEARSAL_KEY = bytes(range(32))  # seals only what a rehearsal invents
SLOT_PAUSE = timedelta(hours=6)  # the schedule's grain in a rehearsal; scans act at once


class LocalMarketplace:
    """Answers `simulations.ports.Marketplace` without a network; use it in a `with` block.

    `lanewise` must run on a `ManualClock`. Jobs run in the caller's thread, in order, so that the
    same seed gives the same story.
    """

    def __init__(self, lanewise: Lanewise, key: str) -> None:
        if not isinstance(lanewise.clock, ManualClock):
            raise LanewiseError("a rehearsal needs a clock that it can move")
        self.lanewise = lanewise
        self._clock = lanewise.clock
        self._key = key
        self._next_slots = lanewise.clock.now()
        self._loop = asyncio.new_event_loop()
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(lanewise)), base_url=BASE, timeout=60
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._loop.run_until_complete(self._client.aclose())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self.lanewise.sessions.engine.dispose()

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
        """Ask a door; a body that is not JSON comes back as text."""
        sent = {"Authorization": f"Bearer {self._key}", **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key
        if body is not None:
            raw = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        answer = self._loop.run_until_complete(
            self._client.request(method, path, content=raw, headers=sent)
        )
        kind = answer.headers.get("content-type", "")
        value = answer.json() if "json" in kind and answer.content else answer.text
        return Reply(answer.status_code, value)

    def fetch(self, path: str) -> bytes:
        """The raw body of a document such as a label; raises when it is refused."""
        answer = self._loop.run_until_complete(
            self._client.get(path, headers={"Authorization": f"Bearer {self._key}"})
        )
        if answer.status_code != 200:
            raise LanewiseError(f"{path} answered {answer.status_code}: {answer.text[:200]}")
        return answer.content

    def staff_page(self, path: str) -> str:
        """A page behind the sign-in, as somebody of the staff sees it."""

        async def look() -> httpx.Response:
            await self._client.post("/login", data={"key": self._key, "next": path})
            try:
                return await self._client.get(path, headers={"Accept": "text/html"})
            finally:
                self._client.cookies.clear()

        answer = self._loop.run_until_complete(look())
        if answer.status_code != 200:
            raise LanewiseError(f"{path} answered {answer.status_code}")
        return answer.text

    def now(self) -> datetime:
        return self._clock.now()

    def advance(self, instant: datetime) -> None:
        """Move the clock, run everything due, and once in a while what the schedule asks for."""
        self._clock.set(instant)
        if instant >= self._next_slots:
            queue_slots(self.lanewise)
            self._next_slots = instant + SLOT_PAUSE
        self.work()

    def work(self) -> int:
        return run_until_idle(self.lanewise, worker="rehearsal")


def rehearse_on(
    database_url: str, at: datetime, key: str, seed: str, var: Path
) -> LocalMarketplace:
    """A marketplace on a rehearsal's own database: its clock stands at `at`, its bytes repeat."""
    settings = Settings(database_url=database_url, secret_key=REHEARSAL_KEY.hex(), var=var)
    return LocalMarketplace(
        Lanewise(settings, ManualClock(at), random.Random(seed).randbytes, durable=False), key
    )
