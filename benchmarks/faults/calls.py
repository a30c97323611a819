"""Voids, pickups, manifests and return labels under the faults of the booking suite, in turn.

Each run asks for one of them, for a parcel that was booked in peace: 5 % each of the calls are refused,
lost on the way in, lost on the way out, answered with 500, and in 5 % of the runs the worker dies at a
step drawn from all. What the carrier has done must be what we know, or parked for a person.
"""

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from benchmarks.faults.booking import FAULTS, PPM, SHARE_PPM, carriers_with
from benchmarks.faults.deaths import Death, Killed, MortalSessions
from benchmarks.faults.dispatch import (
    MAILING,
    SELLER,
    ask_booking,
    memory_folder,
    open_dispatch,
    work_off,
)
from benchmarks.faults.report import SuiteReport
from benchmarks.faults.tally import Tally
from carriers import tables
from carriers.booking import BookingState, Direction
from carriers.flows.close_manifest import close_manifest
from carriers.flows.open_manifest import open_manifest
from carriers.flows.request_pickup import request_pickup
from carriers.flows.send_void import NOT_VOIDED
from carriers.flows.void_booking import void_booking
from carriers.journal import CallState
from carriers.ports import Carrier, Recovery
from carriers.sandbox import FaultPlan, Sandbox
from core.errors import Conflict
from core.ids import BookingId, ManifestId, ParcelId, TenantId
from store.session import Sessions

STEPS = 14  # of one call and its job: claim, intent, carrier, answer, end, and the asking
PEACE = FaultPlan()
TROUBLE = FaultPlan(dict.fromkeys(("book", "void", "pickup", "manifest"), FAULTS))


@dataclass
class Office:
    """One recovery class's database and carrier."""

    sessions: Sessions
    mortal: Sessions
    tenant: TenantId
    model: Sandbox
    carriers: Mapping[str, Carrier]

    def booked(self, parcel_id: ParcelId) -> BookingId:
        """A parcel that is booked in peace."""
        self.model.faults = PEACE
        booking_id = ask_booking(self.sessions, self.tenant, parcel_id)
        work_off(self.sessions, self.carriers)
        self.model.faults = TROUBLE
        return booking_id


Asked = tuple[str, UUID]  # kind of call, what it is about
Ask = Callable[[Office, ParcelId], Callable[[], Asked]]


def _void(office: Office, parcel_id: ParcelId) -> Callable[[], Asked]:
    booking_id = office.booked(parcel_id)

    def ask() -> Asked:
        with office.mortal(office.tenant) as session:
            void_booking(session, booking_id)
        return "void", booking_id

    return ask


def _return(office: Office, parcel_id: ParcelId) -> Callable[[], Asked]:
    def ask() -> Asked:
        return "book", ask_booking(office.mortal, office.tenant, parcel_id, Direction.RETURN)

    return ask


def _pickup(office: Office, parcel_id: ParcelId) -> Callable[[], Asked]:
    earliest = office.sessions.clock.now() + timedelta(hours=3)

    def ask() -> Asked:
        with office.mortal(office.tenant) as session:  # asked twice after a death: two pickups
            pickup_id = request_pickup(
                session,
                carrier="sandbox",
                account="main",
                location="TIL",
                place=SELLER,
                earliest=earliest,
                latest=earliest + timedelta(hours=2),
                parcels=1,
                weight_g=1250,
            )
        return "pickup", pickup_id

    return ask


def _manifest(office: Office, parcel_id: ParcelId) -> Callable[[], Asked]:
    office.booked(parcel_id)

    def ask() -> Asked:
        try:
            with office.mortal(office.tenant) as session:
                manifest_id: UUID = open_manifest(
                    session, carrier="sandbox", account="main", location="TIL", mailing_date=MAILING
                )
                close_manifest(session, ManifestId(manifest_id))
        except Conflict:  # nothing is left to put on one: the page that died had done it
            newest = select(tables.ManifestRow.id).order_by(tables.ManifestRow.id.desc()).limit(1)
            with office.sessions(office.tenant, read_only=True) as session:
                manifest_id = session.scalars(newest).one()
        return "manifest", manifest_id

    return ask


KINDS: tuple[Ask, ...] = (_void, _return, _pickup, _manifest)


def run(runs: int, seed: int, *, progress: Callable[[str], None] = print) -> SuiteReport:
    """`runs` calls per recovery class, the four kinds in turn."""
    report = SuiteReport("calls", runs, seed)
    for recovery in Recovery:
        tally = _class(runs, seed, recovery)
        report.rows.append(tally.row())
        report.broken.extend(tally.broken())
        progress(f"{recovery.value}: {tally.row()}")
    return report


def _class(runs: int, seed: int, recovery: Recovery) -> Tally:
    tally = Tally(recovery)
    draw = random.Random(f"{seed}-calls-{recovery.value}")
    with memory_folder() as folder:
        sessions, tenant = open_dispatch(Path(folder), seed)
        death = Death()
        mortal = MortalSessions(sessions, death)
        model = Sandbox(seed, recovery)
        office = Office(sessions, mortal, tenant, model, carriers_with(model, sessions, death))
        began = time.process_time()
        for kind in islice(cycle(KINDS), runs):
            ask = kind(office, ParcelId(UUID(int=draw.getrandbits(128), version=4)))
            asked_at = sessions.clock.now()
            dies = draw.random() * PPM < SHARE_PPM
            death.at(draw.randint(1, STEPS) if dies else None)
            _one(tally, office, ask, death, asked_at)
        tally.cpu_s = time.process_time() - began
        _compare(tally, office)
        sessions.engine.dispose()
    return tally


def _one(
    tally: Tally, office: Office, ask: Callable[[], Asked], death: Death, asked_at: datetime
) -> None:
    asked: Asked | None = None
    while True:
        try:
            asked = asked or _asked(tally, death, ask)
            work_off(office.mortal, office.carriers)
            break
        except Killed:
            _note_death(tally, death)
    with office.sessions(office.tenant, read_only=True) as session:
        call = tables.call_for(session, *asked)
    tally.calls += 1
    tally.states[_outcome(call)] += 1
    if not CallState(call.state).is_settled:
        tally.unsettled += 1
    elif call.settled_at is not None:
        tally.resolved((call.settled_at - asked_at).total_seconds())


def _outcome(call: tables.CallRow) -> str:
    """How the call ended; a refused void was answered, though it is then handed to a person."""
    answered = call.kind == "void" and call.reason.startswith(NOT_VOIDED)
    return CallState.REFUSED.value if answered else call.state


def _asked(tally: Tally, death: Death, ask: Callable[[], Asked]) -> Asked:
    """Ask until the answer is heard: a person who saw the page die asks again."""
    while True:
        with suppress(Killed):
            return ask()
        _note_death(tally, death)


def _note_death(tally: Tally, death: Death) -> None:
    tally.kills += 1
    tally.killed_at.add(death.seen)


def _compare(tally: Tally, office: Office) -> None:
    """What the carrier has done against what we know of it; parked calls are a person's."""
    model = office.model
    tally.doubles = len(model.duplicates())
    tally.doubles += len(model.receipts) - len({receipt.reference for receipt in model.receipts})
    done = {receipt.reference for receipt in model.receipts}
    with office.sessions(office.tenant, read_only=True) as session:
        for row in session.scalars(select(tables.BookingRow)):
            parcel = model.parcels.get(row.tracking_number or "")
            there = parcel is not None and parcel.voided_at is None
            if row.state == BookingState.BOOKED and not there:
                tally.lost += 1  # it would be handed over with a dead label
            if row.state == BookingState.VOIDED and there:
                tally.lost += 1  # it would be paid for
        known = set(session.scalars(select(tables.BookingRow.reference)))
        refused = select(tables.BookingRow.reference).where(tables.BookingRow.state == "refused")
        denied = set(session.scalars(refused))
        for parcel in model.parcels.values():
            tally.lost += parcel.order.reference not in known - denied
        calls = session.scalars(
            select(tables.CallRow).where(tables.CallRow.kind.in_(["pickup", "manifest"]))
        )
        for call in calls:
            tally.lost += (call.state == "done") != (call.reference in done) and (
                call.state != "parked"
            )
        twice = (
            select(tables.BookingRow.parcel_id)
            .group_by(tables.BookingRow.parcel_id, tables.BookingRow.direction)
            .having(func.count() > 1)
        )
        tally.doubles += len(session.scalars(twice).all())
