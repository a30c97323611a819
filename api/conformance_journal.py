"""Drives an adapter through the booking journal as the product does: book, return, void, hand over."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid5

from carriers.booking import Booking, BookingRequest, Direction
from carriers.call_jobs import JOBS
from carriers.conformance import Check, Verdict
from carriers.conformance_samples import ACCOUNT, SIZE, WEIGHT_G, Places
from carriers.flows.close_manifest import close_manifest
from carriers.flows.open_manifest import open_manifest
from carriers.flows.read_label import read_label
from carriers.flows.request_booking import request_booking
from carriers.flows.request_pickup import request_pickup
from carriers.flows.run_job import run_job
from carriers.flows.void_booking import void_booking
from carriers.ports import Capability, Carrier, LabelFormat
from carriers.tables import ManifestRow, PickupRow, call_for, read_booking
from core.clock import ManualClock
from core.errors import LanewiseError
from core.ids import BookingId, ParcelId, TenantId
from store.base import Base
from store.jobs import Job, run_due
from store.keys import create_tenant
from store.persons import keep_person
from store.session import Sessions, open_engine

PLACE = "DOCK"


class _Failed(Exception):
    """A promise was broken."""


@dataclass(frozen=True, slots=True)
class _Journal:
    """A database of its own with one carrier, and the jobs that call it."""

    sessions: Sessions
    tenant: TenantId
    carriers: Mapping[str, Carrier]
    name: str
    service: str
    places: Places
    now: datetime

    def work(self) -> None:
        """Run every job that is due; the clock goes on where a carrier needs time for its label."""
        handle = partial(_handle, self.carriers)
        for _ in range(5):
            run_due(self.sessions, dict.fromkeys(JOBS, handle), "conformance")
            assert isinstance(self.sessions.clock, ManualClock)
            self.sessions.clock.advance(timedelta(minutes=1))

    def book(self, number: int, direction: Direction = Direction.OUTBOUND) -> BookingId:
        """A parcel that went through the journal."""
        shop, home = self.places
        formats = self.carriers[self.name].profile.label_formats
        with self.sessions(self.tenant) as session:
            request = BookingRequest(
                parcel_id=ParcelId(uuid5(self.tenant, str(number))),
                carrier=self.name,
                account=ACCOUNT,
                service=self.service,
                location=PLACE,
                place=shop,
                person=keep_person(session, home),
                weight_g=WEIGHT_G,
                size=SIZE,
                mailing_date=self.now.date(),
                direction=direction,
                label_format=formats[0] if formats else LabelFormat.PDF_4X6,
            )
            booking_id = request_booking(session, request)
        self.work()
        return booking_id

    def booked(self, number: int, direction: Direction = Direction.OUTBOUND) -> Booking:
        """The same, and the carrier said yes."""
        booking_id = self.book(number, direction)
        with self.sessions(self.tenant, read_only=True) as session:
            booking = read_booking(session, booking_id)
        if booking.state.value != "booked":
            raise _Failed(f"{booking.state.value}: {booking.reason}")
        return booking

    def settled(self, kind: str, subject_id: UUID) -> str:
        """The state of a call that was worked on."""
        with self.sessions(self.tenant, read_only=True) as session:
            call = call_for(session, kind, subject_id)
            return call.state if call.state == "done" else f"{call.state}: {call.reason}"


def _handle(carriers: Mapping[str, Carrier], sessions: Sessions, job: Job) -> None:
    run_job(sessions, carriers, job)


def conform_journal(
    carrier: Carrier, now: datetime, *, service: str, places: Places
) -> list[Check]:
    """Each use of the journal that the carrier declares, on a fresh database and the clock at `now`."""
    with _opened(carrier, now, service, places) as journal:
        return [
            _tried(journal, name, needed, check)
            for name, needed, check in (
                ("journal_book", Capability.BOOK, _book),
                ("journal_return_label", Capability.RETURN_LABEL, _return_label),
                ("journal_void", Capability.VOID, _void),
                ("journal_pickup", Capability.PICKUP, _pickup),
                ("journal_manifest", Capability.BOOK, _manifest),
            )
        ]


@contextmanager
def _opened(carrier: Carrier, now: datetime, service: str, places: Places) -> Iterator[_Journal]:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder)}/journal.db", durable=False)
        Base.metadata.create_all(engine)
        sessions = Sessions(engine, ManualClock(now), os.urandom, os.urandom(32))
        with sessions.system() as session:
            tenant = create_tenant(session, "conformance")
        name = carrier.profile.name
        chosen = service or next(iter(carrier.profile.services), "standard")
        try:
            yield _Journal(sessions, tenant, {name: carrier}, name, chosen, places, now)
        finally:
            engine.dispose()


def _tried(
    journal: _Journal, name: str, needed: Capability, check: Callable[[_Journal], None]
) -> Check:
    if needed not in journal.carriers[journal.name].profile.capabilities:
        return Check(name, Verdict.SKIPPED, f"{needed.value} is not declared")
    try:
        check(journal)
    except (_Failed, LanewiseError) as error:
        return Check(name, Verdict.FAILED, str(error))
    return Check(name, Verdict.PASSED)


def _book(journal: _Journal) -> None:
    """Asked twice for the same parcel: one booking, one number, and the label it was booked with."""
    booking = journal.booked(1)
    if journal.booked(1).tracking_number != booking.tracking_number:
        raise _Failed("the same parcel has two numbers")
    if Capability.LABEL in journal.carriers[journal.name].profile.capabilities:
        with journal.sessions(journal.tenant, read_only=True) as session:
            read_label(session, booking.id)


def _return_label(journal: _Journal) -> None:
    journal.booked(2, Direction.RETURN)


def _void(journal: _Journal) -> None:
    booking = journal.booked(3)
    with journal.sessions(journal.tenant) as session:
        void_booking(session, booking.id)
    journal.work()
    with journal.sessions(journal.tenant, read_only=True) as session:
        state = read_booking(session, booking.id).state.value
    if state != "voided":
        raise _Failed(f"{state}; the call is {journal.settled('void', booking.id)}")


def _pickup(journal: _Journal) -> None:
    start = journal.now + timedelta(days=1)
    with journal.sessions(journal.tenant) as session:
        pickup_id = request_pickup(
            session,
            carrier=journal.name,
            account=ACCOUNT,
            location=PLACE,
            place=journal.places[0],
            earliest=start,
            latest=start + timedelta(hours=3),
            parcels=1,
            weight_g=WEIGHT_G,
        )
    journal.work()
    with journal.sessions(journal.tenant, read_only=True) as session:
        row = session.get(PickupRow, pickup_id)
    if row is None or row.state != "agreed":
        raise _Failed(f"the call is {journal.settled('pickup', pickup_id)}")


def _manifest(journal: _Journal) -> None:
    """All that was booked and not cancelled is on it; a carrier without manifests takes the paper."""
    journal.booked(4)
    with journal.sessions(journal.tenant) as session:
        manifest_id = open_manifest(
            session,
            carrier=journal.name,
            account=ACCOUNT,
            location=PLACE,
            mailing_date=journal.now.date(),
        )
        close_manifest(session, manifest_id)
    journal.work()
    with journal.sessions(journal.tenant, read_only=True) as session:
        row = session.get(ManifestRow, manifest_id)
    if row is None or row.state != "closed":
        raise _Failed(f"the call is {journal.settled('manifest', manifest_id)}")
