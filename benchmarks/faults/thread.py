"""Kills the process that buys, books and labels a cart at any statement, and starts another.

Every run has a database of its own. A forked process quotes and commits over the API, releases,
books on a table carrier and fetches labels; at a chosen step (before a statement, before or after a
commit) it kills itself with SIGKILL. A third of the runs kill its successor too. The last process
repeats the commit under its Idempotency-Key and works until nothing is left. What the database then holds
must be what an undisturbed run leaves: more of anything is a double, less is a loss.
"""

import json
import os
import random
import shutil
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from benchmarks.faults.report import SuiteReport
from carriers.tables import BookingRow, CallRow, LabelRow
from core.clock import ManualClock
from core.errors import LanewiseError
from core.ids import TenantId
from routing.flows.import_network import import_network
from routing.tables import (
    CapacityRow,
    OrderRow,
    PlannedParcelRow,
    PromiseRow,
    ReservationRow,
    StockRow,
)
from simulations.demo_network import demo_files
from simulations.ports import Marketplace
from store.base import Base
from store.keys import create_key, create_tenant
from store.session import Sessions, open_engine
from store.tables import JobRow, OutboxRow, PersonRow
from tracking.tables import TrackedParcelRow

OpenShop = Callable[[str, datetime, str, str], AbstractContextManager[Marketplace]]
"""(database URL, present instant, API key, seed of its random bytes) → a marketplace in process."""

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
MASTER_KEY = bytes(range(32))  # open_shop's Lanewise must have it too
AFTER_A_DEATH = timedelta(minutes=2)  # longer than a job's and a request's lease
FAMILIES = ("MUG", "COFFEE", "BOOK")
WANTED = {"COFFEE-01": 25, "BOOK-03": 1, "MUG-02": 15}  # several parcels, all on a table carrier
CART = {
    "destination": {"country": "NL", "postcode": "1012 LG"},
    "lines": [{"sku": sku, "qty": qty} for sku, qty in WANTED.items()],
}
HOME = {
    "name": "Ada Example",
    "street": "Damrak 1",
    "city": "Amsterdam",
    "postcode": "1012 LG",
    "country": "NL",
    "email": "ada@example.org",
}
TWICE_EVERY = 3  # of so many runs one also loses its second process
REPLAY_STEPS = 6  # at least so many steps has a process that finds all done


class Steps:
    """Counts statements and commits of this process; at the last one it dies by SIGKILL."""

    def __init__(self, last: int | None = None) -> None:
        self.last = last
        self.seen = 0

    def step(self, *_given: Any) -> None:
        self.seen += 1
        if self.seen == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Within: a step before each statement, before each commit and after each commit."""
        hooks: list[tuple[Any, str]] = [
            (Engine, "before_cursor_execute"),
            (Engine, "commit"),
            (Session, "after_commit"),
        ]
        for target, name in hooks:
            event.listen(target, name, self.step)
        try:
            yield
        finally:
            for target, name in hooks:
                event.remove(target, name, self.step)


@dataclass(frozen=True, slots=True)
class Template:
    """A database with the demo network that every run starts from."""

    folder: Path
    tenant: TenantId
    key: str

    @classmethod
    def make(cls, folder: Path) -> "Template":
        files = demo_files(1)
        for name, column in (("skus.csv", 0), ("offers.csv", 1)):
            header, *rows = files[name].splitlines(keepends=True)
            kept = [row for row in rows if row.split(",")[column].startswith(FAMILIES)]
            files[name] = "".join([header, *kept])
        with _opened(folder / "template.db") as sessions:
            Base.metadata.create_all(sessions.engine)
            with sessions.system() as session:
                tenant = create_tenant(session, "thread")
            with sessions(tenant) as session:
                import_network(session, files)
                _, key = create_key(session, "shop")
        return cls(folder, tenant, key)

    def copy(self, name: str) -> Path:
        path = self.folder / name
        shutil.copyfile(self.folder / "template.db", path)
        return path


@dataclass(slots=True)
class Tally:
    """What became of the runs."""

    steps: int
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
            f"{count} runs with {word} {name}"
            for word, counter in (
                ("doubled", self.doubles),
                ("lost", self.losses),
                ("stuck", self.stuck),
            )
            for name, count in sorted(counter.items())
        ]
        if self.answers:
            wrong.append(f"{self.answers} runs answered the repeated commit otherwise")
        return wrong


def run(
    runs: int, seed: int, *, open_shop: OpenShop, progress: Callable[[str], None] = print
) -> SuiteReport:
    """`runs` threads killed at steps drawn without repetition until each has had its turn."""
    if not hasattr(os, "fork"):
        raise LanewiseError("this suite needs a system that can fork")
    report = SuiteReport("thread", runs, seed)
    with _folder() as name:
        template = Template.make(Path(name))
        steps, expected = _undisturbed(template, open_shop)
        report.broken.extend(f"undisturbed: {fault}" for fault in _unsound(expected))
        tally = Tally(steps)
        draw = random.Random(seed)
        turns: list[int] = []
        began = _cpu_s()
        for number in range(runs):
            if not turns:
                turns = draw.sample(range(1, steps + 1), steps)
            deaths = [turns.pop()]
            if number % TWICE_EVERY == TWICE_EVERY - 1:  # within what is left to do
                deaths.append(draw.randint(1, steps - deaths[0] + REPLAY_STEPS))
            _one(template, open_shop, deaths, f"{seed}-{number}", tally, expected)
            tally.cpu_s = _cpu_s() - began
            if (number + 1) % 50 == 0:
                progress(f"{tally.row()}")
        report.rows.append(tally.row())
        report.broken.extend(tally.broken())
    return report


def _folder() -> tempfile.TemporaryDirectory[str]:
    """In memory where there is such a place: SIGKILL loses no page of the system."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)


def _cpu_s() -> float:
    """CPU seconds of this process and of its ended children."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@contextmanager
def _opened(path: Path) -> Iterator[Sessions]:
    engine = open_engine(f"sqlite:///{path}")
    try:
        yield Sessions(engine, ManualClock(START), random.Random(0).randbytes, MASTER_KEY)
    finally:
        engine.dispose()


def _undisturbed(template: Template, open_shop: OpenShop) -> tuple[int, Counter[str]]:
    """The steps of a thread that nobody kills, and what it leaves; warms this process's caches."""
    path = template.copy("undisturbed.db")
    steps = Steps()
    with open_shop(f"sqlite:///{path}", START, template.key, "undisturbed") as shop:
        with steps.counted():
            _thread(shop, template.folder / "undisturbed.jsonl")
        _settle(shop)
    with _opened(path) as sessions:
        return steps.seen, _census(sessions, template.tenant)


def _unsound(census: Counter[str]) -> list[str]:
    """What an undisturbed thread should have left and has not."""
    parcels = census["parcels"]
    wanted = {"orders": 1, "promises": 1, "persons": 1}
    for name in ("parcels booked", "bookings", "bookings booked", "calls done", "followed"):
        wanted[name] = parcels
    for sku, qty in WANTED.items():
        wanted |= {f"stock reserved {sku}": qty, f"reserved {sku}": qty}
    faults = [
        f"{name}: {census[name]}, not {count}"
        for name, count in wanted.items()
        if census[name] != count
    ]
    if parcels < 2 or census["bookings on a table carrier"] != parcels:
        faults.append(f"{parcels} parcels are not several on a table carrier")
    if census["labels"] < parcels or census["labels"] % parcels:
        faults.append(f"{census['labels']} labels of {parcels} parcels")
    return faults


def _one(
    template: Template,
    open_shop: OpenShop,
    deaths: list[int],
    seed: str,
    tally: Tally,
    expected: Counter[str],
) -> None:
    """One thread: processes that die at these steps, and one that lives."""
    path, told = template.copy("run.db"), template.folder / "run.jsonl"
    url, at, killed = f"sqlite:///{path}", START, 0
    for number, last in enumerate([*deaths, None]):

        def live(number: int = number, last: int | None = last, at: datetime = at) -> None:
            with open_shop(url, at, template.key, f"{seed}-{number}") as shop:
                with Steps(last).counted():
                    _thread(shop, told)
                _settle(shop)
                _thread(shop, told)

        if _child(live, template.folder / "fault.txt"):
            killed += 1
            if number == 0 and last is not None:
                tally.at.add(last)
        at += AFTER_A_DEATH
    tally.runs += 1
    tally.kills += killed
    tally.killed_runs += killed > 0
    tally.killed_twice += killed > 1
    with _opened(path) as sessions:
        _compare(sessions, template.tenant, told, tally, expected)
    for left in template.folder.glob("run.*"):
        left.unlink()


def _thread(shop: Marketplace, told: Path) -> None:
    """Quote unless the shopper has one, commit, and what the worker makes of it."""
    quotes = [body for name, _, body in _answers(told) if name == "quote"]
    quote = quotes[0] if quotes else _ask(shop, told, "quote", "/v1/quotes", CART)
    wanted = {"quote_id": quote["id"], "option": "cheapest", "consignee": HOME}
    _ask(shop, told, "commit", "/v1/orders", wanted)
    shop.work()


def _ask(shop: Marketplace, told: Path, name: str, path: str, body: Any) -> Any:
    """Ask, under one key for all processes; the shopper, who outlives them, keeps the answer."""
    reply = shop.call("POST", path, body, key=name)
    if not reply.ok:
        raise LanewiseError(f"{path} answered {reply.status}: {reply.body}")
    with told.open("a") as file:
        file.write(json.dumps([name, reply.status, reply.body]) + "\n")
    return reply.body


def _answers(told: Path) -> list[Any]:
    """What the shopper was answered so far: [name, status, body]."""
    return [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []


def _settle(shop: Marketplace) -> None:
    """Let leases and pauses run out, with the schedule's jobs."""
    for _ in range(3):
        shop.advance(shop.now() + AFTER_A_DEATH)


def _child(work: Callable[[], None], fault: Path) -> bool:
    """Run the work in a forked, silent process; True when SIGKILL ended it."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            work()
            code = 0
        except BaseException:
            fault.write_text(traceback.format_exc())
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if status != 0:
        why = fault.read_text() if fault.exists() else f"status {status}"
        raise RuntimeError(f"the process failed by itself: {why}")
    return False


def _census(sessions: Sessions, tenant: TenantId) -> Counter[str]:
    """How many of each thing the database holds."""
    found: Counter[str] = Counter()
    with sessions(tenant, read_only=True) as session:
        for name, row in (
            ("orders", OrderRow),
            ("promises", PromiseRow),
            ("persons", PersonRow),
            ("labels", LabelRow),
            ("followed", TrackedParcelRow),
        ):
            found[name] = session.scalar(select(func.count()).select_from(row)) or 0
        for parcel in session.scalars(select(PlannedParcelRow)):
            found.update(("parcels", f"parcels {parcel.state}"))
        numbers: set[str | None] = set()
        for booking in session.scalars(select(BookingRow)):
            found.update(("bookings", f"bookings {booking.state}"))
            found["bookings on a table carrier"] += booking.carrier != "sandbox"
            numbers.add(booking.tracking_number)
        found["tracking numbers"] = len(numbers)
        found.update(f"calls {state}" for state in session.scalars(select(CallRow.state)))
        for stock in session.scalars(select(StockRow).where(StockRow.reserved > 0)):
            found[f"stock reserved {stock.sku}"] += stock.reserved
        for held in session.scalars(select(ReservationRow)):
            found[f"{held.state} {held.sku}"] += held.qty
        for place, used in session.execute(select(CapacityRow.place, CapacityRow.used)):
            found[f"capacity {place}"] += used
        found.update(f"event {name}" for name in session.scalars(select(OutboxRow.name)))
    return found


def _compare(
    sessions: Sessions, tenant: TenantId, told: Path, tally: Tally, expected: Counter[str]
) -> None:
    """Tally what this run's database has beyond, below or other than it should."""
    found = _census(sessions, tenant)
    tally.doubles.update(set(found - expected))
    tally.losses.update(set(expected - found))
    with sessions(tenant, read_only=True) as session:
        order = session.scalar(select(OrderRow.id))
        for kind, state, due in session.execute(select(JobRow.kind, JobRow.state, JobRow.run_at)):
            waiting = state == "queued" and due > START + timedelta(hours=1)
            if state != "done" and not waiting:
                tally.stuck[f"{state} {kind}"] += 1
        tally.stuck.update(
            session.scalars(select(OutboxRow.name).where(OutboxRow.delivered_at.is_(None)))
        )
    commits = [[status, body] for name, status, body in _answers(told) if name == "commit"]
    same = all(commit == commits[0] for commit in commits)
    tally.answers += not (same and commits[0][1]["order_id"] == str(order))
