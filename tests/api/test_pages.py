"""Pages: one look, sign-in that holds, forms that cannot be forged, errors in words."""

from datetime import timedelta

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.callers import Visit
from api.pages.staff import COOKIE, LASTS, signed_form, signed_in
from api.wiring import Lanewise
from core.clock import ManualClock
from core.ids import TenantId
from store.keys import create_key, revoke_key
from tests.api.conftest import Caller

HTML = {"Accept": "text/html"}


def test_the_start_page_leads_to_every_door(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    for door in ("/checkout", "/warehouse", "/desk", "/docs"):
        assert f'href="{door}"' in page.text
    for address in page.text.split('"'):
        if address.startswith("/static/"):
            assert client.get(address).status_code == 200
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text


def test_people_get_pages_and_machines_get_problems(client: TestClient) -> None:
    assert "Nothing here" in client.get("/no-such-page", headers=HTML).text
    assert client.get("/no-such-page").json()["code"] == "not_found"
    assert client.get("/v1/jobs", headers=HTML).json()["code"] == "unauthenticated"


def _add_staff_page(app: FastAPI) -> None:
    @app.get("/staff-only", include_in_schema=False)
    def page(visit: Visit = signed_in("operations")) -> dict[str, str]:
        return {"csrf": visit.request.state.staff.csrf}

    @app.post("/staff-only", include_in_schema=False)
    def form(visit: Visit = signed_form("operations")) -> dict[str, bool]:
        return {"done": True}


def test_a_key_signs_in_and_forms_need_the_sessions_token(
    app: FastAPI, client: TestClient, caller: Caller
) -> None:
    _add_staff_page(app)
    away = client.get("/staff-only", headers=HTML)
    assert (away.status_code, away.headers["location"]) == (303, "/login?next=/staff-only")
    assert client.post("/login", data={"key": "lw_wrong"}).status_code == 401
    done = client.post("/login", data={"key": caller.key, "next": "/staff-only"})
    assert (done.status_code, done.headers["location"]) == (303, "/staff-only")
    cookie = done.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert caller.key not in cookie
    token = client.get("/staff-only").json()["csrf"]
    assert client.post("/staff-only", headers=HTML).status_code == 403
    assert client.post("/staff-only", data={"csrf": "0" * 64}, headers=HTML).status_code == 403
    assert client.post("/staff-only", data={"csrf": token}).json() == {"done": True}
    client.post("/logout")
    assert client.get("/staff-only", headers=HTML).status_code == 303


def test_sign_in_never_leads_to_another_site(client: TestClient, caller: Caller) -> None:
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"):
        done = client.post("/login", data={"key": caller.key, "next": target})
        assert done.headers["location"] == "/warehouse"


def test_a_session_ends_by_time_by_revocation_and_by_forgery(
    app: FastAPI, client: TestClient, lanewise: Lanewise, tenant: TenantId, clock: ManualClock
) -> None:
    _add_staff_page(app)
    with lanewise.sessions(tenant) as session:
        key_id, secret = create_key(session, "shift")
    client.post("/login", data={"key": secret})
    good = client.cookies[COOKIE]
    client.cookies.clear()
    forged = good[:-6] + "AAAAA="
    for cookie in (forged, "nonsense", "é", ""):
        answer = client.get(
            "/staff-only", headers={**HTML, "Cookie": f"{COOKIE}={cookie}".encode()}
        )  # type: ignore[dict-item]
        assert answer.status_code == 303
    signed = {**HTML, "Cookie": f"{COOKIE}={good}"}
    assert client.get("/staff-only", headers=signed).status_code == 200
    with lanewise.sessions(tenant) as session:
        revoke_key(session, key_id)
    assert client.get("/staff-only", headers=signed).status_code == 303
    with lanewise.sessions(tenant) as session:
        _, other = create_key(session, "next shift")
    client.post("/login", data={"key": other})
    assert client.get("/staff-only", headers=HTML).status_code == 200
    clock.advance(LASTS + timedelta(seconds=1))
    assert client.get("/staff-only", headers=HTML).status_code == 303


def test_a_visitors_language_is_taken_from_the_browser(client: TestClient) -> None:
    assert '<html lang="fr"' in client.get("/", headers={"Accept-Language": "fr-CH,fr;q=0.9"}).text
    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": "xx"}).text
    assert '<html lang="pt-BR"' in client.get("/?lang=pt-BR").text
