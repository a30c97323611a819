"""Carriers over HTTP and on the desk: capabilities, health from the journal, rates of a parcel."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.settings import read_settings
from api.wiring import Lanewise
from api.worker import run_until_idle
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.ports import Recovery
from carriers.sandbox import Fault, Sandbox
from core.ids import TenantId
from tests.api.conftest import Caller
from tests.carriers.bookings import ask_booking

PARCEL: dict[str, Any] = {
    "origin": {"country": "NL", "postcode": "5026 RA"},
    "destination": {"country": "NL", "postcode": "3511 AA"},
    "weight_g": 1250,
    "size": {"length_mm": 300, "width_mm": 200, "height_mm": 150},
    "mailing_date": "2026-03-02",
}


@pytest.fixture
def model(lanewise: Lanewise) -> Sandbox:
    """The sandbox that this Lanewise books with; its lost answers need a person."""
    model = Sandbox(1, Recovery.NEITHER)
    lanewise.carriers["sandbox"] = LocalSandbox(model, lanewise.clock)
    return model


def test_carriers_tell_what_they_can_do(caller: Caller) -> None:
    listed = {row["name"]: row for row in caller.get("/v1/carriers").json()}
    assert {"sandbox", "postnl", "colissimo", "royalmail", "parcelforce"} <= set(listed)
    assert "book" in listed["postnl"]["capabilities"] and listed["postnl"]["recovery"] == "key"


def test_health_is_told_to_machines_and_to_the_desk(
    lanewise: Lanewise, model: Sandbox, tenant: TenantId, caller: Caller, client: TestClient
) -> None:
    model.script("book", [None, Fault.REFUSE, Fault.TIMEOUT_AFTER])
    for number in (1, 2, 3):
        ask_booking(lanewise.sessions, tenant, number)
    run_until_idle(lanewise)
    rows = {row["carrier"]: row for row in caller.get("/v1/carriers/health").json()}
    seen = rows["sandbox"]
    assert (seen["calls"], seen["accepted"], seen["refused"], seen["parked"]) == (3, 1, 1, 1)
    assert seen["refusals"] == [{"name": "refused", "count": 1}]
    assert seen["breaker"] == "closed" and seen["last_failure"] == "sandbox fault: timeout_after"
    assert rows["postnl"]["calls"] == 0
    client.post("/login", data={"key": caller.key})
    page = client.get("/desk/carriers", headers={"Accept": "text/html"}).text
    assert page.index("sandbox") < page.index("postnl")  # what needs a look comes first
    assert "1 call is parked" in page and "timeout_after" in page and "33.3" in page


def test_expired_credentials_stop_their_account_and_the_desk_says_so(
    lanewise: Lanewise, model: Sandbox, tenant: TenantId, caller: Caller, client: TestClient
) -> None:
    model.script("book", [Fault.CREDENTIALS])
    ask_booking(lanewise.sessions, tenant, 1)
    run_until_idle(lanewise)
    seen = {row["carrier"]: row for row in caller.get("/v1/carriers/health").json()}["sandbox"]
    assert (seen["stopped_for"], seen["breaker"]) == ("", "closed")
    (its,) = seen["stopped_accounts"]
    assert (its["account"], its["code"]) == ("main", "credentials") and its["open_until"]
    assert (seen["refused"], seen["waiting"]) == (0, 1)
    client.post("/login", data={"key": caller.key})
    page = client.get("/desk/carriers", headers={"Accept": "text/html"}).text
    assert "It refuses the credentials of account main" in page and "Refuses an account" in page


def test_the_desk_does_not_offer_to_send_again_what_was_accepted(
    lanewise: Lanewise, model: Sandbox, tenant: TenantId, caller: Caller, client: TestClient
) -> None:
    model.script("book", [Fault.GARBAGE])
    ask_booking(lanewise.sessions, tenant, 1)
    run_until_idle(lanewise)
    client.post("/login", data={"key": caller.key})
    page = client.get("/desk", headers={"Accept": "text/html"}).text
    assert "The carrier said yes" in page and "never_arrived" not in page


@pytest.mark.parametrize("recovery", list(Recovery))
def test_the_sandbox_is_of_the_class_that_is_set(recovery: Recovery) -> None:
    settings = read_settings({"LANEWISE_SANDBOX_RECOVERY": recovery.value})
    assert Lanewise(settings).carriers["sandbox"].profile.recovery is recovery


def test_rates_are_asked_of_all_carriers_and_the_missing_are_named(
    model: Sandbox, caller: Caller
) -> None:
    answer = caller.post("/v1/carriers/rates", json=PARCEL).json()
    rates = {(row["carrier"], row["service"]): row for row in answer["rates"]}
    assert rates["postnl", "DomesticPakket"]["price"] == {"minor": 695, "currency": "EUR"}
    assert rates["sandbox", "standard"]["expires_at"] is not None
    assert not any(row["is_stale"] for row in answer["rates"])
    only = caller.post("/v1/carriers/rates", json={**PARCEL, "carriers": ["sandbox"]}).json()
    assert {row["carrier"] for row in only["rates"]} == {"sandbox"}
    nobody = caller.post("/v1/carriers/rates", json={**PARCEL, "carriers": ["nobody"]})
    assert nobody.status_code == 404 and "nobody" in nobody.json()["detail"]


def test_health_is_for_operators(make_caller: Any) -> None:
    assert make_caller(scopes=["quotes"]).get("/v1/carriers/health").status_code == 403
