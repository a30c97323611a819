"""Bookings whose worker is a process that kills itself with SIGKILL; others finish its work."""

import json
import os
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from benchmarks.faults.booking import FAULTS, carriers_with, compare, count_booking
from benchmarks.faults.deaths import Death, MortalSessions
from benchmarks.faults.dispatch import ask_booking, memory_folder, open_dispatch, work_off
from benchmarks.faults.tally import Tally
from carriers.adapters.sandbox import wire
from carriers.ports import BookingOrder, Recovery
from carriers.sandbox import FaultPlan, Sandbox, SandboxParcel
from core.clock import ManualClock
from core.ids import ParcelId
from store.session import Sessions

AFTER_A_DEATH = timedelta(minutes=2)  # longer than a job's lease
CALLS_OF_A_PROCESS = 1000  # more than one process makes: each draws faults of its own


class LoggedSandbox(Sandbox):
    """A sandbox that outlives its process: what it accepted is in a file.

    `process` numbers the processes that ever talk to it, so that each meets faults drawn afresh.
    """

    def __init__(
        self, seed: int, recovery: Recovery, log: Path, faults: FaultPlan, process: int
    ) -> None:
        super().__init__(seed, recovery, faults=faults)
        self._log: Path | None = None
        if log.exists():
            for line in log.read_text().splitlines():
                data = json.loads(line)
                order = wire.order_from_json(data["order"], data["key"])
                super().book(order, datetime.fromisoformat(data["at"]))
        self._calls["book"] = process * CALLS_OF_A_PROCESS
        self._log = log

    def book(self, order: BookingOrder, now: datetime) -> SandboxParcel:
        before = len(self.parcels)
        parcel = super().book(order, now)
        if len(self.parcels) > before and self._log is not None:
            told = wire.order_to_json(order)
            entry = {"key": order.key, "at": now.isoformat(), "order": told}
            with self._log.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        return parcel


def really_killed(kills: int, seed: int, recovery: Recovery, steps: int) -> Tally:
    """`kills` bookings, each killed once, at every step of the worker in turn."""
    tally = Tally(recovery)
    draw = random.Random(f"{seed}-kill-{recovery.value}")
    processes = 0
    with memory_folder() as folder:
        sessions, tenant = open_dispatch(Path(folder), seed)
        log = Path(folder) / "carrier.jsonl"
        began = _cpu_s()
        for number in range(kills):
            asked_at = sessions.clock.now()
            parcel_id = ParcelId(UUID(int=draw.getrandbits(128), version=4))
            booking_id = ask_booking(sessions, tenant, parcel_id)
            sessions.engine.dispose()  # a child must not share our connections
            step: int | None = 1 + number % steps
            while True:
                processes += 1
                if not _child(partial(_work, sessions, recovery, seed, log, step, processes)):
                    break
                tally.kills += 1
                tally.killed_at.add(step or 0)
                step = None
                _advance(sessions)
            count_booking(tally, sessions, tenant, booking_id, asked_at)
            _advance(sessions)  # past what the children's clocks have shown
        tally.cpu_s = _cpu_s() - began
        model = LoggedSandbox(seed, recovery, log, FaultPlan(), processes + 1)
        compare(tally, sessions, tenant, model)
        sessions.engine.dispose()
    return tally


def _advance(sessions: Sessions) -> None:
    assert isinstance(sessions.clock, ManualClock)
    sessions.clock.advance(AFTER_A_DEATH)


def _cpu_s() -> float:
    """CPU seconds of this process and of its ended children."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _work(
    sessions: Sessions,
    recovery: Recovery,
    seed: int,
    log: Path,
    step: int | None,
    process: int,
) -> None:
    death = Death(real=True)
    model = LoggedSandbox(seed, recovery, log, FaultPlan({"book": FAULTS}), process)
    death.at(step)
    work_off(MortalSessions(sessions, death), carriers_with(model, sessions, death))


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
