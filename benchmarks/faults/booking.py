"""Books many parcels while carriers lose answers and workers die; counts doubles and losses.

One booking at a time on a database of its own: 5 % each are refused, lost on the way in (half of them
certainly not sent), lost on the way out, answered with 500, 503 (each half after acting) or 409, and killed
at a step drawn from all steps of a booking, from the shop's request to the second label; 1 % more are
answered with 401. Then the same with two workers, one of which stands still at a step while the other works
on. For each recovery class: 0 references booked twice, every booking settled, and what the carrier accepted
is booked or parked.
"""

import os
import random
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from benchmarks.faults.deaths import Death, Killed, MortalCarrier, MortalSessions
from benchmarks.faults.dispatch import (
    SlowSandbox,
    ask_booking,
    memory_folder,
    open_dispatch,
    work_off,
)
from benchmarks.faults.report import SuiteReport
from benchmarks.faults.tally import Tally
from carriers import tables
from carriers.booking import BookingState
from carriers.ports import Carrier, Recovery
from carriers.sandbox import Fault, FaultPlan, Sandbox
from core.clock import ManualClock
from core.ids import BookingId, ParcelId, TenantId
from store.session import Sessions

PPM = 1_000_000
SHARE_PPM = 50_000  # 5 %
FAULTS = {
    Fault.REFUSE: SHARE_PPM,
    Fault.NOT_CONNECTED: SHARE_PPM // 2,
    Fault.TIMEOUT_BEFORE: SHARE_PPM // 2,
    Fault.TIMEOUT_AFTER: SHARE_PPM,
    Fault.ERROR_BEFORE: SHARE_PPM // 5,
    Fault.ERROR_AFTER: SHARE_PPM // 5,
    Fault.BUSY_BEFORE: SHARE_PPM // 5,
    Fault.BUSY_AFTER: SHARE_PPM // 5,
    Fault.CONFLICT: SHARE_PPM // 5,
    Fault.CREDENTIALS: SHARE_PPM // 5,
}
PROGRESS_EVERY = 2000


def run(
    runs: int, seed: int, *, kills: int | None = None, progress: Callable[[str], None] = print
) -> SuiteReport:
    """`runs` bookings per recovery class, a tenth of it with two workers, `kills` with SIGKILL.

    `kills` is a hundredth of the runs unless told, and at least 20.
    """
    from benchmarks.faults.overtaken import overtaken
    from benchmarks.faults.sigkill import really_killed

    report = SuiteReport("booking", runs, seed)
    steps = steps_of_a_booking(seed)
    for recovery in Recovery:
        tally = _simulated(runs, seed, recovery, steps, progress)
        report.rows.append(tally.row())
        report.broken.extend(tally.broken())
        progress(f"{recovery.value}: {tally.row()}")
    for recovery in Recovery:
        tally = overtaken(max(20, runs // 10), seed, recovery, steps)
        report.rows.append({**tally.row(), "workers": 2})
        report.broken.extend(tally.broken(shares=False))
        progress(f"{recovery.value}, two workers: {tally.row()}")
    wanted = max(20, runs // 100) if kills is None else kills
    if wanted and hasattr(os, "fork"):
        for recovery in Recovery:
            tally = really_killed(wanted, seed, recovery, steps)
            report.rows.append({**tally.row(), "kill": "SIGKILL"})
            report.broken.extend(tally.broken(shares=False))
            progress(f"{recovery.value}, SIGKILL: {tally.row()}")
    return report


def steps_of_a_booking(seed: int) -> int:
    """How many moments there are to die in an undisturbed booking: around commits and carrier calls."""
    with memory_folder() as folder:
        sessions, tenant = open_dispatch(Path(folder), seed)
        death = Death()
        mortal = MortalSessions(sessions, death)
        ask_booking(mortal, tenant, ParcelId(UUID(int=1, version=4)))
        work_off(mortal, carriers_with(Sandbox(seed, Recovery.KEY), sessions, death))
        sessions.engine.dispose()
        return death.seen


def carriers_with(model: Sandbox, sessions: Sessions, death: Death) -> dict[str, Carrier]:
    """The sandbox alone, whose every call is a step at which to die."""
    assert isinstance(sessions.clock, ManualClock)
    return {"sandbox": MortalCarrier(SlowSandbox(model, sessions.clock), death)}


def _simulated(
    runs: int, seed: int, recovery: Recovery, steps: int, progress: Callable[[str], None]
) -> Tally:
    tally = Tally(recovery)
    draw = random.Random(f"{seed}-{recovery.value}")
    with memory_folder() as folder:
        sessions, tenant = open_dispatch(Path(folder), seed)
        model = Sandbox(seed, recovery, faults=FaultPlan({"book": FAULTS}))
        death = Death()
        mortal = MortalSessions(sessions, death)
        carriers = carriers_with(model, sessions, death)
        began = time.process_time()
        for number in range(1, runs + 1):
            asked_at = sessions.clock.now()
            parcel_id = ParcelId(UUID(int=draw.getrandbits(128), version=4))
            dies = draw.random() * PPM < SHARE_PPM
            death.at(draw.randint(1, steps) if dies else None)
            booking_id: BookingId | None = None
            while True:
                try:
                    booking_id = booking_id or ask_booking(mortal, tenant, parcel_id)
                    work_off(mortal, carriers)
                    break
                except Killed:
                    tally.kills += 1
                    tally.killed_at.add(death.seen)
            count_booking(tally, sessions, tenant, booking_id, asked_at)
            if number % PROGRESS_EVERY == 0:
                progress(f"{recovery.value}: {number} of {runs}")
        tally.cpu_s = time.process_time() - began
        compare(tally, sessions, tenant, model)
        sessions.engine.dispose()
    return tally


def count_booking(
    tally: Tally, sessions: Sessions, tenant: TenantId, booking_id: BookingId, asked_at: datetime
) -> None:
    """Note what became of one booking, and how long it took."""
    with sessions(tenant, read_only=True) as session:
        booking = tables.read_booking(session, booking_id)
        call = tables.call_for(session, "book", booking_id)
    tally.calls += 1
    tally.states[booking.state.value] += 1
    if booking.state is BookingState.REQUESTED:
        tally.unsettled += 1
    if call.settled_at is not None:
        tally.resolved((call.settled_at - asked_at).total_seconds())


def compare(tally: Tally, sessions: Sessions, tenant: TenantId, model: Sandbox) -> None:
    """What the carrier has against what we know: twice there, or there and denied here."""
    tally.doubles = len(model.duplicates())
    with sessions(tenant, read_only=True) as session:
        known = {row.reference: row for row in session.scalars(select(tables.BookingRow)).all()}
    tally.doubles += len(known) - len({row.parcel_id for row in known.values()})
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
    tally.lost += tally.calls - len(known)
