"""A Lanewise of its own for the demo: fresh database, demo network, a sandbox carrier over HTTP."""

import contextlib
import random
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from api.marketplace import LocalMarketplace
from api.models import metadata
from api.sandbox_carrier import create_app as create_sandbox
from api.settings import Settings
from api.wiring import Lanewise, make_var
from core.clock import ManualClock
from core.errors import Unavailable
from routing.network.format import read_network
from routing.network.network import Network
from simulations.demo_network import demo_files
from store import schema
from store.keys import create_key, create_tenant

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday morning
SEED = 1
SANDBOX_WAIT_S = 20


@dataclass(frozen=True, slots=True)
class DemoHouse:
    """What the acts of the demo play on."""

    lanewise: Lanewise
    marketplace: LocalMarketplace
    network: Network
    key: str
    folder: Path


@contextlib.contextmanager
def demo_house(settings: Settings) -> Iterator[DemoHouse]:
    """Open the house in `{var}/demo`, replacing what an earlier demo left."""
    from carriers.adapters.table.published import published_tariffs

    folder = settings.var / "demo"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("labels", "manifests", "outbox"):
            (folder / name).mkdir(parents=True)
    except OSError as error:
        raise Unavailable(f"cannot write {error.filename}: {error.strerror}") from None
    clock = ManualClock(START)
    with sandbox_server(clock) as url:
        own = Settings(
            var=folder, sandbox_url=url, rate_limit_per_minute=1_000_000, log_level="error"
        )
        make_var(own)
        lanewise = Lanewise(own, clock, random.Random(SEED).randbytes, durable=False)
        schema.upgrade(lanewise.sessions.engine, metadata)
        with lanewise.sessions.system() as session:
            tenant = create_tenant(session, "demo")
        with lanewise.sessions(tenant, actor="demo") as session:
            _, key = create_key(session, "demo")
        files = demo_files(SEED)
        with LocalMarketplace(lanewise, key) as marketplace:
            marketplace.call("POST", "/v1/networks", {"files": files}, key="network")
            network = read_network(files, published_tariffs())
            yield DemoHouse(lanewise, marketplace, network, key, folder)


@contextlib.contextmanager
def sandbox_server(clock: ManualClock) -> Iterator[str]:
    """The sandbox carrier's real HTTP server on a free port, on the demo's clock."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(create_sandbox(SEED, clock=clock), log_level="error", lifespan="off")
    )
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="sandbox-carrier", daemon=True
    )
    thread.start()
    ready = threading.Event()
    for _ in range(SANDBOX_WAIT_S * 50):
        if server.started:
            break
        ready.wait(0.02)
    else:
        raise Unavailable("the sandbox carrier did not start")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
