"""Counts what a database holds of the thread, and what of it is too many, too few or stuck."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from benchmarks.faults.thread_shop import START, Town, sessions_on
from carriers.tables import BookingRow, CallRow, LabelRow, ManifestRow
from routing.tables import (
    CapacityRow,
    OrderLineRow,
    OrderRow,
    PlannedParcelRow,
    PromiseRow,
    ReservationRow,
    StockRow,
)
from store.session import Sessions, open_engine
from store.tables import JobRow, OutboxRow, PersonRow
from tracking.tables import EventRow, TrackedParcelRow

WAITS_AT_MOST = timedelta(hours=12)  # a job due later is the schedule's or a notice's, not stuck


@dataclass(slots=True)
class Tally:
    """What became of the runs."""

    steps: int
    database: str
    runs: int = 0
    kills: int = 0
    killed_runs: int = 0
    killed_twice: int = 0
    at: set[int] = field(default_factory=set)
    doubles: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)
    stuck: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    cpu_s: float = 0.0

    def row(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "runs": self.runs,
            "steps": self.steps,
            "kills": self.kills,
            "killed_runs": self.killed_runs,
            "killed_twice": self.killed_twice,
            "steps_killed_at": len(self.at),
            "doubles": self.doubles.total(),
            "losses": self.losses.total(),
            "stuck": self.stuck.total(),
            "answers_that_differ": self.answers,
            "cpu_ms_per_run": round(1000 * self.cpu_s / max(1, self.runs), 1),
        }

    def broken(self) -> list[str]:
        wrong = [
            f"{count} × {word} {name}"
            for word, counter in (
                ("doubled", self.doubles),
                ("lost", self.losses),
                ("stuck", self.stuck),
            )
            for name, count in sorted(counter.items())
        ]
        if self.answers:
            wrong.append(f"{self.answers} × answered otherwise when asked again")
        return wrong


@dataclass(frozen=True, slots=True)
class Off:
    """A count that is not what it should be."""

    name: str
    found: int
    should: int

    def __str__(self) -> str:
        return f"{self.name}: {self.found}, not {self.should}"


@contextmanager
def opened(url: str) -> Iterator[Sessions]:
    """Sessions on a database for the length of the block."""
    engine = open_engine(url)
    try:
        yield sessions_on(engine)
    finally:
        engine.dispose()


def census(sessions: Sessions, town: Town) -> Counter[str]:
    """How many of each thing the database holds."""
    found: Counter[str] = Counter()
    with sessions(town.tenant, read_only=True) as session:
        for name, row in (
            ("orders", OrderRow),
            ("promises", PromiseRow),
            ("persons", PersonRow),
            ("labels", LabelRow),
            ("followed", TrackedParcelRow),
        ):
            found[name] = session.scalar(select(func.count()).select_from(row)) or 0
        for line in session.scalars(select(OrderLineRow)):
            found[f"ordered {line.sku}"] += line.qty
        for parcel in session.scalars(select(PlannedParcelRow)):
            found.update(("parcels", f"parcels {parcel.state}"))
        numbers: set[str | None] = set()
        for booking in session.scalars(select(BookingRow)):
            found.update(("bookings", f"bookings {booking.state}"))
            found["bookings on a table carrier"] += booking.carrier != "sandbox"
            found["bookings on a manifest"] += booking.manifest_id is not None
            numbers.add(booking.tracking_number)
        found["tracking numbers"] = len(numbers)
        for kind, state in session.execute(select(CallRow.kind, CallRow.state)):
            found[f"{kind} calls {state}"] += 1
        for state in session.scalars(select(ManifestRow.state)):
            found.update(("manifests", f"manifests {state}"))
        found.update(f"told {state}" for state in session.scalars(select(EventRow.state)))
        for stock in session.scalars(select(StockRow).where(StockRow.reserved > 0)):
            found[f"stock reserved {stock.sku}"] += stock.reserved
        for sku, units in session.execute(
            select(StockRow.sku, func.sum(StockRow.on_hand)).group_by(StockRow.sku)
        ):
            found[f"on hand {sku}"] += int(units)
        for held in session.scalars(select(ReservationRow)):
            found[f"{held.state} {held.sku}"] += held.qty
        for place, used in session.execute(select(CapacityRow.place, CapacityRow.used)):
            found[f"capacity {place}"] += used
        found.update(f"event {name}" for name in session.scalars(select(OutboxRow.name)))
    return found


def unsound(found: Counter[str], wanted: dict[str, int], orders: int) -> list[Off]:
    """What so many orders of these goods should have left by themselves, and have not."""
    parcels = found["parcels"]
    should = dict.fromkeys(("orders", "promises", "persons"), orders)
    for name in (
        "bookings",
        "bookings booked",
        "bookings on a table carrier",
        "bookings on a manifest",
        "tracking numbers",
        "book calls done",
        "followed",
        "parcels handed_over",
        "told accepted",
    ):
        should[name] = max(parcels, 2 * orders)  # the cart is too much for one parcel
    should["manifests"] = should["manifest calls done"] = max(1, found["manifests closed"])
    should["labels"] = parcels * max(1, found["labels"] // max(1, parcels))
    for sku, qty in wanted.items():
        should |= {f"ordered {sku}": qty * orders, f"shipped {sku}": qty * orders}
        should |= {f"stock reserved {sku}": 0, f"reserved {sku}": 0}
    return [Off(name, found[name], count) for name, count in should.items() if found[name] != count]


def stuck(sessions: Sessions, town: Town) -> Counter[str]:
    """Jobs that are dead or never ended, and events that nobody was told of."""
    found: Counter[str] = Counter()
    with sessions(town.tenant, read_only=True) as session:
        for kind, state, due in session.execute(select(JobRow.kind, JobRow.state, JobRow.run_at)):
            waiting = state == "queued" and due > START + WAITS_AT_MOST
            if state != "done" and not waiting:
                found[f"{state} {kind}"] += 1
        found.update(
            session.scalars(select(OutboxRow.name).where(OutboxRow.delivered_at.is_(None)))
        )
    return found


def standing_orders(sessions: Sessions, town: Town) -> set[str]:
    """The ids of all orders there are."""
    with sessions(town.tenant, read_only=True) as session:
        return {str(order) for order in session.scalars(select(OrderRow.id))}
