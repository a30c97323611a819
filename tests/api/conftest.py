"""A served Lanewise in process: the app over a fresh database, and callers of every kind."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.main import create_app
from api.settings import Settings
from api.wiring import Lanewise
from core.clock import ManualClock
from core.ids import TenantId
from routing.flows.import_network import import_network
from simulations.demo_network import demo_files
from store.keys import create_key, create_tenant
from store.session import Sessions
from tests.conftest import MASTER_KEY, seeded_entropy


@dataclass
class Caller:
    """A client that carries one API key."""

    client: TestClient
    key: str
    count: int = field(default=0)

    def _headers(self, headers: dict[str, str] | None, method: str) -> dict[str, str]:
        whole = {"Authorization": f"Bearer {self.key}"}
        if method == "POST":
            self.count += 1
            whole["Idempotency-Key"] = f"{self.key[-8:]}-{self.count}"
        return {**whole, **(headers or {})}

    def send(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **given: Any
    ) -> Any:
        return self.client.request(method, path, headers=self._headers(headers, method), **given)

    def get(self, path: str, **given: Any) -> Any:
        return self.send("GET", path, **given)

    def post(self, path: str, **given: Any) -> Any:
        return self.send("POST", path, **given)

    def put(self, path: str, **given: Any) -> Any:
        return self.send("PUT", path, **given)

    def delete(self, path: str, **given: Any) -> Any:
        return self.send("DELETE", path, **given)


def make_lanewise(engine: Engine, clock: ManualClock, **settings: Any) -> Lanewise:
    """A Lanewise over a test's database."""
    secret = base64.b64encode(MASTER_KEY).decode()
    lanewise = Lanewise(
        Settings(secret_key=secret, database_url="sqlite://", **settings), clock, seeded_entropy(11)
    )
    lanewise.__dict__["sessions"] = Sessions(engine, clock, lanewise.entropy, MASTER_KEY)
    return lanewise


@pytest.fixture
def lanewise(engine: Engine, clock: ManualClock) -> Lanewise:
    return make_lanewise(engine, clock)


@pytest.fixture
def app(lanewise: Lanewise) -> FastAPI:
    return create_app(lanewise)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def tenant(lanewise: Lanewise) -> TenantId:
    with lanewise.sessions.system() as session:
        return create_tenant(session, "test")


@pytest.fixture
def make_caller(lanewise: Lanewise, client: TestClient, tenant: TenantId) -> Callable[..., Caller]:
    """Makes callers: `make_caller(scopes=["quotes"], seller="s1")`."""

    def make(*, of: TenantId | None = None, name: str = "key", **given: Any) -> Caller:
        with lanewise.sessions(of or tenant) as session:
            _, secret = create_key(session, name, **given)
        return Caller(client, secret)

    return make


@pytest.fixture
def caller(make_caller: Callable[..., Caller]) -> Caller:
    """A caller who may do everything."""
    return make_caller()


SMALL = ("MUG", "COFFEE", "BOOK", "PUZZLE", "SCARF")  # families of articles: enough for tests
CART = {
    "destination": {"country": "FR", "postcode": "75011"},
    "lines": [
        {"sku": "COFFEE-01", "qty": 2, "seller": "elbe-kaffee"},
        {"sku": "BOOK-03", "qty": 1, "seller": "schelde-boeken"},
    ],
}
ACCOUNTS = {
    "sandbox": "DEMO-SB",
    "postnl": "DEMO-NL",
    "colissimo": "DEMO-FR",
    "royalmail": "DEMO-RM",
}
HOME = {
    "name": "Ada Example",
    "street": "Rue Oberkampf 1",
    "city": "Paris",
    "postcode": "75011",
    "country": "FR",
    "email": "ada@example.org",
}


@pytest.fixture(scope="session")
def network_files() -> dict[str, str]:
    """The demo network with few articles."""
    files = demo_files(1)
    for name, column in (("skus.csv", 0), ("offers.csv", 1)):
        header, *rows = files[name].splitlines(keepends=True)
        kept = [row for row in rows if row.split(",")[column].startswith(SMALL)]
        files[name] = "".join([header, *kept])
    return files


@pytest.fixture
def market(lanewise: Lanewise, tenant: TenantId, network_files: dict[str, str]) -> TenantId:
    """The tenant, with the network active."""
    with lanewise.sessions(tenant) as session:
        import_network(session, network_files)
    return tenant


@pytest.fixture
def order(caller: Caller, market: TenantId) -> dict[str, Any]:
    """A committed order of two sellers, as the API tells it."""
    quote = caller.post("/v1/quotes", json=CART).json()
    wanted = {"quote_id": quote["id"], "option": "cheapest", "consignee": HOME}
    done = caller.post("/v1/orders", json=wanted)
    assert done.status_code == 201, done.text
    answer: dict[str, Any] = caller.get(f"/v1/orders/{done.json()['order_id']}").json()
    return answer
