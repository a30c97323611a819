"""A late parcel is told once, by mail or sink; whatever dies in between, nobody is told twice."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from carriers.status import Reason, Status
from core.clock import ManualClock
from core.errors import Unavailable
from core.ids import SubjectId, TenantId
from core.places import Address
from store.jobs import Job, Retry, run_due
from store.persons import erase_person, keep_person
from store.session import Sessions
from tests.tracking.events import START, event
from tests.tracking.mail import Postman, mail_server
from tests.tracking.plans import DEPARTS, plan
from tracking.adapters.sink import SinkChannel
from tracking.adapters.smtp import SmtpChannel, SmtpServer
from tracking.adapters.texts import load_texts
from tracking.flows.follow_parcel import follow_parcel
from tracking.flows.intend_notice import SEND_NOTICE
from tracking.flows.record_event import record_event
from tracking.flows.send_notice import Outlet, send_notice
from tracking.flows.set_notice_preference import set_notice_preference
from tracking.flows.set_seller_contact import set_seller_contact
from tracking.flows.watch_parcels import watch_parcels
from tracking.notices.occasions import Occasion, QuietHours
from tracking.ports import Message, NoticeChannel
from tracking.tables import NoticeRow

ANA = Address("Ana Pop", "Strada Lungă 5", "Brașov", "500035", "RO", email="ana@example.org")
URL = "https://shop.example"


class Killed(BaseException):
    """What happens to a worker under kill -9: nothing after this line runs."""


@pytest.fixture
def person(sessions: Sessions, tenant: TenantId) -> SubjectId:
    with sessions(tenant) as session:
        subject = keep_person(session, ANA, language="ro")
        follow_parcel(session, plan(consignee=subject, language="ro"))
    return subject


@pytest.fixture
def sink(tmp_path: Path) -> Outlet:
    return Outlet(SinkChannel(tmp_path / "outbox"), load_texts(), URL)


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
def mail(postman: Postman) -> Iterator[Outlet]:
    with mail_server(postman) as url:
        channel = SmtpChannel(SmtpServer.from_url(url), "Lanewise <no-reply@shop.example>")
        yield Outlet(channel, load_texts(), URL)


def _event(sessions: Sessions, tenant: TenantId, state: Status, hours: float) -> None:
    with sessions(tenant) as session:
        record_event(session, event(state, hours, parcel=str(plan().parcel)))


def _make_late(sessions: Sessions, tenant: TenantId, clock: ManualClock) -> None:
    _event(sessions, tenant, Status.ACCEPTED, 3)
    clock.set(DEPARTS + timedelta(hours=69))
    with sessions(tenant) as session:
        watch_parcels(session)


def _go_to_and_fro(
    sessions: Sessions, tenant: TenantId, clock: ManualClock, outlet: Outlet
) -> None:
    """Customs stops it, lets it go, and stops it again: late, in time, late by the same day."""
    _event(sessions, tenant, Status.ACCEPTED, 3)
    for hours in (4, 5, 6):
        stopped = hours != 5
        state = Status.EXCEPTION if stopped else Status.IN_TRANSIT
        reason = Reason.CUSTOMS_HOLD if stopped else None
        clock.set(START + timedelta(hours=hours))
        with sessions(tenant) as session:
            one = event(state, hours, parcel=str(plan().parcel), reason=reason)
            record_event(session, one)
        _run(sessions, outlet)


def _notices(sessions: Sessions, tenant: TenantId) -> list[NoticeRow]:
    with sessions(tenant) as session:
        return list(session.scalars(select(NoticeRow).order_by(NoticeRow.id)))


def _run(sessions: Sessions, outlet: Outlet) -> int:
    def handle(s: Sessions, job: Job) -> None:
        send_notice(s, job.tenant, UUID(job.payload["notice_id"]), outlet)

    return run_due(sessions, {SEND_NOTICE: handle}, "w")


def test_a_late_parcel_is_told_once_before_its_promised_date(
    sessions: Sessions, tenant: TenantId, person: SubjectId, clock: ManualClock, sink: Outlet
) -> None:
    _make_late(sessions, tenant, clock)
    _run(sessions, sink)
    with sessions(tenant) as session:
        watch_parcels(session)
    _run(sessions, sink)
    (row,) = _notices(sessions, tenant)
    assert (row.occasion, row.state, row.channel) == ("delayed", "sent", "sink")
    assert "ana" not in json.dumps(row.facts).lower()
    assert isinstance(sink.channel, SinkChannel)
    folder = sink.channel._folder
    text = (folder / f"{row.id}.txt").read_text()
    assert "Bună ziua, Ana Pop," in text
    assert f"{URL}/track/" in text
    assert json.loads((folder / f"{row.id}.json").read_text())["to"] == ANA.email
    assert len(list(folder.iterdir())) == 3


def test_a_second_delay_to_the_same_day_is_told_after_the_first_was_over(
    sessions: Sessions, tenant: TenantId, person: SubjectId, clock: ManualClock, sink: Outlet
) -> None:
    _go_to_and_fro(sessions, tenant, clock, sink)
    told = [(row.occasion, row.state) for row in _notices(sessions, tenant)]
    assert told == [("delayed", "sent"), ("back_on_time", "sent"), ("delayed", "sent")]


def test_nobody_hears_that_it_is_back_on_time_who_never_heard_that_it_was_late(
    sessions: Sessions, tenant: TenantId, clock: ManualClock, sink: Outlet
) -> None:
    with sessions(tenant) as session:
        subject = keep_person(session, ANA, language="ro")
        rules = json.dumps({"not_told": ["delayed"]})
        follow_parcel(session, plan(consignee=subject, notices=rules))
    _go_to_and_fro(sessions, tenant, clock, sink)
    assert {(row.occasion, row.state) for row in _notices(sessions, tenant)} == {
        ("delayed", "dropped"),
        ("back_on_time", "dropped"),
    }


def test_mail_has_both_parts_and_one_message_id(
    sessions: Sessions, tenant: TenantId, person: SubjectId, mail: Outlet, postman: Postman
) -> None:
    _event(sessions, tenant, Status.DELIVERED, 0)
    _run(sessions, mail)
    (row,) = _notices(sessions, tenant)
    (letter,) = postman.taken
    assert row.state == "sent"
    assert letter["Message-ID"] == f"<{row.id}@shop.example>"
    assert letter["To"] == ANA.email
    assert {part.get_content_type() for part in letter.walk()} == {
        "multipart/alternative",
        "text/plain",
        "text/html",
    }
    assert "a fost livrată" in str(letter["Subject"])


def test_a_dead_mail_server_queues_and_retries_until_it_is_back(
    sessions: Sessions,
    tenant: TenantId,
    person: SubjectId,
    clock: ManualClock,
    mail: Outlet,
    postman: Postman,
) -> None:
    dead = Outlet(SmtpChannel(SmtpServer("127.0.0.1", 1), "a@shop.example"), load_texts(), URL)
    _event(sessions, tenant, Status.DELIVERED, 0)
    for _ in range(3):
        _run(sessions, dead)
        clock.advance(timedelta(minutes=1))
    (row,) = _notices(sessions, tenant)
    assert (row.state, row.attempts) == ("intended", 3)
    postman.refuse_rcpt = "451 greylisted"
    _run(sessions, mail)
    postman.refuse_rcpt = ""
    clock.advance(timedelta(minutes=10))
    _run(sessions, mail)
    assert _notices(sessions, tenant)[0].state == "sent"
    assert len(postman.taken) == 1


@pytest.mark.parametrize(
    ("stage", "answer", "state"),
    [
        ("refuse_rcpt", "550 no such user", "failed"),
        ("refuse_data", "554 no mail from you", "failed"),
        ("answer_data", "554 spam", "failed"),
        ("refuse_rcpt", "451 later", "intended"),
        ("refuse_data", "451 later", "intended"),
        ("answer_data", "452 full", "intended"),
    ],
)
def test_a_refused_mail_is_tried_again_only_when_the_server_says_later(
    sessions: Sessions,
    tenant: TenantId,
    person: SubjectId,
    clock: ManualClock,
    mail: Outlet,
    postman: Postman,
    stage: str,
    answer: str,
    state: str,
) -> None:
    was = getattr(postman, stage)
    setattr(postman, stage, answer)
    _event(sessions, tenant, Status.DELIVERED, 0)
    assert _run(sessions, mail) == 1
    (row,) = _notices(sessions, tenant)
    assert row.state == state
    assert answer[:3] in (row.why or "")
    setattr(postman, stage, was)
    clock.advance(timedelta(minutes=10))
    assert _run(sessions, mail) == (state == "intended")
    assert len(postman.taken) == (state == "intended")


def test_a_server_that_vanishes_after_the_message_leaves_it_unknown_and_unrepeated(
    sessions: Sessions, tenant: TenantId, person: SubjectId, mail: Outlet, postman: Postman
) -> None:
    postman.hang_up_after_data = True
    _event(sessions, tenant, Status.DELIVERED, 0)
    _run(sessions, mail)
    assert _notices(sessions, tenant)[0].state == "unknown"
    assert len(postman.taken) == 1
    assert _run(sessions, mail) == 0


class DyingChannel:
    """Dies before the irrevocable step, right after it, or after the outside took the message."""

    name = "dying"

    def __init__(self, dies: str, repeats_safely: bool) -> None:
        self.dies = dies
        self.repeats_safely = repeats_safely
        self.seen: list[str] = []

    def send(self, message: Message, before_sending: Callable[[], None]) -> None:
        if self.dies == "before":
            raise Killed
        before_sending()
        if self.dies == "during":
            raise Killed
        if not (self.repeats_safely and message.key in self.seen):
            self.seen.append(message.key)
        if self.dies == "after":
            raise Killed


@pytest.mark.parametrize(
    ("dies", "repeats_safely", "state", "seen"),
    [
        ("before", False, "sent", 1),
        ("during", False, "unknown", 0),
        ("after", False, "unknown", 1),
        ("before", True, "sent", 1),
        ("during", True, "sent", 1),
        ("after", True, "sent", 1),
    ],
)
def test_a_killed_worker_never_makes_anybody_told_twice(
    sessions: Sessions,
    tenant: TenantId,
    person: SubjectId,
    clock: ManualClock,
    dies: str,
    repeats_safely: bool,
    state: str,
    seen: int,
) -> None:
    channel = DyingChannel(dies, repeats_safely)
    outlet = Outlet(channel, load_texts(), URL)
    _event(sessions, tenant, Status.DELIVERED, 0)
    with pytest.raises(Killed):
        _run(sessions, outlet)
    channel.dies = ""
    clock.advance(timedelta(minutes=2))
    assert _run(sessions, outlet) == 1
    assert _notices(sessions, tenant)[0].state == state
    assert len(channel.seen) == seen


def test_what_may_have_gone_out_is_never_called_dropped(
    sessions: Sessions, tenant: TenantId, person: SubjectId, clock: ManualClock
) -> None:
    channel = DyingChannel("after", repeats_safely=True)
    outlet = Outlet(channel, load_texts(), URL)
    _event(sessions, tenant, Status.OUT_FOR_DELIVERY, 0)
    with pytest.raises(Killed):
        _run(sessions, outlet)
    _event(sessions, tenant, Status.DELIVERED, 1)
    (row, _) = _notices(sessions, tenant)
    assert send_notice(sessions, tenant, row.id, outlet) == "unknown"
    assert "no longer useful" in (_notices(sessions, tenant)[0].why or "")


class SlowChannel:
    """Fails to connect after another worker has sent the same notice meanwhile."""

    name = "slow"
    repeats_safely = False

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = meanwhile

    def send(self, message: Message, before_sending: Callable[[], None]) -> None:
        self.meanwhile()
        raise Unavailable("no connection")


def test_a_worker_that_comes_too_late_does_not_undo_what_another_sent(
    sessions: Sessions, tenant: TenantId, person: SubjectId, mail: Outlet, postman: Postman
) -> None:
    _event(sessions, tenant, Status.DELIVERED, 0)
    (row,) = _notices(sessions, tenant)
    slow = SlowChannel(lambda: send_notice(sessions, tenant, row.id, mail))
    with pytest.raises(Unavailable):
        send_notice(sessions, tenant, row.id, Outlet(slow, load_texts(), URL))
    assert _notices(sessions, tenant)[0].state == "sent"
    assert send_notice(sessions, tenant, row.id, mail) == "sent"
    assert len(postman.taken) == 1


def test_quiet_hours_wait_and_what_is_overtaken_is_dropped(
    sessions: Sessions, tenant: TenantId, person: SubjectId, clock: ManualClock, sink: Outlet
) -> None:
    with sessions(tenant) as session:
        quiet = QuietHours(0, 23 * 60)
        set_notice_preference(session, person, None, is_wanted=True, quiet=quiet)
    _event(sessions, tenant, Status.OUT_FOR_DELIVERY, 0)
    (row,) = _notices(sessions, tenant)
    with pytest.raises(Retry):
        send_notice(sessions, tenant, row.id, sink)
    _event(sessions, tenant, Status.DELIVERED, 1)
    assert send_notice(sessions, tenant, row.id, sink) == "dropped"


def test_what_is_not_wanted_or_has_no_reader_is_dropped(
    sessions: Sessions, tenant: TenantId, person: SubjectId, sink: Outlet
) -> None:
    with sessions(tenant) as session:
        set_notice_preference(session, person, None, is_wanted=True)
        set_notice_preference(session, person, Occasion.ARRIVING_TODAY, is_wanted=False)
    _event(sessions, tenant, Status.OUT_FOR_DELIVERY, 0)
    _run(sessions, sink)
    assert _notices(sessions, tenant)[0].why == "not wanted"
    with sessions(tenant) as session:
        erase_person(session, person)
    _event(sessions, tenant, Status.DELIVERED, 1)
    _run(sessions, sink)
    whys = {row.occasion: row.why for row in _notices(sessions, tenant)}
    assert whys == {"arriving_today": "not wanted", "delivered": "nobody to write to"}


def test_a_seller_hears_before_a_pickup_is_missed(
    sessions: Sessions, tenant: TenantId, sink: Outlet
) -> None:
    shop = Address("Warehouse North", "Dock 1", "Lyon", "69001", "FR", email="dock@example.org")
    with sessions(tenant) as session:
        set_seller_contact(session, "north", shop, language="fr", zone_name="Europe/Paris")
        follow_parcel(session, plan())
    _run(sessions, sink)
    (row,) = _notices(sessions, tenant)
    assert (row.occasion, row.language, row.state) == ("hand_over_due", "fr", "sent")


def test_a_channel_that_is_down_raises_for_the_job_loop(
    sessions: Sessions, tenant: TenantId, person: SubjectId, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    channel: NoticeChannel = SinkChannel(blocked)
    _event(sessions, tenant, Status.DELIVERED, 0)
    (row,) = _notices(sessions, tenant)
    with pytest.raises(Unavailable):
        send_notice(sessions, tenant, row.id, Outlet(channel, load_texts(), URL))
    assert _notices(sessions, tenant)[0].state == "intended"
