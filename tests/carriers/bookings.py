"""Helpers of the flow tests: a requested booking, a sandbox in process, a job loop in fast motion."""

import random
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from carriers.booking import BookingRequest
from carriers.call_jobs import JOBS
from carriers.flows.request_booking import request_booking
from carriers.flows.run_job import run_job
from carriers.ports import Carrier, LabelFormat
from core.clock import ManualClock
from core.ids import BookingId, ParcelId, TenantId
from core.places import Address
from core.units import Dimensions
from store.jobs import run_due
from store.persons import keep_person
from store.session import Sessions
from store.tables import JobRow
from tests.carriers.orders import BUYER, SELLER

MAILING = date(2026, 3, 2)


def parcel_id(number: int) -> ParcelId:
    return ParcelId(UUID(int=random.Random(number).getrandbits(128), version=4))


def ask_booking(
    sessions: Sessions, tenant: TenantId, number: int = 1, *, to: Address = BUYER, **changes: Any
) -> BookingId:
    values: dict[str, Any] = {
        "carrier": "sandbox",
        "account": "main",
        "service": "standard",
        "location": "TIL",
        "place": SELLER,
        "weight_g": 1250,
        "size": Dimensions(300, 200, 150),
        "mailing_date": MAILING,
        "label_format": LabelFormat.ZPL_203,
    }
    with sessions(tenant) as session:
        person = keep_person(session, to)
        request = BookingRequest(
            parcel_id=parcel_id(number), person=person, **{**values, **changes}
        )
        return request_booking(session, request)


def run_until_quiet(
    sessions: Sessions,
    carriers: Mapping[str, Carrier],
    *,
    until: datetime | None = None,
    worker: str = "w",
) -> None:
    """Run jobs, moving the clock to the next due one, until none is left (or until that instant)."""
    clock = sessions.clock
    assert isinstance(clock, ManualClock)
    handlers = dict.fromkeys(JOBS, partial(_run, carriers))
    for _ in range(100_000):
        run_due(sessions, handlers, worker)
        with sessions.system(read_only=True) as session:
            due = session.scalar(
                select(func.min(func.coalesce(JobRow.lease_until, JobRow.run_at))).where(
                    JobRow.state.in_(["queued", "running"])
                )
            )
        if due is None or (until is not None and due > until):
            return
        clock.set(due)


def _run(carriers: Mapping[str, Carrier], sessions: Sessions, job: Any) -> None:
    run_job(sessions, carriers, job)
