"""A marketplace in action for tests: the demo network (few articles), orders, and running workers."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select

from api.wiring import Lanewise
from api.worker import run_until_idle
from carriers.status import Status
from core.clock import ManualClock
from core.ids import TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.commit_option import Committed, commit_option
from routing.flows.import_network import import_network
from routing.flows.quote_cart import quote_cart
from simulations.demo_network import demo_files
from store.keys import create_tenant
from store.session import now
from tests.api.conftest import make_lanewise
from tests.tracking.events import START, event
from tracking.flows.record_event import record_event
from tracking.tables import TrackedParcelRow

HOME = Address("Ada <i>Kern</i>", "Damrak 1", "Amsterdam", "1012 LG", "NL", email="ada@example.org")
LINES = (CartLine("1", "COFFEE-01", 2), CartLine("2", "BOOK-03", 1))
FAMILIES = ("MUG", "COFFEE", "BOOK")


@lru_cache(maxsize=1)
def small_files() -> dict[str, str]:
    """The demo network with the articles of a few families."""
    whole = demo_files(1)
    header, *skus = whole["skus.csv"].splitlines(keepends=True)
    kept = [row for row in skus if row.startswith(FAMILIES)]
    known = {row.split(",")[0] for row in kept}
    top, *offers = whole["offers.csv"].splitlines(keepends=True)
    sold = [row for row in offers if row.split(",")[1] in known]
    return {**whole, "skus.csv": "".join([header, *kept]), "offers.csv": "".join([top, *sold])}


@dataclass
class Market:
    """A Lanewise with one tenant, on a clock that stands."""

    lanewise: Lanewise
    tenant: TenantId
    clock: ManualClock
    outbox: Path

    @classmethod
    def open(cls, engine: Engine, clock: ManualClock, folder: Path, **settings: Any) -> "Market":
        lanewise = make_lanewise(
            engine, clock, var=folder, public_url="https://shop.example", **settings
        )
        with lanewise.sessions.system() as session:
            tenant = create_tenant(session, "market")
        with lanewise.sessions(tenant) as session:
            import_network(session, small_files())
        return cls(lanewise, tenant, clock, folder / "outbox")

    def work(self) -> int:
        return run_until_idle(self.lanewise)

    def order(
        self, key: str = "k", language: str = "en", lines: tuple[CartLine, ...] = LINES
    ) -> Committed:
        """Buy the cheapest option of a small cart to Amsterdam, and let the workers book it.

        Its two sellers' goods come in one parcel from a hub.
        """
        answer = self.order_unbooked(key, language, lines)
        self.work()
        return answer

    def order_unbooked(
        self, key: str = "k", language: str = "en", lines: tuple[CartLine, ...] = LINES
    ) -> Committed:
        """The same, before any worker has seen it."""
        with self.lanewise.sessions(self.tenant) as session:
            cart = Cart(Destination("NL", "1012 LG"), lines, now(session))
            quote = quote_cart(session, cart)
            answer = commit_option(session, quote.id, "cheapest", HOME, key=key, language=language)
        assert isinstance(answer, Committed)
        return answer

    def tracked(self, order: UUID) -> list[TrackedParcelRow]:
        with self.lanewise.sessions(self.tenant) as session:
            rows = session.scalars(
                select(TrackedParcelRow)
                .where(TrackedParcelRow.order_id == order)
                .order_by(TrackedParcelRow.id)
            )
            return list(rows)

    def tell(self, parcel: UUID, state: Status, hours: float) -> None:
        """An event `hours` after the tests' start."""
        with self.lanewise.sessions(self.tenant) as session:
            record_event(session, event(state, hours, parcel=str(parcel)))

    def deliver(self, order: UUID, hours: float = 48) -> None:
        """Everything of the order arrives; the clock moves there."""
        self.clock.set(START + timedelta(hours=hours))
        for row in self.tracked(order):
            self.tell(row.id, Status.ACCEPTED, 6)
            self.tell(row.id, Status.DELIVERED, hours)
