"""What customers and the desk see: live state by a link, returns by a form, exceptions ranked."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from api.main import create_app
from api.pages.customer.words import page_texts
from api.pages.render import grouped
from carriers.status import Status
from carriers.tables import BookingRow
from core.clock import ManualClock
from returns.eligibility import RefusalCode
from returns.flows.view_returns import view_returns
from returns.policy import Cause
from store.keys import create_key
from tests.market import Market
from tests.tracking.notices.test_texts import PLACEHOLDER
from tracking.flows.open_link import RETURN, TRACK, open_link
from tracking.journey import NextStep
from tracking.notices.compose import LANGUAGES

HTML = {"Accept": "text/html"}


@pytest.fixture
def market(sqlite_engine: Engine, clock: ManualClock, tmp_path: Path) -> Market:
    return Market.open(sqlite_engine, clock, tmp_path)


@pytest.fixture
def client(market: Market) -> TestClient:
    app = create_app(market.lanewise)
    return TestClient(app, "https://testserver", follow_redirects=False, headers=HTML)


def _link(market: Market, order: UUID, purpose: str) -> str:
    with market.lanewise.sessions(market.tenant) as session:
        return open_link(session, order, purpose)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_of_the_pages(language: str) -> None:
    english, own = page_texts("en"), page_texts(language)
    assert set(own.texts) == set(english.texts)
    for key, forms in own.texts.items():
        assert all(forms), key
        wanted = {n for form in english.texts[key] for n in PLACEHOLDER.findall(form)}
        assert {n for form in forms for n in PLACEHOLDER.findall(form)} == wanted, key
    needed = {f"state.{one.value}" for one in Status} | {f"next.{one.value}" for one in NextStep}
    needed |= {f"cause.{one.value}" for one in Cause}
    needed |= {f"refusal.{one.value}" for one in RefusalCode}
    assert needed <= set(own.texts)


def test_a_customer_sees_the_live_state_and_nothing_by_guessing(
    market: Market, client: TestClient
) -> None:
    order = market.order(language="fr").order_id
    token = _link(market, order, TRACK)
    page = client.get(f"/track/{token}?lang=fr")
    assert page.status_code == 200
    assert "Promis pour le" in page.text
    assert "Ada" not in page.text
    assert page.headers["x-robots-tag"] == "noindex"
    market.deliver(order)
    live = client.get(f"/track/{token}/live?lang=en").text
    assert "Delivered" in live
    assert "<html" not in live
    for guess in (token[:-1] + "x", "a" * 32, "x"):
        answer = client.get(f"/track/{guess}")
        assert answer.status_code == 404
        assert "Nothing here" in answer.text
    market.clock.advance(timedelta(days=181))
    assert client.get(f"/track/{token}").status_code == 410


def test_a_customer_may_silence_the_messages(market: Market, client: TestClient) -> None:
    order = market.order().order_id
    token = _link(market, order, TRACK)
    saved = client.post(f"/track/{token}/messages", data={})
    assert saved.headers["location"] == f"/track/{token}?saved=1"
    assert "Saved" in client.get(saved.headers["location"]).text
    for row in market.tracked(order):
        market.tell(row.id, Status.OUT_FOR_DELIVERY, 1)
    market.work()
    assert not list(market.outbox.glob("*.txt"))


def test_a_return_by_the_page_is_registered_once_and_shows_its_code(
    market: Market, client: TestClient
) -> None:
    order = market.order().order_id
    market.deliver(order)
    token = _link(market, order, RETURN)
    page = client.get(f"/returns/{token}").text
    nonce = re.search(r'name="nonce" value="(\w+)"', page)
    assert nonce is not None
    form = {"nonce": nonce[1], "qty:2": "1", "cause:2": "damaged", "qty:1": "0"}
    for _ in range(2):
        assert client.post(f"/returns/{token}", data=form).status_code == 303
    market.work()
    shown = client.get(f"/returns/{token}").text
    codes = re.findall(rf"/returns/{token}/([0-9a-f-]+)/code.svg", shown)
    assert len(codes) == 1
    svg = client.get(f"/returns/{token}/{codes[0]}/code.svg")
    assert (svg.status_code, svg.headers["content-type"]) == (200, "image/svg+xml")
    label = client.get(f"/returns/{token}/{codes[0]}/labels/1")
    assert label.status_code == 200
    assert "Already in a return." in shown
    assert client.post(f"/returns/{token}/{codes[0]}/cancel").status_code == 303
    assert "Cancelled" in client.get(f"/returns/{token}").text


def test_a_return_form_sent_again_with_other_wishes_is_shown_anew(
    market: Market, client: TestClient
) -> None:
    order = market.order().order_id
    market.deliver(order)
    token = _link(market, order, RETURN)
    form = {"nonce": "n", "qty:2": "1", "cause:2": "damaged"}
    assert client.post(f"/returns/{token}", data=form).status_code == 303
    again = client.post(f"/returns/{token}", data={**form, "cause:2": "defective"})
    assert again.status_code == 409
    assert "This form has been sent before." in again.text
    assert re.search(r'name="nonce" value="\w{2,}"', again.text)
    with market.lanewise.sessions(market.tenant) as session:
        (booking,) = session.scalars(select(BookingRow).where(BookingRow.direction == "return"))
        booking.state = "refused"
    live = client.get(f"/returns/{token}/live?lang=en").text
    assert "There is no label for this return." in live
    assert "being made" not in live


def test_a_return_under_way_is_shown_live_and_cannot_be_cancelled(
    market: Market, client: TestClient
) -> None:
    order = market.order().order_id
    market.deliver(order)
    token = _link(market, order, RETURN)
    form = {"nonce": "n", "qty:2": "1", "cause:2": "damaged"}
    assert client.post(f"/returns/{token}", data=form).status_code == 303
    market.work()
    live = client.get(f"/returns/{token}/live?lang=en").text
    assert "<html" not in live
    assert "Registered" in live
    assert "/labels/1" in live
    with market.lanewise.sessions(market.tenant) as session:
        (view,) = view_returns(session, order_id=order)
    parcel = view.parcels[0]
    market.tell(parcel.id, Status.IN_TRANSIT, 50)
    market.work()
    live = client.get(f"/returns/{token}/live?lang=en").text
    assert "On its way back" in live
    assert grouped(parcel.tracking_number) in live
    for gone in ("/labels/1", "code.svg", "/cancel"):
        assert gone not in live
    answer = client.post(f"/returns/{token}/{view.row.id}/cancel")
    assert answer.status_code == 409
    market.tell(parcel.id, Status.DELIVERED, 70)
    market.work()
    assert "Angekommen, wird geprüft" in client.get(f"/returns/{token}?lang=de").text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 422),
        ({"qty:9": "1", "cause:9": "damaged"}, 422),
        ({"qty:1": "99", "cause:1": "damaged"}, 422),
        ({"qty:1": "1", "cause:1": "<script>"}, 422),
        ({"qty:1": "-1", "cause:1": "damaged"}, 422),
        ({"qty:1": "1e3", "cause:1": "damaged"}, 422),
    ],
)
def test_a_bad_return_form_registers_nothing(
    market: Market, client: TestClient, form: dict[str, str], status: int
) -> None:
    order = market.order().order_id
    token = _link(market, order, RETURN)
    answer = client.post(f"/returns/{token}", data={"nonce": "n", **form})
    assert answer.status_code == status
    assert "<script>" not in answer.text
    assert "code.svg" not in client.get(f"/returns/{token}").text
    stranger = client.post(f"/returns/{'x' * 32}", data=form)
    assert stranger.status_code == 404


def _sign_in(market: Market, client: TestClient) -> None:
    with market.lanewise.sessions(market.tenant) as session:
        _, secret = create_key(session, "desk")
    client.post("/login", data={"key": secret, "next": "/desk"})


def test_the_desk_ranks_what_is_wrong_and_shows_what_was_told(
    market: Market, client: TestClient
) -> None:
    assert client.get("/desk").headers["location"].startswith("/login")
    order = market.order().order_id
    _sign_in(market, client)
    assert "Nothing is wrong" in client.get("/desk").text or market.tracked(order)
    (row, *_rest) = market.tracked(order)
    market.tell(row.id, Status.LOST, 1)
    market.work()
    page = client.get("/desk").text
    assert page.index("Lost") < page.index("Latest parcels")
    shown = client.get(f"/desk/orders/{order}")
    assert shown.status_code == 200
    assert "What was told" in shown.text
