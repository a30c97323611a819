"""A day of tours in a browser: the dispatcher's page, then the driver's phone, stop by stop."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.tour_planning import PLANNING
from routing.flows import plan_requested_tours as flow
from routing.tours.checker import check
from routing.tours.engines import ENGINES
from routing.tours.plan import Plan, Sequence
from routing.tours.problem import Problem
from routing.tours.reasons import explain
from tests.e2e.conftest import House, look
from tests.e2e.test_stories import sign_in
from tests.routing.flows.test_requested_tours import document
from tests.routing.tours.test_plan_tours import Counted

pytestmark = pytest.mark.browser

PLACES = (("Bakery Ottakring", 48.213, 16.31), ("Café Prater", 48.217, 16.40), ("Buch am Ring", 48.204, 16.37),
          ("Weinhaus Döbling", 48.245, 16.35), ("Radladen Favoriten", 48.176, 16.38), ("Atelier Neubau", 48.202, 16.35))  # fmt: skip
STREETS = (
    "Lindengasse",
    "Praterstraße",
    "Gumpendorfer Straße",
    "Alser Straße",
    "Favoritenstraße",
    "Hütteldorfer Straße",
)
TOURS = ((1, (0, 5, 2)), (2, (3, 1, 4)))


def two_tours(problem: Problem, **_more: Any) -> Plan:
    plan = check(problem, [Sequence(*tour) for tour in TOURS], engine="fake")
    assert isinstance(plan, Plan)
    return explain(problem, plan)


def planned(house: House) -> str:
    """A day sent by the shop's backend and planned by the workers; its id."""
    stops = [
        {"number": 10 + i, "name": name, "lat": lat, "lon": lon, "load": {"parcels": 2},
         "kind": "collect", "windows": [[28_800 + 3600 * (i % 3), 46_800]], "service_s": 300}
        for i, (name, lat, lon) in enumerate(PLACES)
    ]  # fmt: skip
    stops.append({"number": 99, "lat": 48.2, "lon": 16.3, "load": {"parcels": 500}})
    van = {
        "count": 2,
        "capacity": {"parcels": 40},
        "shift": [25_200, 61_200],
        "per_km_minor": 40,
        "per_hour_minor": 2000,
    }
    day = document(name="Collections on Tuesday", stops=stops, vehicles=[van])
    asked = {"date": "2026-03-03", "zone": "Europe/Vienna", "seconds": 1, "day": day}
    sent = house.ask("POST", "/v1/tours", asked, key="tours")
    house.work()
    PLANNING.wait(60)
    return str(sent["id"])


def quickly(problem: Problem, **_more: Any) -> Plan:
    """Planned in this process, the same each time."""
    found = ENGINES["pyvrp"].solve(problem, start=None, seed=1, watch=Counted(400))
    plan = check(problem, found, engine="pyvrp")
    assert isinstance(plan, Plan)
    return explain(problem, plan)


def full_day() -> dict[str, Any]:
    """Thirty-six deliveries around Vienna for four vans, one of them too big."""
    rng = np.random.default_rng(7)
    stops = []
    for number in range(1, 37):
        opens = 8 * 3600 + 1800 * int(rng.integers(0, 14))
        stops.append(
            {
                "number": number,
                "name": f"{STREETS[number % len(STREETS)]} {int(rng.integers(1, 90))}",
                "lat": round(48.205 + float(rng.normal(0, 0.032)), 5),
                "lon": round(16.365 + float(rng.normal(0, 0.045)), 5),
                "load": {"weight_g": int(rng.integers(800, 20_000)), "parcels": 1},
                "windows": [[opens, opens + 7200]],
                "service_s": 300,
            }
        )
    stops[-1] |= {"load": {"weight_g": 900_000, "parcels": 1}, "name": "Konzerthaus, Flügel"}
    van = {
        "count": 4,
        "capacity": {"weight_g": 600_000, "parcels": 12},
        "shift": [7 * 3600, 17 * 3600],
        "fixed_minor": 4000,
        "per_km_minor": 40,
        "per_hour_minor": 2000,
    }
    return document(name="Vienna, Tuesday", stops=stops, vehicles=[van])


def test_the_pictures_of_a_day_for_the_guide(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """`LANEWISE_SHOTS=docs/images pytest tests/e2e/test_tours_story.py -k pictures` draws them."""
    monkeypatch.setattr(flow, "plan_tours", quickly)
    asked = {"date": "2026-03-03", "zone": "Europe/Vienna", "seconds": 1, "day": full_day()}
    plan_id = house.ask("POST", "/v1/tours", asked, key="pictures")["id"]
    house.work()
    PLANNING.wait(60)
    desk = house.window(phone=False)
    sign_in(desk.page, house, f"/tours/{plan_id}")
    desk.page.wait_for_function("[...document.images].every(one => one.complete)")
    desk.look()
    draw(desk.page.locator("section:has(#gantt)"), "tours-gantt")
    draw(desk.page.locator("section:has(#map)"), "tours-map")
    desk.follow(lambda: desk.page.click("section:has(#v1) button"))
    phone = house.window(phone=True)
    phone.page.goto(desk.page.url)
    phone.look()
    draw(phone.page, "tours-driver")


def draw(what: Any, name: str) -> None:
    """With LANEWISE_SHOTS set, a picture of that part of a page."""
    folder = os.environ.get("LANEWISE_SHOTS")
    if folder:
        what.screenshot(path=Path(folder) / f"{name}.png")


def test_a_day_is_seen_by_the_dispatcher_and_driven_on_a_phone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "plan_tours", two_tours)
    plan_id = planned(house)
    desk = house.window(phone=False)
    sign_in(desk.page, house, "/tours")
    look(desk, "tours-1-days")
    desk.follow(lambda: desk.page.click("text=Collections on Tuesday"))
    assert desk.page.url.endswith(plan_id)
    desk.page.wait_for_function("[...document.images].every(one => one.complete)")
    look(desk, "tours-2-day")
    assert "too big for every vehicle" in desk.page.content()
    desk.follow(lambda: desk.page.click("section:has(#v1) button"))
    link = desk.page.url

    phone = house.window(phone=True)
    phone.page.goto(link)
    assert "Bakery Ottakring" in phone.page.inner_text("section")
    look(phone, "tours-3-next-stop")
    phone.page.fill("[name=code]", "Ada")
    phone.follow(lambda: phone.page.click("text=Done here"))
    phone.page.locator("#pad").scroll_into_view_if_needed()
    box = phone.page.locator("#pad").bounding_box()
    phone.page.mouse.move(box["x"] + 20, box["y"] + 40)
    phone.page.mouse.down()
    phone.page.mouse.move(box["x"] + 120, box["y"] + 60, steps=4)
    phone.page.mouse.up()
    phone.follow(lambda: phone.page.click("text=Done here"))
    look(phone, "tours-4-signed")
    phone.page.click("text=It cannot be done")
    phone.page.fill("[name=note]", "closed today")
    phone.follow(lambda: phone.page.click("text=Skip this stop"))
    assert "All stops are done" in phone.page.inner_text("main")
    look(phone, "tours-5-done")
    day = house.ask("GET", f"/v1/tours/{plan_id}")
    found = [(stop["state"], stop["proof"]) for stop in day["tours"][0]["stops"]]
    assert found == [("done", "code"), ("done", "signature"), ("failed", "")]

    desk.page.goto(f"{house.base}/tours/{plan_id}")
    desk.page.check("[name=broken][value='2']")
    desk.page.click("text=New stop (1)")
    for name, value in (("name_1", "Apotheke Hietzing"), ("lat_1", "48.187"), ("lon_1", "16.30")):
        desk.page.fill(f"[name={name}]", value)
    desk.page.select_option("[name=kind_1]", "collect")
    desk.page.fill("[name=most_moved]", "100")
    look(desk, "tours-6-change")
    desk.follow(lambda: desk.page.click("text=Plan the rest anew"))
    house.work()
    PLANNING.wait(60)
    desk.page.goto(f"{house.base}/tours/{plan_id}")
    assert "Apotheke Hietzing" in desk.page.inner_text("section:has(#moves)")
    look(desk, "tours-7-changed")

    small = house.window(phone=True)
    sign_in(small.page, house, f"/tours/{plan_id}?lang=de")
    look(small, "tours-8-day-on-a-phone")
