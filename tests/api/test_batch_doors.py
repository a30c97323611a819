"""Batches, pickups and drop-off points over HTTP: asked once, told row by row, each tenant its own."""

from datetime import timedelta
from typing import Any

import pytest

from api.wiring import Lanewise
from api.worker import run_until_idle
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.ports import Recovery, ServicePoint
from carriers.sandbox import Fault, Sandbox
from core.clock import ManualClock
from core.ids import TenantId
from core.places import Destination
from store.keys import create_tenant
from tests.api.conftest import Caller
from tests.carriers.test_batch import ROW, as_csv

PLACE = {
    "name": "Klompen BV",
    "street": "Industrieweg 7",
    "city": "Tilburg",
    "postcode": "5026 RA",
    "country": "NL",
}
PICKUP: dict[str, Any] = {
    "carrier": "sandbox",
    "account": "main",
    "location": "TIL",
    "place": PLACE,
    "earliest": "2026-03-02T12:00:00Z",
    "latest": "2026-03-02T15:00:00Z",
    "parcels": 12,
    "weight_g": 18_000,
}


@pytest.fixture
def model(lanewise: Lanewise) -> Sandbox:
    model = Sandbox(1, Recovery.KEY)
    lanewise.carriers["sandbox"] = LocalSandbox(model, lanewise.clock)
    return model


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {**ROW, "reference": f"D-{number}", "weight_g": 1250, **changes}


def outcomes(caller: Caller, batch: str, **params: Any) -> list[dict[str, Any]]:
    """Every row, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        given = {**params, **({"cursor": cursor} if cursor else {})}
        page = caller.get(f"/v1/batches/{batch}/rows", params=given).json()
        found += page["items"]
        cursor = page.get("next_cursor")
        if cursor is None:
            return found


def test_a_batch_is_asked_once_and_tells_what_became_of_each_row(
    lanewise: Lanewise, caller: Caller
) -> None:
    rows = [
        row(1),
        row(2, weight_g=900_000),
        row(3, weight_g="heavy"),
        row(4, carrier="postnll"),
        row(5, to_name="Jana\u0000Novak"),
        row(6, label_format="zpl_203"),
    ]
    key = {"Idempotency-Key": "one"}
    asked = caller.post("/v1/batches", json={"rows": rows}, headers=key)
    assert asked.status_code == 202, asked.text
    batch = asked.json()
    assert batch["rows"] == 6 and batch["states"] == {"invalid": 3, "requested": 3}
    assert not batch["is_settled"] and asked.headers["Location"] == f"/v1/batches/{batch['id']}"
    assert caller.post("/v1/batches", json={"rows": rows}, headers=key).json() == batch
    early = caller.get(f"/v1/batches/{batch['id']}/rows/1/label")
    assert early.status_code == 409 and early.json()["code"] == "label_not_ready"
    run_until_idle(lanewise)
    told = caller.get(f"/v1/batches/{batch['id']}").json()
    assert told["states"] == {"booked": 2, "invalid": 3, "refused": 1} and told["is_settled"]
    found = outcomes(caller, batch["id"], limit=2)
    assert [one["row"] for one in found] == [1, 2, 3, 4, 5, 6]
    assert found[0]["tracking_number"] and found[0]["cost_minor"] == 695
    reasons = [one["reason"] for one in found]
    assert reasons[1].startswith("too_heavy") and "not a whole number" in reasons[2]
    assert "no carrier 'postnll' here" in reasons[3] and "to_name" in reasons[4]
    label = caller.get(f"/v1/batches/{batch['id']}/rows/6/label")
    assert label.content.startswith(b"^XA") and label.headers["Content-Type"] == "application/zpl"
    assert caller.get(f"/v1/batches/{batch['id']}/rows/3/label").status_code == 404
    assert [one["id"] for one in caller.get("/v1/batches").json()["items"]] == [batch["id"]]


def test_rows_are_voided_before_and_after_they_were_sent(
    lanewise: Lanewise, model: Sandbox, caller: Caller
) -> None:
    sent = {"carrier": "sandbox", "service": "standard"}
    rows = [row(1, **sent), row(2, **sent), row(3, weight_g="heavy")]
    batch = caller.post("/v1/batches", json={"rows": rows}).json()
    held = caller.post(f"/v1/batches/{batch['id']}/rows/1/void", json={})
    assert held.status_code == 200 and held.json()["state"] == "voided", held.text
    run_until_idle(lanewise)
    booked = caller.post(f"/v1/batches/{batch['id']}/rows/2/void", json={})
    assert booked.json()["state"] == "voiding" and booked.json()["row"] == 2
    run_until_idle(lanewise)
    assert [one["state"] for one in outcomes(caller, batch["id"])] == [
        "voided",
        "voided",
        "invalid",
    ]
    assert [parcel.voided_at is None for parcel in model.parcels.values()] == [False]
    assert caller.post(f"/v1/batches/{batch['id']}/rows/3/void", json={}).status_code == 404


def test_rows_sent_again_tell_the_booking_that_stands_or_the_conflict(
    lanewise: Lanewise, caller: Caller
) -> None:
    first = caller.post("/v1/batches", json={"rows": [row(1), row(2)]}).json()
    run_until_idle(lanewise)
    before = outcomes(caller, first["id"])
    text = as_csv(
        *[{k: str(v) for k, v in one.items()} for one in (row(1), row(2, to_city="Delft"))]
    )
    again = caller.post("/v1/batches", json={"csv": text}).json()
    same, changed = outcomes(caller, again["id"])
    assert same == before[0]
    assert changed["state"] == "invalid" and changed["reason"].endswith("with another to_city")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rows": []},
        {"rows": [row(1)], "csv": "reference\nA\n"},
        {"csv": "reference\nA\n"},
        {"csv": as_csv({k: str(v) for k, v in row(1).items()}).splitlines()[0]},
        {"rows": [row(number) for number in range(201)]},
        {"rows": [{"reference": ["A"]}]},
    ],
)
def test_a_batch_that_cannot_be_read_is_refused_whole(caller: Caller, body: Any) -> None:
    assert caller.post("/v1/batches", json=body).status_code == 422
    assert caller.get("/v1/batches").json()["items"] == []


def test_a_batch_and_a_pickup_belong_to_their_tenant(
    lanewise: Lanewise, model: Sandbox, caller: Caller, make_caller: Any
) -> None:
    with lanewise.sessions.system() as session:
        other: TenantId = create_tenant(session, "other")
    stranger = make_caller(of=other)
    batch = caller.post("/v1/batches", json={"rows": [row(1)]}).json()["id"]
    pickup = caller.post("/v1/pickups", json=PICKUP).json()["id"]
    for path in (f"batches/{batch}", f"batches/{batch}/rows", f"batches/{batch}/rows/1/label"):
        assert stranger.get(f"/v1/{path}").status_code == 404, path
    assert stranger.get(f"/v1/pickups/{pickup}").status_code == 404
    for door in ("batches", "pickups"):
        assert stranger.get(f"/v1/{door}").json()["items"] == []
    theirs = stranger.post("/v1/batches", json={"rows": [row(1, to_city="Delft")]}).json()
    assert theirs["states"] == {"requested": 1}  # the same reference is another shop's own


def test_a_pickup_is_asked_once_and_agreed(
    lanewise: Lanewise, clock: ManualClock, model: Sandbox, caller: Caller
) -> None:
    model.script("pickup", [Fault.TIMEOUT_AFTER])
    asked = caller.post("/v1/pickups", json=PICKUP)
    assert asked.status_code == 202 and asked.json()["state"] == "requested"
    for _ in range(3):  # the answer is lost; the same key tells it again
        run_until_idle(lanewise)
        clock.advance(timedelta(minutes=2))
    told = caller.get(asked.headers["Location"]).json()
    assert told["state"] == "agreed" and told["confirmation"] and len(model.receipts) == 1
    wrong = {**PICKUP, "latest": PICKUP["earliest"]}
    assert caller.post("/v1/pickups", json=wrong).status_code == 422
    assert caller.post("/v1/pickups", json={**PICKUP, "carrier": "nobody"}).status_code == 404
    unable = caller.post("/v1/pickups", json={**PICKUP, "carrier": "postnl"})
    assert unable.status_code == 422 and unable.json()["code"] == "not_supported"


def test_drop_off_points_are_told_by_the_carrier(model: Sandbox, caller: Caller) -> None:
    asked = {"carrier": "sandbox", "country": "NL", "postcode": "5026 RA"}
    points = caller.get("/v1/points", params=asked).json()
    assert len(points) == 3 and all(one["country"] == "NL" for one in points)
    assert caller.get("/v1/points", params={**asked, "carrier": "nobody"}).status_code == 404
    assert caller.get("/v1/points", params={**asked, "carrier": "postnl"}).status_code == 422


class Trips(LocalSandbox):
    """An adapter that trips over its points."""

    def points(self, near: Destination) -> tuple[ServicePoint, ...]:
        raise ArithmeticError("12,50")


def test_an_adapter_that_fails_over_points_is_a_carrier_that_does_not_answer(
    lanewise: Lanewise, caller: Caller
) -> None:
    lanewise.carriers["sandbox"] = Trips(Sandbox(1, Recovery.KEY), lanewise.clock)
    told = caller.get("/v1/points", params={"carrier": "sandbox", "country": "NL"})
    assert (told.status_code, told.json()["code"]) == (503, "adapter")
