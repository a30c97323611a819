"""Planning that overruns its time is answered degraded, within the budget; the pool survives."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

import api.planning
import routing.degraded
from api.executors.inline import InlineExecutor
from api.executors.process_pool import ProcessPoolExecutor
from api.main import create_app
from api.models import metadata
from api.planning import Planner, PlanTask, prepare_apart
from api.settings import Settings
from api.wiring import Lanewise
from core.clock import ManualClock
from core.errors import Unavailable
from core.ids import TenantId
from core.places import Destination
from routing.cart import Cart, CartLine
from routing.flows.import_network import import_network
from store.keys import create_key, create_tenant
from store.session import open_engine
from tests.api.conftest import CART, HOME, Caller
from tests.api.poison import POISON, poisoned
from tests.conftest import MASTER_KEY


class Overrun(InlineExecutor):
    """While `overruns`, every call takes too long."""

    overruns = True

    def map(self, function: Any, tasks: Any, **given: Any) -> Any:
        if self.overruns:
            raise Unavailable("planning took too long", code="plan_timeout")
        return super().map(function, tasks, **given)


@pytest.fixture
def served(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    network_files: dict[str, str],
    clock: ManualClock,
) -> Iterator[tuple[Lanewise, TenantId]]:
    """A database that planning processes can open too, with a tenant and its network."""
    url = f"sqlite:///{tmp_path}/lanewise.db"
    secret = base64.b64encode(MASTER_KEY).decode()
    for name, value in (("DATABASE_URL", url), ("SECRET_KEY", secret), ("VAR", str(tmp_path))):
        monkeypatch.setenv(f"LANEWISE_{name}", value)
    engine = open_engine(url)
    metadata.create_all(engine)
    engine.dispose()
    settings = Settings(database_url=url, secret_key=secret, var=tmp_path, quote_budget_ms=4000)
    lanewise = Lanewise(settings, clock)
    with lanewise.sessions.system() as session:
        tenant = create_tenant(session, "test")
    with lanewise.sessions(tenant) as session:
        import_network(session, network_files)
    monkeypatch.setattr(api.planning, "_own_lanewise", lambda: lanewise)
    api.planning._shelf.cache_clear()
    yield lanewise, tenant
    api.planning._shelf.cache_clear()
    lanewise.sessions.engine.dispose()


@pytest.fixture
def executor() -> Overrun:
    return Overrun()


@pytest.fixture
def shop(served: tuple[Lanewise, TenantId], executor: Overrun) -> Caller:
    """Calls an app whose planning overruns."""
    lanewise, tenant = served
    app = create_app(lanewise, executor=executor, standby=InlineExecutor())
    with lanewise.sessions(tenant) as session:
        _, key = create_key(session, "key")
    return Caller(TestClient(app, follow_redirects=False), key)


def test_an_overrun_is_told_by_simple_rules_and_can_be_bought(shop: Caller) -> None:
    quote = shop.post("/v1/quotes", json=CART).json()
    assert quote["degraded"] and quote["degraded_by"] == "greedy"
    assert quote["options"] and not quote["exact"]
    assert shop.get(f"/v1/quotes/{quote['id']}").json() == quote
    wanted = {"quote_id": quote["id"], "option": "cheapest", "consignee": HOME}
    done = shop.post("/v1/orders", json=wanted)
    assert done.status_code == 201, done.text
    assert done.json()["charge"]["total"] == quote["options"][0]["charge"]["total"]
    assert b"lanewise_quotes_degraded_total 1.0" in shop.get("/metrics").content


def test_a_degraded_quote_is_checked_at_commit_like_any_other(shop: Caller) -> None:
    quote = shop.post("/v1/quotes", json=CART).json()
    contents = quote["options"][0]["parcels"][0]["contents"][0]
    gone = {key: contents[key] for key in ("seller", "sku", "location")}
    gone |= {"on_hand": 0, "counted_at": "2026-03-02T08:59:00Z"}
    assert shop.put("/v1/stock", json={"changes": [gone]}).status_code == 200
    wanted = {"quote_id": quote["id"], "option": "cheapest", "consignee": HOME}
    refused = shop.post("/v1/orders", json=wanted)
    assert refused.status_code == 409
    assert refused.json()["code"] == "offer_changed"


def test_the_same_cart_is_told_its_last_good_plan_at_todays_prices_and_dates(
    shop: Caller, executor: Overrun
) -> None:
    executor.overruns = False
    good = shop.post("/v1/quotes", json=CART).json()
    executor.overruns = True
    again = shop.post("/v1/quotes", json=CART).json()
    assert good["exact"] and not good["degraded"]
    assert again["degraded_by"] == "last_good_plan"
    assert [each["promise"] for each in again["options"]] == [
        each["promise"] for each in good["options"]
    ]
    other = {**CART, "destination": {"country": "NL", "postcode": "1012 LG"}}
    assert shop.post("/v1/quotes", json=other).json()["degraded_by"] == "greedy"


def test_a_packer_asked_too_often_leaves_the_static_table(
    shop: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing.degraded, "MOST_TRIALS", 0)
    quote = shop.post("/v1/quotes", json=CART).json()
    assert quote["degraded_by"] == "static_table"
    assert all(len(p["contents"]) == 1 for o in quote["options"] for p in o["parcels"])


def test_without_any_way_the_overrun_itself_is_told(shop: Caller) -> None:
    lines = [{"sku": "COFFEE-01", "qty": 500}]
    refused = shop.post("/v1/quotes", json={**CART, "lines": lines})
    assert refused.status_code == 503
    assert refused.json()["code"] == "plan_timeout"


def test_a_poison_cart_is_killed_and_the_pool_answers_others(
    served: tuple[Lanewise, TenantId], clock: ManualClock
) -> None:
    lanewise, tenant = served
    pool = ProcessPoolExecutor(1)
    planner = Planner(lanewise, pool, InlineExecutor(), plan=poisoned)
    lines = (CartLine("1", "COFFEE-01", 2), CartLine("2", "BOOK-03", 1))
    cart = Cart(Destination("FR", "75011"), lines, clock.now())
    try:
        pool.prepare(prepare_apart)
        good = planner.quote(PlanTask(tenant, cart))
        killed = planner.quote(PlanTask(tenant, replace(cart, group=POISON)))
        assert good.exact and not good.degraded
        assert killed.degraded_by == "greedy" and killed.options
        pool.call(int, 1, deadline_s=60)  # what took its place is prepared
        after = planner.quote(PlanTask(tenant, cart))
        assert replace(after, id=good.id, expires_at=good.expires_at) == good
        assert {facts.process for facts in planner.facts} != set()
        assert all(facts.memory_bytes and not facts.broken for facts in planner.facts)
    finally:
        pool.close()
