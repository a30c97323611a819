"""The thread as its people walk it: a shopper's cart, a warehouse's manifest and scan at the door.

They outlive the processes that serve them: each asks every door under one Idempotency-Key, whoever
answers, and keeps what was answered.
"""

import json
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.faults.databases import Databases
from core.clock import ManualClock
from core.errors import LanewiseError
from core.ids import TenantId
from routing.flows.import_network import import_network
from simulations.demo_network import demo_files
from simulations.ports import Marketplace
from store import schema
from store.base import Base
from store.keys import create_key, create_tenant
from store.session import Sessions, open_engine

OpenShop = Callable[[str, datetime, str, str, Path], AbstractContextManager[Marketplace]]
"""(database URL, present instant, API key, seed of its random bytes, data folder) → a marketplace
in this process, all in the hands of whoever calls."""

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
MASTER_KEY = bytes(range(32))  # whoever serves the database must have it too
AFTER_A_DEATH = timedelta(minutes=2)  # longer than a job's and a request's lease
PATIENCE = 5  # so many leases may have to run out until a carrier's answer is known
FAMILIES = ("MUG", "COFFEE", "BOOK")
WANTED = {"COFFEE-01": 25, "BOOK-03": 1, "MUG-02": 15}  # several parcels, all on a table carrier
HOME = {
    "name": "Ada Example",
    "street": "Damrak 1",
    "city": "Amsterdam",
    "postcode": "1012 LG",
    "country": "NL",
    "email": "ada@example.org",
}


@dataclass(frozen=True, slots=True)
class Town:
    """A database with the demo network, few articles of it, that runs start from."""

    name: str
    url: str
    tenant: TenantId
    key: str
    accounts: dict[str, str]
    """Carrier to account, as a manifest needs it."""

    @classmethod
    def found(cls, databases: Databases, name: str, *, stock: int | None = None) -> "Town":
        """Make it; with `stock` every offer has so many units."""
        files = _few_articles(stock)
        url = databases.create(name)
        engine = open_engine(url, durable=False)
        try:
            schema.upgrade(engine, Base.metadata)
            sessions = sessions_on(engine)
            with sessions.system() as session:
                tenant = create_tenant(session, "thread")
            with sessions(tenant) as session:
                import_network(session, files)
                _, key = create_key(session, "shop")
        finally:
            engine.dispose()
        rows = [line.split(",") for line in files["carriers.csv"].splitlines()[1:] if line]
        return cls(name, url, tenant, key, {row[0]: row[3] for row in rows})


def _few_articles(stock: int | None) -> dict[str, str]:
    files = demo_files(1)
    for name, column in (("skus.csv", 0), ("offers.csv", 1)):
        header, *rows = files[name].splitlines()
        kept = [row for row in rows if row.split(",")[column].startswith(FAMILIES)]
        if stock is not None and name == "offers.csv":
            at = header.split(",").index("stock")
            cells = [row.split(",") for row in kept]
            kept = [",".join([*row[:at], str(stock), *row[at + 1 :]]) for row in cells]
        files[name] = "\n".join([header, *kept, ""])
    return files


def sessions_on(engine: Any) -> Sessions:
    """Sessions for looking at what a run left."""
    return Sessions(engine, ManualClock(START), random.Random(0).randbytes, MASTER_KEY)


@dataclass(frozen=True, slots=True)
class People:
    """The shopper and the warehouse, who keep what they were answered in a file."""

    told: Path
    accounts: dict[str, str]
    wanted: dict[str, int]
    name: str = ""
    """Sets their keys apart from those of other orders in the same database."""

    def answers(self, name: str) -> list[list[Any]]:
        """[status, body] of every answer to the question of that name, first one first."""
        if not self.told.exists():
            return []
        told = [json.loads(line) for line in self.told.read_text().splitlines()]
        return [[status, body] for asked, status, body in told if asked == name]

    def asked(self) -> set[str]:
        """The names of all questions that were answered."""
        if not self.told.exists():
            return set()
        return {json.loads(line)[0] for line in self.told.read_text().splitlines()}

    def walk(self, shop: Marketplace) -> None:
        """From the cart to the scan at the door; walked again, every door answers the same."""
        self.quote(shop)
        order = self.commit(shop)
        shop.work()
        self.ship(shop, [order])

    def quote(self, shop: Marketplace) -> None:
        """Ask for options unless there are some."""
        if not self.answers("quote"):
            self.ask(shop, "quote", "/v1/quotes", self.cart())

    def commit(self, shop: Marketplace) -> str:
        """Buy the cheapest option of the first quote; the order's id."""
        (_, quote), *_ = self.answers("quote")
        wish = {"quote_id": quote["id"], "option": "cheapest", "consignee": HOME}
        return str(self.ask(shop, "commit", "/v1/orders", wish)["order_id"])

    def cart(self) -> dict[str, Any]:
        lines = [{"sku": sku, "qty": qty} for sku, qty in self.wanted.items()]
        place = {name: HOME[name] for name in ("country", "postcode")}
        return {"destination": place, "lines": lines}

    def ship(self, shop: Marketplace, orders: Sequence[str]) -> None:
        """Manifests of all that is labelled of these orders, and the scans at the door."""
        parcels = [parcel for order in orders for parcel in self._labelled(shop, order)]
        manifests = {
            (parcel["carrier"], parcel["origin"], parcel["booking"]["mailing_date"])
            for parcel in parcels
        }
        for carrier, place, day in sorted(manifests):
            body = {"carrier": carrier, "location": place, "mailing_date": day}
            body["account"] = self.accounts[carrier]
            name = f"manifest {carrier} {place} {day}"
            opened = self.ask(shop, f"open {name}", "/v1/manifests", body)
            self.ask(shop, f"close {name}", f"/v1/manifests/{opened['id']}/close", None)
        shop.work()
        for parcel in parcels:
            number = parcel["booking"]["tracking_number"]
            self.ask(shop, f"scan {number}", "/v1/parcels/hand-overs", {"code": number})
        shop.work()

    def _labelled(self, shop: Marketplace, order: str) -> list[dict[str, Any]]:
        """The order's parcels once each has its label, or those that have one at last."""
        for _ in range(PATIENCE):
            parcels = parcels_of(shop, order)
            if parcels and all(map(has_label, parcels)):
                break
            shop.advance(shop.now() + AFTER_A_DEATH)
        return [parcel for parcel in parcels if has_label(parcel)]

    def ask(self, shop: Marketplace, name: str, path: str, body: Any) -> Any:
        """Ask, under one key for all processes; the answer is kept."""
        reply = shop.call("POST", path, body, key=f"{self.name}{name}".replace(" ", "-"))
        if not reply.ok:
            raise LanewiseError(f"{path} answered {reply.status}: {reply.body}")
        self.keep(name, reply.status, reply.body)
        return reply.body

    def keep(self, name: str, status: int, body: Any) -> None:
        with self.told.open("a") as file:
            file.write(json.dumps([name, status, body]) + "\n")

    def was_told_otherwise(self) -> bool:
        """Whether any repeated question was answered otherwise; a quote may be asked anew."""
        repeated = [self.answers(name) for name in self.asked() - {"quote"}]
        return any(answer != answers[0] for answers in repeated for answer in answers)


def parcels_of(shop: Marketplace, order: str) -> list[dict[str, Any]]:
    """The parcels of an order, as the API tells them."""
    reply = shop.call("GET", f"/v1/orders/{order}")
    found: list[dict[str, Any]] = reply.body["parcels"] if reply.ok else []
    return found


def has_label(parcel: dict[str, Any]) -> bool:
    return bool(parcel["booking"] and parcel["booking"]["has_label"])


def settle(shop: Marketplace) -> None:
    """Let leases and pauses run out, with the schedule's jobs."""
    for _ in range(3):
        shop.advance(shop.now() + AFTER_A_DEATH)
