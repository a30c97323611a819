"""Serves the quote endpoint for measuring: bare, with the store, and whole, beside a raw callable.

`python -m api.quote_bench` opens a port and prints it with a key; `benchmarks.quote_door` asks it.
`/raw` answers fixed bytes; `/bare` does all that the endpoint does but planning and storing;
`/kept` stores a planned quote; `/full` plans and stores. `/cpu` tells the CPU time so far.
"""

import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn

import api.endpoints.quotes as door
from api.logs import set_up_logs
from api.main import create_app
from api.models import metadata
from api.planning import Planner, PlanTask
from api.settings import Settings
from api.wiring import Lanewise
from core.clock import ManualClock
from core.ids import QuoteId, TenantId
from routing.cart import Cart
from routing.flows.import_network import import_network
from routing.quote import Quote
from simulations.demo_network import demo_files
from store.keys import create_key, create_tenant

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday; the clock stands
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Canned(Planner):
    """Gives a quote that was planned before, under a fresh id."""

    def __init__(self, lanewise: Lanewise, *, keeps: bool) -> None:
        super().__init__(lanewise)
        self.keeps = keeps
        self._count = 0
        self._quote: Quote | None = None

    def quote(self, task: PlanTask) -> Quote:
        """The first quote ever planned here."""
        if self._quote is None:
            self._quote = super().quote(task)
        self._count += 1
        return replace(self._quote, id=QuoteId(UUID(int=self._count)))


def spare_store(visit: Any, planner: Planner, cart: Cart) -> Quote:
    """As `plan_and_keep`, but what a canned planner does not keep is not kept."""
    if isinstance(planner, Canned) and not planner.keeps:
        return planner.quote(PlanTask(visit.caller.tenant, cart))
    return _plan_and_keep(visit, planner, cart)


_plan_and_keep = door.plan_and_keep


def make_app(lanewise: Lanewise) -> App:
    """All four ways, told apart by the first part of the path."""
    door.plan_and_keep = spare_store
    apps: dict[str, App] = {}
    for name, planner in (
        ("bare", Canned(lanewise, keeps=False)),
        ("kept", Canned(lanewise, keeps=True)),
        ("full", Planner(lanewise)),
    ):
        app = create_app(lanewise)
        app.state.planner = planner
        apps[name] = app

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        _, first, *rest = scope["path"].split("/")
        if first in apps:
            path = "/" + "/".join(rest)
            await apps[first]({**scope, "path": path, "raw_path": path.encode()}, receive, send)
            return
        while (await receive()).get("more_body"):
            pass
        told = json.dumps({"cpu_s": time.process_time()}).encode() if first == "cpu" else FIXED
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(told))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told})

    return dispatch


FIXED = b'{"id":"00000000-0000-0000-0000-000000000000","options":[]}'


def open_shop(folder: Path) -> tuple[Lanewise, TenantId, str]:
    """A database in the folder with the demo network, and a key."""
    settings = Settings(
        var=folder,
        database_url=f"sqlite:///{folder}/lanewise.db",
        secret_key=os.urandom(32).hex(),
        rate_limit_per_minute=1_000_000_000,
        log_level="error",
    )
    set_up_logs(settings)
    lanewise = Lanewise(settings, ManualClock(START))
    metadata.create_all(lanewise.sessions.engine)
    with lanewise.sessions.system() as session:
        tenant = create_tenant(session, "bench")
    with lanewise.sessions(tenant) as session:
        import_network(session, demo_files(1))
        _, key = create_key(session, "bench")
    return lanewise, tenant, key


def main() -> None:
    """Serve until the standard input closes."""
    with tempfile.TemporaryDirectory() as folder:
        lanewise, _, key = open_shop(Path(folder))
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        sys.stdout.write(json.dumps({"port": listener.getsockname()[1], "key": key}) + "\n")
        sys.stdout.flush()
        config = uvicorn.Config(make_app(lanewise), log_level="error", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
    sys.exit(0)
