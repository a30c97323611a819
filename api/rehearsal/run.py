"""Runs a scenario on a marketplace of its own, and closes the books over it."""

import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.marketplace import LocalMarketplace
from api.models import metadata
from api.rehearsal.books import read_books
from api.settings import Settings
from api.wiring import Lanewise, make_var
from carriers.adapters.table.published import published_tariffs
from core.clock import ManualClock
from core.places import Destination
from routing.network.format import read_network
from routing.network.network import Network
from simulations.certificate import Certificate, certify
from simulations.demo_network import demo_files
from simulations.scenario import Scenario
from simulations.shop import open_voice
from simulations.world import World, WorldReport
from store import schema
from store.keys import create_key, create_tenant

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # a Monday
PLACES = (
    Destination("FR", "75011"),
    Destination("FR", "69003"),
    Destination("NL", "1012LG"),
    Destination("DE", "10115"),
    Destination("BE", "1000"),
    Destination("GB", "SW1A1AA"),
    Destination("ES", "28013"),
    Destination("IT", "20121"),
)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What happened, and what it proves."""

    scenario: Scenario
    network: Network
    report: WorldReport
    certificate: Certificate

    def as_json(self) -> dict[str, Any]:
        """Figures, promises and checks; the same for the same scenario, days and seed."""
        return {
            "scenario": self.scenario.name,
            "days": self.scenario.days,
            "seed": self.report.seed,
            "starts_at": self.scenario.start.isoformat(),
            "figures": self.report.figures(),
            "certificate": self.certificate.as_json(),
        }


def rehearse(scenario: Scenario, seed: int, say: Callable[[str], None]) -> Rehearsal:
    """Play the scenario on the demo network, a fresh SQLite database and simulated carriers."""
    with tempfile.TemporaryDirectory(prefix="lanewise-") as folder:
        settings = Settings(var=Path(folder), rate_limit_per_minute=1_000_000, log_level="error")
        make_var(settings)
        entropy = random.Random(f"{scenario.name}/{seed}").randbytes
        lanewise = Lanewise(settings, ManualClock(scenario.start), entropy, durable=False)
        try:
            return _play(lanewise, scenario, seed, say)
        finally:
            lanewise.sessions.engine.dispose()


def _play(
    lanewise: Lanewise, scenario: Scenario, seed: int, say: Callable[[str], None]
) -> Rehearsal:
    schema.upgrade(lanewise.sessions.engine, metadata)
    with lanewise.sessions.system() as session:
        tenant = create_tenant(session, "rehearsal")
    with lanewise.sessions(tenant, actor="rehearsal") as session:
        _, key = create_key(session, "rehearsal")
    files = demo_files(1)
    network = read_network(files, published_tariffs())
    with LocalMarketplace(lanewise, key) as market:
        market.call("POST", "/v1/networks", {"files": files}, key="network")
        voices = {carrier.code: open_voice(market, carrier.code) for carrier in network.carriers}
        world = World(market, network, scenario, seed=seed, places=PLACES, voices=voices)
        report = world.run(say)
        market.work()
    with lanewise.sessions(tenant, read_only=True) as session:
        books = read_books(session)
    sent = sum(len(voice.acknowledged) for voice in voices.values())
    return Rehearsal(scenario, network, report, certify(report, books, messages_sent=sent))
