"""Every operation visited with a foreign tenant's and a foreign seller's ids.

Each operation needs a line in `VISITS`: how to address the first tenant's things. A new operation
without one fails here, and so does a line for an operation that is gone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.endpoints.tour_schemas import DAY_EXAMPLE
from api.wiring import Lanewise
from api.worker import run_until_idle
from core.ids import TenantId
from store.jobs import enqueue
from store.keys import create_tenant
from tests.api.conftest import ACCOUNTS, CART, HOME, Caller
from tests.api.test_batch_doors import PICKUP
from tests.carriers.test_batch import ROW
from tests.tracking.plans import plan
from tracking.flows.add_webhook_source import add_webhook_source
from tracking.flows.follow_parcel import follow_parcel


class Owned(dict[str, str]):
    """Things of the first tenant: name to id. Every id is a secret to everybody else."""

    manifest: dict[str, str]
    """What addresses the first tenant's manifest."""


@dataclass(frozen=True)
class Visit:
    """One operation, addressed at the owner's things.

    `foreign` are the statuses that a stranger may get; an answer of 2xx to one must not hold any
    secret of the owner. `seller` are those that the owner's other seller's key may get.
    """

    path: Callable[[Owned], str]
    body: Any = None
    """A JSON value, or a function of what is owned that gives one."""
    foreign: tuple[int, ...] = (404,)
    seller: tuple[int, ...] = (403,)
    headers: dict[str, str] = field(default_factory=dict)


TOURS = {"date": "2026-03-03", "seconds": 1, "day": DAY_EXAMPLE}
TWO_LEGS = {
    "date": "2026-03-03",
    "seconds": 1,
    "inbound": DAY_EXAMPLE,
    "outbound": DAY_EXAMPLE,
    "sources": [],
}
OPEN = {"health", "ready", "metrics"}  # tell nothing of any tenant, take no key

VISITS: dict[str, Visit] = {
    "create_api_key": Visit(
        lambda ids: "/v1/api-keys", {"name": "x", "seller": "seller-b"}, (201,), (403,)
    ),
    "list_api_keys": Visit(lambda ids: "/v1/api-keys", None, (200,)),
    "read_api_key": Visit(lambda ids: f"/v1/api-keys/{ids['key']}"),
    "change_api_key": Visit(lambda ids: f"/v1/api-keys/{ids['key']}", {"name": "stolen"}),
    "revoke_api_key": Visit(lambda ids: f"/v1/api-keys/{ids['key']}"),
    "list_jobs": Visit(lambda ids: "/v1/jobs", None, (200,)),
    "read_job": Visit(lambda ids: f"/v1/jobs/{ids['job']}"),
    "revive_job": Visit(lambda ids: f"/v1/jobs/{ids['job']}/revive"),
    "list_carriers": Visit(lambda ids: "/v1/carriers", None, (200,)),
    "read_carrier_health": Visit(lambda ids: "/v1/carriers/health", None, (200,)),
    "ask_rates": Visit(
        lambda ids: "/v1/carriers/rates",
        {
            "origin": {"country": "NL"},
            "destination": {"country": "NL"},
            "weight_g": 500,
            "size": {"length_mm": 300, "width_mm": 200, "height_mm": 100},
            "mailing_date": "2026-03-02",
            "carriers": ["postnl"],
        },
        (200,),
    ),
    "book_batch": Visit(lambda ids: "/v1/batches", {"rows": [{"reference": "A"}]}, (202,)),
    "list_batches": Visit(lambda ids: "/v1/batches", None, (200,)),
    "read_batch": Visit(lambda ids: f"/v1/batches/{ids['batch']}"),
    "list_batch_rows": Visit(lambda ids: f"/v1/batches/{ids['batch']}/rows"),
    "read_batch_label": Visit(lambda ids: f"/v1/batches/{ids['batch']}/rows/1/label"),
    "void_batch_row": Visit(lambda ids: f"/v1/batches/{ids['batch']}/rows/1/void", {}),
    "request_pickup": Visit(lambda ids: "/v1/pickups", PICKUP, (202,)),
    "list_pickups": Visit(lambda ids: "/v1/pickups", None, (200,)),
    "read_pickup": Visit(lambda ids: f"/v1/pickups/{ids['pickup']}"),
    "list_points": Visit(lambda ids: "/v1/points?carrier=sandbox&country=NL", None, (200,)),
    "create_quote": Visit(lambda ids: "/v1/quotes", CART, (404,)),
    "estimate_delivery": Visit(lambda ids: "/v1/estimates", CART, (404,)),
    "read_quote": Visit(lambda ids: f"/v1/quotes/{ids['quote']}"),
    "export_quote": Visit(lambda ids: f"/v1/quotes/{ids['quote']}/case"),
    "cancel_order": Visit(lambda ids: f"/v1/orders/{ids['order']}/cancel", {}),
    "explain_option": Visit(lambda ids: f"/v1/quotes/{ids['quote']}/options/o1/why"),
    "commit_order": Visit(
        lambda ids: "/v1/orders",
        lambda ids: {"quote_id": ids["quote"], "option": "cheapest", "consignee": HOME},
    ),
    "list_orders": Visit(lambda ids: "/v1/orders", None, (200,), (200,)),
    "read_order": Visit(lambda ids: f"/v1/orders/{ids['order']}", None, (404,), (404,)),
    "list_shipments": Visit(
        lambda ids: f"/v1/shipments?order_id={ids['order']}", None, (200,), (200,)
    ),
    "read_shipment": Visit(lambda ids: f"/v1/shipments/{ids['shipment']}", None, (404,), (404,)),
    "list_parcels": Visit(lambda ids: "/v1/parcels", None, (200,), (200,)),
    "read_parcel": Visit(lambda ids: f"/v1/parcels/{ids['order parcel']}", None, (404,), (404,)),
    "release_parcel": Visit(lambda ids: f"/v1/parcels/{ids['order parcel']}/release"),
    "void_parcel": Visit(lambda ids: f"/v1/parcels/{ids['order parcel']}/void"),
    "read_label": Visit(
        lambda ids: f"/v1/parcels/{ids['order parcel']}/label", None, (404,), (404,)
    ),
    "hand_over_parcel": Visit(
        lambda ids: "/v1/parcels/hand-overs",
        lambda ids: {"code": ids["tracking number"]},
        (404,),
        (404,),
    ),
    "open_manifest": Visit(lambda ids: "/v1/manifests", lambda ids: ids.manifest),
    "list_manifests": Visit(lambda ids: "/v1/manifests", None, (200,)),
    "read_manifest": Visit(lambda ids: f"/v1/manifests/{ids['manifest']}"),
    "close_manifest": Visit(lambda ids: f"/v1/manifests/{ids['manifest']}/close"),
    "print_manifest": Visit(lambda ids: f"/v1/manifests/{ids['manifest']}/document"),
    "import_network": Visit(lambda ids: "/v1/networks", {"files": {"skus.csv": "sku"}}, (422,)),
    "list_networks": Visit(lambda ids: "/v1/networks", None, (200,)),
    "set_stock": Visit(
        lambda ids: "/v1/stock",
        {
            "changes": [
                {
                    "seller": "elbe-kaffee",
                    "sku": "COFFEE-01",
                    "location": "hamburg",
                    "on_hand": 1,
                    "counted_at": "2026-03-02T09:00:00Z",
                }
            ]
        },
        (404,),
        (422,),
    ),
    "list_stock": Visit(lambda ids: "/v1/stock?seller=elbe-kaffee", None, (200,), (403,)),
    "list_offers": Visit(lambda ids: "/v1/offers?seller=elbe-kaffee", None, (200, 404), (403,)),
    "record_event": Visit(
        lambda ids: "/v1/events",
        {
            "parcel_id": "00000000-0000-0000-0000-000000000001",
            "state": "delivered",
            "occurred_at": "2026-03-02T09:00:00Z",
        },
    ),
    "list_events": Visit(lambda ids: f"/v1/events?parcel_id={ids['parcel']}", None, (200,), (200,)),
    "read_parcel_journey": Visit(
        lambda ids: f"/v1/journeys/parcels/{ids['parcel']}", None, (404,), (404,)
    ),
    "read_order_journey": Visit(
        lambda ids: f"/v1/journeys/orders/{ids['tracked order']}", None, (404,), (404,)
    ),
    "open_customer_links": Visit(lambda ids: f"/v1/journeys/orders/{ids['order']}/links"),
    "check_returns": Visit(lambda ids: f"/v1/returns/eligibility?order_id={ids['order']}"),
    "list_returns": Visit(lambda ids: f"/v1/returns?order_id={ids['order']}", None, (200,), (200,)),
    "read_return": Visit(lambda ids: f"/v1/returns/{ids['return']}", None, (404,), (404,)),
    "request_return": Visit(
        lambda ids: "/v1/returns",
        lambda ids: {
            "order_id": ids["order"],
            "lines": [{"line": "1", "qty": 1, "cause": "damaged"}],
        },
    ),
    "receive_return": Visit(
        lambda ids: "/v1/returns/receipts", lambda ids: {"code": ids["return"]}
    ),
    "cancel_return": Visit(lambda ids: f"/v1/returns/{ids['return']}/cancel"),
    "list_incidents": Visit(lambda ids: "/v1/incidents", None, (200,)),
    "add_webhook_source": Visit(
        lambda ids: "/v1/webhooks/carriers", {"carrier": "sandbox"}, (201,), (403,)
    ),
    "receive_carrier_webhook": Visit(
        lambda ids: f"/v1/webhooks/carriers/{ids['webhook source']}", {}, (403,), (403,)
    ),
    "read_calibration": Visit(lambda ids: "/v1/calibration", None, (200,)),
    "plan_tours": Visit(lambda ids: "/v1/tours", TOURS, (202,)),
    "plan_collections": Visit(
        lambda ids: "/v1/tours/collections", {"hub": "hub-lille", "date": "2026-03-03"}
    ),
    "change_tours": Visit(lambda ids: f"/v1/tours/{ids['tours']}/changes", {"broken": [1]}),
    "plan_two_legs": Visit(lambda ids: "/v1/tours/two-legs", TWO_LEGS, (202,)),
    "list_tours": Visit(lambda ids: "/v1/tours", None, (200,)),
    "read_tours": Visit(lambda ids: f"/v1/tours/{ids['tours']}"),
    "cancel_tours": Visit(lambda ids: f"/v1/tours/{ids['tours']}"),
    "read_tour_paper": Visit(lambda ids: f"/v1/tours/{ids['tours']}/papers/map.svg"),
    "list_audit": Visit(lambda ids: f"/v1/audit?subject_id={ids['key']}", None, (200,)),
}


@pytest.fixture
def owned(caller: Caller, lanewise: Lanewise, market: TenantId, order: dict[str, Any]) -> Owned:
    """An order that is booked and on a manifest, and one of everything else."""
    run_until_idle(lanewise)
    ids = Owned(key=caller.post("/v1/api-keys", json={"name": "owner's"}).json()["id"])
    with lanewise.sessions(market) as session:
        enqueue(session, "owners.work", {}, key="owners-slot")
        follow_parcel(session, plan())
        ids["parcel"], ids["tracked order"] = str(plan().parcel), str(plan().order)
        ids["webhook source"] = str(add_webhook_source(session, "sandbox").id)
    ids["job"] = caller.get("/v1/jobs").json()["items"][0]["id"]
    ids["order"] = order["id"]
    ids["shipment"] = order["lines"][0]["shipment_id"]
    ids["quote"] = caller.post("/v1/quotes", json=CART).json()["id"]
    parcel = caller.get(f"/v1/parcels/{order['parcels'][0]['id']}").json()
    booking = parcel["booking"]
    ids["order parcel"], ids["booking"] = parcel["id"], booking["id"]
    ids["tracking number"] = booking["tracking_number"]
    ids.manifest = {
        "carrier": booking["carrier"],
        "account": ACCOUNTS[booking["carrier"]],
        "location": parcel["origin"],
        "mailing_date": booking["mailing_date"],
    }
    wish = {"line": caller.get(eligibility(ids)).json()["lines"][0]["line"], "qty": 1}
    returned = {"order_id": ids["order"], "lines": [{**wish, "cause": "damaged"}]}
    ids["return"] = caller.post("/v1/returns", json=returned).json()["items"][0]["id"]
    ids["tours"] = caller.post("/v1/tours", json=TOURS).json()["id"]
    ids["manifest"] = caller.post("/v1/manifests", json=ids.manifest).json()["id"]
    ids["batch"] = caller.post("/v1/batches", json={"rows": [ROW]}).json()["id"]
    ids["pickup"] = caller.post("/v1/pickups", json=PICKUP).json()["id"]
    return ids


def eligibility(ids: Owned) -> str:
    return VISITS["check_returns"].path(ids)


def operations(client: TestClient) -> dict[str, tuple[str, str]]:
    """Operation id to (method, path) of the whole document."""
    document = client.get("/openapi.json").json()
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def body_of(visit: Visit, owned: Owned) -> Any:
    return visit.body(owned) if callable(visit.body) else visit.body


def told(caller: Caller) -> dict[str, Any]:
    """Everything that the owner can list."""
    doors = "api-keys jobs orders shipments parcels batches manifests pickups networks stock incidents".split()
    return {door: caller.get(f"/v1/{door}").json() for door in doors}


def test_every_operation_is_covered(client: TestClient) -> None:
    assert set(operations(client)) - OPEN == set(VISITS)


def test_a_strangers_key_reaches_nothing_of_another_tenant(
    client: TestClient,
    owned: Owned,
    make_caller: Callable[..., Caller],
    lanewise: Lanewise,
) -> None:
    with lanewise.sessions.system() as session:
        elsewhere = create_tenant(session, "elsewhere")
    stranger = make_caller(of=elsewhere)
    for name, (method, _path) in operations(client).items():
        if name in OPEN:
            continue
        visit = VISITS[name]
        path = visit.path(owned)
        answer = stranger.send(method, path, json=body_of(visit, owned), headers=visit.headers)
        assert answer.status_code in visit.foreign, (name, answer.status_code, answer.text)
        for secret in owned.values():
            if secret not in path:
                assert secret not in answer.text, name


def test_a_sellers_key_reaches_nothing_of_another_seller(
    client: TestClient, owned: Owned, make_caller: Callable[..., Caller]
) -> None:
    other = make_caller(seller="seller-a")
    for name, (method, _path) in operations(client).items():
        if name in OPEN:
            continue
        visit = VISITS[name]
        path = visit.path(owned)
        answer = other.send(method, path, json=body_of(visit, owned), headers=visit.headers)
        assert answer.status_code in visit.seller, (name, answer.status_code, answer.text)
        for secret in owned.values():
            if secret not in path:
                assert secret not in answer.text, name


def test_nothing_of_the_owner_changed(
    client: TestClient,
    owned: Owned,
    caller: Caller,
    make_caller: Callable[..., Caller],
    lanewise: Lanewise,
) -> None:
    before = told(caller)
    test_a_strangers_key_reaches_nothing_of_another_tenant(client, owned, make_caller, lanewise)
    assert told(caller) == before
