"""Scans arrive signed, in any order and repeated; the journey, incidents and signals come out once."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from carriers.status import Status
from core.clock import ManualClock
from core.errors import Conflict, NotAllowed, NotFound
from core.ids import OrderId, ParcelId, TenantId
from store.jobs import Job, run_due
from store.session import Sessions
from store.tables import OutboxRow
from tests.tracking.plans import DEPARTS, PROMISED, plan
from tracking.flows.add_webhook_source import WebhookSource, add_webhook_source
from tracking.flows.follow_parcel import follow_parcel
from tracking.flows.hand_over_parcel import hand_over_parcel
from tracking.flows.purge_webhooks import purge_webhooks
from tracking.flows.read_webhook import read_webhook
from tracking.flows.receive_webhook import READ_WEBHOOK, receive_webhook
from tracking.flows.watch_parcels import watch_parcels
from tracking.parcel import ParcelPlan
from tracking.signature import read_secret, signed_headers
from tracking.tables import EventRow, IncidentRow, StrayScanRow, TrackedParcelRow, WebhookRow

SCANS = [
    {"tracking_number": "SB1", "code": "accepted", "occurred_at": "2026-03-02T13:00:00+01:00"},
    {
        "tracking_number": "SB1",
        "code": "in_transit",
        "occurred_local": "2026-03-02T22:00:00",
        "zone": "Europe/Paris",
        "place": "Lyon",
        "country": "FR",
    },
    {"tracking_number": "SB1", "code": "XX-7", "occurred_at": "2026-03-03T04:00:00Z"},
    {"tracking_number": "SB1", "code": "out_for_delivery", "occurred_at": "2026-03-04T06:00:00Z"},
    {"tracking_number": "SB1", "code": "delivered", "occurred_at": "2026-03-04T10:00:00Z"},
]


@pytest.fixture
def source(sessions: Sessions, tenant: TenantId) -> WebhookSource:
    with sessions(tenant) as session:
        return add_webhook_source(session, "sandbox", account_zone="Europe/Berlin")


def _follow(sessions: Sessions, tenant: TenantId, one: ParcelPlan | None = None) -> None:
    with sessions(tenant) as session:
        follow_parcel(session, one or plan())


def _send(sessions: Sessions, source: WebhookSource, body: Any, message: str = "m") -> bool:
    raw = body if isinstance(body, bytes) else json.dumps({"scans": body}).encode()
    secret = read_secret(source.secret)
    assert secret is not None
    headers = signed_headers(secret, message, sessions.clock.now(), raw)
    return receive_webhook(sessions, source.id, headers, raw).is_repeat


def _read(sessions: Sessions, job: Job) -> None:
    with sessions(job.tenant) as session:
        read_webhook(session, UUID(job.payload["webhook_id"]))


def _work(sessions: Sessions) -> int:
    return run_due(sessions, {READ_WEBHOOK: _read}, "w")


def _row(sessions: Sessions, tenant: TenantId) -> TrackedParcelRow:
    with sessions(tenant) as session:
        return session.get_one(TrackedParcelRow, plan().parcel)


def _signals(sessions: Sessions, name: str) -> int:
    with sessions.system() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.name == name))
        return len(rows.all())


@pytest.mark.parametrize("seed", range(2))
def test_any_order_and_repetition_of_webhooks_ends_in_the_same_state(
    sessions: Sessions, tenant: TenantId, source: WebhookSource, clock: ManualClock, seed: int
) -> None:
    _follow(sessions, tenant)
    clock.set(PROMISED - timedelta(hours=3))
    order = random.Random(seed)
    mixed = [*SCANS, *order.sample(SCANS, 3)]
    order.shuffle(mixed)
    for number, scan in enumerate(mixed):
        _send(sessions, source, [scan], f"m{number}")
        _send(sessions, source, [scan], f"m{number}")
        _work(sessions)
    row = _row(sessions, tenant)
    assert (row.state, row.unknown_events, row.is_over) == ("delivered", 1, True)
    assert row.delivered_at is not None
    assert _signals(sessions, "parcel_delivered") == 1
    with sessions(tenant) as session:
        rows = session.scalars(select(EventRow).where(EventRow.source != "booking")).all()
        places = {row.place for row in rows}
        assert len(rows) == len(SCANS)
        assert places == {"", "Lyon, FR"}


def test_a_message_is_acknowledged_again_and_stored_once(
    sessions: Sessions, tenant: TenantId, source: WebhookSource
) -> None:
    assert not _send(sessions, source, SCANS)
    assert _send(sessions, source, SCANS)
    with sessions(tenant) as session:
        row = session.scalars(select(WebhookRow)).one()
        assert row.sealed is not None
        assert b"SB1" not in row.sealed


def test_forged_stale_and_misaddressed_webhooks_are_refused_and_leave_nothing(
    sessions: Sessions, tenant: TenantId, source: WebhookSource, clock: ManualClock
) -> None:
    raw = b'{"scans": []}'
    forged = signed_headers(b"guess" * 8, "m", clock.now(), raw)
    with pytest.raises(NotAllowed) as caught:
        receive_webhook(sessions, source.id, forged, raw)
    assert caught.value.code == "forged"
    secret = read_secret(source.secret)
    assert secret is not None
    old = signed_headers(secret, "m", clock.now() - timedelta(hours=1), raw)
    with pytest.raises(NotAllowed) as caught:
        receive_webhook(sessions, source.id, old, raw)
    assert caught.value.code == "stale"
    with pytest.raises(NotFound):
        receive_webhook(sessions, UUID(int=5), old, raw)
    with sessions(tenant) as session:
        assert session.scalar(select(func.count()).select_from(WebhookRow)) == 0


@pytest.mark.parametrize(
    "body", [b"not json", b"\xff\xfe", b'{"scans": 3}', b"[" * 100_000, b"null"]
)
def test_a_malformed_body_is_kept_with_its_fault_and_not_tried_again(
    sessions: Sessions, tenant: TenantId, source: WebhookSource, body: bytes
) -> None:
    _send(sessions, source, body)
    assert _work(sessions) == 1
    assert _work(sessions) == 0
    with sessions(tenant) as session:
        assert session.scalars(select(WebhookRow)).one().fault


def test_one_bad_scan_does_not_hold_up_the_others(
    sessions: Sessions, tenant: TenantId, source: WebhookSource
) -> None:
    _follow(sessions, tenant)
    bad = [{"tracking_number": "SB1", "code": "delivered", "occurred_at": "noon"}, 5, {}]
    _send(sessions, source, [*bad, SCANS[0]])
    _work(sessions)
    assert _row(sessions, tenant).state == "accepted"
    with sessions(tenant) as session:
        row = session.scalars(select(WebhookRow)).one()
        assert row.scans == 1
        assert row.fault is not None
        assert row.fault.startswith("3 scans unreadable")


def test_a_scan_that_comes_before_its_parcel_waits_for_it(
    sessions: Sessions, tenant: TenantId, source: WebhookSource
) -> None:
    _send(sessions, source, SCANS[:2])
    _work(sessions)
    _follow(sessions, tenant)
    assert _row(sessions, tenant).state == "in_transit"
    _send(sessions, source, SCANS[:2], "again")
    _work(sessions)
    with sessions(tenant) as session:
        assert session.scalar(select(func.count()).select_from(StrayScanRow)) == 0
        assert session.scalar(select(func.count()).select_from(EventRow)) == 3


@pytest.mark.parametrize("first", ["scan", "parcel"])
def test_a_scan_and_its_parcel_that_come_at_once_find_each_other(
    sessions: Sessions, tenant: TenantId, source: WebhookSource, first: str
) -> None:
    if sessions.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer")
    _send(sessions, source, SCANS[:2])
    with sessions(tenant) as session:
        webhook = session.scalars(select(WebhookRow.id)).one()

    def scan(session: Session) -> None:
        read_webhook(session, webhook)

    def parcel(session: Session) -> None:
        follow_parcel(session, plan())

    one, two = (scan, parcel) if first == "scan" else (parcel, scan)

    def second() -> None:
        with sessions(tenant) as session:
            two(session)

    with ThreadPoolExecutor(1) as pool:
        with sessions(tenant) as session:
            one(session)
            running = pool.submit(second)
            while not running.done() and not _somebody_waits(sessions):
                pass  # the second one has come as far as it can
        running.result()
    assert _row(sessions, tenant).state == "in_transit"
    with sessions(tenant) as session:
        assert session.scalar(select(func.count()).select_from(StrayScanRow)) == 0


def _somebody_waits(sessions: Sessions) -> bool:
    with sessions.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_two_long_message_ids_are_two_messages(
    sessions: Sessions, tenant: TenantId, source: WebhookSource
) -> None:
    for end in ("a", "b"):
        assert not _send(sessions, source, SCANS, "m" * 200 + end)
        assert _send(sessions, source, SCANS, "m" * 200 + end)
    with sessions(tenant) as session:
        assert session.scalar(select(func.count()).select_from(WebhookRow)) == 2


def test_a_number_longer_than_any_of_ours_is_a_fault_and_no_stray(
    sessions: Sessions, tenant: TenantId, source: WebhookSource
) -> None:
    _send(sessions, source, [{**SCANS[0], "tracking_number": "X" * 101}])
    _work(sessions)
    with sessions(tenant) as session:
        row = session.scalars(select(WebhookRow)).one()
        assert (row.scans, row.strays) == (0, 0)
        assert "more than 100 characters" in (row.fault or "")


def test_a_date_from_the_future_is_counted_and_not_believed(
    sessions: Sessions, tenant: TenantId, source: WebhookSource
) -> None:
    _follow(sessions, tenant)
    ahead = {**SCANS[4], "occurred_at": "2027-01-01T00:00:00Z"}
    _send(sessions, source, [ahead])
    _work(sessions)
    row = _row(sessions, tenant)
    assert (row.state, row.unknown_events) == ("pre_transit", 1)


def test_a_scan_at_the_door_hands_over_once(sessions: Sessions, tenant: TenantId) -> None:
    _follow(sessions, tenant)
    for _ in range(2):
        with sessions(tenant) as session:
            hand_over_parcel(session, "SB1", seller="north")
    with sessions(tenant) as session:
        hand_over_parcel(session, str(plan().parcel))
        with pytest.raises(NotFound):
            hand_over_parcel(session, "SB1", seller="south")
        with pytest.raises(NotFound):
            hand_over_parcel(session, "nothing")
    row = _row(sessions, tenant)
    assert (row.state, row.handed_over_at is not None) == ("accepted", True)
    assert _signals(sessions, "parcel_moved") == 2


def test_a_number_of_two_carriers_hands_over_neither(sessions: Sessions, tenant: TenantId) -> None:
    _follow(sessions, tenant)
    twin = {"parcel": ParcelId(UUID(int=7)), "order": OrderId(UUID(int=8)), "carrier": "acme"}
    _follow(sessions, tenant, plan(**twin, seller="south"))
    with sessions(tenant) as session:
        with pytest.raises(Conflict, match="acme, sandbox have this number"):
            hand_over_parcel(session, "SB1")
        assert hand_over_parcel(session, "SB1", seller="south") == UUID(int=7)
        assert hand_over_parcel(session, str(plan().parcel)) == plan().parcel


def test_what_has_arrived_is_not_handed_over(sessions: Sessions, tenant: TenantId) -> None:
    from tests.tracking.events import event
    from tracking.flows.record_event import record_event

    _follow(sessions, tenant)
    with sessions(tenant) as session:
        record_event(session, event(Status.DELIVERED, 0, parcel=str(plan().parcel)))
        with pytest.raises(Conflict):
            hand_over_parcel(session, "SB1")


def test_silence_becomes_a_risk_before_the_promised_date_and_is_signaled_once(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _follow(sessions, tenant)
    clock.set(DEPARTS)
    with sessions(tenant) as session:
        hand_over_parcel(session, "SB1")
    found_at = None
    while clock.now() < PROMISED and found_at is None:
        clock.advance(timedelta(hours=4))
        with sessions(tenant) as session:
            assert watch_parcels(session) == 1
        if _signals(sessions, "promise_at_risk"):
            found_at = clock.now()
    assert found_at is not None
    assert PROMISED - found_at > timedelta(hours=12)
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        with sessions(tenant) as session:
            watch_parcels(session)
    assert _signals(sessions, "promise_at_risk") == 1
    with sessions(tenant) as session:
        kinds = {row.kind: row.harm for row in session.scalars(select(IncidentRow))}
    assert kinds["promise_at_risk"] > 0


def test_a_parcel_of_another_marketplace_is_not_touched(
    sessions: Sessions, tenant: TenantId, source: WebhookSource
) -> None:
    from store.keys import create_tenant

    with sessions.system() as session:
        other = create_tenant(session, "other")
    _follow(sessions, other, plan(parcel=ParcelId(UUID(int=9))))
    _send(sessions, source, SCANS)
    _work(sessions)
    with sessions(other) as session:
        assert session.get_one(TrackedParcelRow, UUID(int=9)).state == "pre_transit"


def test_raw_bodies_are_erased_after_their_retention(
    sessions: Sessions, tenant: TenantId, source: WebhookSource, clock: ManualClock
) -> None:
    _send(sessions, source, SCANS)
    _work(sessions)
    clock.advance(timedelta(days=91))
    _send(sessions, source, SCANS, "new")
    with sessions(tenant) as session:
        assert purge_webhooks(session) == 1
        assert purge_webhooks(session) == 0
        bodies = [row.sealed is None for row in session.scalars(select(WebhookRow))]
        assert sorted(bodies) == [False, True]
        assert session.scalar(select(func.count()).select_from(StrayScanRow)) == 0
