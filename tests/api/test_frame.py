"""The frame of the doors: keys, scopes, rates, limits, problems, health, metrics, documentation."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.callers import CallerBook
from api.main import create_app
from api.wiring import Lanewise
from core.clock import ManualClock
from core.ids import TenantId
from store.keys import create_key, create_tenant
from tests.api.conftest import Caller, make_lanewise

ROOT = Path(__file__).parents[2]


def is_problem(answer: object, status: int, code: str) -> bool:
    """Whether an answer is that problem, with a request id and without a stack trace."""
    assert answer.status_code == status, answer.text  # type: ignore[attr-defined]
    assert answer.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    assert "Traceback" not in answer.text  # type: ignore[attr-defined]
    body = answer.json()  # type: ignore[attr-defined]
    assert body["status"] == status
    assert body["request_id"]
    return bool(body["code"] == code)


def test_without_a_key_nothing_is_told(client: TestClient) -> None:
    answer = client.get("/v1/jobs")
    assert is_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    wrong = client.get("/v1/jobs", headers={"Authorization": "Bearer lw_wrong"})
    assert is_problem(wrong, 401, "unauthenticated")


def test_a_key_opens_only_what_its_scopes_name(make_caller: Callable[..., Caller]) -> None:
    narrow = make_caller(scopes=["quotes"])
    assert is_problem(narrow.get("/v1/jobs"), 403, "scope_missing")


def test_a_sellers_key_does_not_open_what_belongs_to_the_marketplace(
    make_caller: Callable[..., Caller],
) -> None:
    seller = make_caller(seller="s1")
    assert is_problem(seller.get("/v1/jobs"), 403, "marketplace_only")


def test_a_revoked_key_stops_at_once(caller: Caller, make_caller: Callable[..., Caller]) -> None:
    made = caller.post("/v1/api-keys", json={"name": "shop", "scopes": ["operations"]})
    assert made.status_code == 201
    other = Caller(caller.client, made.json()["key"])
    assert other.get("/v1/jobs").status_code == 200
    assert caller.delete(f"/v1/api-keys/{made.json()['id']}").status_code == 204
    assert is_problem(other.get("/v1/jobs"), 401, "unauthenticated")


def test_a_key_cannot_give_more_than_it_has(make_caller: Callable[..., Caller]) -> None:
    keeper = make_caller(scopes=["keys"])
    refused = keeper.post("/v1/api-keys", json={"name": "more", "scopes": ["operations"]})
    assert is_problem(refused, 403, "scope_missing")
    assert is_problem(
        keeper.post("/v1/api-keys", json={"name": "x", "scopes": ["*"]}), 403, "scope_missing"
    )
    same = keeper.post("/v1/api-keys", json={"name": "same"})
    assert same.json()["scopes"] == ["keys"]


def test_a_spent_allowance_says_when_to_come_back(engine: Engine, clock: ManualClock) -> None:
    lanewise = make_lanewise(engine, clock, rate_limit_per_minute=12)
    app = create_app(lanewise)
    instant = [0.0]
    app.state.callers = CallerBook(lanewise, lambda: instant[0])
    with lanewise.sessions.system() as session:
        tenant = create_tenant(session, "test")
    with lanewise.sessions(tenant) as session:
        _, secret = create_key(session, "k")
    caller = Caller(TestClient(app), secret)
    assert [caller.get("/v1/jobs").status_code for _ in range(3)] == [200, 200, 429]
    late = caller.get("/v1/jobs")
    assert is_problem(late, 429, "too_many_requests")
    assert late.headers["retry-after"] == "6"
    instant[0] = 6.0
    assert caller.get("/v1/jobs").status_code == 200


def test_each_field_at_fault_is_named_with_its_reason(caller: Caller) -> None:
    answer = caller.post("/v1/api-keys", json={"name": "", "scopes": ["no such"], "nmae": "x"})
    assert is_problem(answer, 422, "invalid_input")
    assert {fault["field"] for fault in answer.json()["errors"]} == {"name", "scopes.0", "nmae"}
    assert is_problem(
        caller.post("/v1/api-keys", json={"name": "x", "scopes": ["quote"]}), 422, "invalid_input"
    )


def test_what_is_not_json_is_malformed(caller: Caller) -> None:
    answer = caller.post("/v1/api-keys", content=b"{", headers={"Content-Type": "application/json"})
    assert is_problem(answer, 400, "malformed")


def test_an_absurdly_large_body_is_refused_before_it_is_read(
    engine: Engine, clock: ManualClock
) -> None:
    client = TestClient(create_app(make_lanewise(engine, clock, max_body_bytes=2048)))
    declared = client.post("/v1/api-keys", content=b"x" * 3000)
    assert is_problem(declared, 413, "too_large")

    def stream() -> object:
        for _ in range(10):
            yield b" " * 1000

    answer = client.post("/v1/api-keys", content=stream())  # type: ignore[arg-type]
    assert answer.status_code in (401, 413)


def test_under_load_others_wait_but_health_answers(app: FastAPI, client: TestClient) -> None:
    client.get("/health")
    gate = app.middleware_stack
    while gate is not None and type(gate).__name__ != "Gate":
        gate = getattr(gate, "app", None)
    gate.in_flight = gate.at_once  # type: ignore[union-attr]
    refused = client.get("/v1/jobs")
    assert is_problem(refused, 503, "overloaded")
    assert refused.headers["retry-after"]
    assert client.get("/health").json() == {"status": "ok"}


def test_an_unforeseen_error_tells_no_secrets(
    app: FastAPI, client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("the secret word")

    answer = client.get("/broken")
    assert is_problem(answer, 500, "internal")
    assert "secret word" not in answer.text
    written = capsys.readouterr()
    assert "secret word" not in written.out + written.err


def test_ready_only_while_the_database_answers(client: TestClient, lanewise: Lanewise) -> None:
    assert client.get("/ready").json()["status"] == "ready"
    lanewise.__dict__["sessions"].engine = _Gone(lanewise.sessions.engine)
    assert is_problem(client.get("/ready"), 503, "database_unavailable")


class _Gone:
    """An engine whose database has gone away."""

    def __init__(self, engine: Engine) -> None:
        self.dialect = engine.dialect
        self.url = engine.url

    def execution_options(self, **_options: object) -> "_Gone":
        return self

    def connect(self, *_given: object, **_options: object) -> object:
        from sqlalchemy.exc import OperationalError

        raise OperationalError("SELECT 1", {}, Exception("gone"))


def test_measures_count_requests_by_route(client: TestClient, caller: Caller) -> None:
    caller.get("/v1/jobs")
    caller.get(f"/v1/jobs/{uuid4()}")
    text = client.get("/metrics").text
    assert 'lanewise_requests_total{method="GET",route="/v1/jobs",status="200"} 1.0' in text
    assert 'route="/v1/jobs/{job_id}",status="404"' in text
    assert "lanewise_outbox_waiting 0.0" in text


def test_the_document_is_openapi_3_1_with_problems_and_scopes(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["tags"], path
            if not path.startswith("/v1"):
                continue
            assert operation["x-scope"]
            assert operation["security"] or operation["x-scope"] == "signature"
            for status, answer in operation["responses"].items():
                if status.startswith(("4", "5")):
                    assert "application/problem+json" in answer["content"], (path, status)


def test_the_documentation_needs_nobody_elses_server(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "create_api_key" in page.text
    for outside in ("cdn", "https://fonts", "unpkg"):
        assert outside not in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_the_serving_process_stays_light() -> None:
    heavy = ("ortools", "numba", "reportlab", "pandas", "zint", "matplotlib", "scipy", "pyarrow")
    code = f"import sys, api.main; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_lists_come_in_pages_without_gaps_or_repeats(caller: Caller) -> None:
    for number in range(7):
        caller.post("/v1/api-keys", json={"name": f"k{number}"})
    seen: list[str] = []
    path = "/v1/api-keys?limit=3"
    while True:
        page = caller.get(path).json()
        seen += [item["name"] for item in page["items"]]
        if "next_cursor" not in page or page["next_cursor"] is None:
            break
        path = f"/v1/api-keys?limit=3&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == 8
    assert is_problem(caller.get("/v1/api-keys?cursor=zzz"), 422, "cursor")


def test_a_foreign_tenants_key_is_not_found(
    caller: Caller, make_caller: Callable[..., Caller], lanewise: Lanewise
) -> None:
    with lanewise.sessions.system() as session:
        elsewhere: TenantId = create_tenant(session, "elsewhere")
    stranger = make_caller(of=elsewhere)
    mine = caller.post("/v1/api-keys", json={"name": "mine"}).json()["id"]
    assert is_problem(stranger.delete(f"/v1/api-keys/{mine}"), 404, "not_found")
    assert mine not in stranger.get("/v1/api-keys").text


def test_two_who_edit_the_same_thing_are_told(caller: Caller) -> None:
    made = caller.post("/v1/api-keys", json={"name": "shop"}).json()
    path = f"/v1/api-keys/{made['id']}"
    tag = caller.get(path).headers["etag"]
    assert is_problem(caller.send("PATCH", path, json={"name": "x"}), 428, "precondition_required")
    first = caller.send("PATCH", path, json={"name": "mine"}, headers={"If-Match": tag})
    assert first.json()["name"] == "mine"
    second = caller.send("PATCH", path, json={"name": "yours"}, headers={"If-Match": tag})
    assert is_problem(second, 412, "changed")
    again = {"If-Match": first.headers["etag"]}
    assert caller.send("PATCH", path, json={"name": "ours"}, headers=again).status_code == 200
