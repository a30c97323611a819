"""Under kill -9 while webhooks come in, every acknowledged one is there, once."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from api.models import metadata
from core.clock import SystemClock
from store.keys import create_tenant
from store.session import Sessions, open_engine
from tests.conftest import MASTER_KEY, seeded_entropy
from tests.tracking.plans import plan
from tracking.flows.add_webhook_source import add_webhook_source
from tracking.flows.follow_parcel import follow_parcel
from tracking.flows.read_webhook import read_webhook
from tracking.tables import EventRow, WebhookRow

CHILD = """
import json, os, sys
from uuid import UUID
from core.clock import SystemClock
from store.session import Sessions, open_engine
from tracking.flows.receive_webhook import receive_webhook
from tracking.signature import read_secret, signed_headers
url, source, secret = sys.argv[1:]
sessions = Sessions(open_engine(url), SystemClock(), os.urandom, bytes(range(32)))
for number in range(100_000):
    scan = {"tracking_number": "SB1", "code": "in_transit",
            "occurred_at": f"2026-03-02T10:{number // 60 % 60:02}:{number % 60:02}Z"}
    raw = json.dumps({"scans": [scan]}).encode()
    headers = signed_headers(read_secret(secret), f"m{number}", sessions.clock.now(), raw)
    receive_webhook(sessions, UUID(source), headers, raw)
    print(number, flush=True)
"""


def test_what_was_acknowledged_is_there_once_after_kill_9(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kill.db'}"
    engine = open_engine(url)
    metadata.create_all(engine)
    sessions = Sessions(engine, SystemClock(), seeded_entropy(), MASTER_KEY)
    with sessions.system() as session:
        tenant = create_tenant(session, "test")
    with sessions(tenant) as session:
        source = add_webhook_source(session, "sandbox")
        follow_parcel(session, plan())
    acknowledged: list[str] = []
    for kill_after in (3, 7):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, url, str(source.id), source.secret],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        acknowledged += [f"m{int(child.stdout.readline())}" for _ in range(kill_after)]
        child.kill()
        acknowledged += [f"m{int(line)}" for line in child.stdout]
        child.wait()
        child.stdout.close()
    with sessions(tenant) as session:
        rows = session.scalars(select(WebhookRow)).all()
        stored = [row.message_id for row in rows]
        assert len(stored) == len(set(stored))
        assert set(acknowledged) <= set(stored)
        for row in rows:
            read_webhook(session, row.id)
    with sessions(tenant) as session:
        events = session.scalars(select(EventRow).where(EventRow.source != "booking")).all()
        assert len(events) == len(stored)
    engine.dispose()
