"""The world: the same seed tells the same story, and a calm one keeps what was promised."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.marketplace import LocalMarketplace
from api.models import metadata
from api.settings import Settings
from api.wiring import Lanewise
from carriers.adapters.table.published import published_tariffs
from core.clock import ManualClock
from core.places import Destination
from routing.network.format import read_network
from simulations.demo_network import demo_files
from simulations.scenario import LaneHabits, Scenario, SellerHabits
from simulations.shop import open_voice
from simulations.world import World
from store.keys import create_key, create_tenant
from tests.conftest import MASTER_KEY, START

PLACES = (Destination("NL", "1012LG"), Destination("FR", "75011"))
CALM = Scenario(
    "calm",
    START,
    days=1,
    orders_per_day=3.0,
    sellers=SellerHabits(0.0, 0.0),
    lanes=LaneHabits(0.0, timedelta(0), 0.0, 0.2, 0.2),
    return_share=1.0,
)


def _run(folder: Path, seed: int) -> dict[str, Any]:
    """One rehearsal on a fresh database: its figures, and when each parcel arrived."""
    settings = Settings(var=folder, secret_key=MASTER_KEY.hex(), rate_limit_per_minute=1_000_000)
    folder.mkdir()
    lanewise = Lanewise(settings, ManualClock(START), random.Random(1).randbytes, durable=False)
    metadata.create_all(lanewise.sessions.engine)
    with lanewise.sessions.system() as session:
        tenant = create_tenant(session, "world")
    with lanewise.sessions(tenant) as session:
        _, key = create_key(session, "world")
    files = demo_files(1)
    network = read_network(files, published_tariffs())
    with LocalMarketplace(lanewise, key) as market:
        market.call("POST", "/v1/networks", {"files": files}, key="network")
        voices = {carrier.code: open_voice(market, carrier.code) for carrier in network.carriers}
        world = World(market, network, CALM, seed=seed, places=PLACES, voices=voices)
        report = world.run()
    lanewise.sessions.engine.dispose()
    arrivals = [(p.tracking_number, p.delivered_at) for o in report.orders for p in o.parcels]
    return {**report.figures(), "arrivals": arrivals}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _run(tmp_path_factory.mktemp("world") / "first", 3)


def test_the_same_seed_tells_the_same_story(first: dict[str, Any], tmp_path: Path) -> None:
    assert _run(tmp_path / "again", 3) == first


def test_a_calm_world_delivers_takes_back_and_refunds(first: dict[str, Any]) -> None:
    assert first["orders"] >= 1
    assert first["delivered"] == first["parcels"]
    assert first["settled_orders"] == first["orders"]
    assert (first["lost"], first["delayed"], first["missed_pickups"]) == (0, 0, 0)
    assert first["returned_orders"] == first["refunds"] == first["orders"]
