"""Kills the server that commits a cart over HTTP at any statement; shoppers ask until answered.

One database, one server process at a time, many orders. Each shopper gets a quote, has the server
told at which step to kill itself, and commits under an Idempotency-Key; whenever the server is gone
another is started and asked the same. In the end all parcels must be there once, and leave once.
"""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from benchmarks.faults.databases import Databases, open_databases
from benchmarks.faults.report import SuiteReport
from benchmarks.faults.steps import Steps, forked, was_killed
from benchmarks.faults.thread import cpu_s
from benchmarks.faults.thread_census import (
    Tally,
    census,
    opened,
    standing_orders,
    stuck,
    unsound,
)
from benchmarks.faults.thread_shop import (
    AFTER_A_DEATH,
    START,
    WANTED,
    OpenShop,
    People,
    Town,
    has_label,
    parcels_of,
    settle,
)
from core.errors import LanewiseError
from simulations.ports import Reply

Serve = Callable[[str, datetime, Path, Callable[[str], None]], None]
"""Serves (database URL, first instant, data folder) on a port until SIGTERM, and tells its address."""

STOCK = 1_000_000  # of every offer: no order waits for another's
LOOKS = 400  # so often a shopper looks whether the labels are there, before going away
LOOK_S = 0.05
ASKED_AT_MOST = 100


class Servers:
    """The server of the moment, and another one when it is gone; answers like a marketplace."""

    def __init__(self, serve: Serve, url: str, folder: Path, key: str) -> None:
        self._serve = serve
        self._url = url
        self._folder = folder
        self._client = httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=120)
        self._pid = 0
        self._orders = -1
        self._base = ""
        self._began = 0.0
        self.at = START
        self.kills = 0

    def start(self) -> None:
        """Fork a server; its clock begins at `at`."""
        orders, our_orders = os.pipe()
        our_news, news = os.pipe()
        serve = partial(self._serve, self._url, self.at, self._folder)

        def live() -> None:
            os.close(our_orders)
            os.close(our_news)
            _live(serve, orders, news)

        self._pid = forked(live, self._fault)
        os.close(orders)
        os.close(news)
        self._orders = our_orders
        self._began = time.monotonic()
        with os.fdopen(our_news) as told:
            self._base = told.readline().strip()
        if not self._base:
            raise RuntimeError(f"the server did not start: {self._fault.read_text()}")

    def die_at(self, step: int) -> None:
        """The step-th statement or commit after this word has arrived is the server's last."""
        os.write(self._orders, f"{step}\n".encode())

    def stop(self) -> datetime:
        """End the server as an operator would; the instant at which all its leases are over."""
        self._client.close()
        os.close(self._orders)
        was_killed(self._pid, self._fault)
        return self.now() + AFTER_A_DEATH

    def now(self) -> datetime:
        return self.at + timedelta(seconds=time.monotonic() - self._began)

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
        """Ask until somebody answers; a server found dead is replaced."""
        sent = {**(headers or {}), **({} if key is None else {"Idempotency-Key": key})}
        if body is not None:
            raw, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        for _ in range(ASKED_AT_MOST):
            try:
                answer = self._client.request(method, self._base + path, content=raw, headers=sent)
            except httpx.TransportError:
                self._replace()
                continue
            if answer.status_code not in (429, 503) and "in_progress" not in answer.text:
                return Reply(answer.status_code, answer.json())
            time.sleep(LOOK_S)
        raise LanewiseError(f"{path} was never answered")

    def advance(self, instant: datetime) -> None:
        """The server's clock runs by itself."""

    def work(self) -> int:
        """The server's worker works by itself."""
        return 0

    @property
    def _fault(self) -> Path:
        return self._folder / "server.txt"

    def _replace(self) -> None:
        killed = was_killed(self._pid, self._fault)
        os.close(self._orders)
        if not killed:
            raise RuntimeError("the server ended by itself")
        self.kills += 1
        self.at = self.now() + AFTER_A_DEATH
        self.start()


def _live(serve: Callable[[Callable[[str], None]], None], orders: int, news: int) -> None:
    """A server's life: its steps are counted, and it ends when nobody holds `orders` any more."""
    steps = Steps()

    def obey() -> None:
        with os.fdopen(orders) as lines:
            for line in lines:
                steps.die_at(int(line))
        os.kill(os.getpid(), signal.SIGTERM)

    def tell(address: str) -> None:
        os.write(news, f"{address}\n".encode())
        os.close(news)

    threading.Thread(target=obey, daemon=True).start()
    with steps.counted():
        serve(tell)


def run(
    runs: int,
    seed: int,
    *,
    open_shop: OpenShop,
    serve: Serve,
    database: str | None = None,
    early: int | None = None,
    progress: Callable[[str], None] = print,
) -> SuiteReport:
    """`runs` orders, each with a server killed at a step drawn without repetition.

    With `early` only the first so many steps are drawn: the answer to the commit is surely not yet out.

    `database` is the URL of a PostgreSQL server; without one the orders share an SQLite file.
    """
    if not hasattr(os, "fork"):
        raise LanewiseError("this suite needs a system that can fork")
    report = SuiteReport("served", runs, seed)
    with open_databases(database) as (databases, folder):
        town = Town.found(databases, "served", stock=STOCK)
        steps = _undisturbed(databases, town, open_shop, folder)
        tally = Tally(steps, databases.kind)
        began = cpu_s()
        servers = Servers(serve, town.url, folder, town.key)
        servers.start()
        turns: list[int] = []
        draw = random.Random(seed)
        people = []
        for number in range(runs):
            last = min(steps, early or steps)
            turns = turns or draw.sample(range(1, last + 1), last)
            told = folder / f"told-{number}.jsonl"
            people.append(People(told, town.accounts, WANTED, f"{number}-"))
            _buy(servers, people[-1], turns.pop(), tally)
            if (number + 1) % 20 == 0:
                progress(f"{number + 1} orders, {servers.kills} kills")
        at = servers.stop()
        with open_shop(town.url, at, town.key, f"{seed}", folder) as shop:
            settle(shop)
            orders = [each.commit(shop) for each in people]
            warehouse = People(folder / "warehouse.jsonl", town.accounts, WANTED)
            warehouse.ship(shop, orders)
            settle(shop)
        _judge(town, [*people, warehouse], orders, tally)
        tally.cpu_s = cpu_s() - began
        report.rows.append(tally.row())
        report.broken.extend(tally.broken())
    return report


def _undisturbed(databases: Databases, town: Town, open_shop: OpenShop, folder: Path) -> int:
    """The steps from the commit to the labels when nobody is killed."""
    url = databases.copy(town.name, "undisturbed")
    people = People(folder / "undisturbed.jsonl", town.accounts, WANTED)
    steps = Steps()
    with open_shop(url, START, town.key, "undisturbed", folder) as shop:
        people.quote(shop)
        with steps.counted():
            people.commit(shop)
            shop.work()
    return steps.seen


def _buy(servers: Servers, people: People, step: int, tally: Tally) -> None:
    """One shopper: a quote, a commit that may be the server's last, and another to be sure."""
    people.quote(servers)
    before = servers.kills
    servers.die_at(step)
    order = people.commit(servers)
    for _ in range(LOOKS):
        if servers.kills > before or all(map(has_label, parcels_of(servers, order))):
            break
        time.sleep(LOOK_S)
    people.commit(servers)
    tally.runs += 1
    tally.kills += servers.kills - before
    if servers.kills > before:
        tally.killed_runs += 1
        tally.at.add(step)


def _judge(town: Town, people: Sequence[People], orders: Sequence[str], tally: Tally) -> None:
    with opened(town.url) as sessions:
        found = census(sessions, town)
        for off in unsound(found, WANTED, len(orders)):
            (tally.doubles if off.found > off.should else tally.losses)[str(off)] += 1
        tally.stuck.update(stuck(sessions, town))
        tally.answers += standing_orders(sessions, town) != set(orders)
    tally.answers += sum(each.was_told_otherwise() for each in people)
