"""Two workers on one booking: one stands still, the other takes over, then the first one wakes up."""

import random
import time
from pathlib import Path
from uuid import UUID

from benchmarks.faults.booking import FAULTS, carriers_with, compare, count_booking
from benchmarks.faults.deaths import Death, Freeze, MortalSessions
from benchmarks.faults.dispatch import ask_booking, memory_folder, open_dispatch, work_off
from benchmarks.faults.tally import Tally
from carriers.ports import Recovery
from carriers.sandbox import FaultPlan, Sandbox
from core.ids import ParcelId


def overtaken(runs: int, seed: int, recovery: Recovery, steps: int) -> Tally:
    """`runs` bookings, in each of which a worker stands still at a drawn step and wakes up too late.

    It stands still longer than its lease and its call's deadline: the other settles the booking.
    """
    tally = Tally(recovery)
    draw = random.Random(f"{seed}-two-{recovery.value}")
    with memory_folder() as folder:
        sessions, tenant = open_dispatch(Path(folder), seed)
        model = Sandbox(seed, recovery, faults=FaultPlan({"book": FAULTS}))
        others = carriers_with(model, sessions, Death())
        freeze = Freeze(lambda: work_off(sessions, others))
        slow = MortalSessions(sessions, freeze)
        carriers = carriers_with(model, sessions, freeze)
        began = time.process_time()
        for _ in range(runs):
            asked_at = sessions.clock.now()
            parcel_id = ParcelId(UUID(int=draw.getrandbits(128), version=4))
            booking_id = ask_booking(sessions, tenant, parcel_id)
            freeze.at(draw.randint(1, steps))
            work_off(slow, carriers)
            count_booking(tally, sessions, tenant, booking_id, asked_at)
        tally.cpu_s = time.process_time() - began
        compare(tally, sessions, tenant, model)
        sessions.engine.dispose()
    return tally
