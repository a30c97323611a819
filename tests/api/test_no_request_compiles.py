"""After the set-up has warmed the kernels, nothing that a request or a worker runs compiles any."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.kernels import compiled

REPOSITORY = Path(__file__).resolve().parents[2]

# A fresh process that does what the doors do, as a worker after `lanewise warm` would.
DOORS = """
import json, sys
from core.kernels import compiled_here
from routing.flows.replan_tours import replan_tours
from routing.tours.checker import check
from routing.tours.engines import ENGINES
from tests.market import small_files
from tests.routing.tours.days import town
from tests.routing.tours.test_plan_tours import Counted
from tests.routing.tours.test_replan import collecting

touched = {}
day = town(12)
for name in ("relay", "ruin-pairs"):
    problem = day
    if name == "ruin-pairs":
        problem = town(2, shipments=[{"pickup": {"number": 20, "lat": 48.2, "lon": 16.3},
            "delivery": {"number": 21, "lat": 48.3, "lon": 16.4}, "load": {"parcels": 2}}], stops=[])
    if not ENGINES[name].lacks(problem):
        ENGINES[name].solve(problem, start=None, seed=1, watch=Counted(5))
whole = collecting(town(14))
plan = check(whole, ENGINES["ortools"].solve(whole, start=None, seed=1, watch=Counted(5)))
replan_tours(whole, plan, now_s=0, seconds=0.05)

from core.places import Destination
from datetime import UTC, datetime
from routing.cart import Cart, CartLine
from sqlalchemy.pool import StaticPool
import sqlalchemy, tempfile
from api.models import Base
from core.clock import ManualClock
from routing.flows.import_network import import_network
from routing.flows.quote_cart import quote_cart
from store.keys import create_tenant
from store.session import Sessions, open_engine
from tests.conftest import MASTER_KEY, seeded_entropy
with tempfile.TemporaryDirectory() as folder:
    engine = open_engine(f"sqlite:///{folder}/x.db")
    Base.metadata.create_all(engine)
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    sessions = Sessions(engine, ManualClock(now), seeded_entropy(1), MASTER_KEY)
    with sessions.system() as session:
        tenant = create_tenant(session, "test")
    with sessions(tenant) as session:
        import_network(session, small_files())
        lines = (CartLine("1", "COFFEE-01", 2), CartLine("2", "BOOK-03", 1))
        quote_cart(session, Cart(Destination("NL", "1012 LG"), lines, now))
    engine.dispose()
print(json.dumps(compiled_here()))
"""


@pytest.mark.skipif(not compiled(), reason="kernels run as plain Python here")
def test_no_request_waits_for_a_compiler() -> None:
    env = os.environ | {"PYTHONPATH": "."}
    subprocess.run(
        [sys.executable, "-m", "api.cli", "warm"], cwd=REPOSITORY, env=env, check=True,
        capture_output=True,
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DOORS],
        cwd=REPOSITORY,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"
