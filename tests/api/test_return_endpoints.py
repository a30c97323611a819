"""Returns through HTTP: judged, registered once, received once, refunded."""

from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.main import create_app
from core.clock import ManualClock
from store.keys import create_key
from tests.api.conftest import Caller
from tests.market import Market


@pytest.fixture
def market(sqlite_engine: Engine, clock: ManualClock, tmp_path: Path) -> Market:
    return Market.open(sqlite_engine, clock, tmp_path)


@pytest.fixture
def caller(market: Market) -> Caller:
    with market.lanewise.sessions(market.tenant) as session:
        _, secret = create_key(session, "shop")
    return Caller(TestClient(create_app(market.lanewise)), secret)


@pytest.fixture
def order(market: Market) -> UUID:
    found = market.order().order_id
    market.deliver(found)
    return found


def test_a_return_through_the_doors(caller: Caller, order: UUID) -> None:
    judged = caller.get(f"/v1/returns/eligibility?order_id={order}").json()
    assert {line["line"] for line in judged["lines"]} == {"1", "2"}
    assert all(answer["is_eligible"] for line in judged["lines"] for answer in line["answers"])
    body = {"order_id": str(order), "lines": [{"line": "2", "qty": 1, "cause": "changed_mind"}]}
    made = caller.post("/v1/returns", json=body)
    assert made.status_code == 201
    (rma,) = made.json()["items"]
    again = caller.post("/v1/returns", json=body)
    assert (again.status_code, again.json()["code"]) == (422, "not_returnable")
    refund = caller.post("/v1/returns/receipts", json={"code": rma["code"]})
    assert refund.status_code == 201
    twice = caller.post("/v1/returns/receipts", json={"code": rma["id"]})
    assert twice.json()["id"] == refund.json()["id"]
    shown = caller.get(f"/v1/returns/{rma['id']}").json()
    assert (shown["state"], shown["refund"]["due_on"]) == ("received", refund.json()["due_on"])
    assert caller.post(f"/v1/returns/{rma['id']}/cancel").status_code == 409
    assert len(caller.get(f"/v1/returns?order_id={order}").json()["items"]) == 1


def test_the_customers_links_open_their_pages(caller: Caller, order: UUID) -> None:
    links = caller.post(f"/v1/journeys/orders/{order}/links").json()
    for name in ("track", "returns"):
        path = links[name].removeprefix("https://shop.example")
        page = caller.client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200


def test_bad_codes_and_bodies_are_problems(caller: Caller, order: UUID) -> None:
    for body in ({"code": "LWR1.AA.BB"}, {"code": "<x>"}, {"code": ""}, {}):
        answer = caller.post("/v1/returns/receipts", json=body)
        assert answer.status_code == 422, body
    nothing = {"order_id": str(order), "lines": []}
    assert caller.post("/v1/returns", json=nothing).status_code == 422
    unknown = {"order_id": str(UUID(int=1)), "lines": [{"line": "1", "qty": 1, "cause": "damaged"}]}
    assert caller.post("/v1/returns", json=unknown).status_code == 404
