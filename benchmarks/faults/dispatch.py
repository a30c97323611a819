"""A dispatch office to break: a database of its own, parcels to book, and jobs in fast motion."""

import os
import random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from carriers import tables
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.booking import BookingRequest, Direction
from carriers.call_jobs import JOBS
from carriers.flows.request_booking import request_booking
from carriers.flows.run_job import run_job
from carriers.ports import Carrier, LabelFile, LabelFormat
from carriers.sandbox import Fault, Sandbox, SandboxParcel
from core.clock import ManualClock
from core.errors import CarrierUnavailable
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
MAILING = date(2026, 3, 2)
SELLER = Address("", "Industrieweg 7", "Tilburg", "5026 RA", "NL", company="Klompen BV")
BUYER = Address("Jana Novak", "Invalidenstr. 5", "Berlin", "10115", "DE")


def memory_folder() -> tempfile.TemporaryDirectory[str]:
    """In memory where there is such a place: SIGKILL loses no page of the system, power loss would."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)


def open_dispatch(folder: Path, seed: int) -> tuple[Sessions, TenantId]:
    """A new SQLite database with one tenant, and a clock that stands still."""
    assert tables.CallRow.__table__ in Base.metadata.sorted_tables
    engine = open_engine(f"sqlite:///{folder}/faults.db")
    Base.metadata.create_all(engine)
    sessions = Sessions(engine, ManualClock(START), random.Random(seed).randbytes, bytes(range(32)))
    with sessions.system() as session:
        return sessions, create_tenant(session, "faults")


def ask_booking(
    sessions: Sessions,
    tenant: TenantId,
    parcel_id: ParcelId,
    direction: Direction = Direction.OUTBOUND,
) -> BookingId:
    """What a shop does: one transaction; asked again for the same parcel, the same booking."""
    with sessions(tenant) as session:
        return request_booking(
            session,
            BookingRequest(
                parcel_id=parcel_id,
                carrier="sandbox",
                account="main",
                service="standard",
                location="TIL",
                place=SELLER,
                person=keep_person(session, BUYER),
                weight_g=1250,
                size=Dimensions(300, 200, 150),
                mailing_date=MAILING,
                label_format=LabelFormat.ZPL_203,
                direction=direction,
            ),
        )


def work_off(sessions: Sessions, carriers: Mapping[str, Carrier]) -> None:
    """Run jobs, moving the clock to the next one, until none is left."""
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
        clock.set(max(due, clock.now()))


class SlowSandbox(LocalSandbox):
    """The sandbox in process, whose silence costs the whole deadline, and whose labels cost little.

    Labels are a few bytes: drawing them would take as long as everything else together.
    """

    def __init__(self, model: Sandbox, clock: ManualClock) -> None:
        super().__init__(model, clock, draw_label=_tiny_label)
        self._manual = clock

    def _before(self, operation: str, key: str = "", about: str = "") -> Fault | None:
        with self._waiting():
            return super()._before(operation, key, about)

    def _after(self, fault: Fault | None) -> None:
        with self._waiting():
            super()._after(fault)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        try:
            yield
        except CarrierUnavailable as error:
            if error.code in (Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER):
                self._manual.advance(self.profile.deadline)
            raise


def _tiny_label(parcel: SandboxParcel, wanted: LabelFormat) -> LabelFile:
    text = parcel.tracking_number
    pdf = wanted.value.startswith("pdf")
    return LabelFile(wanted, (f"%PDF-1.4 {text}" if pdf else f"^XA^FD{text}^FS^XZ").encode())
