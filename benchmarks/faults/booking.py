"""Books many parcels while carriers lose answers and workers die; counts doubles and losses.

One booking at a time on a database of its own: 5 % each are refused, lost on the way in (half of them
certainly not sent), lost on the way out, answered with 500 (half after acting), and killed at a step
drawn from all steps of a booking and its label. For each recovery class: 0 references booked twice,
every booking settled, and what the carrier accepted is booked or parked, never lost.
"""

import json
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from benchmarks.faults.deaths import Death, Killed, MortalCarrier, MortalSessions
from benchmarks.faults.report import SuiteReport
from carriers import tables
from carriers.adapters.sandbox import wire
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.booking import BookingRequest, BookingState
from carriers.call_jobs import JOBS
from carriers.flows.request_booking import request_booking
from carriers.flows.run_job import run_job
from carriers.ports import Carrier, LabelFormat, Recovery
from carriers.sandbox import Fault, FaultPlan, Sandbox
from core.clock import ManualClock
from core.ids import BookingId, ParcelId, TenantId
from core.places import Address
from core.units import Dimensions
from store.base import Base
from store.jobs import run_due
from store.keys import create_tenant
from store.persons import keep_person
from store.session import Sessions, open_engine
from store.tables import JobRow

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PPM = 1_000_000
SHARE_PPM = 50_000  # 5 %
FAULTS = {
    Fault.REFUSE: SHARE_PPM,
    Fault.NOT_CONNECTED: SHARE_PPM // 2,
    Fault.TIMEOUT_BEFORE: SHARE_PPM // 2,
    Fault.TIMEOUT_AFTER: SHARE_PPM,
    Fault.ERROR_BEFORE: SHARE_PPM // 2,
    Fault.ERROR_AFTER: SHARE_PPM // 2,
}
STEPS = 20  # of one booking and its label: ten commits and carrier calls, before and after each
MOST_PARKED = 0.16
SELLER = Address("", "Industrieweg 7", "Tilburg", "5026 RA", "NL", company="Klompen BV")
BUYER = Address("Jana Novak", "Invalidenstr. 5", "Berlin", "10115", "DE")


class LoggedSandbox(Sandbox):
    """A sandbox that outlives its process: what it accepted is in a file."""

    def __init__(self, seed: int, recovery: Recovery, log: Path, faults: FaultPlan) -> None:
        super().__init__(seed, recovery, faults=faults)
        self._log: Path | None = None
        if log.exists():
            for line in log.read_text().splitlines():
                data = json.loads(line)
                super().book(wire.order_from_json(data["order"], data["key"]), START)
                self._calls["book"] = data["call"]
        self._log = log

    def book(self, order: Any, now: datetime) -> Any:
        before = len(self.parcels)
        parcel = super().book(order, now)
        if len(self.parcels) > before and self._log is not None:
            entry = {
                "key": order.key,
                "order": wire.order_to_json(order),
                "call": self._calls.get("book", 0),
            }
            with self._log.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        return parcel


@dataclass(slots=True)
class Tally:
    """What became of the bookings of one recovery class."""

    recovery: Recovery
    bookings: int = 0
    kills: int = 0
    states: Counter[str] = field(default_factory=Counter)
    doubles: int = 0
    lost: int = 0
    unsettled: int = 0
    resolve_s: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    def row(self) -> dict[str, Any]:
        ordered = sorted(self.resolve_s) or [0.0]
        return {
            "recovery": self.recovery.value,
            "bookings": self.bookings,
            "booked": self.states["booked"],
            "refused": self.states["refused"],
            "parked": self.states["parked"],
            "parked_share": round(self.states["parked"] / max(1, self.bookings), 4),
            "unsettled": self.unsettled,
            "doubles": self.doubles,
            "lost": self.lost,
            "kills": self.kills,
            "resolve_p50_s": round(ordered[len(ordered) // 2], 1),
            "resolve_max_s": round(ordered[-1], 1),
            "cpu_ms_per_booking": round(1000 * self.cpu_s / max(1, self.bookings), 2),
        }


def run(
    runs: int, seed: int, *, kills: int | None = None, progress: Callable[[str], None] = print
) -> SuiteReport:
    """`runs` bookings per recovery class, then `kills` (default a hundredth) with a real SIGKILL."""
    report = SuiteReport("booking", runs, seed)
    for recovery in Recovery:
        tally = _simulated(runs, seed, recovery)
        report.rows.append(tally.row())
        report.broken.extend(_broken(tally))
        progress(f"{recovery.value}: {tally.row()}")
    wanted = max(20, runs // 100) if kills is None else kills
    if wanted and hasattr(os, "fork"):
        for recovery in Recovery:
            tally = _really_killed(wanted, seed, recovery)
            report.rows.append({**tally.row(), "kill": "SIGKILL"})
            report.broken.extend(_broken(tally, shares=False))
            progress(f"{recovery.value}, SIGKILL: {tally.row()}")
    return report


def _broken(tally: Tally, *, shares: bool = True) -> list[str]:
    name = tally.recovery.value
    wrong = [
        f"{name}: {count} {what}"
        for what, count in (
            ("booked twice", tally.doubles),
            ("lost", tally.lost),
            ("never settled", tally.unsettled),
        )
        if count
    ]
    most = 0.0
    if tally.recovery is Recovery.NEITHER:  # with three standard deviations for a small run
        most = MOST_PARKED * tally.bookings + 1.1 * tally.bookings**0.5 * (tally.bookings < 5000)
    if shares and tally.states["parked"] > most:
        wrong.append(f"{name}: {tally.states['parked']} parked")
    return wrong


def _folder() -> tempfile.TemporaryDirectory[str]:
    """In memory where there is such a place: SIGKILL loses no page of the system, power loss would."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)


def _open(folder: Path, seed: int) -> tuple[Sessions, TenantId]:
    assert tables.CallRow.__table__ in Base.metadata.sorted_tables
    engine = open_engine(f"sqlite:///{folder}/faults.db")
    Base.metadata.create_all(engine)
    sessions = Sessions(engine, ManualClock(START), random.Random(seed).randbytes, bytes(range(32)))
    with sessions.system() as session:
        return sessions, create_tenant(session, "faults")


def _ask(sessions: Sessions, tenant: TenantId, draw: random.Random) -> BookingId:
    with sessions(tenant) as session:
        return request_booking(
            session,
            BookingRequest(
                parcel_id=ParcelId(UUID(int=draw.getrandbits(128), version=4)),
                carrier="sandbox",
                account="main",
                service="standard",
                location="TIL",
                place=SELLER,
                person=keep_person(session, BUYER),
                weight_g=1250,
                size=Dimensions(300, 200, 150),
                mailing_date=date(2026, 3, 2),
                label_format=LabelFormat.ZPL_203,
            ),
        )


def _work(sessions: Sessions, carriers: Mapping[str, Carrier]) -> None:
    """Run jobs in fast motion until none is left."""
    clock = sessions.clock
    assert isinstance(clock, ManualClock)

    def handle(sessions: Sessions, job: Any) -> None:
        run_job(sessions, carriers, job)

    handlers = dict.fromkeys(JOBS, handle)
    while True:
        run_due(sessions, handlers, "worker")
        with sessions.system(read_only=True) as session:
            due = session.scalar(
                select(func.min(func.coalesce(JobRow.lease_until, JobRow.run_at))).where(
                    JobRow.state.in_(["queued", "running"])
                )
            )
        if due is None:
            return
        clock.set(due)


def _simulated(runs: int, seed: int, recovery: Recovery) -> Tally:
    tally = Tally(recovery)
    draw = random.Random(f"{seed}-{recovery.value}")
    with _folder() as folder:
        sessions, tenant = _open(Path(folder), seed)
        model = Sandbox(seed, recovery, faults=FaultPlan({"book": FAULTS}))
        death = Death()
        mortal = MortalSessions(sessions, death)
        carriers: dict[str, Carrier] = {
            "sandbox": MortalCarrier(LocalSandbox(model, sessions.clock), death)
        }
        began = time.process_time()
        for _ in range(runs):
            asked_at = sessions.clock.now()
            booking_id = _ask(sessions, tenant, draw)
            dies = draw.random() * PPM < SHARE_PPM
            death.at(draw.randint(1, STEPS) if dies else None)
            while True:
                try:
                    _work(mortal, carriers)
                    break
                except Killed:
                    tally.kills += 1
            _count(tally, sessions, tenant, booking_id, asked_at)
        tally.cpu_s = time.process_time() - began
        _compare(tally, sessions, tenant, model)
        sessions.engine.dispose()
    return tally


def _really_killed(kills: int, seed: int, recovery: Recovery) -> Tally:
    """Each booking's worker is a process that kills itself at a step; others finish its work."""
    tally = Tally(recovery)
    draw = random.Random(f"{seed}-kill-{recovery.value}")
    with _folder() as folder:
        sessions, tenant = _open(Path(folder), seed)
        log = Path(folder) / "carrier.jsonl"
        began = time.process_time()
        for number in range(kills):
            asked_at = sessions.clock.now()
            booking_id = _ask(sessions, tenant, draw)
            sessions.engine.dispose()  # a child must not share our connections
            step: int | None = 1 + number % STEPS
            while _child(partial(_mortal_work, sessions, recovery, seed, log, step)):
                tally.kills += 1
                step = None
                sessions.clock.advance(timedelta(minutes=2))  # type: ignore[attr-defined]
            _count(tally, sessions, tenant, booking_id, asked_at)
        tally.cpu_s = time.process_time() - began
        _compare(tally, sessions, tenant, LoggedSandbox(seed, recovery, log, FaultPlan()))
        sessions.engine.dispose()
    return tally


def _mortal_work(
    sessions: Sessions, recovery: Recovery, seed: int, log: Path, step: int | None
) -> None:
    death = Death(real=True)
    model = LoggedSandbox(seed, recovery, log, FaultPlan({"book": FAULTS}))
    death.at(step)
    carrier = MortalCarrier(LocalSandbox(model, sessions.clock), death)
    _work(MortalSessions(sessions, death), {"sandbox": carrier})


def _child(work: Callable[[], None]) -> bool:
    """Run the work in a forked process; True when a signal killed it."""
    pid = os.fork()
    if pid == 0:
        code = 1
        with suppress(BaseException):
            work()
            code = 0
        os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status) != 0:
        raise RuntimeError("the worker failed by itself")
    return False


def _count(
    tally: Tally, sessions: Sessions, tenant: TenantId, booking_id: BookingId, asked_at: datetime
) -> None:
    with sessions(tenant, read_only=True) as session:
        booking = tables.read_booking(session, booking_id)
        call = tables.call_for(session, "book", booking_id)
    tally.bookings += 1
    tally.states[booking.state.value] += 1
    if booking.state is BookingState.REQUESTED:
        tally.unsettled += 1
    if call.settled_at is not None:
        tally.resolve_s.append((call.settled_at - asked_at).total_seconds())


def _compare(tally: Tally, sessions: Sessions, tenant: TenantId, model: Sandbox) -> None:
    """What the carrier has against what we know: twice there, or there and denied here."""
    tally.doubles = len(model.duplicates())
    with sessions(tenant, read_only=True) as session:
        known = {row.reference: row for row in session.scalars(select(tables.BookingRow)).all()}
    for number, parcel in model.parcels.items():
        row = known.get(parcel.order.reference)
        if row is None or row.state == "refused":
            tally.lost += 1
        elif row.state == "booked" and row.tracking_number != number:
            tally.doubles += 1
    there = {parcel.order.reference for parcel in model.parcels.values()}
    tally.lost += sum(
        row.state == "booked" and reference not in there for reference, row in known.items()
    )
