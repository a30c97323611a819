"""A running day over HTTP: changed, cancelled, driven on; and both legs of a hub's day as one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.endpoints.tour_changes import DayChangeIn, TwoLegsIn
from api.wiring import Lanewise
from core.clock import ManualClock
from routing.flows import plan_requested_tours as flow
from tests.api.conftest import Caller
from tests.api.test_tours import csrf, work
from tests.routing.flows.test_changed_tours import DOCUMENT, EAST, briefly, stop, two_vans

ASKED = {"date": "2026-03-03", "seconds": 1, "day": DOCUMENT}
NEW = {"stops": [stop(31, EAST)]}


@pytest.fixture
def planned(caller: Caller, lanewise: Lanewise, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a day with two tours of four collections."""
    monkeypatch.setattr(flow, "plan_tours", two_vans)
    monkeypatch.setattr(flow, "replan_tours", briefly)
    where: str = caller.post("/v1/tours", json=ASKED).headers["location"]
    work(lanewise)
    return where


def stops(day: dict[str, Any], vehicle: int) -> list[int]:
    tour = next(tour for tour in day["tours"] if tour["vehicle"] == vehicle)
    return [each["stop"] for each in tour["stops"]]


def test_a_change_is_accepted_once_and_the_old_plan_stands_until_the_new_one(
    caller: Caller, lanewise: Lanewise, clock: ManualClock, planned: str
) -> None:
    before = caller.get(planned).json()
    second = next(t for t in before["tours"] if t["vehicle"] == 1)["stops"][1]
    clock.set(datetime.fromisoformat(second["starts_at"]).astimezone(UTC))
    key = {"Idempotency-Key": "change-1"}
    sent = caller.post(f"{planned}/changes", json=NEW, headers=key)
    assert (sent.status_code, sent.json()["state"]) == (202, "queued"), sent.text
    again = caller.post(f"{planned}/changes", json=NEW, headers=key)
    assert again.json() == sent.json()
    other = caller.post(f"{planned}/changes", json={"broken": [1]}, headers=key)
    assert other.json()["code"] == "key_reused"
    busy = caller.post(f"{planned}/changes", json={"broken": [1]})
    assert (busy.status_code, busy.json()["code"]) == (409, "in_planning")
    waiting = caller.get(planned).json()
    assert stops(waiting, 1) == stops(before, 1)
    work(lanewise)
    day = caller.get(planned).json()
    assert day["state"] == "done" and day["churn"] == {"old_stops": 4, "moved": 0}
    assert stops(day, 1)[:2] == stops(before, 1)[:2] and 31 in stops(day, 1)
    assert day["tours"][0]["leaves_at"] == before["tours"][0]["leaves_at"]
    for paper in ("map.svg", "gantt.svg", "drivers.pdf"):
        assert caller.get(f"{planned}/papers/{paper}").status_code == 200


def test_the_drivers_page_keeps_the_past_and_shows_the_new_stop(
    caller: Caller, client: TestClient, lanewise: Lanewise, clock: ManualClock, planned: str
) -> None:
    client.post("/login", data={"key": caller.key})
    page = planned.removeprefix("/v1")
    form = {"csrf": csrf(client.get(page).text)}
    drive = client.post(f"{page}/vehicles/1/link", data=form).headers["location"]
    first = {"outcome": "served", "code": "Ada", "stop": "10"}
    assert client.post(f"{drive}/stops/1", data=first).status_code == 303
    clock.set(datetime(2026, 3, 3, 7, tzinfo=UTC))
    assert caller.post(f"{planned}/changes", json=NEW).status_code == 202
    assert "Stop 2 of 4" in client.get(drive).text
    work(lanewise)
    assert "Stop 2 of 5" in client.get(drive).text
    stale = client.post(f"{drive}/stops/2", data={"outcome": "failed", "note": "x", "stop": "99"})
    assert stale.status_code == 422 and "The tour has changed" in stale.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"broken": [7]}, "broken"),
        ({"late": [{"stop": 99, "ready_at": "2026-03-03T10:00:00Z"}]}, "late"),
        ({"late": [{"stop": 10, "ready_at": "2026-03-03T10:00:00"}]}, "ready_at"),
        ({"late": [{"stop": 10, "ready_at": "2026-03-03T10:00:00Z"}]}, "is collected"),
        ({"stops": [{"number": 10, "lat": 48.2, "lon": 16.3}]}, "stop 10"),
        ({"most_moved": 3}, "most_moved"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_change_that_does_not_fit_is_told_with_its_place(
    caller: Caller, planned: str, body: dict[str, Any], field: str
) -> None:
    answer = caller.post(f"{planned}/changes", json=body)
    assert answer.status_code == 422
    assert field in answer.text


def test_a_change_needs_the_scope_to_write(
    make_caller: Callable[..., Caller], planned: str
) -> None:
    reader = make_caller(scopes=["tours:read"])
    assert reader.post(f"{planned}/changes", json=NEW).status_code in (403, 404)


def test_both_legs_are_asked_for_followed_and_cancelled_together(
    caller: Caller, lanewise: Lanewise
) -> None:
    example: dict[str, Any] = TwoLegsIn.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index,call-overload]
    asked = {**example, "seconds": 1}
    sent = caller.post("/v1/tours/two-legs", json=asked)
    assert sent.status_code == 202, sent.text
    assert sent.headers["location"].endswith(sent.json()["outbound"]["id"])
    work(lanewise)
    day = caller.get(sent.headers["location"]).json()
    assert day["state"] == "done", day
    assert day["two_legs"]["together"]["unserved"] == 0
    inbound = caller.get(f"/v1/tours/{sent.json()['inbound']['id']}").json()
    assert inbound["state"] == "done" and stops(inbound, 1) == [1]
    later = caller.post("/v1/tours/two-legs", json={**asked, "seed": 2}).json()
    assert caller.delete(f"/v1/tours/{later['inbound']['id']}").status_code == 202
    assert caller.get(f"/v1/tours/{later['outbound']['id']}").json()["state"] == "cancelled"
    wrong = caller.post(
        "/v1/tours/two-legs", json={**asked, "sources": [{"stop": 99, "inbound": []}]}
    )
    assert "no stop 99" in wrong.text


def test_the_example_of_a_change_is_one() -> None:
    example = DayChangeIn.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index,call-overload]
    assert DayChangeIn.model_validate(example).broken == [2]
