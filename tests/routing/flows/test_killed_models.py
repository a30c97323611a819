"""Under kill -9 while models and states are published and taken back, one model serves, whole."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from api.models import metadata
from core.clock import SystemClock
from routing.distributions.lead_times import LearnedLeadTimes
from routing.distributions.published import model_text, state_text
from routing.flows.load_lead_times import load_lead_times
from routing.flows.publish_model import publish_model
from routing.flows.publish_network_state import publish_network_state
from routing.flows.roll_back_model import roll_back_model
from routing.tables import ACTIVE_MODEL, LeadTimeModelRow, NetworkStateRow
from store.keys import create_tenant
from store.session import Sessions, open_engine
from tests.conftest import MASTER_KEY, seeded_entropy
from tests.routing.flows.test_lead_times import MODEL, OF, STATE

CHILD = """
import os, sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID
from core.clock import SystemClock
from core.ids import TenantId
from routing.distributions.published import read_model, read_state
from routing.flows.publish_model import Provenance, publish_model
from routing.flows.publish_network_state import publish_network_state
from routing.flows.roll_back_model import roll_back_model
from store.session import Sessions, open_engine
url, tenant, folder = sys.argv[1:]
sessions = Sessions(open_engine(url), SystemClock(), os.urandom, bytes(range(32)))
model = read_model(Path(folder, "model").read_text())
state = read_state(Path(folder, "state").read_text())
of = Provenance(date(2025, 1, 6), date(2025, 5, 1), 650, 1, "test", {})
own = TenantId(UUID(tenant))
print("ready", flush=True)
for turn in range(100_000):
    with sessions(own) as session:
        publish_model(session, model, of)
        publish_network_state(session, replace(state, pressure=turn / 1000))
    if turn % 3 == 2:
        with sessions(own) as session:
            roll_back_model(session)
    print(turn, flush=True)
"""


def test_one_model_serves_whole_after_kill_9(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kill.db'}"
    engine = open_engine(url)
    metadata.create_all(engine)
    sessions = Sessions(engine, SystemClock(), seeded_entropy(), MASTER_KEY)
    with sessions.system() as session:
        tenant = create_tenant(session, "test")
    (tmp_path / "model").write_text(model_text(MODEL))
    (tmp_path / "state").write_text(state_text(STATE))
    told = 0
    for kill_after in (2, 4, 5):
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, url, str(tenant), str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout is not None
            lines = [child.stdout.readline() for _ in range(kill_after + 1)]  # the first: ready
            child.kill()
            told += len(lines) - 1 + len(child.stdout.readlines())
        with sessions(tenant, read_only=True) as session:
            states = list(session.scalars(select(LeadTimeModelRow.state)))
            numbers = list(session.scalars(select(LeadTimeModelRow.number)))
            assert states.count(ACTIVE_MODEL) == 1
            assert sorted(numbers) == list(range(1, len(numbers) + 1))
            mornings = list(session.scalars(select(NetworkStateRow.number)))
            assert sorted(mornings) == list(range(1, len(mornings) + 1))
            assert len(numbers) >= told  # what was acknowledged is there
            learned = load_lead_times(session)
            assert isinstance(learned, LearnedLeadTimes)
            assert model_text(learned.model) == model_text(MODEL)
    with sessions(tenant) as session:  # and work goes on where it was
        number = publish_model(session, MODEL, OF)
        publish_network_state(session, STATE)
        assert number == len(numbers) + 1
        assert roll_back_model(session).withdrawn == number
    engine.dispose()
