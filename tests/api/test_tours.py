"""Tours over HTTP and on pages: send a day, follow it, cancel it, read its papers, drive it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from api.endpoints.tour_schemas import DAY_EXAMPLE
from api.tour_planning import PLANNING, TourPlanning
from api.wiring import Lanewise
from api.worker import run_until_idle
from core.clock import ManualClock
from core.ids import TenantId, TourPlanId
from routing.flows import plan_requested_tours as flow
from routing.tours import stay_engine
from routing.tours.checker import check
from routing.tours.plan import Plan, Sequence
from routing.tours.problem import Problem
from routing.tours.reasons import explain
from tests.api.conftest import CART, HOME, Caller
from tests.routing.flows.test_requested_tours import at_once

ASKED = {"date": "2026-03-03", "zone": "Europe/Vienna", "seconds": 1, "day": DAY_EXAMPLE}
WAIT_S = 60


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "plan_tours", at_once)


def work(lanewise: Lanewise) -> None:
    assert isinstance(lanewise.clock, ManualClock)
    for _ in range(2):  # a day that found another one being planned comes back after a second
        run_until_idle(lanewise)
        PLANNING.wait(WAIT_S)
        lanewise.clock.advance(timedelta(seconds=2))


def test_a_day_is_accepted_planned_in_a_child_and_read(caller: Caller, lanewise: Lanewise) -> None:
    sent = caller.post("/v1/tours", json=ASKED)
    assert sent.status_code == 202, sent.text
    where = sent.headers["location"]
    assert caller.get(where).json()["state"] == "queued"
    assert caller.get(f"{where}/papers/map.svg").json()["code"] == "no_plan_yet"
    work(lanewise)
    day = caller.get(where).json()
    assert day["state"] == "done", day
    assert sorted(stop["stop"] for tour in day["tours"] for stop in tour["stops"]) == [7, 12]
    for paper, head in (("map.svg", b"<svg"), ("gantt.svg", b"<svg"), ("drivers.pdf", b"%PDF")):
        assert caller.get(f"{where}/papers/{paper}").content.startswith(head)
    listed = caller.get("/v1/tours?state=done").json()["items"]
    assert [row["id"] for row in listed] == [day["id"]]


def test_a_cancel_before_the_start_ends_it_and_after_the_end_is_refused(
    caller: Caller, lanewise: Lanewise, quick: None
) -> None:
    where = caller.post("/v1/tours", json=ASKED).headers["location"]
    gone = caller.delete(where)
    assert (gone.status_code, gone.json()["state"]) == (202, "cancelled")
    done = caller.post("/v1/tours", json={**ASKED, "seed": 2}).headers["location"]
    work(lanewise)
    assert caller.delete(done).json()["code"] == "plan_ended"
    assert caller.get(where).json()["tours"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"day": {**DAY_EXAMPLE, "stops": [{"number": 0, "lat": 48.2, "lon": 16.3}]}}, "stop 0"),
        ({"day": {**DAY_EXAMPLE, "vehicles": [{"shift": [10, 5]}]}}, "vehicles[0].shift"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"seconds": 0}, "seconds"),
        ({"day": {}}, "depots"),
    ],
)
def test_every_fault_of_a_day_is_told_with_its_place(
    caller: Caller, change: dict[str, Any], field: str
) -> None:
    answer = caller.post("/v1/tours", json={**ASKED, **change})
    assert answer.status_code == 422, answer.text
    assert field in answer.text


def test_a_hubs_round_collects_what_its_parcels_wait_for(
    caller: Caller,
    lanewise: Lanewise,
    through_hub: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flow, "plan_tours", a_van_each)
    leg = through_hub["legs"][0]
    day = leg["departs_at"][:10]
    asked = {"hub": through_hub["origin"], "date": day, "seconds": 1}
    answer = caller.post("/v1/tours/collections", json=asked)
    assert answer.status_code == 202, answer.text
    work(lanewise)
    found = caller.get(answer.headers["location"]).json()
    assert found["hub"] == through_hub["origin"]
    stops = [stop for tour in found["tours"] for stop in tour["stops"]]
    assert stops
    assert len(stops) + len(found["unserved"]) == len(through_hub["legs"])
    for stop in stops:
        assert stop["parcels"] == [through_hub["id"]]
        starts = datetime.fromisoformat(stop["starts_at"]).astimezone(UTC)
        ready = [each for each in through_hub["legs"] if each["location"] == stop["place"]]
        assert starts >= datetime.fromisoformat(ready[0]["ready_at"])
    nobody = caller.post("/v1/tours/collections", json={**asked, "date": "2031-01-01"})
    assert nobody.json()["code"] == "nothing_waits"
    none = caller.post("/v1/tours/collections", json={**asked, "hub": "hamburg"})
    assert none.json()["code"] == "no_hub"


def a_van_each(problem: Problem, **_more: Any) -> Plan:
    """Stands for the engines: every stop that a van alone can serve gets one."""
    alone = [Sequence(number + 1, (number,)) for number in range(len(problem.stops))]
    kept = [each for each in alone if isinstance(check(problem, [each]), Plan)]
    plan = check(problem, kept, engine="fake")
    assert isinstance(plan, Plan)
    return explain(problem, plan)


@pytest.fixture
def through_hub(caller: Caller, market: TenantId) -> dict[str, Any]:
    """A parcel made at a hub from several places, as the API tells it."""
    quote = caller.post("/v1/quotes", json=CART).json()
    for option in quote["options"]:
        if any(parcel["through_hub"] for parcel in option["parcels"]):
            wanted = {"quote_id": quote["id"], "option": option["code"], "consignee": HOME}
            done = caller.post("/v1/orders", json=wanted)
            assert done.status_code == 201, done.text
            order = caller.get(f"/v1/orders/{done.json()['order_id']}").json()
            found: dict[str, Any] = next(p for p in order["parcels"] if p["through_hub"])
            return found
    raise AssertionError("no option goes through a hub")


@pytest.fixture
def planned(caller: Caller, lanewise: Lanewise, quick: None, client: TestClient) -> str:
    """A planned day, looked at by somebody signed in; its id."""
    where: str = caller.post("/v1/tours", json=ASKED).headers["location"]
    work(lanewise)
    client.post("/login", data={"key": caller.key})
    return where.rsplit("/", 1)[-1]


def csrf(page: str) -> str:
    return page.split('name="csrf" value="')[1].split('"')[0]


def test_the_page_of_a_day_shows_tours_pictures_and_drivers_links(
    client: TestClient, planned: str
) -> None:
    assert "Tuesday" in client.get("/tours").text
    page = client.get(f"/tours/{planned}").text
    assert "Vehicle 1" in page
    assert client.get(f"/tours/{planned}/papers/gantt.svg").status_code == 200
    assert client.get(f"/tours/{planned}/papers/other.svg").status_code == 404
    form = {"csrf": csrf(page)}
    link = client.post(f"/tours/{planned}/vehicles/1/link", data=form)
    assert link.status_code == 303
    assert client.post(f"/tours/{planned}/vehicles/1/link", data={}).status_code == 403


def test_a_driver_works_through_the_tour_on_a_page_without_a_key(
    client: TestClient, planned: str
) -> None:
    page = client.get(f"/tours/{planned}").text
    link = client.post(f"/tours/{planned}/vehicles/1/link", data={"csrf": csrf(page)})
    drive = link.headers["location"]
    client.cookies.clear()
    shown = client.get(drive)
    assert "Stop 1 of 2" in shown.text
    assert shown.headers["referrer-policy"] == "no-referrer"
    bare = client.post(f"{drive}/stops/1", data={"outcome": "served"})
    assert bare.status_code == 422
    assert "A code, a name or a signature is needed." in bare.text
    bad = {"outcome": "served", "signature": "<script>"}
    assert client.post(f"{drive}/stops/1", data=bad).status_code == 422
    photo = {"photo": ("p.jpg", b"not a photo", "image/jpeg")}
    answer = client.post(f"{drive}/stops/1", data={"outcome": "served", "code": "Ada"}, files=photo)
    assert answer.status_code == 422
    drawn = {"outcome": "served", "signature": "M1 2L3 4"}
    real = {"photo": ("p.jpg", b"\xff\xd8\xff rest", "image/jpeg")}
    assert client.post(f"{drive}/stops/1", data=drawn, files=real).status_code == 303
    assert "Stop 2 of 2" in client.get(drive).text
    failed = {"outcome": "failed", "note": "closed"}
    assert client.post(f"{drive}/stops/2", data=failed).status_code == 303
    assert "All stops are done" in client.get(drive).text
    gone = client.post(f"{drive}/stops/9", data={"outcome": "served", "code": "Ada"})
    assert gone.status_code == 422 and "This stop is no longer on the tour." in gone.text
    assert client.get(drive[:-2]).status_code == 404


def test_an_old_link_says_that_it_has_expired(
    client: TestClient,
    planned: str,
    clock: ManualClock,
    make_caller: Callable[..., Caller],
) -> None:
    page = client.get(f"/tours/{planned}").text
    link = client.post(f"/tours/{planned}/vehicles/1/link", data={"csrf": csrf(page)})
    clock.set(datetime(2026, 3, 20, tzinfo=UTC))
    assert client.get(link.headers["location"]).status_code == 410


def test_after_a_day_the_planning_thread_loads_what_its_changes_need(
    lanewise: Lanewise, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(flow, "plan_requested_tours", lambda *_, **__: calls.append("day"))
    monkeypatch.setattr(stay_engine, "warm", lambda: calls.append("kernels"))
    planning = TourPlanning()
    assert planning.begin(lanewise.sessions, TenantId(uuid4()), TourPlanId(uuid4()))
    planning.wait(WAIT_S)
    assert calls == ["day", "kernels"]
