"""Sends signed scans out of order and repeated while workers die; counts losses, doubles, wrong states.

Each run is a parcel of its own: a drawn journey with unknown codes, every message sent until it is
acknowledged (as carriers do) and some once more, a worker killed at drawn steps before or after its
commits and around the sending of notices. It must end in the state that the pure fold of the scans
gives, with each event once, each acknowledged message once, and nobody told the same thing twice.
In a tenth of as many more runs sender, reader and teller are one process that SIGKILL ends
(`killed_ingestion.py`).
"""

import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from benchmarks.faults.deaths import Death, Killed, MortalSessions
from benchmarks.faults.report import SuiteReport
from core.clock import ManualClock
from core.ids import OrderId, ParcelId, TenantId
from core.places import Address
from store.base import Base
from store.jobs import Job, run_due
from store.keys import create_tenant
from store.persons import keep_person
from store.session import Sessions, open_engine
from tracking.adapters.texts import load_texts
from tracking.event import event_of_scan
from tracking.flows.add_webhook_source import WebhookSource, add_webhook_source
from tracking.flows.follow_parcel import follow_parcel
from tracking.flows.intend_notice import SEND_NOTICE
from tracking.flows.read_webhook import read_webhook
from tracking.flows.receive_webhook import READ_WEBHOOK, receive_webhook
from tracking.flows.send_notice import Outlet, send_notice
from tracking.journey import fold
from tracking.parcel import ParcelPlan, TransitQuantiles
from tracking.ports import Message
from tracking.signature import read_secret, signed_headers
from tracking.tables import EventRow, NoticeRow, TrackedParcelRow, WebhookRow
from tracking.webhook_body import plain_meaning, read_body

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BUYER = Address("Jana Novak", "Invalidenstr. 5", "Berlin", "10115", "DE", email="jana@example.org")
TRANSIT = TransitQuantiles((0.5, 0.95, 0.999), (1440, 2880, 8640))
CODES = "accepted in_transit in_transit ZZ7 out_for_delivery attempt_failed delivered".split()
STEPS = 8  # of one round of work: how far a death may lie ahead


class Letterbox:
    """A channel that cannot recognize a repeat, with steps to die at around the sending."""

    name = "letterbox"
    repeats_safely = False

    def __init__(self, death: Death, letters: Path) -> None:
        self._death = death
        self._letters = letters

    def send(self, message: Message, before_sending: Callable[[], None]) -> None:
        self._death.step()
        before_sending()
        self._death.step()
        with self._letters.open("a") as file:  # a file: it outlives the process that writes to it
            file.write(f"{message.key}\n")
        self._death.step()

    def taken(self) -> Counter[str]:
        """How often each letter was taken."""
        return Counter(self._letters.read_text().split() if self._letters.exists() else ())


def run(runs: int, seed: int, *, progress: Callable[[str], None] = print) -> SuiteReport:
    """`runs` parcels, each with its messages, repeats and deaths."""
    from benchmarks.faults.killed_ingestion import really_killed

    report = SuiteReport("ingestion", runs, seed)
    sums: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        world = IngestionWorld(Path(folder), seed)
        for number in range(runs):
            sums.update(world.parcel(number))
            if (number + 1) % 100 == 0:
                progress(f"ingestion: {number + 1} of {runs}")
        world.close()
    killed = really_killed(max(8, runs // 10), seed)
    report.rows.append({"killed_by": "exception", "parcels": runs, **dict(sorted(sums.items()))})
    report.rows.append({"killed_by": "SIGKILL", **dict(sorted(killed.items()))})
    must_be_none = (
        "lost_messages",
        "double_messages",
        "wrong_states",
        "wrong_events",
        "told_twice",
        "told_and_denied",
    )
    both = sums + killed
    report.broken.extend(f"{both[name]} {name}" for name in must_be_none if both[name])
    for row in report.rows:
        progress(f"ingestion: {row}")
    return report


class IngestionWorld:
    """One marketplace on SQLite, with one carrier that sends webhooks; `box` takes the letters."""

    def __init__(self, folder: Path, seed: int, *, is_real: bool = False) -> None:
        self.draw = random.Random(seed)
        self.engine = open_engine(f"sqlite:///{folder}/faults.db")
        Base.metadata.create_all(self.engine)
        self.clock = ManualClock(START)
        entropy = random.Random(seed + 1).randbytes
        self.sessions = Sessions(self.engine, self.clock, entropy, bytes(range(32)))
        self.death = Death(real=is_real)
        self.mortal = MortalSessions(self.sessions, self.death)
        self.box = Letterbox(self.death, folder / "letters.txt")
        self.outlet = Outlet(self.box, load_texts(), "https://shop.example")
        with self.sessions.system() as session:
            self.tenant: TenantId = create_tenant(session, "faults")
        with self.sessions(self.tenant) as session:
            self.source: WebhookSource = add_webhook_source(session, "acme")
        self.secret = read_secret(self.source.secret) or b""

    def close(self) -> None:
        self.engine.dispose()

    def parcel(self, number: int) -> Counter[str]:
        """Send one parcel's journey through faults; what was wrong with it in the end."""
        found: Counter[str] = Counter()
        plan = self.follow(number)
        scans = self.scans(plan, CODES[: self.draw.randint(1, len(CODES))])
        batches = [[scan] for scan in scans] + [[one] for one in self.draw.choices(scans, k=3)]
        self.draw.shuffle(batches)
        for index, batch in enumerate(batches):
            found["messages"] += 1
            found["kills"] += self._send(batch, f"{number}-{index}")
            found["kills"] += self.work()
        self.death.at(None)
        self.clock.advance(timedelta(hours=3))  # leases run out, back-offs end
        self.work(is_mortal=False)
        found.update(self.judge(plan, scans, len(batches), number))
        return found

    def scans(self, plan: ParcelPlan, codes: Sequence[str]) -> list[dict[str, str]]:
        """One scan a minute of these codes."""
        return [
            {
                "tracking_number": plan.tracking_number,
                "code": code,
                "occurred_at": (self.clock.now() + timedelta(minutes=index)).isoformat(),
            }
            for index, code in enumerate(codes, start=1)
        ]

    def follow(self, number: int) -> ParcelPlan:
        now = self.clock.now()
        with self.sessions(self.tenant) as session:
            plan = ParcelPlan(
                parcel=ParcelId(UUID(int=number + 1)),
                order=OrderId(UUID(int=number + 1)),
                order_reference=f"F-{number}",
                seller="north",
                carrier="acme",
                service="standard",
                tracking_number=f"A{number}",
                departs_at=now + timedelta(hours=1),
                promised_by=now + timedelta(days=3),
                level=0.95,
                zone="UTC",
                transit=TRANSIT,
                consignee=keep_person(session, BUYER),
            )
            follow_parcel(session, plan)
        return plan

    def _send(self, batch: list[dict[str, str]], message: str) -> int:
        """Send until it is acknowledged; returns how often the receiver died."""
        raw = json.dumps({"scans": batch}).encode()
        kills = 0
        while True:
            headers = signed_headers(self.secret, message, self.clock.now(), raw)
            self.death.at(self.draw.randint(1, STEPS))
            try:
                receive_webhook(self.mortal, self.source.id, headers, raw)
            except Killed:
                kills += 1
            else:
                return kills

    def work(self, *, is_mortal: bool = True) -> int:
        """Run what is due; returns 1 when the worker died over it."""
        self.death.at(self.draw.randint(1, 3 * STEPS) if is_mortal else None)
        try:
            self.run_jobs()
        except Killed:
            return 1
        return 0

    def run_jobs(self) -> None:
        """Read messages and send notices until nothing is due."""

        def read(sessions: Sessions, job: Job) -> None:
            with sessions(job.tenant) as session:
                read_webhook(session, UUID(job.payload["webhook_id"]))

        def tell(sessions: Sessions, job: Job) -> None:
            send_notice(sessions, job.tenant, UUID(job.payload["notice_id"]), self.outlet)

        run_due(self.mortal, {READ_WEBHOOK: read, SEND_NOTICE: tell}, "w")

    def judge(
        self, plan: ParcelPlan, scans: list[dict[str, str]], messages: int, number: int
    ) -> Counter[str]:
        found: Counter[str] = Counter()
        with self.sessions(self.tenant, read_only=True) as session:
            stored = session.scalar(
                select(func.count())
                .select_from(WebhookRow)
                .where(WebhookRow.message_id.startswith(f"{number}-"))
            )
            found["lost_messages"] = max(0, messages - (stored or 0))
            found["double_messages"] = max(0, (stored or 0) - messages)
            row = session.get_one(TrackedParcelRow, plan.parcel)
            kept = session.scalar(
                select(func.count())
                .select_from(EventRow)
                .where(EventRow.parcel_id == plan.parcel, EventRow.source != "booking")
            )
            wanted, _ = read_body(
                json.dumps({"scans": scans}).encode(),
                carrier="acme",
                account_zone="UTC",
                meaning=plain_meaning,
            )
            events = [
                event_of_scan(str(plan.parcel), scan, source="x", received_at=row.refreshed_at)
                for scan in wanted
            ]
            found["wrong_events"] = int(kept != len({event.id for event in events}))
            state = fold(events).state.value
            # The booking itself says `pre_transit`, where nothing else was understood.
            expected = "pre_transit" if state == "unknown" else state
            found["wrong_states"] = int(row.state != expected)
            notices = session.scalars(
                select(NoticeRow).where(NoticeRow.parcel_id == plan.parcel)
            ).all()
        taken = self.box.taken()
        for notice in notices:
            found[f"notices_{notice.state}"] += 1
            found["told_twice"] += taken[str(notice.id)] > 1
            found["told_and_denied"] += notice.state == "sent" and not taken[str(notice.id)]
        return found
