"""Tracking through HTTP: signed webhooks in, journeys out, the worker in between."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.wiring import Lanewise
from api.worker import run_until_idle
from core.clock import ManualClock
from core.ids import TenantId
from core.places import Address
from store.persons import keep_person
from tests.api.conftest import Caller, make_lanewise
from tests.tracking.plans import DEPARTS, plan
from tracking.flows.follow_parcel import follow_parcel
from tracking.signature import read_secret, signed_headers

ANA = Address("Ana Pop", "Strada Lungă 5", "Brașov", "500035", "RO", email="ana@example.org")


@pytest.fixture
def lanewise(engine: Any, clock: ManualClock, tmp_path: Path) -> Lanewise:
    return make_lanewise(engine, clock, var=tmp_path, public_url="https://shop.example")


@pytest.fixture
def followed(lanewise: Lanewise, tenant: TenantId) -> str:
    with lanewise.sessions(tenant) as session:
        person = keep_person(session, ANA, language="fr")
        follow_parcel(session, plan(consignee=person, language="fr"))
    return str(plan().parcel)


def _post(client: TestClient, source: dict[str, Any], scans: list[Any], clock: ManualClock) -> Any:
    raw = json.dumps({"scans": scans}).encode()
    secret = read_secret(source["secret"])
    assert secret is not None
    headers = signed_headers(secret, f"m{hash(raw)}", clock.now(), raw)
    return client.post(source["path"], content=raw, headers=headers)


def test_a_signed_scan_becomes_a_state_and_a_letter(
    client: TestClient,
    caller: Caller,
    lanewise: Lanewise,
    followed: str,
    clock: ManualClock,
    tmp_path: Path,
) -> None:
    source = caller.post("/v1/webhooks/carriers", json={"carrier": "sandbox"}).json()
    scan = {"number": "SB1", "code": "OD", "local_time": "2026-03-02T09:30:00", "zone": "+01:00"}
    answer = _post(client, source, [scan], clock)
    assert (answer.status_code, answer.json()) == (202, {"is_repeat": False})
    assert _post(client, source, [scan], clock).json() == {"is_repeat": True}
    run_until_idle(lanewise)
    journey = caller.get(f"/v1/journeys/parcels/{followed}").json()
    assert (journey["state"], journey["next_step"]) == ("out_for_delivery", "be_at_home")
    order = caller.get(f"/v1/journeys/orders/{plan().order}").json()
    assert (order["state"], order["reference"]) == ("out_for_delivery", "SHOP-1")
    events = caller.get("/v1/events").json()["items"]
    assert {event["state"] for event in events} == {"pre_transit", "out_for_delivery"}
    (letter,) = (tmp_path / "outbox").glob("*.txt")
    assert "Votre colis arrive aujourd’hui" in letter.read_text()


def test_a_forged_webhook_is_a_problem_and_an_unknown_address_none_of_ours(
    client: TestClient, caller: Caller, clock: ManualClock
) -> None:
    source = caller.post("/v1/webhooks/carriers", json={"carrier": "sandbox"}).json()
    forged = client.post(source["path"], content=b"{}", headers={"webhook-id": "1"})
    assert (forged.status_code, forged.json()["code"]) == (403, "no_signature")
    nowhere = client.post("/v1/webhooks/carriers/00000000-0000-4000-8000-000000000000", json={})
    assert nowhere.status_code == 404


def test_silence_is_found_by_the_schedule(
    caller: Caller, lanewise: Lanewise, followed: str, clock: ManualClock
) -> None:
    body = {"parcel_id": followed, "state": "accepted", "occurred_at": "2026-03-02T12:00:00Z"}
    recorded = caller.post("/v1/events", json=body)
    assert (recorded.status_code, recorded.json()["is_new"]) == (201, True)
    assert caller.post("/v1/events", json=body).json()["is_new"] is False
    clock.set(DEPARTS + timedelta(hours=69))
    from api.worker import queue_slots

    queue_slots(lanewise)
    run_until_idle(lanewise)
    kinds = {item["kind"] for item in caller.get("/v1/incidents").json()["items"]}
    assert "promise_at_risk" in kinds


@pytest.mark.parametrize(
    ("carrier", "code", "state", "unknown"),
    [
        ("ups", "021", "out_for_delivery", 0),
        ("fedex", "QQ", "pre_transit", 1),
        ("fedex", "attempt_failed/nobody_home", "attempt_failed", 0),
        ("royalmail", "DL", "pre_transit", 1),
    ],
)
def test_each_carriers_own_codes_are_understood_and_others_counted(
    client: TestClient,
    caller: Caller,
    lanewise: Lanewise,
    tenant: TenantId,
    clock: ManualClock,
    carrier: str,
    code: str,
    state: str,
    unknown: int,
) -> None:
    with lanewise.sessions(tenant) as session:
        follow_parcel(session, plan(carrier=carrier))
    source = caller.post("/v1/webhooks/carriers", json={"carrier": carrier}).json()
    scan = {"tracking_number": "SB1", "code": code, "occurred_at": "2026-03-02T09:00:00Z"}
    assert _post(client, source, [scan], clock).status_code == 202
    run_until_idle(lanewise)
    journey = caller.get(f"/v1/journeys/parcels/{plan().parcel}").json()
    assert (journey["state"], journey["unknown_events"]) == (state, unknown)


def test_a_seller_reads_the_journey_of_a_shared_parcel_as_its_own(
    caller: Caller,
    lanewise: Lanewise,
    tenant: TenantId,
    make_caller: Callable[..., Caller],
) -> None:
    with lanewise.sessions(tenant) as session:
        follow_parcel(session, plan(seller="north|south", seller_name="North, South"))
    parcel, order = plan().parcel, plan().order
    for seller, other in (("north", "south"), ("south", "north")):
        key = make_caller(seller=seller)
        for path in (
            f"/v1/journeys/parcels/{parcel}",
            f"/v1/journeys/orders/{order}",
            f"/v1/events?parcel_id={parcel}",
        ):
            answer = key.get(path)
            assert answer.status_code == 200
            assert other not in answer.text.lower()
            assert str(parcel) in answer.text
    stranger = make_caller(seller="nor")
    assert stranger.get(f"/v1/journeys/parcels/{parcel}").status_code == 404
    assert stranger.get(f"/v1/journeys/orders/{order}").status_code == 404
    assert stranger.get(f"/v1/events?parcel_id={parcel}").json()["items"] == []
