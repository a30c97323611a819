"""Dispatchers' and drivers' pages: every language whole, and a running day changed by a form."""

import re
from io import BytesIO
from typing import Any, get_args

import pypdfium2
import pytest
from fastapi.testclient import TestClient

from api.pages.customer.words import Words
from api.pages.dispatch.faults import OF_THE_DAY, OTHER, Wrong, faults_said
from api.pages.dispatch.words import FRAME, remedy_text, tour_texts
from api.pages.render import NAV
from api.wiring import Lanewise
from benchmarks.tours.reason_cases import BROKEN_FLEET
from benchmarks.tours.reasons import cases
from core.errors import Conflict, Fault, InvalidInput
from routing.flows import plan_requested_tours as flow
from routing.tours.checker import check
from routing.tours.paper_words import ENGLISH
from routing.tours.plan import Need, Plan, Unserved
from routing.tours.reasons import why_unserved
from routing.tours.replan import ON_BROKEN_VEHICLE
from tests.api.conftest import Caller
from tests.api.test_tours import csrf, work
from tests.routing.flows.test_changed_tours import DOCUMENT, briefly, two_vans
from tests.tracking.notices.test_texts import PLACEHOLDER
from tracking.notices.compose import LANGUAGES

HEAVY = {"number": 99, "lat": 48.2, "lon": 16.37, "name": "Piano", "load": {"parcels": 50}}


@pytest.fixture
def day(
    caller: Caller, client: TestClient, lanewise: Lanewise, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The page of a planned day, signed in; a stop is too big for every van."""
    monkeypatch.setattr(flow, "plan_tours", two_vans)
    monkeypatch.setattr(flow, "replan_tours", briefly)
    document = {**DOCUMENT, "stops": [*DOCUMENT["stops"], HEAVY]}
    asked = {"date": "2026-03-03", "zone": "Europe/Vienna", "seconds": 1, "day": document}
    where: str = caller.post("/v1/tours", json=asked).headers["location"]
    work(lanewise)
    client.post("/login", data={"key": caller.key})
    return where.removeprefix("/v1")


def hidden(html: str) -> dict[str, str]:
    """What the change form of this page carries unseen."""
    (revision,) = re.findall(r'name="revision" value="(\w+)"', html)
    return {"csrf": csrf(html), "revision": revision}


def sent(client: TestClient, page: str, **form: Any) -> Any:
    return client.post(f"{page}/changes", data={**hidden(client.get(page).text), **form})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text(language: str) -> None:
    english, own = tour_texts("en"), tour_texts(language)
    assert set(own.texts) == set(english.texts)
    for key, forms in own.texts.items():
        assert all(forms), key
        wanted = {n for form in english.texts[key] for n in PLACEHOLDER.findall(form)}
        assert {n for form in forms for n in PLACEHOLDER.findall(form)} == wanted, key
    assert set(FRAME.values()) | {f"frame.{label.lower()}" for _, label in NAV} <= set(own.texts)
    if language != "en":
        same = [key for key in own.texts if own.texts[key] == english.texts[key]]
        assert len(same) < 0.15 * len(own.texts), same


def test_papers_say_by_themselves_what_the_english_catalogue_says() -> None:
    assert {key: tour_texts("en").texts[key][0] for key in ENGLISH} == ENGLISH


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_need_can_be_said(language: str) -> None:
    words = Words(tour_texts(language), "UTC")
    for key in (*get_args(Wrong), "in_planning", "no_plan_yet", "stale"):
        assert f"refused.{key}" in words.catalogue.texts
    assert {OTHER, *OF_THE_DAY.values()} <= set(words.catalogue.texts)
    stranded = Unserved(0, ON_BROKEN_VEHICLE, needs=(Need("on_board", what="7"),))
    for case in cases(1):
        assert "7" in remedy_text(words, case.problem, stranded)
        plan = check(case.problem, case.tours)
        assert isinstance(plan, Plan)
        if case.code != BROKEN_FLEET:
            note = why_unserved(case.problem, plan, case.stop)
            assert f"reason.{note.reason}" in words.catalogue.texts
            text = remedy_text(words, case.problem, note)
            assert "%(" not in text and str(note.vehicle) in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ("Fahrzeug 1", "Ausgelassen", "zu groß für jedes Fahrzeug", "Platz für 40 Pakete")),
        ("ro", ("Vehiculul 1", "loc pentru încă 40 de colete", "Deconectare")),
        ("id", ("Kendaraan 1", "terlalu besar untuk semua kendaraan", "Keluar")),
    ],
)
def test_the_day_is_read_in_the_readers_language(
    client: TestClient, day: str, language: str, words: tuple[str, ...]
) -> None:
    html = client.get(day, headers={"Accept-Language": language}).text
    assert f'<html lang="{language}">' in html
    assert all(each in html for each in words), [each for each in words if each not in html]
    assert "Left out" not in html and "Sign out" not in html


def test_papers_come_in_the_readers_language_with_its_letters(client: TestClient, day: str) -> None:
    chart = client.get(f"{day}/papers/gantt.svg?lang=ro").text
    assert "vehiculul 1" in chart and "la oprire" in chart
    assert "Fahrzeuge" in client.get(f"{day}/papers/gantt.svg?lang=de").text
    sheets = client.get(f"{day}/papers/drivers.pdf", headers={"Accept-Language": "ro"}).content
    document = pypdfium2.PdfDocument(BytesIO(sheets))
    page = document[0].get_textpage()
    assert "Șofer:" in page.get_text_range() and "încărcătură" in page.get_text_range()
    page.close()
    document.close()


def test_a_driver_reads_the_tour_in_their_language(client: TestClient, day: str) -> None:
    form = {"csrf": csrf(client.get(day).text)}
    drive = client.post(f"{day}/vehicles/1/link", data=form).headers["location"]
    html = client.get(drive, headers={"Accept-Language": "es-MX,es;q=0.9"}).text
    assert "Parada 1 de 4" in html and "Recoger" in html and "Done here" not in html
    told = {"outcome": "served", "stop": "10"}
    bare = client.post(f"{drive}/stops/1?lang=de", data=told)
    assert bare.status_code == 422 and "Nötig ist ein Code" in bare.text
    gone = client.post(f"{drive}/stops/44?lang=fr", data=told)
    assert "n’est plus dans la tournée" in gone.text


def test_a_form_adds_a_stop_and_shows_what_moved(
    client: TestClient, lanewise: Lanewise, day: str
) -> None:
    place = {"name_1": "Büro", "lat_1": "48.21", "lon_1": "16.42", "kind_1": "collect"}
    hours = {"from_1": "10:00", "until_1": "12:30", "minutes_1": "5", "parcels_1": "2"}
    answer = sent(client, day, broken="2", most_moved="100", price="0,50", **place, **hours)
    assert answer.status_code == 303, answer.text
    assert "Being planned." in client.get(day).text
    work(lanewise)
    html = client.get(day).text
    assert "What the change moved" in html
    rows = re.findall(r"<td>(\d+)[^<]*</td>\s*<td>(.*?)</td>\s*<td>(.*?)</td>", html, re.DOTALL)
    moved = {int(number): (before, after) for number, before, after in rows}
    assert set(moved) >= {20, 21, 22, 23, 100}
    assert "new" in moved[100][0] and "Vehicle" in moved[100][1]
    assert moved[20][0] == "Vehicle 2" and moved[20][1] in ("Vehicle 1", "Vehicle 3")
    assert re.search(r'value="2" checked disabled', html)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "nothing is said to have changed"),
        ({"lat_1": "48.2"}, "New stop (1), Longitude: latitude and longitude"),
        ({"lat_1": "x", "lon_1": "16"}, "New stop (1), Latitude: “x” is not a number"),
        ({"lat_1": "91", "lon_1": "16"}, "from -90 to 90"),
        ({"lat_1": "48", "lon_1": "16", "name_1": "a\x07b"}, "cannot be printed"),
        ({"lat_1": "48", "lon_1": "16", "from_1": "25:00"}, "“25:00” is not a time of day"),
        ({"lat_2": "1", "lon_2": "1", "from_2": "09:00", "until_2": "08:00"}, "it closes"),
        ({"late": "99"}, "At the depot from: say from when"),
        ({"late": "77", "late_at": "10:00"}, "Goods that come late: the day has no stop 77"),
        ({"late": "10", "late_at": "10:00"}, "stop 10 is collected"),
        ({"broken": "-1"}, "“-1” is not a whole number"),
        ({"broken": "77"}, "the day has no vehicle 77"),
        ({"broken": "1", "most_moved": "120"}, "from 0 to 100"),
    ],
)
def test_a_form_that_makes_no_sense_is_told_on_the_page(
    client: TestClient, day: str, form: dict[str, str], said: str
) -> None:
    answer = sent(client, day, **form)
    assert answer.status_code == 422
    assert "This does not fit the day:" in answer.text and said in answer.text
    assert "refresh" not in answer.headers  # its address takes forms only


def test_a_refused_form_keeps_what_was_typed(client: TestClient, day: str) -> None:
    place = {"name_2": "Büro & Co", "lat_2": "48.21", "lon_2": "x", "kind_2": "collect"}
    more = {"parcels_2": "7", "from_2": "10:00", "most_moved": "30", "price": "0,50"}
    answer = sent(client, day, broken="3", late=["99"], late_at="11:45", **place, **more)
    assert answer.status_code == 422
    fields = dict(re.findall(r'<input id="(\w+)"[^>]*? value="([^"]*)"', answer.text))
    for name, value in (place | more | {"late_at": "11:45", "name_2": "Büro &amp; Co"}).items():
        assert name == "kind_2" or fields[name] == value, name
    assert '<option value="collect" selected>' in answer.text
    assert 'name="broken" value="3" checked>' in answer.text
    assert '<option value="99" selected>' in answer.text
    assert answer.text.count("<details open>") == 1
    assert 'id="lon_2-fault"' in answer.text and 'aria-invalid="true"' in answer.text


def test_a_form_sent_twice_changes_the_day_once(
    client: TestClient, lanewise: Lanewise, day: str, caller: Caller
) -> None:
    place = {"name_1": "Büro", "lat_1": "48.21", "lon_1": "16.42", "parcels_1": "1"}
    form = {**hidden(client.get(day).text), **place}
    assert client.post(f"{day}/changes", data=form).status_code == 303
    busy = client.post(f"{day}/changes", data=form)
    assert busy.status_code == 409 and "the day is being planned" in busy.text
    assert "refresh" not in busy.headers and 'value="Büro"' in busy.text
    assert client.get(day).headers["refresh"] == "3"
    work(lanewise)
    planned = caller.get(f"/v1{day}").json()
    again = client.post(f"{day}/changes", data=form)
    assert again.status_code == 409 and "Nothing was changed" in again.text
    assert caller.get(f"/v1{day}").json() == planned
    still_wanted = {**place, **hidden(again.text)}
    assert client.post(f"{day}/changes", data=still_wanted).status_code == 303


def test_a_form_without_its_revision_is_stale(client: TestClient, day: str) -> None:
    form = {"csrf": csrf(client.get(day).text), "broken": "1"}
    assert client.post(f"{day}/changes", data=form).status_code == 409


def test_what_only_the_day_refuses_is_told_in_the_readers_language() -> None:
    words = Words(tour_texts("de"), "UTC")
    deep = InvalidInput(faults=[Fault("stops", "too many"), Fault("travel", "is odd")])
    assert list(faults_said(words, deep).values()) == [
        "mehr Stopps, als ein Tag haben darf; der Tag kann diese Änderung nicht aufnehmen"
    ]
    assert faults_said(words, Conflict("odd")) == {
        "": "der Tag kann diese Änderung nicht aufnehmen"
    }


def test_a_form_from_elsewhere_changes_nothing(client: TestClient, day: str) -> None:
    assert client.post(f"{day}/changes", data={"broken": "1"}).status_code == 403


def test_goods_that_come_late_are_told_by_the_hour_of_the_day(
    client: TestClient, lanewise: Lanewise, day: str, caller: Caller
) -> None:
    answer = sent(client, day, late=["99"], late_at="09:30", broken="3")
    assert answer.status_code == 303, answer.text
    work(lanewise)
    assert caller.get(f"/v1{day}").json()["state"] == "done"
